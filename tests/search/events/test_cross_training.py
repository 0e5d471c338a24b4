"""The covariance of folds, in a world where a classifier is one matrix and its truth is known."""

import numpy as np
import pytest

from anomalon import Sample
from anomalon.core.window import Window
from anomalon.search.events.cross_training import CrossTraining
from anomalon.search.events.selection import MemberScores, select

WINDOW = Window(3000, 3600, 2400, 4200)
N, FOLDS, MEMBERS, DIRECTIONS, EFFICIENCY = 1500, 5, 10, 20, 0.1
RATIO = 0.5


def kernel_world(seed, *, learns, signal=0, n_sets=0):
    """Scores of kernel classifiers: an event's score is the excess of events like it, plus noise.

    Masses and features are independent, so there is no signal but the one that is put in. With
    `n_sets`, members are shown as many different sets of the events outside, in turns.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, DIRECTIONS))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    inside = rng.random(N) < RATIO / (1 + RATIO)
    if signal:
        x[:signal], inside[:signal] = x[0], True
    label = np.where(inside, 1.0, -RATIO)
    fold = rng.integers(0, FOLDS, N)
    saw = rng.random((FOLDS, MEMBERS, N)) < 0.5
    if n_sets:
        saw = np.where(inside, saw, saw[:, np.arange(MEMBERS) % n_sets])
    score = rng.normal(size=(MEMBERS, N)) * 2
    if learns:
        for k in range(FOLDS):
            here = fold == k
            shown = np.where(saw[k] & ~here, 2 * label, 0.0)
            score[:, here] += (shown @ x) @ x[here].T
    mass = np.where(inside, 3300.0, np.where(rng.random(N) < 0.5, 2700.0, 3900.0))
    scores = MemberScores(score, fold, saw, 0.5, n_sets=n_sets, own_inside=n_sets > 0)
    return scores, Sample(x, tuple(f"x{i}" for i in range(DIRECTIONS)), mass)


def excess_and_variances(seed, **world):
    """n - b, its variance if folds were independent, and the covariance that is claimed."""
    scores, events = kernel_world(seed, **world)
    (selection,) = select(scores, events, WINDOW, (EFFICIENCY,))
    c = np.where(WINDOW.in_signal_region(events.mass), 1.0, -RATIO)
    independent = ((c * selection.weight) ** 2).sum()
    claimed = CrossTraining(scores, events, WINDOW).correlation(selection, c).value * independent
    return (c * selection.weight).sum(), independent, claimed


@pytest.fixture(scope="module", params=[0, 3], ids=["own", "outside in turns"])
def learning(request):
    return np.array(
        [excess_and_variances(seed, learns=True, n_sets=request.param) for seed in range(200)]
    )


def test_folds_that_learn_from_each_other_fluctuate_more_than_poisson(learning):
    excess, independent, _ = learning.T
    assert abs((excess / np.sqrt(independent)).mean()) < 4 / np.sqrt(len(excess))
    assert excess.var() > 1.3 * independent.mean()


def test_the_claimed_covariance_is_what_is_missing(learning):
    excess, independent, claimed = learning.T
    missing = excess.var() - independent.mean()
    error = np.hypot(excess.var() * np.sqrt(2 / len(excess)), claimed.std() / np.sqrt(len(excess)))
    assert claimed.mean() == pytest.approx(missing, abs=3 * error)
    pull = excess / np.sqrt(independent + np.maximum(claimed, 0))
    assert pull.std() == pytest.approx(1, abs=0.1)


def test_scores_that_learned_nothing_have_no_covariance():
    _, independent, claimed = np.array(
        [excess_and_variances(seed, learns=False) for seed in range(40)]
    ).T
    assert abs(claimed.mean()) < 4 * claimed.std() / np.sqrt(len(claimed))
    assert np.all(np.abs(claimed) < independent)


@pytest.mark.parametrize("n_sets", [0, 2])
@pytest.mark.parametrize("efficiency", [0.2, 0.02, 0.002])
def test_the_noise_is_known_of_tight_cuts_too(efficiency, n_sets):
    pulls = []
    for seed in range(60):
        scores, events = kernel_world(seed, learns=False, n_sets=n_sets)
        (selection,) = select(scores, events, WINDOW, (efficiency,))
        c = np.where(WINDOW.in_signal_region(events.mass), 1.0, -RATIO)
        told = CrossTraining(scores, events, WINDOW).correlation(selection, c)
        pulls.append(told.value / told.noise)
    assert np.mean(pulls) == pytest.approx(0, abs=4 / np.sqrt(60))
    assert np.sqrt(np.mean(np.square(pulls))) == pytest.approx(1, abs=0.25)


def test_a_strong_signal_is_not_taken_for_covariance():
    excess, independent, claimed = excess_and_variances(7, learns=True, signal=100)
    assert excess > 5 * np.sqrt(independent)
    assert claimed < independent


def test_without_subsampling_or_with_one_member_it_is_unknown():
    scores, events = kernel_world(1, learns=True)
    everything = MemberScores(scores.score, scores.fold, np.ones_like(scores.saw), 1.0)
    one = MemberScores(scores.score[:1], scores.fold, scores.saw[:, :1], 0.5)
    c = np.where(WINDOW.in_signal_region(events.mass), 1.0, -RATIO)
    for unknown in (everything, one):
        (selection,) = select(unknown, events, WINDOW, (EFFICIENCY,))
        assert CrossTraining(unknown, events, WINDOW).correlation(selection, c) is None


def test_members_that_share_what_is_outside_alone_tell_more():
    """The events of the signal region carry most of the variance."""
    noise = {}
    for shares in ("outside", "all"):
        scores, events = kernel_world(3, learns=False, n_sets=2)
        if shares == "all":
            saw = scores.saw[:, np.arange(MEMBERS) % 2]
            scores = MemberScores(scores.score, scores.fold, saw, 0.5, n_sets=2)
        (selection,) = select(scores, events, WINDOW, (EFFICIENCY,))
        c = np.where(WINDOW.in_signal_region(events.mass), 1.0, -RATIO)
        noise[shares] = CrossTraining(scores, events, WINDOW).correlation(selection, c).noise
    assert noise["outside"] < 0.8 * noise["all"]
