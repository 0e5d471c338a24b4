"""Numbers of papers and of other packages, from statistics.toml."""

import os
import tomllib
from pathlib import Path

import numpy as np
import pytest

from anomalon import stats

TABLE = tomllib.loads((Path(__file__).parent / "statistics.toml").read_text())


def name(row):
    return f"{row['paper']}, {row.get('table', row.get('n'))}"


@pytest.mark.parametrize("row", TABLE["number"], ids=name)
def test_number(row):
    ours = float(getattr(stats, row["call"])(*row["arguments"]))
    assert abs(ours - row["value"]) <= row["tolerance"]


def published_spectrum(file):
    folder = os.environ.get("ANOMALON_DATA")
    if folder is None:
        pytest.skip("ANOMALON_DATA is not set: no public spectra")
    table = np.loadtxt(Path(folder) / "spectra" / file, delimiter=",", comments=("#", "m_lo"))
    return stats.Spectrum(table[:, 2], np.append(table[:, 0], table[-1, 1]))


@pytest.mark.parametrize("row", TABLE["fit"], ids=lambda row: f"{row['file']}-{row['n']}")
def test_fit_of_a_public_spectrum(row):
    spectrum = published_spectrum(row["file"])
    fit = stats.fit_spectrum(spectrum, stats.SHAPES[row["shape"]](row["n"]))
    assert fit.ndf == row["ndf"]
    assert abs(float(fit.deviance) - row["deviance"]) <= row["tolerance"]
    if "parameters" in row:
        # printed to six digits, and strongly correlated: compare on the scale of their errors
        assert np.all(np.abs(fit.parameters - row["parameters"]) < 1e-3 * fit.errors)
    if "chi2_merged" in row:
        observed, expected = merge(spectrum.counts, fit.expected, 30)
        chi2 = ((observed - expected) ** 2 / expected).sum()
        assert abs(chi2 - row["chi2_merged"]) <= row["chi2_tolerance"]


def merge(counts, expected, least):
    """Bins merged from the left until each has at least `least` events; the rest joins the last."""
    stops = []
    total = 0.0
    for i, n in enumerate(counts):
        total += n
        if total >= least:
            stops.append(i + 1)
            total = 0.0
    starts = [0, *stops[:-1]]
    return np.add.reduceat(counts, starts), np.add.reduceat(expected, starts)


def test_order_of_the_published_dijet_spectra():
    cms = stats.choose_order(published_spectrum("cms_dijet_137ifb.csv"), "dijet", 2, 5)
    assert cms.n_parameters == 3
    # likelihood ratio: 3 -> 4 gains 20.7, 4 -> 5 gains 5.29 (p = 0.021)
    atlas = stats.choose_order(
        published_spectrum("atlas_dijet_139ifb.csv"), "dijet", 2, 5, test="likelihood_ratio"
    )
    assert atlas.n_parameters == 5
    assert [row.f for row in atlas.tried[2:]] == pytest.approx([20.72, 5.29], abs=0.01)
    assert atlas.tried[3].p_f == pytest.approx(0.0215, abs=5e-4)
