"""The demonstration's exit status; the demonstration itself is run in continuous integration."""

import json
import tomllib
from dataclasses import dataclass, replace

import pytest

from anomalon.cli import main
from anomalon.search.events import demo
from anomalon.search.results.scan import Scan


@dataclass(frozen=True)
class Found:
    with_signal: Scan
    without: Scan
    n_signal: int = 400
    windows: tuple[str, ...] = ("3100-3700", "3400-4000")


def test_the_windows_that_are_named_are_those_that_hold_the_resonance(monkeypatch, make_scan):
    monkeypatch.setattr(demo.Search, "run", lambda *_, **__: make_scan(centres=(3000.0,)))
    found = demo.run(seed=4)
    assert [str(w) for w in found.windows] == ["3100-3700", "3400-4000"]
    assert found.window in found.windows
    assert found.with_signal.data.injected_signal == 300
    assert found.with_signal.data.injection_seed == 4
    assert found.without.data.injected_signal is None


def spoilt(scan: Scan) -> Scan:
    """All its fits are poor."""
    windows = tuple(
        replace(
            w, cuts=tuple(replace(c, fit=replace(c.fit, deviance=1e6, p_value=0)) for c in w.cuts)
        )
        for w in scan.windows
    )
    return replace(scan, windows=windows)


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("whose", ["with_signal", "without"])
def test_an_excess_whose_checks_failed_is_no_success(make_scan, monkeypatch, tmp_path, whose):
    settings = {"failing": False, "centres": (3000.0, 3500.0), "efficiencies": (1.0,)}
    found = {
        n: make_scan(signal=s, **settings) for n, s in (("with_signal", 900.0), ("without", 0.0))
    }
    monkeypatch.setattr("anomalon.search.events.demo.run", lambda **_: Found(**found))
    assert main(["demo", "--out", str(tmp_path)]) == 0
    excess = make_scan(signal=900.0, **settings)
    monkeypatch.setattr(
        "anomalon.search.events.demo.run", lambda **_: Found(**found | {whose: spoilt(excess)})
    )
    assert main(["demo", "--out", str(tmp_path)]) == 1


@pytest.mark.usefixtures("no_figures")
def test_a_poor_fit_where_nothing_is_claimed_is_no_failure(make_scan, monkeypatch, tmp_path):
    settings = {"failing": False, "centres": (3000.0, 3500.0), "efficiencies": (1.0,)}
    excess, nothing = (make_scan(signal=s, **settings) for s in (900.0, 0.0))
    monkeypatch.setattr(
        "anomalon.search.events.demo.run", lambda **_: Found(excess, spoilt(nothing))
    )
    assert not spoilt(nothing).summary().ok
    assert main(["demo", "--out", str(tmp_path)]) == 0


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(
    ("signal", "twin", "status"), [(900.0, 0.0, 0), (0.0, 0.0, 1), (900.0, 900.0, 1)]
)
def test_exits_with_0_only_if_the_method_does_what_it_should(
    make_scan, monkeypatch, tmp_path, capsys, signal, twin, status
):
    def made(n: float) -> Scan:
        return make_scan(
            signal=n, failing=False, truth=False, centres=(3000.0, 3500.0), efficiencies=(1.0,)
        )

    monkeypatch.setattr(
        "anomalon.search.events.demo.run", lambda **_: Found(made(signal), made(twin))
    )
    assert main(["demo", "--out", str(tmp_path), "--seed", "3"]) == status
    out = capsys.readouterr().out
    assert "With a signal" in out
    assert "Its twin without a signal" in out
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Its mass, 3500 GeV, lies in the signal regions 3100-3700 and 3400-4000 GeV." in page
    assert tomllib.loads((tmp_path / "run.toml").read_text("utf-8")) == {"seed": 3}
    tree = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert tree["kind"] == "demo"
    assert tree["sections"][0]["result"]["settings"] == made(signal).settings


@pytest.mark.usefixtures("no_figures")
def test_the_run_toml_of_a_demonstration_repeats_it(make_scan, monkeypatch, tmp_path):
    seeds = []

    def run(*, seed, **_):
        seeds.append(seed)
        settings = {"failing": False, "centres": (3000.0, 3500.0), "efficiencies": (1.0,)}
        return Found(make_scan(signal=900.0, **settings), make_scan(signal=0.0, **settings))

    monkeypatch.setattr("anomalon.search.events.demo.run", run)
    first, again = tmp_path / "first", tmp_path / "again"
    assert main(["demo", "--out", str(first), "--seed", "3"]) == 0
    assert main(["demo", str(first / "run.toml"), "--out", str(again)]) == 0
    assert seeds == [3, 3]
    assert (first / "result.json").read_bytes() == (again / "result.json").read_bytes()
