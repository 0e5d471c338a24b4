"""Medoids: searches by brute force, clusters that are known, and what far jets score."""

from dataclasses import replace

import numpy as np
import pytest
from toy_jets import jets_of_one_prong, jets_of_prongs

from anomalon.core import Events
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.detectors import JetImages, JetPoints, JetSubstructure, Medoids
from anomalon.detectors.event_distance import EventDistance
from anomalon.transport import emd_matrix

JETS = jets_of_one_prong(150, seed=3)
PLAIN = JetPoints(rotate=False, flip=False)
ALL = {"n_sample": 1000, "n_samples": 1, "n_held": 1}  # all but one event are looked at


def line(*halves, seed=0):
    """Jets of two constituents, so far from the axis on both sides: d away is what d differs by."""
    rng = np.random.default_rng(seed)
    halves = np.concatenate([h + rng.normal(0, 0.01, 60) for h in halves])
    objects = np.zeros((len(halves), 2, 3))
    objects[:, :, 0] = 50.0
    objects[:, :, 2] = np.stack([halves, -halves], axis=1)
    return Events(objects, ("constituent1", "constituent2"), ("pt", "eta", "phi"))


def apart(detector, jets):
    """All distances, as `detector` measures them."""
    distance = EventDistance.of(detector.inputs, detector.metric, detector.power, detector.radius)
    seen = detector.inputs.fit(jets)(jets)
    return distance.matrix(distance.prepared(seen)), seen


def rows_of(scorer, seen):
    """Which of the jets the medoids are."""
    same = (scorer.state["x"][:, None] == seen.x[None]).all(axis=(2, 3))
    assert same.any(axis=1).all()
    return same.argmax(axis=1)


@pytest.mark.parametrize(
    "detector",
    [
        Medoids(1, **ALL),
        Medoids(1, power=2.0, radius=0.5, **ALL),
        Medoids(1, inputs=JetImages(8, 0.8), **ALL),
        Medoids(1, "squared", inputs=JetImages(8, 0.8), **ALL),
        Medoids(1, "absolute", inputs=JetImages(8, 0.8), **ALL),
    ],
)
def test_one_medoid_is_the_one_of_a_search_by_brute_force(detector):
    scorer = detector.fit(JETS, seed=1)
    matrix, seen = apart(detector, JETS)
    (row,) = rows_of(scorer, seen)
    # one event judges, and is not among those that are looked at
    assert any(is_best(matrix, row, held) for held in range(150) if held != row)
    np.testing.assert_allclose(scorer.score(JETS), matrix[:, row], rtol=1e-6, atol=1e-7)


def is_best(matrix, row, held):
    total = matrix.sum(axis=0) - matrix[held]
    total[held] = np.inf
    return total.argmin() == row


@pytest.mark.parametrize("detector", [
    Medoids(2, **ALL), Medoids(2, "squared", inputs=JetImages(8, 0.8, False, False), **ALL)
])  # fmt: skip
def test_no_exchange_of_one_medoid_makes_the_sum_smaller(detector):
    """But for the event that judges, whichever it is."""
    jets = JETS[:40]
    scorer = detector.fit(jets, seed=2)
    matrix, seen = apart(detector, jets)
    chosen = list(rows_of(scorer, seen))

    def settled(held):
        loss = np.delete(matrix, held, 1)
        now = loss[chosen].min(axis=0).sum()
        others = [c for c in range(40) if c != held]
        return all(
            np.minimum(loss[chosen[1 - i]], loss[c]).sum() >= now - 1e-9
            for i in (0, 1)
            for c in others
        )

    assert any(settled(held) for held in range(40) if held not in chosen)


def test_weights_decide():
    """In the middle of two clusters there is nothing: the medoid is in the heavier one."""
    jets = line(0.1, 0.5)
    for heavy in (0, 1):
        weight = np.where(np.arange(120) // 60 == heavy, 5.0, 1.0)
        for more in ({}, {"n_sample": 40, "n_samples": 4, "n_held": 40}):
            detector = Medoids(1, inputs=PLAIN, **{"n_held": 20, **more})
            scorer = detector.fit(replace(jets, weight=weight), seed=3)
            at = abs(scorer.state["x"][0, 0, 2])
            assert at == pytest.approx((0.1, 0.5)[heavy], abs=0.05)


@pytest.mark.parametrize("n_sample", [30, 1000])
@pytest.mark.parametrize("inputs", [PLAIN, JetImages(20, 0.8, rotate=False)])
def test_two_clusters_have_a_medoid_each(inputs, n_sample):
    jets = line(0.1, 0.5)
    scorer = Medoids(2, inputs=inputs, n_sample=n_sample).fit(jets, seed=4)
    near, far = scorer.score(line(0.1, seed=7)), scorer.score(line(0.3, seed=8))
    assert near.max() < 0.1 < far.min()
    assert scorer.score(line(0.5, seed=9)).max() < 0.1


@pytest.mark.parametrize(("combine", "of"), [("min", np.min), ("mean", np.mean), ("sum", np.sum)])
def test_distances_to_several_are_combined(combine, of):
    scorer = Medoids(3, combine=combine).fit(JETS, seed=1)
    assert len(scorer.state["x"]) == 3
    references = [x[m] for x, m in zip(scorer.state["x"], scorer.state["mask"], strict=True)]
    seen = scorer.inputs(JETS)
    jets = [x[m] for x, m in zip(seen.x, seen.mask, strict=True)]
    away = emd_matrix(jets, references, periodic=False)
    np.testing.assert_allclose(scorer.score(JETS), of(away, axis=1), rtol=1e-9)


def test_the_average_is_that_of_the_images_with_their_weights():
    jets = replace(JETS, weight=np.random.default_rng(1).uniform(0, 2, 150))
    inputs = JetImages(8)
    scorer = Medoids(reference="average", metric="squared", inputs=inputs).fit(jets, seed=1)
    images = inputs.fit(jets)(jets).x
    mean = np.average(images, axis=0, weights=jets.weight)
    np.testing.assert_allclose(scorer.state["x"], mean[None], atol=1e-6)
    expected = ((images - mean) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(scorer.score(jets), expected, rtol=1e-4, atol=1e-9)


def test_a_seed_chooses_the_same_medoids_and_another_other_ones():
    detector = Medoids(3, n_sample=30, n_samples=2, n_held=30)
    first, again, other = (detector.fit(JETS, seed=s).state["x"] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_more_samples_are_not_worse_to_those_that_judge():
    once, often = (
        Medoids(3, n_sample=20, n_samples=n, n_held=50).fit(JETS, seed=5) for n in (1, 8)
    )
    assert often.state["held_loss"] <= once.state["held_loss"]
    assert often.state["held_loss"] > 0


@pytest.mark.parametrize("detector", [
    Medoids(), Medoids(power=2.0), Medoids(1), Medoids(inputs=JetImages(20)),
    Medoids(reference="average", inputs=JetImages(20)),
])  # fmt: skip
def test_prongs_are_far_from_jets_of_one(detector):
    scorer = detector.fit(JETS, seed=1)
    background = scorer.score(jets_of_one_prong(200, seed=9))
    near, far = (scorer.score(jets_of_prongs(200, apart=d)) for d in (0.25, 0.5))
    assert np.median(background) < np.median(near) < np.median(far)


def test_few_jets_are_enough_or_are_refused():
    assert len(Medoids(9).fit(JETS[:10], seed=1).state["x"]) == 9
    with pytest.raises(TooFewEvents, match="more than 10"):
        Medoids(10).fit(JETS[:10], seed=1)


def test_a_jet_of_nothing_has_a_score():
    nothing = replace(JETS[:2], objects=np.zeros((2, 12, 3)), mask=np.zeros((2, 12), bool))
    for detector in (Medoids(2), Medoids(2, inputs=JetImages(8))):
        assert np.isfinite(detector.fit(JETS, seed=1).score(nothing)).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"k": 0}, "k"),
        ({"k": 50, "n_sample": 20}, "n_sample: expected at least k = 50, got 20"),
        ({"metric": "squared"}, "transport for inputs 'jet_points'"),
        ({"metric": "manhattan", "inputs": JetImages()}, "metric"),
        ({"reference": "average"}, "jet_images"),
        ({"inputs": JetSubstructure()}, "jet_points, jet_images|jet_images, jet_points"),
        ({"combine": "max"}, "combine"),
        ({"power": 0.0}, "power"),
    ],
)
def test_settings_are_checked(settings, words):
    with pytest.raises(BadValue, match=words):
        Medoids(**settings)


def test_points_have_a_mask_and_images_none():
    assert "mask" in Medoids(2).fit(JETS, seed=1).state
    assert "mask" not in Medoids(2, inputs=JetImages(8)).fit(JETS, seed=1).state
