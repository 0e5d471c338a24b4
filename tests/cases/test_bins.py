"""Histograms that once gave a wrong answer: weights that differ from bin to bin, lost bins."""

from pathlib import Path

import numpy as np
import pytest

from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.data import SpectrumChoices, read_spectrum
from anomalon.search import LimitSettings, SmoothBackground, scan_limits
from anomalon.stats import Reference, Spectrum, bump_hunt
from anomalon.stats.numerics.pvalues import z_from_p

SPECTRA = Path(__file__).parent / "spectra"


def spectrum(name):
    return Spectrum.of(read_spectrum(SPECTRA / name))


def test_a_reference_whose_events_weigh_more_in_the_tail():
    """26 events over none: each of the reference weighs ten there, whatever it weighs elsewhere."""
    reference = Reference(spectrum("het_mc.csv"), 1.0)
    hunt = bump_hunt(spectrum("het_data.csv"), reference, n_toys=100)
    low, high, z = (hunt.tomography[name] for name in ("low", "high", "z"))
    one = (low == 2400) & (high == 2500)
    assert z[one][0] == pytest.approx(z_from_p((1 / 1.1) ** 26), abs=1e-9)  # +1.38
    assert hunt.z_local < 2


def test_events_where_no_background_is_expected_are_refused():
    counts = spectrum("z_tail0.csv")
    background = read_spectrum(SPECTRA / "z_tail0.csv", SpectrumChoices(column="bkg")).counts
    with pytest.raises(BadNumbers, match="0 in 2 bins with 75 events, the first at 1700-1800 GeV"):
        bump_hunt(counts, background, n_toys=100)
    background[-2:] = 0.5
    assert bump_hunt(counts, background, n_toys=100).z_local > 10


def test_a_range_keeps_its_last_bin():
    kept = spectrum("fl.csv").between(0.3, 0.7)
    assert kept.n_bins == 4
    assert kept.edges[[0, -1]] == pytest.approx([0.3, 0.7])


def test_edges_that_a_file_has_rounded_are_the_same():
    data, reference = spectrum("ed.csv"), spectrum("er.csv")
    assert bump_hunt(data, Reference(reference, 5.0), n_toys=100).z_local < 4
    edges = reference.edges.copy()
    edges[3] += 1.0
    moved = Spectrum(reference.counts, edges)
    with pytest.raises(BadLayout, match=r"1 of 21 edges that differ; the first is .*1232\.1"):
        bump_hunt(data, Reference(moved, 5.0), n_toys=100)
    assert np.array_equal(reference.edges, spectrum("er.csv").edges)


def test_the_wide_bin_that_holds_the_signal_is_the_one_that_limits_it():
    """280 events over 315.32 +- 7.60: pyhf has 38.60 expected and 21.45 observed."""
    table = read_spectrum(SPECTRA / "varw.csv")

    def limit(mass, **choice):
        found = scan_limits(
            table,
            SmoothBackground("exponential", 2, 4, **choice),
            LimitSettings(resolution=0.01, masses=[mass], n_closure=0),
        )
        return float(found.band[2, 0]), float(found.observed[0])

    alone = {"choice": "test"}  # the function with two parameters, taken for known
    assert limit(3117.0, **alone) == pytest.approx((38.60, 21.45), rel=0.003)
    assert limit(3700.0, **alone) == pytest.approx((38.60, 21.45), rel=0.003)
    # The last bin decides what functions do that are as good elsewhere: that the right one is not
    # known doubles the limits there, and the deficit makes less of it.
    expected, observed = limit(3117.0)
    assert 38.60 < expected < 90
    assert 21.45 < observed < expected
