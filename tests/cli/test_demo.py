"""The demonstration's exit status; the demonstration itself is run in continuous integration."""

from dataclasses import dataclass

import pytest

from anomalon.cli import main
from anomalon.search.result import Scan


@dataclass(frozen=True)
class Found:
    with_signal: Scan
    without: Scan
    n_signal: int = 400
    window: str = "3200-3800"


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

    monkeypatch.setattr("anomalon.search.demo.run", lambda **_: Found(made(signal), made(twin)))
    monkeypatch.setattr("anomalon.report.document.drawings", lambda _: [])
    assert main(["demo", "--out", str(tmp_path)]) == status
    out = capsys.readouterr().out
    assert "With a signal" in out
    assert "Its twin without a signal" in out
    assert (tmp_path / "report.html").exists()
