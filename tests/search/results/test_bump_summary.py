"""What a bump hunt tells: the answer, what it stands on, and what is doubtful."""

from dataclasses import replace

import numpy as np

from anomalon.core.rounding import p_value, sigmas
from anomalon.search.results.spectrum_checks import FIT


def check(result, words):
    (found,) = (c for c in result.summary().checks if words in c.what)
    return found


def with_significance(bump, **changes):
    return replace(bump, significance=replace(bump.significance, **changes))


def numbers(result):
    return {row.name: str(row) for row in result.summary().numbers}


def test_the_answer_is_the_window_locally_and_globally(bump):
    told, window, chance = numbers(bump), bump.window, bump.significance
    assert told["window"] == f"{window.low:.5g}-{window.high:.5g} GeV"
    assert told["observed"].startswith(f"{window.n:.0f}")
    assert told["local p-value"] == p_value(window.p_local)
    assert told["global p-value"] == p_value(chance.p)
    assert told["pseudo-experiments"] == str(chance.n)
    assert bump.summary().headline.startswith(f"Largest excess in {window.low:.5g}-")
    assert bump.summary().status == "nothing"
    assert bump.summary().ok


def test_what_is_doubtful_is_said(bump):
    exact = replace(bump, background="exact")
    assert "not to be trusted" in exact.summary().warnings[0]
    # twenty pseudo-experiments say little of pulls
    none = with_significance(replace(bump, signal=None), is_bound=True, z=3.5)
    assert none.summary().status == "excess"
    assert "at most" in none.summary().headline
    assert numbers(none)["global p-value"].startswith("≤ ")
    assert any("only a bound" in text for text in none.summary().warnings)


def test_an_excess_whose_checks_failed_is_not_ok(bump):
    poor = replace(bump.closure, p_value=1e-6, rate=np.minimum(bump.closure.rate * 20, 1.0))
    result = with_significance(replace(bump, signal=None, closure=poor), z=3.5)
    assert check(result, "global p-values without signal").passed is poor.ok is False
    summary = result.summary()
    assert (summary.status, summary.verdict, summary.ok) == (
        "checks failed",
        "Checks failed",
        False,
    )
    assert "Not to be believed" in summary.headline


def test_without_an_excess_a_failed_check_is_told_and_costs_no_exit_status(bump):
    """As docs/reference/cli.md has it: nothing is claimed that the check bears on."""
    chance = replace(bump.significance, z=0.4, p=0.34)
    summary = replace(bump, significance=chance, fit=replace(bump.fit, p_value=1e-6)).summary()
    assert FIT in [check.what for check in summary.failed]
    assert (summary.status, summary.ok) == ("nothing", True)


def test_a_deficit_is_called_one(bump):
    assert "deficit in" in replace(bump, deficit=True).summary().headline
    assert replace(bump, deficit=True).summary().verdict == "No significant deficit"


def test_a_spurious_signal_is_judged_by_what_chance_makes(bump):
    size = len(bump.narrow.masses)
    for error, passed in ((0.5, True), (0.3, False)):
        narrow = replace(
            bump.narrow, spurious=np.full(size, 0.9), spurious_error=np.full(size, error)
        )
        one = check(replace(bump, narrow=narrow), "spurious")
        assert one.passed is passed
        assert f"fluctuations make {error:.0%}" in one.found


def test_a_narrow_resonance_is_reported_beside_the_best_window(bump):
    told, narrow = numbers(bump), bump.narrow
    best = narrow.z.argmax()
    assert told["its local significance"] == sigmas(narrow.z[best])
    assert told["its global p-value"] == p_value(narrow.p_global[best])
    assert told["best narrow resonance"].startswith(f"{narrow.masses[best]:.0f}"[0])
    assert "best narrow resonance" not in numbers(replace(bump, narrow=None))


def test_a_rough_global_p_value_is_a_warning_and_no_failure(bump):
    rough = with_significance(bump, p=0.03, is_bound=False)
    assert any("rough" in text for text in rough.summary().warnings)
    assert check(rough, "enough pseudo-experiments").passed is None


def test_how_pseudo_experiments_were_made_is_said(bump):
    assert "chose its own number of parameters" in bump.summary().how
    assert "chose its own" not in replace(bump, choice_repeated=False).summary().how
    assert "finite size" in replace(bump, background="reference").summary().how
    assert "given as exact" in replace(bump, background="exact").summary().how


def test_what_was_read_stands_on_the_page(bump):
    roles = ("counts from `n`", "masses in GeV")
    (part,) = (p for p in replace(bump, roles=roles).summary().parts if p.title == "Input")
    assert [row[0] for row in part.tables[0].rows] == list(roles)
