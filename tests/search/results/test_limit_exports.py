"""What a scan of limits leaves for other tools: pyhf finds our limits, tables hold our numbers."""

import json
from dataclasses import replace

import numpy as np
import pyhf
import pytest
import yaml

from anomalon.core.atomic import write_text_atomically
from anomalon.search import LimitSettings, SmoothBackground, scan_limits
from anomalon.search.results.limit_exports import limit_models
from anomalon.stats import Exponential, SignalNuisances, Spectrum
from anomalon.stats.exchange import to_combine

# pyhf uses a deprecated part of jsonschema
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

EDGES = np.linspace(1000.0, 3000.0, 21)
COUNTS = np.random.default_rng(3).poisson(Exponential(2).integrate([4.8, -3.1], EDGES))


def limits(weight=1.0, **options):
    spectrum = Spectrum(weight * COUNTS, EDGES, None if weight == 1 else weight**2 * COUNTS)
    smooth = SmoothBackground("exponential", 2, 2, choice="test")
    return scan_limits(spectrum, smooth, LimitSettings(resolution=0.05, n_closure=0, **options))


def write_limit_exports(result, folder):
    for name, text in result.exports().items():
        write_text_atomically(folder / name, text)


@pytest.fixture
def no_figures(monkeypatch):
    monkeypatch.setattr("anomalon.report.document.drawings_of", lambda *_: iter(()))


@pytest.fixture(scope="module")
def plain():
    return limits()


@pytest.fixture(scope="module")
def folder(plain, tmp_path_factory):
    path = tmp_path_factory.mktemp("run")
    write_limit_exports(plain, path)
    return path


@pytest.mark.parametrize("nuisances", [SignalNuisances(), SignalNuisances(0.02, 0.1, 0.01, 0.1)])
def test_pyhf_finds_our_limits_where_the_asymptotic_formulae_were_used(nuisances, tmp_path):
    found = limits(nuisances=nuisances, masses=[1400.0, 1700.0, 2000.0])
    write_limit_exports(found, tmp_path)
    for i in (0, 1):
        assert found.method[i] == "asymptotic"
        text = (tmp_path / "pyhf" / f"{found.masses[i]:.6g}_GeV.json").read_text(encoding="utf-8")
        workspace = pyhf.Workspace(json.loads(text))
        model = workspace.model()
        data, at = workspace.data(model), found.observed[i] / found.band[2, i]
        assert float(pyhf.infer.hypotest(at, data, model)) == pytest.approx(0.05, rel=0.03)
        _, median = pyhf.infer.hypotest(1.0, data, model, return_expected=True)
        assert float(median) == pytest.approx(0.05, rel=0.03)


def test_data_cards_have_the_same_numbers(plain, folder):
    mass = plain.masses[0]
    card = (folder / "combine" / f"{mass:.6g}_GeV.txt").read_text(encoding="utf-8")
    rows = {line.split()[0]: line.split()[1:] for line in card.splitlines() if line[0] != "#"}
    assert rows["imax"][0] == "20"
    assert [float(n) for n in rows["observation"]] == COUNTS.tolist()
    rate = np.array([float(x) for x in rows["rate"]]).reshape(20, 2)
    assert rate[:, 1] == pytest.approx(plain.fit.expected, rel=1e-8)
    assert rate[:, 0].sum() == pytest.approx(plain.median[0], rel=0.01)
    free = [name for name in rows if "_free_" in name]
    assert len(free) == 2
    first = [float(x) for x in rows[free[0]][2::2]]
    change = 10 * plain.leverage[:, 0] / plain.fit.expected
    assert first == pytest.approx(np.exp(change), rel=1e-6)
    some = limits(nuisances=SignalNuisances(efficiency=0.1, mass_scale=0.01), masses=[1500.0])
    (model,) = limit_models(some).values()
    card = to_combine(model)
    line = next(line.split() for line in card.splitlines() if line.startswith("signal_yield"))
    assert line[1:3] == ["lnN", "1.1"]
    assert line[3] == "-"
    form = next(line.split() for line in card.splitlines() if line.startswith("signal_form_0"))
    below = EDGES.searchsorted(1300) - 1
    down, up = (float(x) for x in form[2 + 2 * below].split("/"))
    assert down > 1 > up  # at a higher mass there is less below the peak


def test_workspaces_of_weighted_events_are_in_effective_ones(plain):
    weighted, unweighted = limit_models(limits(2.0)), limit_models(plain)
    for mass, model in unweighted.items():
        other = weighted[mass]
        np.testing.assert_allclose(other.observed, model.observed)
        np.testing.assert_allclose(other.background, model.background, rtol=1e-5)
        np.testing.assert_allclose(other.signal, model.signal, rtol=1e-4)


def test_the_tables_are_the_numbers(plain, folder):
    names = {path.name for path in (folder / "hepdata").iterdir()}
    assert names == {
        "submission.yaml", "upper_limits.yaml", "best_strength.yaml", "mass_spectrum.yaml"
    }  # fmt: skip
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
    _, about, *_ = yaml.safe_load_all(
        (folder / "hepdata" / "submission.yaml").read_text(encoding="utf-8")
    )
    assert "by exact sums" in about["description"]


def test_masses_without_a_limit_are_left_out(plain, folder):
    names = {path.name for path in (folder / "pyhf").iterdir()}
    assert len(names) == min(len(plain.masses), 25)
    assert f"{plain.masses[0]:.6g}_GeV.json" in names
    assert f"{plain.masses[-1]:.6g}_GeV.json" in names
    some = replace(plain, method=("",) * (len(plain.masses) - 3) + plain.method[-3:])
    exported = {name for name in some.exports() if name.startswith("pyhf/")}
    assert exported == {f"pyhf/{mass:.6g}_GeV.json" for mass in plain.masses[-3:]}


def test_cross_sections_have_a_table_of_their_own(tmp_path):
    some = limits(masses=[1500.0, 2000.0], luminosity=139.0, acceptance=0.5)
    write_limit_exports(some, tmp_path)
    path = tmp_path / "hepdata" / "upper_limits_on_the_cross_section.yaml"
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    observed = table["dependent_variables"][0]
    assert observed["header"]["units"] == "FB"
    values = [row["value"] for row in observed["values"]]
    assert values == pytest.approx((some.observed / 139 / 0.5).tolist())
