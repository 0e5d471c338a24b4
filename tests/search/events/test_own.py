"""Scores and cuts of the user's own: what they find, what they do not, and what is said of them."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import kstest, norm
from toy_search import NAMES, THREE, background, search, signal

from anomalon import Sample
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing
from anomalon.core.plain import from_plain, to_plain
from anomalon.core.scorer import Scorer
from anomalon.learn import BoostedTrees, save_scorer
from anomalon.report import write_report
from anomalon.run import Store
from anomalon.search import FitSettings, SavedScorer, inject
from anomalon.search.events.mass_leak import cut_leak, score_leak
from anomalon.search.results.scan import Scan

B, S = background(seed=5), signal()
QUICK = {"fit": FitSettings(range=(2400, 5000), choice="test", n_max=2)}


def with_score(sample, values, name="s"):
    return sample.with_x(np.column_stack([sample.x, values]), (*sample.names, name))


def noise(sample, seed=0):
    return np.random.default_rng([seed, 1]).normal(size=len(sample))


def own(**changes):
    return search(**{"features": ()} | changes)


@pytest.fixture(scope="module")
def data():
    """With signal; a good score, and one that knows nothing."""
    both = inject(B, S, 150, seed=1)
    return with_score(with_score(both, both.x.sum(axis=1), "good"), noise(both), "poor")


def test_a_good_score_finds_the_signal_and_noise_does_not(data):
    good, poor = own(score="good").run(data), own(score="poor").run(data)
    assert good.best.efficiency == 0.02
    assert good.best.z_local > 6
    assert good.summary().status == "excess"
    assert all(abs(cut.z_local) < 3 for cut in poor.windows[0].cuts[1:])
    (window,) = good.windows
    tight = window.cuts[2]
    assert (window.by, window.features) == ("score", ("good",))
    assert tight.truth.signal > 100
    assert tight.expected == pytest.approx(tight.truth.background, abs=4 * tight.sigma.total)
    assert len(tight.member_counts) == 1
    assert (tight.sigma.folds, tight.sigma.ensemble) == (0, 0)
    assert not any("subsample" in text for text in window.warnings)
    assert window.roc.auc > 0.9


def test_lower_is_more_anomalous_with_a_sign(data):
    flipped = with_score(data, -data.column("good"), "loss")
    by_sign, by_column = own(score="-loss").run(flipped), own(score="good").run(data)
    assert by_sign.windows[0].features == ("-loss",)
    for one, other in zip(by_sign.ledger, by_column.ledger, strict=True):
        assert one.p_local == other.p_local
    assert own(score="loss").run(flipped).windows[0].cuts[2].z_local < 3


def test_the_ledger_has_the_score_as_one_feature_set(data):
    scan = own(score="good", cuts=("poor > 1.5",), windows=THREE).run(data)
    rows = [(t.window, t.features, round(t.efficiency, 2)) for t in scan.ledger]
    assert len(rows) == len(THREE) * 4
    first = str(THREE[0])
    assert rows[:3] == [(first, "none", 1), (first, "good", 0.1), (first, "good", 0.02)]
    assert rows[3][:2] == (first, "poor > 1.5")
    assert [t.features for t in scan.ledger].count("none") == len(THREE)


def test_stored_results_are_the_same(data, tmp_path):
    settings = own(score="good - poor", cuts=("poor > 1",))
    fresh = settings.run(data, seed=3, store=Store(tmp_path))
    for again in (settings.run(data, seed=3, store=Store(tmp_path)), settings.run(data, seed=3)):
        assert json.dumps(to_plain(again)) == json.dumps(to_plain(fresh))
    assert to_plain(from_plain(Scan, to_plain(fresh))) == to_plain(fresh)
    other = own(score="good + poor", cuts=("poor > 1",)).run(data, seed=3, store=Store(tmp_path))
    assert other.best.p_local != fresh.best.p_local


def test_pseudo_experiments_repeat_scores_and_cuts(data):
    settings = own(score="poor", cuts=("poor > 1", "poor > 1.5"), n_toys=4, **QUICK)
    scan = settings.run(data, seed=2)
    assert scan.toys.p_local.shape == (4, len(scan.ledger)) == (4, 5)
    assert np.isfinite(scan.toys.p_local).all()
    assert len(np.unique(scan.toys.p_local)) == 20
    assert "training" not in scan.summary().how


@dataclass(frozen=True, eq=False)
class Sum(Scorer):
    """The sum of two features; names are those it was fitted on."""

    names: tuple[str, ...] = NAMES

    def _score(self, data):
        return data.x.sum(axis=1)


def test_a_fitted_scorer_is_as_good_as_a_column(data):
    by_scorer = own(score=Sum()).run(data)
    assert by_scorer.windows[0].features == ("Sum",)
    assert by_scorer.settings["score"] == "Sum"
    by_column = own(score="good").run(data)
    for one, other in zip(by_scorer.ledger, by_column.ledger, strict=True):
        assert one.p_local == other.p_local
    with pytest.raises(ColumnMissing, match="'a'"):
        own(score=Sum()).run(data.select(("good",)))


def test_a_saved_scorer_is_read(data, tmp_path):
    trees = BoostedTrees(n_trees=5, n_leaves=4)
    scorer = trees.fit(S.select(NAMES), B.select(NAMES)[:2000], seed=1)
    save_scorer(scorer, tmp_path / "trees.npz")
    from_file = own(score=SavedScorer(tmp_path / "trees.npz")).run(data)
    assert from_file.windows[0].features == ("trees.npz",)
    assert from_file.best.z_local > 5
    assert from_file.settings["score"] == {"file": "trees.npz"}
    for one, other in zip(from_file.ledger, own(score=scorer).run(data).ledger, strict=True):
        assert one.p_local == other.p_local
    with pytest.raises(BadLayout, match="no such file"):
        own(score=SavedScorer(tmp_path / "none.npz")).run(data)


def test_without_signal_p_values_are_uniform():
    """A score that does not know the mass: 60 data sets; bounds of three standard deviations."""
    z = []
    for seed in range(60):
        quiet = background(5000, seed)
        quiet = with_score(quiet, noise(quiet, seed))
        scan = own(score="s", efficiencies=(0.1,), **QUICK).run(quiet, seed=seed)
        z.append(scan.windows[0].cuts[1].z_local)
    assert kstest(norm.sf(z), "uniform").pvalue > 0.01
    assert abs(np.mean(z)) < 3 / np.sqrt(60)
    assert np.std(z) == pytest.approx(1, abs=3 / np.sqrt(120))


def drifting(sample, size, decorrelated=0):
    return with_score(sample, noise(sample, 3) + size * np.log(sample.mass / 3000))


def test_a_score_that_drifts_with_the_mass_is_flattened():
    flat = own(score="s").run(drifting(B, 3.0))
    raw = own(score="s", decorrelate=None).run(drifting(B, 3.0))
    before, after = flat.windows[0].correlation[0].before, flat.windows[0].correlation[0].after
    assert before > 0.2
    assert abs(after) < 0.05
    assert raw.windows[0].correlation[0].after == before
    sculpted = {check.what for check in raw.summary().checks if check.verdict == "failed"}
    assert "no mass sculpting" in sculpted
    assert not [c for c in flat.summary().checks if c.verdict == "failed"]


def test_sculpting_changes_the_headline():
    """The same weak signal in a score that follows the mass: found if flattened, else doubted."""
    both = inject(B, S, 80, seed=1)
    drifts = with_score(both, both.x.sum(axis=1))
    flat = own(score="s", efficiencies=(0.02,)).run(drifts)
    raw = own(score="s", efficiencies=(0.02,), decorrelate=None).run(drifts)
    assert flat.summary().status == "excess"
    assert raw.best.z_local > 4
    assert raw.summary().status == "checks failed"
    assert "no mass sculpting" in raw.summary().headline


@pytest.mark.parametrize("width", [400, 1000])
@pytest.mark.parametrize("decorrelate", [None, search().decorrelate])
def test_a_score_that_peaks_in_mass_makes_no_excess(width, decorrelate):
    """There is no signal; the score of all events is higher around the middle of the window."""
    for size in (0.6, 1.2, 3.0):
        bump = size * np.exp(-0.5 * ((B.mass - 3300) / width) ** 2)
        scan = own(score="s", decorrelate=decorrelate).run(with_score(B, noise(B) + bump))
        assert scan.summary().status != "excess"
    failed = {check.what for check in scan.summary().checks if check.verdict == "failed"}
    assert "features independent of the mass" in failed


def test_leaks_of_scores_and_cuts_are_measured():
    """Distance and error against what normal scores of known shift give."""
    window = search().windows[0]
    quiet, shifted = [], []
    for seed in range(40):
        b = background(6000, seed)
        s = noise(b, seed)
        inner = (np.abs(b.mass - 3300) < 600) * 0.5
        one = Sample(np.column_stack([s]), ("s",), b.mass)
        other = one.with_x(np.column_stack([s + inner]))
        quiet += [[leak(x, window) for leak in (of_score, of_cut)] for x in (one,)]
        shifted += [[leak(x, window) for leak in (of_score, of_cut)] for x in (other,)]
    for rows in np.array(quiet, dtype=object).T:
        pulls = [leak.distance / leak.uncertainty for leak in rows]
        assert abs(np.mean(pulls)) < 0.6
        assert 0.6 < np.std(pulls) < 1.4
    scores, cuts = np.array(shifted, dtype=object).T
    assert np.mean([leak.distance for leak in cuts]) == pytest.approx(0.5, abs=0.06)
    assert np.mean([leak.distance for leak in scores]) == pytest.approx(0.5, abs=0.08)


def of_score(sample, window):
    return score_leak(sample, window, seed_of("leak"))


def of_cut(sample, window):
    return cut_leak(sample, window, sample.x[:, 0] > 1)


def seed_of(name):
    from anomalon import Seed

    return Seed(1).child(name)


# --- cuts


def test_a_cut_selects_what_it_says(data):
    tagged = with_score(data, data.column("poor") + 2 * data.label, "q")
    scan = own(cuts=("q > 1.5 and a > -1",)).run(tagged)
    (window,) = scan.windows
    cut = window.cuts[1]
    passed = (tagged.column("q") > 1.5) & (data.column("a") > -1)
    inside = window.window.in_signal_region(data.mass)
    side = window.window.in_sidebands(data.mass)
    assert cut.n == (passed & inside).sum()
    assert cut.efficiency == pytest.approx(passed[side].mean(), rel=1e-12)
    assert (window.by, window.features) == ("cut", ("q > 1.5 and a > -1",))
    assert cut.z_local > 4
    assert "q > 1.5 and a > -1" in scan.summary().headline
    assert {h.name for h in window.histograms} == {"a", "q"}


def test_cuts_beside_classifiers_change_none_of_their_numbers(data):
    quick = {"n_members": 2, "n_folds": 2, "efficiencies": (0.1,)}
    alone = search(**quick).run(data, seed=4)
    beside = search(**quick, cuts=("poor > 1",)).run(data, seed=4)
    assert to_plain(beside.windows[0]) == to_plain(alone.windows[0])
    assert [t.features for t in beside.ledger] == ["none", "a, b", "poor > 1"]


def test_a_cut_that_nothing_passes_beside_the_signal_region_is_a_trial_without_an_answer(data):
    near = with_score(data, np.abs(data.mass - 3300), "off")
    scan = own(cuts=("off < 100",)).run(near)
    assert [t.features for t in scan.ledger] == ["none", "off < 100"]
    assert not scan.windows[0].cuts[1].ok
    assert "no event of the side bands passes" in scan.summary().problems[0]


# --- what is refused


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "search.features.*`score` or `cuts`"),
        ({"score": ""}, "search.score"),
        ({"score": 3}, "search.score"),
        ({"cuts": ("a",)}, r"search.cuts\[0\].*condition"),
        ({"cuts": ("a <",)}, r"search.cuts\[0\].*at character 4"),
        ({"cuts": "a < 1"}, "search.cuts.*list"),
        ({"cuts": ("a < 1", "a < 1")}, "search.cuts.*once"),
    ],
)
def test_settings_that_mean_nothing_are_refused(changes, said):
    with pytest.raises(BadValue, match=said):
        own(**changes)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"score": "god"}, ColumnMissing, "'god'; did you mean 'good'"),
        ({"score": "good > 1"}, BadValue, "search.score.*got a condition"),
        ({"score": "good +"}, BadValue, "search.score.*at character"),
        ({"score": "log(good)"}, BadNumbers, "search.score 'log.good.'.*rows"),
        ({"score": "good - good"}, BadValue, "selects nothing: it is 0 for all events"),
        ({"cuts": ("b < 1e9",)}, BadValue, "all events pass"),
        ({"cuts": ("b > 1e9",)}, BadValue, "no event passes"),
    ],
)
def test_what_the_data_cannot_answer_is_refused(data, changes, error, said):
    with pytest.raises(error, match=said):
        own(**changes).run(data)


@pytest.mark.parametrize("kind", ["whole", "yes or no", "few values"])
def test_scores_of_few_values_have_an_answer(data, kind):
    good = data.column("good")
    score = {"whole": np.round(good), "yes or no": good > 2, "few values": np.clip(good, 0, 2)}
    scan = own(score="s").run(with_score(data, score[kind] * 1.0))
    for cut in scan.windows[0].cuts:
        assert cut.ok
    assert scan.windows[0].cuts[1].z_local > 3


@pytest.mark.usefixtures("no_figures")
def test_the_page_and_the_numbers_say_what_the_score_was(data, tmp_path):
    scan = own(score="good", cuts=("poor > 1",)).run(data)
    told = {row.name: str(row) for row in scan.summary().numbers}
    assert told["score, in the place of a classifier"] == "good, flattened in mass"
    assert told["own cut"] == "poor > 1"
    page = write_report(scan, tmp_path).read_text("utf-8")
    assert "Score: good." in page
    assert "Cut: poor &gt; 1." in page
    assert "LightGBM" not in page
    assert "Ke:2017lightgbm" not in scan.citations
    assert not any(key in scan.settings for key in ("classifier", "background", "n_members"))
    assert replace(scan, citations=()).summary().citations == ()
