"""What a scan of limits leaves for other tools: pyhf finds our limits, tables hold our numbers."""

import json
from dataclasses import replace

import numpy as np
import pyhf
import pytest
import yaml

from anomalon.report.spectrum_exports import limit_models, write_limit_exports
from anomalon.search import SmoothBackground, scan_limits
from anomalon.stats import Exponential, Spectrum

# pyhf uses a deprecated part of jsonschema
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

EDGES = np.linspace(1000.0, 3000.0, 21)
COUNTS = np.random.default_rng(3).poisson(Exponential(2).integrate([4.8, -3.1], EDGES))


def limits(weight=1.0):
    spectrum = Spectrum(weight * COUNTS, EDGES, None if weight == 1 else weight**2 * COUNTS)
    smooth = SmoothBackground("exponential", 2, 2)
    return scan_limits(spectrum, smooth, resolution=0.08, n_closure=0)


@pytest.fixture(scope="module")
def plain():
    return limits()


@pytest.fixture(scope="module")
def folder(plain, tmp_path_factory):
    path = tmp_path_factory.mktemp("run")
    write_limit_exports(plain, path)
    return path


def test_pyhf_finds_our_limits_where_the_asymptotic_formulae_were_used(plain, folder):
    rows = [i for i, method in enumerate(plain.method) if method == "asymptotic"]
    assert 0 < len(rows) < len(plain.masses)
    for i in (rows[0], rows[len(rows) // 2], rows[-1]):
        text = (folder / "pyhf" / f"{plain.masses[i]:.6g}_GeV.json").read_text(encoding="utf-8")
        workspace = pyhf.Workspace(json.loads(text))
        model = workspace.model()
        data, at = workspace.data(model), plain.observed[i] / plain.band[2, i]
        found, band = pyhf.infer.hypotest(
            at, data, model, test_stat="qtilde", return_expected_set=True
        )
        assert float(found) == pytest.approx(0.05, abs=1e-4)
        (_, median) = pyhf.infer.hypotest(
            1.0, data, model, test_stat="qtilde", return_expected=True
        )
        assert float(median) == pytest.approx(0.05, abs=1e-4)
        assert len(band) == 5


def test_workspaces_of_weighted_events_are_in_effective_ones(plain):
    weighted, unweighted = limit_models(limits(2.0)), limit_models(plain)
    for mass, model in unweighted.items():
        other = weighted[mass]
        np.testing.assert_allclose(other.observed, model.observed)
        np.testing.assert_allclose(other.background, model.background, rtol=1e-5)
        np.testing.assert_allclose(other.signal, model.signal, rtol=1e-4)


def test_the_tables_are_the_numbers(plain, folder):
    names = {path.name for path in (folder / "hepdata").iterdir()}
    assert names == {"submission.yaml", "upper_limits.yaml", "mass_spectrum.yaml"}
    table = yaml.safe_load((folder / "hepdata" / "upper_limits.yaml").read_text(encoding="utf-8"))
    masses = [row["value"] for row in table["independent_variables"][0]["values"]]
    assert masses == plain.masses.tolist()
    observed, expected = table["dependent_variables"]
    assert [row["value"] for row in observed["values"]] == plain.observed.tolist()
    high = [row["value"] + row["errors"][1]["asymerror"]["plus"] for row in expected["values"]]
    assert high == pytest.approx(plain.band[4].tolist())
    table = yaml.safe_load((folder / "hepdata" / "mass_spectrum.yaml").read_text(encoding="utf-8"))
    counts, background = ([r["value"] for r in v["values"]] for v in table["dependent_variables"])
    assert counts == COUNTS.tolist()
    assert background == plain.fit.expected.tolist()
    _, about, _ = yaml.safe_load_all(
        (folder / "hepdata" / "submission.yaml").read_text(encoding="utf-8")
    )
    assert "by exact sums" in about["description"]


def test_masses_without_a_limit_are_left_out_and_old_files_go(plain, tmp_path):
    write_limit_exports(plain, tmp_path)
    (tmp_path / "pyhf" / "mine.json").write_text("{}", encoding="utf-8")
    size = len(plain.masses)
    nothing = np.arange(size) == 1
    method = tuple("" if no else m for no, m in zip(nothing, plain.method, strict=True))
    write_limit_exports(
        replace(plain, observed=np.where(nothing, np.nan, plain.observed), method=method), tmp_path
    )
    names = {path.name for path in (tmp_path / "pyhf").iterdir()}
    assert len(names) == size - 1 + 1
    assert "mine.json" in names
    assert f"{plain.masses[1]:.6g}_GeV.json" not in names
