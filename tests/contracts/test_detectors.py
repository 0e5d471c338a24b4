"""What every detector promises. A new one costs one line in `SMALL`.

Those whose inputs are of jets are tried on toy jets, all others on toy events.
"""

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import toy_events
from quick_flows import FLOW
from toy_events import FEATURES, NAMES, toy_background, toy_signal, toy_split
from toy_jets import jets_of_prongs, split_jets, turned_jets

import anomalon
from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, Leak, TooFewEvents
from anomalon.core.seen import part
from anomalon.detectors import (
    BASELINES,
    DETECTORS,
    JET_BASELINES,
    Autoencoder,
    Baseline,
    Contrastive,
    Convolutional,
    DeepSets,
    Density,
    Detector,
    Distilled,
    Embedding,
    EnsembleDetector,
    Estimator,
    FeedForward,
    IsolationForest,
    JetImages,
    JetPoints,
    JetSubstructure,
    LatentDensity,
    Learning,
    Medoids,
    NearestNeighbours,
    OutlierExposure,
    Overlap,
    PerKind,
    Reconstruction,
    Transformer,
    TriggerObjects,
    Variational,
)
from anomalon.features.event_summary import EventSummary
from anomalon.learn import BoostedTrees, load_scorer, save_scorer
from anomalon.learn.density.matching import FlowMatching
from anomalon.learn.regress import BoostedRegression
from anomalon.run.settings import decode, encode

# one step of all events, whatever their number: one program for all fits of a detector
LEARNING = Learning(epochs=12, batch_size=1024, learning_rate=1e-2)
# no event is held back to judge epochs: half of all programs, which the others cover
UNJUDGED = replace(LEARNING, validation=1e-9)
LONGER = Learning(epochs=40, batch_size=1024, learning_rate=3e-2)
TREES = BoostedTrees(n_trees=15, min_leaf=20)
MATCHING = FlowMatching(hidden=(16,), epochs=8, n_steps=4, batch_size=1024)
FEW = EventSummary(only=("met", "ht", "n_electron", "n_muon", "n_jet", "st"))

TRIGGER = TriggerObjects(
    met_repair=0.001, saturated="clip", saturation=PerKind(jet=1000.0), floor=PerKind(jet=5.0),
    overlap=(Overlap("electron", "jet", 0.2), Overlap("jet", "jet", 0.4)),
)  # fmt: skip

SMALL = {
    **{f"baseline, {name}": Baseline(name) for name in (*BASELINES, *JET_BASELINES)},
    "feed-forward": Autoencoder(FeedForward((16,)), 4, learning=LEARNING),
    "feed-forward, sparse": Autoencoder(
        FeedForward((16,), "silu"), 4, learning=LEARNING, noise=0.1, sparsity=0.1,
        score=Reconstruction(pt="absolute", reduce="sum"),
    ),
    "feed-forward, with norms and dropout": Autoencoder(
        FeedForward((16,), norm="layer", dropout=0.1), 4, learning=LEARNING
    ),
    "feed-forward, with norms of batches": Autoencoder(
        FeedForward((16,), norm="batch"), 4, learning=UNJUDGED
    ),
    "feed-forward, of a summary": Autoencoder(FeedForward((8,)), 2, FEW, learning=LEARNING),
    "convolutional": Autoencoder(Convolutional((4, 8)), 4, learning=LEARNING),
    "transformer": Autoencoder(Transformer(8, 2, 1, (16,)), 4, learning=UNJUDGED),
    "deep sets": Autoencoder(
        DeepSets((16,)), 4, learning=LEARNING, loss=Reconstruction(equal="kinds", pt="huber")
    ),
    "variational": Variational(FeedForward((16,)), 2, learning=LEARNING, bounded=True),
    "variational, radius": Variational(
        FeedForward((16,), dropout=0.1), 2, learning=LEARNING, score="radius"
    ),
    "feed-forward, of a trigger": Autoencoder(
        FeedForward((16,)), 4, TRIGGER, Reconstruction(pt="huber", equal="kinds"),
        Reconstruction(entries="all", reduce="sum"), learning=UNJUDGED,
    ),
    "deep sets, of a trigger": Autoencoder(DeepSets((16,)), 4, TRIGGER, learning=UNJUDGED),
    "variational, of a trigger": Variational(
        FeedForward((16,)), 2, TRIGGER, score="mean_square", bounded=True, learning=UNJUDGED
    ),
    "flow": Density(replace(FLOW, n_layers=1), FEW),
    "flow matching": Density(MATCHING, FEW),
    "latent density": LatentDensity(
        Variational(FeedForward((16,)), 2, learning=LEARNING, bounded=True), MATCHING
    ),
    "contrastive": Contrastive(DeepSets((16,)), 6, learning=LEARNING, density=MATCHING),
    "embedding": Embedding(
        FeedForward((16,)), 6, hidden=(4,), n_middle=2, turn=True, learning=LEARNING,
        learning_back=LONGER,
    ),
    "ensemble": EnsembleDetector(Autoencoder(FeedForward((16,)), 4, learning=LEARNING), 2),
    "ensemble, by tails": EnsembleDetector(
        Variational(FeedForward((16,)), 2, TRIGGER, learning=UNJUDGED), 2, "tail"
    ),
    "distilled": Distilled(
        Autoencoder(FeedForward((16,)), 4, learning=LEARNING), BoostedRegression(30, 4)
    ),
    "distilled, of a score": Distilled(
        NearestNeighbours(3, 500, TRIGGER), BoostedRegression(30, 4), "score"
    ),
    "nearest neighbours, of a trigger": NearestNeighbours(3, 500, TRIGGER),
    "outlier exposure": OutlierExposure(TREES, inputs=FEW),
    "isolation forest": IsolationForest(20, 64),
    "nearest neighbours": NearestNeighbours(3, 500),
    "medoids": Medoids(2, n_sample=60, n_samples=2, n_held=60),
    "medoids, of images": Medoids(
        2, "squared", inputs=JetImages(12), combine="sum", n_sample=60, n_held=60
    ),
    "average image": Medoids(
        reference="average", inputs=JetImages(12, rotate=False), power=2.0
    ),
    "convolutional, of images": Autoencoder(
        Convolutional((4,)), 4, JetImages(12, power=0.5), learning=LEARNING,
        score=Reconstruction(by="transport"),
    ),
    "variational, of images": Variational(
        FeedForward((16,)), 2, JetImages(12), Reconstruction(by="sliced_transport"), beta=0.01,
        score="reconstruction", judged=Reconstruction(pt="absolute"),
        learning=replace(LONGER, validation=1e-9),
    ),
    "variational, by sinkhorn": Variational(
        FeedForward((16,)), 2, JetImages(12), Reconstruction(by="sinkhorn"), beta=0.01,
        learning=LONGER,
    ),
    "flow matching, of substructure": Density(
        MATCHING, JetSubstructure(only=("log_mass", "tau21", "log_n"))
    ),
}  # fmt: skip
every_detector = pytest.mark.parametrize("detector", SMALL.values(), ids=SMALL.keys())


def of_jets(detector):
    return isinstance(detector.inputs, JetImages | JetPoints | JetSubstructure)


@cache
def _toys(*, jets):
    return split_jets(1500) if jets else toy_split(1500)


def background(detector):
    return _toys(jets=of_jets(detector))


@cache
def _part(name, *, jets):
    return part(_toys(jets=jets), name)


def train(detector):
    return _part("train", jets=of_jets(detector))


def test(detector):
    return _part("test", jets=of_jets(detector))


test.__test__ = False  # type: ignore[attr-defined]


def signal(detector, n):
    """Hard and crowded events; jets of three prongs."""
    return jets_of_prongs(n) if of_jets(detector) else toy_signal(n)


@cache
def fitted(detector):
    """With the first seed: what several laws start from."""
    return detector.fit(train(detector), seed=1)


def test_all_registered_ones_are_here():
    assert {type(detector) for detector in SMALL.values()} == set(DETECTORS.values())


@every_detector
def test_gives_one_finite_number_per_event(detector):
    scores = fitted(detector).score(test(detector))
    assert scores.shape == (len(test(detector)),)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 5


@every_detector
def test_finds_what_is_hard_and_crowded_or_has_prongs(detector):
    scorer = fitted(detector)
    scores = [scorer.score(events) for events in (test(detector), signal(detector, 300))]
    auc = anomalon.evaluate(*scores).auc.value
    worst = 0.5 if detector.kind == "contrastive" else 0.6
    assert auc > worst


@every_detector
def test_neither_the_order_of_objects_nor_padding_matters(detector):
    scorer, events = fitted(detector), test(detector)
    names, kinds = events.object_names, np.array(events.object_kinds)
    shuffled = np.concatenate(
        [np.flatnonzero(kinds == kind)[::-1] for kind in dict.fromkeys(kinds)]
    )
    other = replace(
        events, objects=events.objects[:, shuffled], mask=events.mask[:, shuffled],
    )  # fmt: skip
    more = ("constituent13", "constituent14") if of_jets(detector) else ("jet5", "muon3")
    padded = replace(
        events,
        objects=np.concatenate([events.objects, np.zeros((len(events), 2, 3), np.float32)], axis=1),
        object_names=(*names, *more),
        object_kinds=None,
        mask=np.concatenate([events.mask, np.zeros((len(events), 2), bool)], axis=1),
    )
    for changed in (other, padded):
        assert np.array_equal(scorer.score(changed), scorer.score(events))


@every_detector
def test_an_event_scores_the_same_in_any_company(detector):
    scorer, events = fitted(detector), test(detector)
    pieces = [scorer.score(events[i : i + 37]) for i in range(0, len(events), 37)]
    assert np.array_equal(np.concatenate(pieces), scorer.score(events))
    back = scorer.score(events[::-1])[::-1]
    assert np.array_equal(back, scorer.score(events))
    assert scorer.score(events[:0]).shape == (0,)


def turned(detector, events):
    """Azimuths of events count from the leading object; jets are turned and mirrored before."""
    if of_jets(detector):
        return turned_jets(events, getattr(detector.inputs, "rotate", False) * 1.0, mirrored=True)
    objects = events.objects.astype(np.float64)
    phi = (objects[:, :, 2] + 1 + np.pi) % (2 * np.pi) - np.pi
    objects[:, :, 2] = np.where(events.mask, phi, 0)
    return replace(events, objects=objects)


@every_detector
def test_a_common_turn_changes_nothing(detector):
    """But for rounding. Masses of jets that are turned do change: these are mirrored alone."""
    events = test(detector)
    there = fitted(detector).score(turned(detector, events))
    straight = fitted(detector).score(events)
    # ties are broken by what is in an event, so a flow of whole numbers is not quite the same
    loose = detector.kind in ("density", "contrastive") and not of_jets(detector)
    away = np.abs(there - straight) / np.maximum(np.abs(straight), straight.std())
    assert np.quantile(away, 0.95) < (0.15 if loose else 1e-3)


@every_detector
def test_a_seed_determines_it_and_nothing_else_is_changed_or_looked_at(detector):
    """Neither the events, nor the global state, nor labels of background or their absence."""
    events = train(detector)
    labelled = replace(events, label=np.zeros(len(events), np.int8))
    np.random.seed(3)  # noqa: NPY002 - that nobody touches it is what is tested
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    objects = labelled.objects.copy()
    again = detector.fit(labelled, seed=1)
    assert np.array_equal(labelled.objects, objects)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert np.array_equal(again.score(test(detector)), fitted(detector).score(test(detector)))


@every_detector
def test_refuses_signal_and_the_events_of_the_test(detector):
    with pytest.raises(Leak, match="true signal"):
        detector.fit(signal(detector, 200), seed=1)
    with pytest.raises(Leak, match="kept for the test"):
        detector.fit(background(detector), seed=1)


@every_detector
def test_remembers_what_it_has_seen(detector):
    seen = fitted(detector).seen
    assert seen.n_events == len(train(detector))
    assert seen.share(train(detector)) == 1
    assert seen.share(test(detector)) == 0


@every_detector
def test_comes_back_from_a_file(detector, tmp_path):
    save_scorer(fitted(detector), tmp_path / "d.npz")
    again = load_scorer(tmp_path / "d.npz")
    assert again.detector == detector
    assert again.seen.share(train(detector)) == 1
    assert np.array_equal(again.score(test(detector)), fitted(detector).score(test(detector)))


@every_detector
def test_settings_come_back_from_their_table(detector):
    table = encode(detector)
    assert table["kind"] == detector.kind
    rest = {key: value for key, value in table.items() if key != "kind"}
    assert decode(type(detector), rest) == detector


@every_detector
def test_learns_from_weights(detector):
    """An event of weight zero is not there: of every three, one more behind them."""
    events = train(detector)
    after = np.arange(3, len(events), 3)
    rows = np.insert(np.arange(len(events)), after, after[::-1] - 2)
    weighted = replace(events[rows], weight=np.insert(np.ones(len(events)), after, 0.0))
    assert len(weighted) > 1.3 * len(events)
    a = detector.fit(weighted, seed=1)
    assert np.array_equal(a.score(test(detector)), fitted(detector).score(test(detector)))


@every_detector
def test_pieces_are_as_good_as_one_set(detector):
    events = train(detector)
    pieces = [events[i : i + 200] for i in range(0, len(events), 200)]
    there, here = (
        detector.fit(pieces, seed=1).score(test(detector)),
        fitted(detector).score(test(detector)),
    )
    # sums of means are taken in another order; surrogates are made of events of a piece
    assert np.corrcoef(there, here)[0, 1] > 0.7


@every_detector
def test_refuses_what_is_no_background(detector):
    with pytest.raises(TooFewEvents):
        detector.fit(train(detector)[:0], seed=1)
    with pytest.raises(TooFewEvents):
        detector.fit(train(detector)[:5], seed=1)
    with pytest.raises(BadNumbers, match="weight"):
        detector.fit(replace(train(detector)[:50], weight=np.full(50, -1.0)), seed=1)
    bare = Events(np.zeros((20, 0, 1)), (), ("pt",))
    with pytest.raises(BadLayout):
        detector.fit(bare, seed=1)
    strange = Events(np.ones((20, 1, 3)), ("photon",), FEATURES)
    with pytest.raises(BadLayout, match="photon"):
        fitted(detector).score(strange)


def test_another_process_gives_the_same_bytes(tmp_path):
    names = ("feed-forward", "isolation forest", "outlier exposure")
    for name in names:
        save_scorer(fitted(SMALL[name]), tmp_path / f"{name}.npz")
    program = (
        "import sys, numpy as np\n"
        f"sys.path.insert(0, {str(__import__('toy_events').__file__.rsplit('/', 1)[0])!r})\n"
        "from toy_events import toy_split\n"
        "from anomalon.core.seen import part\n"
        "from anomalon.learn import BoostedTrees, load_scorer\n"
        "events = part(toy_split(1500), 'test')\n"
        f"for name in {names!r}:\n"
        f"    scores = load_scorer({str(tmp_path)!r} + '/' + name + '.npz').score(events)\n"
        "    sys.stdout.write(scores.tobytes().hex() + '\\n')\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    for name, line in zip(names, out.stdout.split(), strict=True):
        assert line == fitted(SMALL[name]).score(test(SMALL[name])).tobytes().hex()


def test_a_process_that_does_not_compile_in_haste_learns_the_same():
    """As users have it: `conftest` asks the compiler of all other tests to be quick."""
    name = "feed-forward"
    environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    program = (
        "import sys\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), str(Path(toy_events.__file__).parent)]!r}\n"
        "from test_detectors import SMALL, fitted, test\n"
        f"scores = fitted(SMALL[{name!r}]).score(test(SMALL[{name!r}]))\n"
        "sys.stdout.write(scores.tobytes().hex())\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    there = np.frombuffer(bytes.fromhex(out.stdout))
    np.testing.assert_allclose(there, fitted(SMALL[name]).score(test(SMALL[name])), rtol=1e-3)


def test_a_reconstruction_has_the_shape_of_what_was_seen():
    shapes = {"feed-forward": (len(NAMES), 3), "convolutional, of images": (12, 12)}
    for name, shape in shapes.items():
        events = test(SMALL[name])
        seen, back = fitted(SMALL[name]).reconstructed(events)
        assert seen.x.shape == back.shape == (len(events), *shape)
    events = test(SMALL["isolation forest"])
    assert fitted(SMALL["isolation forest"]).reconstructed(events) is None


def test_anybodys_estimator_is_a_detector(tmp_path):
    from sklearn.neighbors import LocalOutlierFactor

    detector = Estimator(LocalOutlierFactor(novelty=True))
    scorer = detector.fit(train(detector), seed=1)
    auc = anomalon.evaluate(scorer.score(test(detector)), scorer.score(toy_signal(300))).auc.value
    assert auc > 0.6
    with pytest.raises(BadValue, match="no file form"):
        save_scorer(scorer, tmp_path / "lof.npz")
    with pytest.raises(BadValue, match="outlier detector"):
        Estimator(object())


def test_a_network_for_objects_refuses_rows_of_numbers():
    with pytest.raises(BadValue, match="feed_forward"):
        Autoencoder(Transformer(), inputs=FEW)
    with pytest.raises(BadValue):
        Contrastive(FeedForward(), inputs=FEW)
    with pytest.raises(BadValue, match="smear"):
        Contrastive(FeedForward(dropout=0.1))


def test_a_detector_of_others_is_found_out():
    class Broken(Detector):
        kind = "broken"
        inputs = FEW

        def _fit(self, task):
            return {}

        def _ready(self, state, inputs):
            return lambda seen: np.full(len(seen) + 1, 1.0)

    scorer = Broken().fit(toy_background(50), seed=0)
    with pytest.raises(anomalon.core.errors.BrokenPromise, match="one number for each"):
        scorer.score(toy_background(20))
