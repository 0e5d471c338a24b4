"""Checks that bump hunts and limits share: one for the fit, one for every closure test."""

from dataclasses import replace

import pytest

from anomalon.core.rounding import measured


def check(result, words):
    (found,) = (c for c in result.summary().checks if words in c.what)
    return found


@pytest.mark.parametrize("which", ["bump", "limit"])
def test_a_failed_fit_is_a_failed_check_and_a_warning(which, request):
    result = request.getfixturevalue(which)
    poor = replace(result, fit=replace(result.fit, p_value=1e-5)).summary()
    assert poor.checks[0].passed is False
    (warning,) = (text for text in poor.warnings if "does not describe the spectrum" in text)
    assert "Try more parameters or another shape" in warning
    assert not [text for text in result.summary().warnings if "does not describe" in text]


def test_every_closure_test_is_a_check(bump, limit):
    uniform = check(bump, "global p-values without signal")
    assert f"of {bump.closure.n} at or below 0.05" in uniform.found
    assert uniform.passed == bump.closure.ok
    local = bump.signal.test.uniformity
    assert check(bump, "local p-values without signal").passed == local.ok
    line = bump.signal.test.linearity
    slope = check(bump, "is the injected one")
    assert f"slope {measured(line.slope, line.slope_error)}" in slope.found
    shifted = replace(line, slope=1.5)
    test = replace(bump.signal.test, linearity=shifted)
    worse = replace(bump, signal=replace(bump.signal, test=test))
    assert check(worse, "is the injected one").passed is False
    assert "width" in check(bump, "pulls").found
    assert "of 20 limits" in check(limit, "cover a signal").found
    failed = replace(bump, signal=replace(bump.signal, test=None, why="no events"))
    assert check(failed, "signals injected at").found == "no events"
    assert check(failed, "signals injected at").passed is False
    without = replace(bump, closure=None, signal=None)
    assert not any("p-values without" in c.what for c in without.summary().checks)
