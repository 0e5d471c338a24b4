"""What limits tell: the limits, where the data are furthest from them, and how they were made."""

from dataclasses import replace

import numpy as np
import pytest

from anomalon.core.rounding import measured, plain
from anomalon.stats import SignalNuisances


def table(result):
    """The limits against mass, column by column, by name and unit."""
    (part,) = (part for part in result.summary().parts if part.title == "Limits against mass")
    (found,) = part.tables
    heads = [f"{c.name} [{c.unit}]" if c.unit else c.name for c in found.columns]
    return dict(zip(heads, zip(*found.rows, strict=True), strict=True))


def test_masses_without_a_limit_are_named(limit):
    observed = limit.observed.copy()
    observed[3] = np.nan
    why = tuple("no fit" if i == 3 else "" for i in range(len(observed)))
    result = replace(limit, observed=observed, why=why)
    summary = result.summary()
    assert summary.warnings == ("No limit at some masses: no fit",)
    assert summary.numbers[0].text == f"{len(observed) - 1} of {len(observed)}"
    assert table(result)["observed limit [events]"][3] is None


def test_the_page_says_where_limits_are_exact(limit):
    size = len(limit.masses)
    some = replace(limit, method=("asymptotic",) * (size - 3) + ("exact",) * 3)
    assert f"at 3 of {size} masses between {limit.masses[-3]:.0f} and " in some.summary().how
    assert table(some)["calculation"] == some.method
    alone = replace(limit, method=("asymptotic",) * size)
    assert "asymptotic formulae at all masses" in alone.summary().how


def test_the_page_names_the_functions_that_come_into_question(limit):
    how = limit.summary().how
    assert "nuisance parameter (without signal these come into question: " in how
    first = limit.fit.tried[0]
    assert f"{first.shape} with {first.n_parameters}" in how
    assert "taken for known" in replace(limit, profiled=False).summary().how


def test_strengths_and_cross_sections_stand_beside_the_limits(limit):
    numbers = {row.name: str(row) for row in limit.summary().numbers}
    at = int(np.abs(limit.z).argmax())
    assert numbers["signal there"].startswith(
        measured(float(limit.strength[at]), float(limit.sigma_strength[at]))
    )
    assert not [head for head in table(limit) if "[fb]" in head]
    some = replace(
        limit, luminosity=139.0, acceptance=0.5, nuisances=SignalNuisances(efficiency=0.1)
    )
    rows = [str(row) for row in some.summary().numbers if row.name == "observed limits"]
    assert rows[1].endswith("fb")
    assert table(some)["observed limit [fb]"][5] == pytest.approx(limit.observed[5] / 139 / 0.5)
    assert table(some)["expected limit [fb]"][5] == pytest.approx(limit.median[5] / 139 / 0.5)
    told = {row.name: str(row) for row in some.summary().numbers}
    assert told["uncertainty of the signal"] == "efficiency 10\u202f%"


def test_the_headline_is_what_was_expected_and_where_the_data_are_furthest_from_it(limit):
    z = np.zeros(len(limit.masses))
    z[4], z[7] = -2.5, 1.9
    summary = replace(limit, z=z).summary()
    assert f"by −2.50\u202fσ at {plain(limit.masses[4], 4)} GeV" in summary.headline
    low, high = limit.band[2].min(), limit.band[2].max()
    assert f"{plain(low)} to {plain(high)} events at 95\u202f%" in summary.headline
    over = np.sign(limit.z) == np.sign(limit.observed - limit.band[2])
    assert over[np.abs(limit.z) > 0.5].all()


def test_limits_on_one_side_of_what_is_expected_fail_a_check(limit):
    far = replace(limit, observed=limit.band[-1] * 2)
    (check,) = (c for c in far.summary().checks if "both sides" in c.what)
    assert check.passed is False
    assert check.found == "100% above the median"
