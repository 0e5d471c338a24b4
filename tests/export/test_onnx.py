"""Graphs of ONNX against the detectors that they were made of, in onnxruntime."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events
from toy_objects import QUICK, toy_objects

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadValue, DataError
from anomalon.core.provenance import anomalon_version
from anomalon.detectors import (
    Autoencoder,
    Baseline,
    EventSummary,
    FeedForward,
    Objects,
    Reconstruction,
    Transformer,
    TriggerObjects,
    Variational,
)
from anomalon.export import OnnxScorer, agreement, export_onnx
from anomalon.features.per_kind import PerKind
from anomalon.features.trigger_objects import Divisors, Overlap

REASON = "of the extra `trigger`, is not installed"
onnx = pytest.importorskip("onnx", reason=f"onnx, {REASON}")
pytest.importorskip("onnxruntime", reason=f"onnxruntime, {REASON}")

SMALL = FeedForward((8,))
LINEAR = Objects(pt="linear", phi="plain")
ATLAS = TriggerObjects(
    met_repair=0.001,
    saturated="drop",
    saturation=PerKind(jet=500.0),
    floor=PerKind(jet=30.0),
    overlap=(Overlap("electron", "jet", 0.4), Overlap("jet", "jet", 1.0)),
    divide=Divisors(PerKind(20.0)),
)
SUM = TriggerObjects(
    saturated="clip",
    saturation=PerKind(60.0),
    pt="per_event",
    total=10.0,
    phi="none",
    missing=(0.0, 40.0),
)
NEITHER = TriggerObjects(missing=(), overlap=(Overlap("jet", "electron", 0.8),), phi="leading")

DETECTORS = {
    "as it comes": Autoencoder(SMALL, 2, learning=QUICK),
    "relu, norm, kinds": Autoencoder(
        FeedForward((8, 6), activation="relu", norm="layer"), 2, LINEAR,
        Reconstruction("all", "huber", equal="kinds", reduce="sum"), learning=QUICK,
    ),
    "silu, absolute": Autoencoder(
        FeedForward((8,), activation="silu"), 2,
        loss=Reconstruction(pt="absolute", circular=False, equal="kinds"), learning=QUICK,
    ),
    "no hidden layer, another score": Autoencoder(
        FeedForward(()), 2, score=Reconstruction(reduce="sum"), learning=QUICK
    ),
    "loss, bounded": Variational(SMALL, 2, bounded=True, learning=QUICK),
    "reconstruction": Variational(SMALL, 2, score="reconstruction", learning=QUICK),
    "judged": Variational(
        SMALL, 2, score="reconstruction", judged=Reconstruction("all", "huber"), learning=QUICK
    ),
    "divergence": Variational(SMALL, 2, score="divergence", learning=QUICK),
    "radius": Variational(SMALL, 2, LINEAR, score="radius", learning=QUICK),
    "trigger objects": Autoencoder(SMALL, 2, ATLAS, learning=QUICK),
    "pt of an event": Variational(SMALL, 2, SUM, learning=QUICK),
    "nothing is missing": Autoencoder(SMALL, 2, NEITHER, learning=QUICK),
    "mean_square": Variational(SMALL, 2, score="mean_square", learning=QUICK),
}  # fmt: skip


def hard_objects(n: int = 400) -> Events:
    """What is easily got wrong: ties, back to back, huge, soft, none, in no order."""
    rng = np.random.default_rng(3)
    events = toy_objects(n, 7)
    objects, mask = events.objects.copy(), events.mask.copy()
    objects[:50, :, 0] = np.round(objects[:50, :, 0] / 20) * 20 + 1  # many equal momenta
    objects[50:90, 3:, 0] = 40.0  # all equal: the other features decide
    objects[90:120, 3:, :2] = (40.0, 0.5)
    objects[120:140, :, 0] *= 1e4
    mask[140:160] = False
    mask[160:170, 1:] = False  # missing momentum alone
    objects[170:200, :, 2] = rng.choice(np.float32([-np.pi, 0, np.pi]), (30, 7))
    mask[200:220] = True
    objects[200:220, :, 0] += 1.0
    objects[200:220, 3, :] = (0.0, 0.0, 1.0)  # there, although it has no momentum
    for i in range(n):  # any order within a kind, empty slots between
        order = [0, *(1 + rng.permutation(2)), *(3 + rng.permutation(4))]
        objects[i], mask[i] = objects[i, order], mask[i, order]
    return Events(
        np.where(mask[:, :, None], objects, np.float32(0)), events.object_names,
        events.feature_names, mask, source="hard objects",
    )  # fmt: skip


@pytest.fixture(scope="module")
def background() -> Events:
    return toy_objects(600)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_graph_gives_the_scores_of_its_detector(name, background, tmp_path):
    fitted = DETECTORS[name].fit(background, seed=1)
    events = hard_objects()
    score = fitted.score(events)
    threshold = float(np.quantile(score, 0.9))
    graph = OnnxScorer(export_onnx(fitted, tmp_path / "model.onnx", threshold))
    found = agreement(score, graph.score(events), threshold)
    assert found.relative < 1e-5
    assert found.same
    assert np.array_equal(graph.accepts(events), graph.score(events) >= threshold)


def test_objects_may_be_more_or_fewer_or_elsewhere(background, tmp_path):
    fitted = DETECTORS["mean_square"].fit(background, seed=1)
    graph = OnnxScorer(export_onnx(fitted, tmp_path / "model.onnx"))
    events = hard_objects()
    padding = np.zeros((len(events), 2, 3), np.float32)
    more = Events(
        np.concatenate([padding, events.objects], axis=1), ("jet8", "muon1", *events.object_names),
        events.feature_names, np.concatenate([padding[:, :, 0] > 0, events.mask], axis=1),
    )  # fmt: skip
    crowded = replace(
        more, objects=more.objects + np.float32([50, 0, 0]) * more.mask[:, :, None],
        object_kinds=("jet", "jet", *events.object_kinds),
    )  # fmt: skip
    fewer = Events(events.objects[:, :5], events.object_names[:5], events.feature_names,
                   events.mask[:, :5])  # fmt: skip
    turned = Events(events.objects[:, ::-1, ::-1], events.object_names[::-1],
                    events.feature_names[::-1], events.mask[:, ::-1])  # fmt: skip
    for some in (more, crowded, fewer, turned):
        score = fitted.score(some)
        assert agreement(score, graph.score(some), 1.0).relative < 1e-5


def test_the_layout_of_40_mhz_any_number_of_events_and_none(tmp_path):
    events = forty_mhz_events(300, columns=False, label=False)
    fitted = Autoencoder(SMALL, 4, learning=QUICK).fit(events)
    graph = OnnxScorer(export_onnx(fitted, tmp_path / "model.onnx"))
    assert graph.layout == fitted.inputs.layout
    for n in (1, 2, 300):
        assert graph.score(events[:n]) == pytest.approx(fitted.score(events[:n]), rel=1e-5)
    assert graph.score(events[:0]).shape == (0,)
    with pytest.raises(BadLayout, match="kinds"):
        graph.score(Events(np.ones((2, 1, 3)), ("tau",), ("pt", "eta", "phi")))


def test_other_runtimes_need_nothing_of_anomalon(background, tmp_path):
    fitted = DETECTORS["loss, bounded"].fit(background, seed=1)
    path = export_onnx(fitted, tmp_path / "model.onnx", 0.5)
    np.save(tmp_path / "objects.npy", background.objects)
    script = (
        "import sys, numpy as np, onnxruntime\n"
        "session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])\n"
        "score, accept = session.run(None, {'objects': np.load(sys.argv[2])})\n"
        "assert score.dtype == np.float32 and accept.dtype == bool\n"
        "assert not any(m.split('.')[0] in ('anomalon', 'jax') for m in sys.modules)\n"
        "np.save(sys.argv[3], score)\n"
    )
    files = [str(tmp_path / name) for name in ("model.onnx", "objects.npy", "score.npy")]
    subprocess.run([sys.executable, "-W", "ignore", "-c", script, *files], check=True)
    assert np.load(files[2]) == pytest.approx(fitted.score(background), rel=1e-5)
    known = {p.key: p.value for p in onnx.load(path).metadata_props}
    assert known["anomalon.version"] == anomalon_version()
    assert known["anomalon.threshold"] == "0.5"
    assert json.loads(known["anomalon.detector"])["kind"] == "variational"
    assert json.loads(known["anomalon.layout"])["features"] == ["pt", "eta", "phi"]


def test_what_has_no_graph_is_refused_by_name(background, tmp_path):
    path = tmp_path / "model.onnx"
    cases = [
        (Baseline("st"), "autoencoder, variational"),
        (
            Autoencoder(Transformer(width=4, n_heads=1, n_blocks=1), 2, learning=QUICK),
            "FeedForward",
        ),
        (Autoencoder(FeedForward((8,)), 2, EventSummary(), learning=QUICK), "FittedObjects"),
    ]
    for detector, words in cases:
        with pytest.raises(BadValue, match=words):
            export_onnx(detector.fit(background), path)
    with pytest.raises(BadValue, match="threshold"):
        export_onnx(DETECTORS["radius"].fit(background), path, float("nan"))
    with pytest.raises(BadValue, match="FittedDetector"):
        export_onnx(DETECTORS["radius"], path)
    assert not path.exists()


def test_files_that_are_no_exported_detector(background, tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        OnnxScorer(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(DataError, match="expected an ONNX graph"):
        OnnxScorer(tmp_path / "text.onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Abs", ["x"], ["y"])
    other = onnx.helper.make_model(
        onnx.helper.make_graph([node], "other", [value], [out]),
        opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9,
    )  # fmt: skip
    onnx.save(other, tmp_path / "other.onnx")
    with pytest.raises(DataError, match="another graph"):
        OnnxScorer(tmp_path / "other.onnx")
    fitted = DETECTORS["radius"].fit(background)
    with pytest.raises(BadLayout, match="threshold"):
        OnnxScorer(export_onnx(fitted, tmp_path / "model.onnx")).accepts(background)
