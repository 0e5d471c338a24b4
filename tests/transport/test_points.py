"""What events may come as, and what is refused."""

import numpy as np
import pytest
from toy_points import toy_points

from anomalon.core import Events, Particles
from anomalon.core.errors import BadLayout, BadNumbers, BadRows, BadValue
from anomalon.transport import Points, emd, emd_matrix, emd_pairs, transport_plan


def ways(jets):
    """The same events in all the ways in which they may come."""
    k = max(map(len, jets))
    padded = np.zeros((len(jets), k, 3))
    for i, jet in enumerate(jets):
        padded[i, : len(jet)] = jet
    names = tuple(f"constituent{j + 1}" for j in range(k))
    events = Events(padded, names, ("pt", "eta", "phi"), mask=padded[:, :, 0] > 0)
    return {
        "list": jets,
        "tuple of lists": tuple(jet.tolist() for jet in jets),
        "padded": padded,
        "events": events,
        "particles": Particles.of(events),
        "points": Points.of(jets),
    }


def test_all_ways_are_the_same_events():
    jets = toy_points(5, seed=1, low=3, high=9)
    expected = emd_matrix(jets)
    for name, way in ways(jets).items():
        assert len(Points.of(way)) == 5, name
        assert emd_matrix(way).tobytes() == expected.tobytes(), name
        assert emd_matrix(way, jets[2])[:, 0].tolist() == emd_matrix(jets, [jets[2]])[:, 0].tolist()


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.float16])
def test_numbers_of_other_kinds(kind):
    a = np.array([[3, 0, 1], [1, 1, 0], [0, 5, 5]], kind)
    b = np.array([[1, 0, 0], [1, 1, 1]], kind)
    assert emd(a, b) == emd(a.astype(float), b.astype(float)) == pytest.approx(1.0)
    assert emd(a.tolist(), b.tolist()) == pytest.approx(1.0)


def test_images_are_points_at_the_centres_of_pixels():
    rng = np.random.default_rng(0)
    images = rng.random((3, 4, 5)) * (rng.random((3, 4, 5)) > 0.5)
    x, y = np.linspace(-1, 1, 4), np.linspace(-0.8, 0.8, 5)
    points = Points.of_images(images, x, y)
    for i, image in enumerate(images):
        p, q = np.nonzero(image)
        by_hand = np.column_stack([image[p, q], x[p], y[q]])
        assert emd(points[i], by_hand) == 0
        assert points[i].n_points.tolist() == [len(p)]
    assert len(Points.of_images(images[0], x, y)) == 1
    with pytest.raises(BadLayout, match=r"expected shape \(event, 5, 4\)"):
        Points.of_images(images, y, x)


def test_some_of_many_and_many_of_some():
    jets = toy_points(6, seed=2, low=1, high=9)
    points = Points.of(jets)
    mask = np.array([True, False, True, False, False, True])
    for rows in ([0, 2, 5], mask, slice(0, 6, 2), 3, [4, 4, 1]):
        chosen = [jets[i] for i in np.atleast_1d(np.arange(6)[rows])]
        assert emd_pairs(points[rows], chosen).tolist() == [0.0] * len(chosen)
    both = Points.concatenate([points[:2], points[2:]])
    assert emd_pairs(both, points).tolist() == [0.0] * 6
    assert "events: 6" in repr(points)


def test_particles_without_weight_are_left_out():
    points = Points.of([[[0.0, 9, 9], [1, 0, 0]], [[2.0, 1, 0], [0, 7, 7]]])
    assert points.weight.tolist() == [1, 2]
    assert points.offsets.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("events", "error", "words"),
    [
        (np.zeros((4, 3)), BadRows, "with at least one particle of weight above zero"),
        (np.zeros((0, 3)), BadRows, "with at least one particle of weight above zero"),
        ([np.ones((2, 3)), np.zeros((2, 3))], BadRows, r"first: 1\)"),
        (np.array([[1.0, 0, 0], [-2.0, 0, 0]]), BadRows, "-2 in 1 of 2 rows"),
        (np.array([[1.0, np.nan, 0]]), BadNumbers, "weight, x and y"),
        (np.array([[np.inf, 0, 0]]), BadNumbers, "weight, x and y"),
        (np.ones((2, 4)), BadLayout, r"got \(2, 4\)"),
        (np.ones(3), BadLayout, r"got \(3,\)"),
        ([np.ones((2, 3)), np.ones((2, 2))], BadLayout, "for event 1"),
        ("x", BadLayout, "expected numbers"),
        ([["a", "b", "c"]], BadLayout, "expected numbers"),
        (np.ones((2, 3), complex), BadLayout, "expected numbers"),
        ({"pt": [1.0]}, BadLayout, "expected numbers"),
        ([[[1.0, 0, 0], [1.0]]], BadLayout, "expected numbers"),
    ],
)
def test_what_is_wrong_is_said(events, error, words):
    with pytest.raises(error, match=words):
        emd_matrix(events)


def test_settings_that_are_wrong():
    a = np.ones((1, 3))
    for settings, words in (
        ({"beta": 0}, "transport.beta"),
        ({"beta": np.nan}, "transport.beta"),
        ({"R": -1}, "transport.R"),
        ({"periodic": 1}, "transport.periodic"),
        ({"unbalanced": "yes"}, "transport.unbalanced"),
    ):
        with pytest.raises(BadValue, match=words):
            emd(a, a, **settings)
    with pytest.raises(BadValue, match="threads"):
        emd_matrix(a, threads=0)
    with pytest.raises(BadLayout, match="expected one event on each side, got 2"):
        emd(a, [a, a])
    with pytest.raises(BadLayout, match="expected one event"):
        transport_plan([a, a], a)
    with pytest.raises(BadLayout, match="got 1 and 2"):
        emd_pairs([a], [a, a])
    with pytest.raises(BadNumbers, match="above zero"):
        Points(np.zeros(1), np.zeros(1), np.zeros(1), np.array([0, 1]))
    with pytest.raises(BadLayout, match="of one length"):
        Points(np.ones(2), np.ones(1), np.ones(1), np.array([0, 2]))


def test_no_events_have_no_distances():
    assert emd_matrix([], toy_points(2)).shape == (0, 2)
    assert emd_matrix(toy_points(2), []).shape == (2, 0)
    assert emd_pairs([], []).shape == (0,)
