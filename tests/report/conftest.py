"""One report for all tests of the room: to draw one takes seconds."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_scans import with_toys

from anomalon.report import Report, Section, write_run
from anomalon.search.results.scan import Scan


@dataclass(frozen=True)
class Written:
    report: Report
    folder: Path
    html: str


@pytest.fixture(scope="session")
def scan(make_scan) -> Scan:
    return make_scan()


@pytest.fixture(scope="session")
def written(make_scan, tmp_path_factory) -> Written:
    """A run folder with two searches, like that of the demonstration."""
    nothing = make_scan(signal=0.0, failing=False, centres=(3000.0,), efficiencies=(1.0, 0.1))
    report = Report(
        "Two searches",
        (
            Section(
                make_scan(signal=500.0, centres=(3000.0, 3500.0), efficiencies=(1.0, 0.02)),
                "With a signal",
                "One & <two>.",
            ),
            Section(with_toys(nothing, n=20), "Without"),
        ),
    )
    folder = tmp_path_factory.mktemp("run")
    page = write_run(report, folder, settings={"seed": 7})
    return Written(report, folder, page.read_text(encoding="utf-8"))


@pytest.fixture
def small(make_scan) -> Report:
    """A report with few drawings, for tests that write their own."""
    return Report.of(make_scan(centres=(3000.0,), efficiencies=(1.0,), truth=False))
