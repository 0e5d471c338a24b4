import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents, UnknownKey
from anomalon.stats.cuts import cut_kernels
from anomalon.stats.cuts.cut_kernels import count_events
from anomalon.stats.cuts.figures_of_merit import FIGURES_OF_MERIT
from anomalon.stats.cuts.grid_search import Cut, random_grid_search, rectangular_cuts
from anomalon.stats.cuts.random_grid import RandomGrid


def reference_count(x, weight, low, high):
    """Plain NumPy: all events with all cuts."""
    inside = ((x[:, None, None] >= low) & (x[:, None, None] <= high)).all(axis=3).any(axis=2)
    w = np.ones(len(x)) if weight is None else weight
    return inside.sum(axis=0), w @ inside, w**2 @ inside


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6), events=st.sampled_from([1, 63, 64, 65, 700]),
    features=st.integers(1, 4), boxes=st.integers(1, 3), ties=st.booleans(),
    weighted=st.booleans(), open_ends=st.floats(0, 1),
)  # fmt: skip
def test_counts_are_those_of_a_plain_loop(seed, events, features, boxes, ties, weighted, open_ends):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(events, features))
    low = rng.normal(-0.5, 1, (20, boxes, features))
    high = low + rng.exponential(2, low.shape)
    if ties:
        x, low, high = np.round(x), np.round(low), np.round(high)
    low[rng.random(low.shape) < open_ends] = -np.inf
    high[rng.random(low.shape) < open_ends] = np.inf
    weight = rng.uniform(0, 2, events) if weighted else None
    ours = count_events(x, weight, low, high)
    for ours_, plain in zip(ours, reference_count(x, weight, low, high), strict=True):
        assert ours_ == pytest.approx(plain, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("block", [64, 192, 4096])
def test_counts_do_not_depend_on_the_blocks(block, monkeypatch):
    monkeypatch.setattr(cut_kernels, "_BLOCK", block)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3001, 3)).astype(np.float32)
    at = x[rng.integers(0, 3001, (50, 2, 1))].astype(float)[:, :, 0]
    high = np.full(at.shape, np.inf)
    high[..., 1] = at[..., 1]  # a box without width, at an event: ends are inside
    n, _, _ = count_events(x, None, at, high)
    assert n.tolist() == reference_count(x, None, at, high)[0].tolist()
    assert n.min() >= 1


def gaussians(n_signal=3000, n_background=12_000, features=2, name="cuts"):
    rng = Seed(11).child(name).generator()
    return rng.normal(1.5, 1, (n_signal, features)), rng.normal(0, 1, (n_background, features))


def test_one_sided_points_are_all_signal_events():
    signal, background = gaussians(400, 1000)
    search = random_grid_search(signal, background, seed=1, test_share=0)
    assert len(search) == 400
    assert np.array_equal(search.low[:, 0], signal)
    assert np.isinf(search.high).all()
    n, s, _ = reference_count(signal, None, search.low, search.high)
    assert search.s.tolist() == s.tolist()
    assert search.sigma_s == pytest.approx(np.sqrt(n * (1 - n / 400)))  # binomial
    assert search.b.tolist() == search.n_background.tolist()
    assert search.signal_efficiency.max() <= 1


def test_directions_and_steps():
    signal, background = gaussians(500, 1000, 3)
    search = random_grid_search(
        signal,
        background,
        seed=1,
        grid=RandomGrid(directions=(">", "<", "<>"), n_points=50, steps=2),
    )
    assert search.low.shape == (50, 2, 3)
    assert np.isinf(search.low[..., 1]).all()
    assert np.isinf(search.high[..., 0]).all()
    assert np.all(search.low[..., 2] <= search.high[..., 2])
    cut = search.cut(0)
    plain = reference_count(signal, None, search.low[:1], search.high[:1])[0]
    assert cut.passes(signal).sum() == plain[0]
    assert " or " in str(cut)
    one = Cut(np.array([[1.0, -np.inf, 0.5]]), np.array([[np.inf, 2, 0.75]]), ("a", "b", "c"))
    assert str(one) == "a >= 1 and b <= 2 and 0.5 <= c <= 0.75"


def test_weights_scale_and_are_honoured():
    signal, background = gaussians(1000, 4000)
    light = random_grid_search(
        signal, background, seed=1, grid=RandomGrid(n_points=100),
        signal_weight=np.full(1000, 0.5), background_weight=np.full(4000, 2.0),
    )  # fmt: skip
    plain = random_grid_search(signal, background, seed=1, grid=RandomGrid(n_points=100))
    # weights of one size draw the same cuts, and scale the counts
    assert light.s.sum() == pytest.approx(0.5 * plain.s.sum(), rel=0.2)
    assert light.low.shape == plain.low.shape
    # events without weight are as if they were not there
    more = np.concatenate([background, background + 1])
    weight = np.repeat([1.0, 0.0], 4000)
    with_nothing = random_grid_search(
        signal, more, seed=1, grid=RandomGrid(n_points=100), background_weight=weight, test_share=0
    )
    without = random_grid_search(
        signal, background, seed=1, grid=RandomGrid(n_points=100), test_share=0
    )
    assert with_nothing.b == pytest.approx(without.b)


def test_counts_of_a_part_stand_for_all():
    signal, background = gaussians(20_000, 40_000)
    search = random_grid_search(signal, background, seed=2, grid=RandomGrid(n_points=20))
    _, s, _ = reference_count(signal, None, search.low, search.high)
    assert search.s == pytest.approx(s, rel=0.1, abs=100)
    best = search.best("asimov")
    passed = best.cut.passes(signal).sum()
    assert abs(best.s.value - passed) < 5 * best.s.uncertainty


@pytest.mark.parametrize("figure", FIGURES_OF_MERIT)
def test_best_is_the_best_and_says_what_for(figure):
    signal, background = gaussians(600, 3000)
    search = random_grid_search(signal, background, seed=1)
    best = search.best(figure, luminosity_scale=(0.02, 0.1), relative_sigma_b=0.1)
    value = FIGURES_OF_MERIT[figure](search.s * 0.02, search.b * 0.1, 0.01 * search.b)
    assert best.optimised == pytest.approx(value[search.n_background >= 25].max())
    assert best.purpose == FIGURES_OF_MERIT[figure].purpose
    assert ("not optimising for discovery" in best.warning) == (best.purpose == "limit")
    # within 4 standard deviations, each part is as good as the other
    assert abs(best.optimism) < 5 * best.value.uncertainty
    assert json.loads(json.dumps(best.to_dict()))["figure"] == figure


def test_the_optimism_is_seen():
    """No signal at all: the best of many cuts looks better than it is."""
    optimism = []
    for seed in range(40):
        rng = Seed(seed).child("null").generator()
        same = rng.normal(size=(300, 3)), rng.normal(size=(300, 3))
        best = random_grid_search(
            *same, seed=seed, grid=RandomGrid(directions="<>", n_points=2000)
        ).best("s_over_root_b", min_background=5)
        optimism.append(best.optimism)
    optimism = np.array(optimism)
    assert optimism.mean() > 3 * optimism.std() / np.sqrt(len(optimism))
    alone = random_grid_search(*same, seed=1, test_share=0).best("s_over_root_b")
    assert np.isnan(alone.value.value)
    assert np.isnan(alone.optimism)


def test_the_uncertainty_is_the_scatter():
    """The quoted value of one cut, over many samples."""
    values = []
    for seed in range(60):
        rng = Seed(seed).child("scatter").generator()
        search = random_grid_search(
            rng.normal(1.5, 1, (400, 1)),
            rng.normal(0, 1, (800, 1)),
            seed=seed,
            grid=RandomGrid(n_points=1),
        )
        judged = search.best("s_over_root_s_plus_b", min_background=0)
        # the same cut for all, so that only counts fluctuate
        object.__setattr__(judged.cut, "low", np.array([[1.0]]))
        part = search._other
        s, b = (each.count(judged.cut) for each in part)
        values.append((s[0] / np.sqrt(s[0] + b[0]), judged.value.uncertainty))
    values = np.array(values)
    assert np.median(values[:, 1]) == pytest.approx(values[:, 0].std(), rel=0.3)


def test_working_points():
    signal, background = gaussians()
    search = random_grid_search(signal, background, seed=1)
    for wanted in (0.2, 0.05, 0.01):
        point = search.working_point(wanted)
        error = point.background_efficiency.uncertainty
        assert point.background_efficiency.value < wanted + 4 * error
        allowed = search.background_efficiency <= wanted
        assert point.optimised == pytest.approx(search.signal_efficiency[allowed].max())
        assert point.signal_efficiency.value == pytest.approx(point.value.value)
    with pytest.raises(BadValue):
        search.working_point(0.0)
    with pytest.raises(TooFewEvents, match="no cut"):
        search.working_point(1e-9)


def test_a_staircase_follows_a_corner_better_than_a_box():
    """Signal in an L: at large x or at large y. One box cannot have both arms."""
    rng = Seed(4).child("corner").generator()
    arms = rng.normal(0, 1, (4000, 2))
    arms[np.arange(4000), rng.integers(0, 2, 4000)] += 4
    background = rng.normal(0, 1, (20_000, 2))
    one = random_grid_search(
        arms, background, seed=1, grid=RandomGrid(n_points=1500)
    ).working_point(0.05)
    two = random_grid_search(
        arms, background, seed=1, grid=RandomGrid(n_points=1500, steps=2)
    ).working_point(0.05)
    assert two.value.value > one.value.value + 0.2


def test_rectangular_cuts_are_at_least_as_good():
    signal, background = gaussians(2000, 8000, 3)
    search = random_grid_search(
        signal, background, seed=1, grid=RandomGrid(n_points=30, directions=(">", "<>", ">"))
    )
    start = search.best("asimov")
    best = rectangular_cuts(search, "asimov")
    assert best.optimised > start.optimised
    # no end can be moved to a better place: brute force over the signal of the choice
    chosen_signal, chosen_background = search._choice
    for feature in range(3):
        for value in chosen_signal.x[::50, feature]:
            low = best.cut.low.copy()
            low[0, feature] = value
            moved = Cut(low, best.cut.high, best.cut.names)
            if chosen_background.count(moved)[2] >= 25:
                counts = chosen_signal.count(moved)[0], chosen_background.count(moved)[0]
                assert FIGURES_OF_MERIT["asimov"](*counts) <= best.optimised * (1 + 1e-9)
    assert np.isinf(best.cut.high[0, 0])
    with pytest.raises(BadValue, match="staircase"):
        rectangular_cuts(
            random_grid_search(signal, background, seed=1, grid=RandomGrid(steps=2)), "asimov"
        )


def test_one_feature_finds_the_best_threshold():
    signal, background = gaussians(5000, 20_000, 1)
    search = random_grid_search(signal, background, seed=1, test_share=0)
    best = rectangular_cuts(search, "s_over_root_s_plus_b")
    grid = np.sort(signal[:, 0])
    s = len(grid) - np.arange(len(grid))
    b = len(background) - np.searchsorted(np.sort(background[:, 0]), grid)
    assert best.cut.low[0, 0] == grid[np.argmax(s / np.sqrt(s + b))]


def test_the_same_seed_gives_the_same_search():
    signal, background = gaussians(300, 900)
    first, again, other = (
        random_grid_search(signal, background, seed=seed, grid=RandomGrid(n_points=20))
        for seed in (3, Seed(3), 4)
    )
    assert np.array_equal(first.low, again.low)
    assert np.array_equal(first.s, again.s)
    assert not np.array_equal(first.low, other.low)


def test_bad_arguments_are_refused():
    signal, background = gaussians(100, 300)
    for wrong, error, match in (
        ({"grid": RandomGrid(directions="=>")}, BadValue, "directions"),
        ({"grid": RandomGrid(directions=(">",))}, BadValue, "2 features"),
        ({"test_share": 1.0}, BadValue, "test_share"),
        ({"names": ["a"]}, BadLayout, "names"),
        ({"signal_weight": -np.ones(100)}, BadNumbers, "signal weight"),
        ({"background_weight": np.zeros(300)}, TooFewEvents, "above zero"),
    ):
        with pytest.raises(error, match=match):
            random_grid_search(signal, background, seed=1, **wrong)
    with pytest.raises(BadValue, match="steps"):
        RandomGrid(steps=0)
    with pytest.raises(BadLayout, match="features"):
        random_grid_search(signal, background[:, :1], seed=1)
    with pytest.raises(BadNumbers, match="signal"):
        random_grid_search(np.full((3, 2), np.nan), background, seed=1)
    with pytest.raises(TooFewEvents):
        random_grid_search(signal[:0], background, seed=1)
    search = random_grid_search(signal, background, seed=1)
    with pytest.raises(TooFewEvents, match="none of"):
        search.best("asimov", min_background=10_000)
    with pytest.raises(UnknownKey, match="did you mean"):
        search.best("asimof")
    with pytest.raises(BadLayout, match="cut: expected features"):
        search.cut(0).passes(signal[:, :1])
