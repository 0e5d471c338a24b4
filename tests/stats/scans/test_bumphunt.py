import json
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.stats import Dijet, Exponential, Spectrum, binomial_significance, fit_spectrum
from anomalon.stats.counts import pseudo_experiments as toys
from anomalon.stats.fits import choose_orders
from anomalon.stats.scans import bumphunt
from anomalon.stats.scans.backgrounds import Reference
from anomalon.stats.scans.bumphunt import bump_hunt

EDGES = np.linspace(0.0, 2000.0, 41)
FALLING = np.exp(-(EDGES[1:] + EDGES[:-1]) / 2 / 400.0)


def expected(events):
    return FALLING / FALLING.sum() * events


def null(events, name, size=None):
    rng = Seed(5).child(name).generator()
    shape = 40 if size is None else (size, 40)
    return rng.poisson(expected(events), shape).astype(float)


def spectrum_file(name):
    folder = os.environ.get("ANOMALON_DATA")
    if folder is None:
        pytest.skip("ANOMALON_DATA is not set: no published spectra to read")
    with (Path(folder) / "spectra" / name).open() as lines:
        rows = [line for line in lines if not line.startswith("#")]
    return np.genfromtxt(rows, delimiter=",", names=True)


def test_pybumphunters_example():
    """The README of pyBumpHunter: bins 16 to 20, local 1.7341e-4, global 0.0177 of 10,000."""
    table = spectrum_file("pybumphunter_example_60bins.csv")
    edges = np.append(table["lo"], table["hi"][-1])
    hunt = bump_hunt((table["data"], edges), table["bkg"], widths=range(2, 7), seed=1)
    assert hunt.bins == (16, 20)
    assert hunt.p_local == pytest.approx(1.7341068e-4, rel=1e-7)
    assert hunt.t == pytest.approx(8.6598, abs=1e-4)
    assert hunt.n_observed - hunt.n_expected == 208
    assert len(hunt.windows) == 285
    # two independent sets of 10,000, each with a binomial error of 0.0013
    assert hunt.global_p.p == pytest.approx(0.0177, abs=3 * np.sqrt(2) * 0.0013)


def test_atlas_dijet_spectrum():
    """arXiv:1910.08447 with its published background; global values from other programs."""
    table = spectrum_file("atlas_dijet_139ifb.csv")
    edges = np.append(table["m_lo_GeV"], table["m_hi_GeV"][-1])
    data = Spectrum(table["observed"], edges)
    widths = range(2, 46)
    hunt = bump_hunt(data, table["atlas_fit"], widths=widths, n_toys=3000)
    assert (hunt.low, hunt.high) == (1341, 1416)
    assert hunt.n_observed == 2_581_420
    assert hunt.n_expected == pytest.approx(2_578_131, abs=0.5)
    assert hunt.p_local == pytest.approx(0.0203, abs=5e-5)
    assert hunt.global_p.p == pytest.approx(0.901, abs=0.025)
    four = fit_spectrum(data, Dijet(4))
    fixed = bump_hunt(data, four, widths=widths, n_toys=3000, refit=False)
    again = bump_hunt(data, four, widths=widths, n_toys=3000)
    assert (again.low, again.high) == (1341, 1416)
    assert again.p_local == pytest.approx(0.0108, abs=5e-5)
    assert fixed.global_p.p == pytest.approx(0.753, abs=0.035)
    assert again.global_p.p == pytest.approx(0.651, abs=0.035)


@pytest.mark.parametrize("kind", ["known", "shape", "reference", "normalised"])
def test_pseudo_experiments_do_not_depend_on_how_many(kind, monkeypatch):
    counts = null(3000, "prefix")
    background = {
        "known": expected(3000),
        "shape": Exponential(2),
        "reference": Reference(null(6000, "prefix reference"), 2.0),
        "normalised": Reference(null(6000, "prefix reference")),
    }[kind]
    together = bump_hunt((counts, EDGES), background, n_toys=400, seed=2)
    few = bump_hunt((counts, EDGES), background, n_toys=7, seed=2)
    assert together.t_toys[:7].tolist() == few.t_toys.tolist()
    assert len(set(together.t_toys)) > 300
    # one by one: every toy through a call of its own
    original = bumphunt.smallest_log_p

    def alone(statistic, k, m, q, *rows):
        each = [
            original(statistic, k[i : i + 1], m[i % len(m)][None], q[i % len(q)][None], *rows)[0]
            for i in range(len(k))
        ]
        return np.concatenate(each), None

    monkeypatch.setattr(bumphunt, "smallest_log_p", alone)
    looped = bump_hunt((counts, EDGES), background, n_toys=400, seed=2)
    assert looped.t_toys.tolist() == together.t_toys.tolist()
    assert looped.global_p == together.global_p


def test_refitted_one_by_one():
    """The fits of pseudo-experiments alone and together, to the last bit."""
    fit = fit_spectrum((null(3000, "refit"), EDGES), Exponential(3))
    counts = toys.poisson_toys(fit.expected, 50, seed=3)
    together = fit_spectrum((counts, EDGES), fit.shape)
    for i in range(50):
        assert np.array_equal(
            fit_spectrum((counts[i], EDGES), fit.shape).expected, together.expected[i]
        )


def test_a_procedure_of_ones_own_is_repeated():
    counts = null(3000, "own procedure")
    fit = fit_spectrum((counts, EDGES), Exponential(3))

    def again(spectrum):
        return fit_spectrum(spectrum, Exponential(3)).expected

    def hunt(refit):
        return bump_hunt((counts, EDGES), fit, n_toys=50, refit=refit, seed=1)

    assert hunt(again).t_toys.tolist() == hunt(True).t_toys.tolist()
    by_choice = hunt(lambda s: choose_orders(s, "exponential", 2, 4).expected)
    assert 0 < np.mean(by_choice.t_toys == hunt(True).t_toys) < 1  # where it takes three as well
    with pytest.raises(BadLayout, match=r"refit: expected expectations of shape \(50, 40\)"):
        hunt(lambda s: fit.expected)


@pytest.mark.parametrize("kind", ["known", "reference", "normalised"])
@pytest.mark.parametrize("side", ["low", "high"])
def test_an_empty_bin_changes_nothing(kind, side):
    counts, sample = null(500, "empty"), null(1000, "empty reference")
    counts[-3:], sample[-3:] = 0, 0
    mean = expected(500)

    def background(pad):
        return {
            "known": pad(mean),
            "reference": Reference(pad(sample), 2.0),
            "normalised": Reference(pad(sample)),
        }[kind]

    def pad(values):
        return np.append(values, 0.0) if side == "high" else np.insert(values, 0, 0.0)

    edges = np.append(EDGES, 2100.0) if side == "high" else np.insert(EDGES, 0, -50.0)
    one = bump_hunt((counts, EDGES), background(lambda v: v), n_toys=300)
    other = bump_hunt((pad(counts), edges), background(pad), n_toys=300)
    assert other.log_p.tolist() == one.log_p.tolist()
    assert (other.low, other.high) == (one.low, one.high)
    assert other.t_toys.tolist() == one.t_toys.tolist()
    assert other.global_p == one.global_p


def global_p_values(n, hunt, n_toys):
    """A p-value of each of n experiments without signal, made continuous by lot among ties."""
    rng = Seed(6).child("ties").generator()
    p = []
    for i in range(n):
        found = hunt(i, n_toys)
        above = (found.t_toys > found.t).sum()
        ties = (found.t_toys == found.t).sum()
        p.append((above + rng.uniform() * (ties + 1)) / (n_toys + 1))
    return np.array(p)


@pytest.mark.parametrize("kind", ["known", "fit", "reference", "normalised"])
def test_global_p_values_are_uniform(kind):
    n = 600
    counts = null(2000, f"uniform {kind}", n)
    sample = null(2000, "the other sample", n)

    def hunt(i, n_toys):
        background = {
            "known": expected(2000),
            "fit": Exponential(2),
            "reference": Reference(sample[i], 1.0),
            "normalised": Reference(sample[i]),
        }[kind]
        return bump_hunt((counts[i], EDGES), background, widths=range(2, 9), n_toys=n_toys, seed=i)

    p = global_p_values(n, hunt, 99)
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.027)  # three sigma of 600


def test_a_reference_taken_as_exact_sees_bumps_everywhere():
    """The usage that the reference statistics replace; 61 % at 1e5 events and widths 2-20."""
    counts, sample = null(1e5, "naive", 60), null(1e5, "naive reference", 60)
    p = [
        bump_hunt((counts[i], EDGES), np.maximum(sample[i], 1), n_toys=300).global_p.p
        for i in range(60)
    ]
    assert np.mean(np.array(p) < 0.05) > 0.3


def test_finds_the_signal_and_reports_it():
    counts = null(5000, "signal")
    counts[20:22] += 60
    for background in (expected(5000), Exponential(2), Reference(null(5e4, "large"), 10.0)):
        hunt = bump_hunt((counts, EDGES), background, n_toys=500)
        assert hunt.bins == (20, 22)
        assert (hunt.low, hunt.high) == (1000.0, 1100.0)
        assert hunt.n_observed - hunt.n_expected == pytest.approx(120, abs=40)
        assert hunt.z_local > 7
        assert hunt.global_p.is_bound
        assert hunt.global_p.p == pytest.approx(1 / 501)
        assert "1000-1100 GeV" in repr(hunt)
        plain = json.loads(json.dumps(hunt.to_dict()))
        assert plain["global"]["k"] == 0
        assert len(plain["tomography"]["p"]) == plain["n_windows"] == len(hunt.windows)
        assert min(plain["tomography"]["p"]) == plain["p_local"]


def test_finds_a_deficit():
    counts = null(5000, "deficit")
    counts[5:8] *= 0.6
    for background in (expected(5000), Exponential(2), Reference(null(5e4, "large"), 10.0)):
        hunt = bump_hunt((counts, EDGES), background, deficit=True, n_toys=500)
        assert hunt.bins == (5, 8)
        assert hunt.z_local > 5
        assert "Deficit" in repr(hunt)


def test_local_p_of_a_reference_is_the_on_off_test():
    counts, sample = null(300, "on"), null(900, "off")
    hunt = bump_hunt((counts, EDGES), Reference(sample, 3.0), n_toys=1)
    found = hunt.tomography
    for i in range(0, len(hunt.windows), 50):
        low, high = hunt.windows.first[i], hunt.windows.last[i]
        n_on, n_off = counts[low:high].sum(), sample[low:high].sum()
        if n_on > n_off / 3:
            z = binomial_significance(n_on, n_off, 3.0)
            assert found["z"][i] == pytest.approx(z, rel=1e-8)


def test_weighted_counts_are_scaled():
    """Weights of 0.1: the same local and global p as for the events themselves."""
    counts, sample = null(3000, "weights"), null(6000, "weights reference")
    plain = bump_hunt((counts, EDGES), expected(3000), n_toys=300)
    light = Spectrum(0.1 * counts, EDGES, 0.01 * counts)
    hunt = bump_hunt(light, 0.1 * expected(3000), n_toys=300)
    assert hunt.log_p == pytest.approx(plain.log_p, rel=1e-7, abs=1e-9)
    assert hunt.n_observed == pytest.approx(0.1 * plain.n_observed)
    assert hunt.global_p.p == pytest.approx(plain.global_p.p, abs=0.02)
    on_off = bump_hunt((counts, EDGES), Reference(sample, 2.0), n_toys=300)
    light_sample = Spectrum(0.1 * sample, EDGES, 0.01 * sample)
    hunt = bump_hunt((counts, EDGES), Reference(light_sample, 0.2), n_toys=300)
    assert hunt.log_p == pytest.approx(on_off.log_p, rel=1e-7, abs=1e-9)
    fitted = bump_hunt((counts, EDGES), Exponential(2), n_toys=300)
    hunt = bump_hunt(light, Exponential(2), n_toys=300)
    assert hunt.log_p == pytest.approx(fitted.log_p, rel=1e-5, abs=1e-6)


def test_empirical_p_is_never_zero_and_leaves_failures_out():
    found = toys.empirical_p(5.0, np.array([1.0, 2.0, np.nan, 3.0]))
    assert (found.p, found.k, found.n) == (0.25, 0, 3)
    assert found.low == 0
    assert found.is_bound
    nothing = toys.empirical_p(1.0, np.array([np.nan]))
    assert (nothing.p, nothing.low, nothing.high) == (1.0, 0.0, 1.0)


def test_ties_count_as_at_least_as_extreme():
    """The same p-value by another window, off by rounding."""
    toy = np.log(2.0) * (1 - 3e-16)
    assert toys.empirical_p(np.log(2.0), np.array([toy, 0.1])).k == 1


def test_says_what_is_wrong():
    counts = null(500, "wrong")
    fit = fit_spectrum((counts, EDGES), Exponential(2))
    with pytest.raises(BadLayout, match="one number for each of 40 bins"):
        bump_hunt((counts, EDGES), np.ones(39))
    for name in ("exponential", Exponential):
        with pytest.raises(BadValue, match=r"background: .* as Exponential\(3\), got"):
            bump_hunt((counts, EDGES), name)
    with pytest.raises(BadLayout, match="got 2 toys"):
        bump_hunt((np.stack([counts, counts]), EDGES), expected(500))
    with pytest.raises(BadLayout, match="a fit of this spectrum"):
        bump_hunt((counts + 1, EDGES), fit)
    with pytest.raises(BadLayout, match="bins of the data"):
        bump_hunt((counts, EDGES), Reference((counts, EDGES * 2), 1.0))
    with pytest.raises(BadValue, match="tau"):
        Reference(counts, 0.0)
    with pytest.raises(BadValue, match="n_toys"):
        bump_hunt((counts, EDGES), expected(500), n_toys=0)
    with pytest.raises(BadNumbers, match=r"exactly zero, so that p = 0: 1-2 GeV \(1\)\. Give"):
        bump_hunt(([3.0, 1.0, 2.0], [0, 1, 2, 3]), [2.0, 0.0, 2.0])
    with pytest.raises(BadNumbers, match="a bin above zero"):
        bump_hunt((counts, EDGES), np.zeros(40))
    with pytest.raises(BadNumbers, match="expected events"):
        bump_hunt((counts, EDGES), Reference(np.zeros(40)))
    with pytest.raises(TooFewEvents, match="pseudo-experiments could not be fitted"):
        bump_hunt(([1.0, 1.0, 1.0, 1.0, 0.0], [0, 1, 2, 3, 4, 5]), Exponential(3))
