"""Pages of bump hunts and of limits: they say what the result says, and can be made again."""

import json
from dataclasses import replace

import numpy as np
import pytest

from anomalon.core.errors import DataError
from anomalon.report import read_run_folder, write_spectrum_run
from anomalon.report.run_folder import rewrite_report
from anomalon.report.spectrum_page import said
from anomalon.search import SmoothBackground, hunt_bump, scan_limits
from anomalon.stats import Exponential, Spectrum

EDGES = np.linspace(1000.0, 5000.0, 41)
COUNTS = np.random.default_rng(1).poisson(Exponential(2).integrate([5.0, -1.2], EDGES))
SETTINGS = {"file": "spectrum.csv", "shape": "exponential"}


@pytest.fixture(scope="module")
def bump():
    smooth = SmoothBackground("exponential", 2, 3)
    return hunt_bump(Spectrum(COUNTS, EDGES), smooth, resolution=0.03, n_toys=100)


@pytest.fixture(scope="module")
def limit():
    return scan_limits(
        Spectrum(COUNTS, EDGES), SmoothBackground("exponential", 2, 3), resolution=0.03
    )


@pytest.mark.parametrize("which", ["bump", "limit"])
def test_a_run_folder_is_complete_and_the_page_can_be_made_again(which, request, tmp_path):
    result = request.getfixturevalue(which)
    page = write_spectrum_run(result, tmp_path, settings=SETTINGS)
    names = {"run.toml", "result.json", "report.html", "environment.json", "references.bib"}
    assert names <= {p.name for p in tmp_path.iterdir()}
    tree = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert tree["kind"] == which
    text = page.read_text(encoding="utf-8")
    assert said(result)["headline"].split(":")[0] in text
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org", "")
    page.unlink()
    assert rewrite_report(tmp_path).read_text(encoding="utf-8") == text
    with pytest.raises(DataError, match=f"one of a {which}"):
        read_run_folder(tmp_path)


def test_what_is_doubtful_is_said(bump):
    poor = replace(bump, fit=replace(bump.fit, p_value=1e-5))
    assert any("does not describe" in text for text in said(poor)["warnings"])
    assert said(poor)["checks"][0]["passed"] is False
    exact = replace(bump, background="exact")
    assert "not to be trusted" in said(exact)["how"]
    none = replace(bump, p_global_is_bound=True, z_global=3.5)
    assert said(none)["status"] == "excess"
    assert "at most" in said(none)["headline"]
    assert any("only a bound" in text for text in said(none)["warnings"])


def test_masses_without_a_limit_are_named(limit):
    observed = limit.observed.copy()
    observed[3] = np.nan
    why = tuple("no fit" if i == 3 else "" for i in range(len(observed)))
    summary = said(replace(limit, observed=observed, why=why))
    assert summary["warnings"] == ["No limit at some masses: no fit"]
    assert summary["numbers"][0]["value"] == f"{len(observed) - 1} of {len(observed)}"
    assert summary["table"]["rows"][3][5] is None
