"""The models of published triggers: sizes, scales, and what counts in their losses."""

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import anomalon
from anomalon.core import Events
from anomalon.core.errors import BadValue
from anomalon.detectors import Distilled, EnsembleDetector, Learning
from anomalon.detectors.trigger_models import (
    base,
    embedded,
    improved,
    latent_only,
    trigger_inputs,
)
from anomalon.run.settings import decode, encode

# no event is held back to judge epochs, for which another program would be compiled
QUICK = Learning(epochs=2, batch_size=512, validation=1e-9)
FEATURES = ("pt", "eta", "phi")
POSTER = ("jet",) * 10 + ("electron",) * 3 + ("muon",) * 3 + ("photon",) * 3 + ("met",)
GELATO = ("jet",) * 6 + ("tau",) * 4 + ("muon",) * 4 + ("met",)
AXOL1TL = ("met",) + ("electron",) * 4 + ("muon",) * 4 + ("jet",) * 10


def events_of(kinds, n=300, seed=0):
    rng = np.random.default_rng(seed)
    x = np.stack(
        [
            10 + rng.exponential(40, (n, len(kinds))),
            rng.uniform(-2.4, 2.4, (n, len(kinds))),
            rng.uniform(-np.pi, np.pi, (n, len(kinds))),
        ],
        axis=2,
    )
    x[:, [kind == "met" for kind in kinds], 1] = 0
    mask = rng.random((n, len(kinds))) < 0.6
    names = tuple(f"{kind}{i}" for i, kind in enumerate(kinds))
    return Events(x, names, FEATURES, mask, object_kinds=kinds)


MODELS = {
    "base l1": (base("l1"), POSTER, (60, 32, 8, 2)),
    "base hlt": (base("hlt"), POSTER, (60, 32, 8, 2)),
    "improved l1": (improved("l1"), POSTER, (60, 100, 100, 64, 32, 4)),
    "improved hlt": (improved("hlt"), POSTER, (60, 100, 100, 64, 32, 4)),
    "gelato": (latent_only("gelato"), GELATO, (45, 32, 16, 6)),
    "axol1tl": (latent_only("axol1tl"), AXOL1TL, (57, 32, 16, 6)),
    "embedded": (embedded(), AXOL1TL, (57, 29, 10)),
}


@pytest.mark.parametrize(("model", "kinds", "sizes"), MODELS.values(), ids=MODELS)
def test_networks_have_the_published_sizes(model, kinds, sizes):
    """In the middle of a variational one are means and variances: twice three."""
    change = {"learning": QUICK}
    if model.kind == "embedding":
        change["learning_back"] = QUICK
    scorer = replace(model, **change).fit(events_of(kinds), seed=1)
    network = {n: a for n, a in scorer.state.items() if a.ndim == 2}
    shapes = [tuple(sorted(a.shape)) for a in network.values()]
    expected = [tuple(sorted(pair)) for pair in pairwise(sizes)]
    assert shapes[: len(expected)] == expected
    if model.kind == "embedding":
        back = [tuple(sorted(a.shape)) for n, a in network.items() if n.startswith("back/")]
        ladder = (10, 9, 6, 4, 6, 9, 10)
        assert back == [tuple(sorted(p)) for p in pairwise(ladder)]
    assert np.isfinite(scorer.score(events_of(kinds, seed=2))).all()
    table = {key: value for key, value in encode(model).items() if key != "kind"}
    assert decode(type(model), table) == model


@pytest.mark.parametrize("level", ["l1", "hlt"])
@pytest.mark.parametrize("model", [base, improved])
def test_momenta_of_an_event_sum_to_one_or_a_hundred(model, level):
    events = events_of(POSTER)
    seen = model(level).inputs.fit(events)(events)
    total = {"l1": 1.0, "hlt": 100.0}[level]
    np.testing.assert_allclose(seen.x[:, :, 0].sum(axis=1), total, rtol=1e-5)
    there = events.objects[:, :, 0] * events.mask
    soft = (there[:, :10] > 0) & (there[:, :10] < 50)
    assert soft.any()
    jets = seen.mask[:, :10].sum()
    dropped = soft.sum() if (model is improved and level == "hlt") else 0
    assert jets == events.mask[:, :10].sum() - dropped
    # angles are as they are
    phi = events.objects[:, :, 2]
    assert np.isin(seen.x[:, 10:, 2], np.append(phi.astype(np.float32), 0)).all()


def test_padding_counts_in_the_base_model_alone():
    for model, entries in ((base("l1"), "all"), (improved("l1"), "masked")):
        assert model.loss.entries == entries
        assert model.score is None
    assert base("hlt", total=1.0).inputs.total == 1


def test_events_of_a_level_one_trigger_are_shifted_integers():
    """What the hardware computes: counts >> shift, of any integers."""
    gelato, axol1tl = trigger_inputs("gelato"), trigger_inputs("axol1tl")
    counts = np.array([[[400, 40, 64], [8, -3, 5]]], float)
    events = Events(counts * [0.1, 1 / 40, 2 * np.pi / 128], ("jet1", "met"), FEATURES)
    x = gelato.fit(events)(events).x[0]
    np.testing.assert_allclose(
        x, [[400 / 128, 40 / 32, 64 / 32], [8 / 64, -3 / 32, 5 / 32]], rtol=1e-6
    )
    muon = Events(
        np.array([[[70 * 0.5, -200 * 0.010875, 287 * 2 * np.pi / 576]]]), ("muon1",), FEATURES
    )
    x = axol1tl.fit(muon)(muon).x[0, 0]
    np.testing.assert_allclose(x, [70 / 64, -200 / 128, 287 / 128], rtol=1e-6)
    full = Events(np.array([[[255.0, 0, 0]]]), ("muon1",), FEATURES)
    assert not axol1tl.fit(full)(full).mask.any()


@pytest.fixture
def vectors():
    """One orbit of real collisions as the Level-1 trigger of CMS has them, with its integers."""
    folder = os.environ.get("ANOMALON_DATA")
    if not folder:
        pytest.skip("ANOMALON_DATA is not set: no real data to read")
    path = Path(folder) / "l1" / "data_2024_v1_3_0.npz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


@pytest.mark.parametrize(
    ("kind", "name", "n", "turn"),
    [("jet", "jet", 10, 144), ("muon", "mu", 4, 576), ("electron", "eg", 4, 144)],
)
def test_real_events_come_back_as_the_integers_of_the_hardware(vectors, kind, name, n, turn):
    """Shifted back by their bits; azimuths from minus half a turn, saturated objects left out."""
    events = anomalon.load(vectors)
    fitted = trigger_inputs("axol1tl").fit(events)
    seen, slots = fitted(events), list(fitted.layout.slots(kind))
    counts = seen.x[:, slots] * np.array(fitted.steps[-1].number)[slots]
    assert np.abs(counts - np.round(counts)).max() < 1e-4
    with np.load(vectors) as file:
        there = file[name][:, :n, :3].astype(int)
    full = 2047 if kind == "jet" else 511
    assert (there[:, :, 0] >= full).any()
    there[there[:, :, 0] >= full] = 0
    if kind == "muon":  # whose counts begin at one
        there[:, :, 0] = np.maximum(there[:, :, 0] - 1, 0)
    there[:, :, 2] = np.where(there[:, :, 2] >= turn / 2, there[:, :, 2] - turn, there[:, :, 2])

    def in_order(rows):
        return sorted(map(tuple, rows[rows[:, 0] > 0].tolist()))

    got = np.round(counts).astype(int)
    assert [in_order(a) for a in got] == [in_order(a) for a in there]


def test_the_latent_score_is_that_of_the_encoder():
    assert latent_only("gelato").score == "mean_square"
    assert latent_only("axol1tl", beta=0.5).beta == 0.5
    assert embedded().drop == 0.57


def test_they_can_be_averaged_and_distilled():
    small = base("l1", learning=QUICK)
    for detector in (EnsembleDetector(small, 2), Distilled(small)):
        assert np.isfinite(detector.fit(events_of(POSTER)).score(events_of(POSTER))).all()


def test_other_triggers_are_refused():
    for wrong in (base, improved):
        with pytest.raises(BadValue, match="expected one of l1, hlt"):
            wrong("l2")
    with pytest.raises(BadValue, match="expected one of gelato, axol1tl"):
        latent_only("l1")
