"""Pages in a real browser: axe-core finds nothing, light and dark, they fit, and they print."""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from browser import browser

from anomalon.core import Sample
from anomalon.core.event_file import EventFile
from anomalon.features.conversion_result import ConversionResult
from anomalon.report import write_run

PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
AXE = find_spec("axe_core_python")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine")

ASK = """
document.querySelectorAll("details").forEach(d => d.open = true);
axe.run({exclude: [["svg.figure > *"]]}).then(found => ({
  rows: found.violations.map(
    v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120)).join(" | ")),
  passes: found.passes.length,
  window: window.innerWidth,
  wide: document.documentElement.scrollWidth - window.innerWidth,
}))
"""
CUT_OFF = """
document.querySelectorAll("details").forEach(d => d.open = true);
Array.from(document.querySelectorAll(".scroll")).filter(
  d => d.querySelector("table") && d.scrollWidth > d.clientWidth + 1
).map(d => d.getAttribute("aria-label"))
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser(PROGRAM, tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.mark.skipif(AXE is None, reason="axe-core-python is not installed")
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (400, True)])
def test_axe_finds_nothing_and_the_page_fits(written, chromium, width, dark):
    chromium.open(written.folder / "report.html", width, dark=dark)
    chromium.ask((Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8") + ";0")
    found = chromium.ask(ASK)
    assert found["rows"] == []
    assert found["passes"] > 10  # it has looked
    assert found["window"] == width
    assert found["wide"] <= 0


def test_no_table_is_cut_off_on_a_telephone(written, chromium):
    chromium.open(written.folder / "report.html", 400)
    assert chromium.ask(CUT_OFF) == []


@pytest.mark.parametrize("n_features", [2, 3, 4, 8, 30])
def test_no_figure_of_a_file_of_events_is_cut_off(n_features, chromium, tmp_path):
    x = np.random.default_rng(1).normal(size=(50, n_features))
    names = tuple(f"feature_{i}" for i in range(n_features))
    file = EventFile.of(Sample(x, names, np.linspace(2000.0, 4000.0, 50)), "s.parquet", 10)
    result = ConversionResult("raw.h5", "jets", "ab" * 32, 50, 0, file.digest, file)
    chromium.open(write_run(result, tmp_path), 1280)
    assert chromium.ask('document.querySelectorAll(".scroll svg").length') == 2
    assert chromium.ask(CUT_OFF.replace("table", "svg")) == []


def test_paper_has_what_is_open_and_is_light(written, chromium):
    chromium.open(written.folder / "report.html", 1280)
    closed = pages(chromium.printed())
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--page')"
    for scheme, screen in (("light", "#fff"), ("dark", "#14171a")):
        feature = [{"name": "prefers-color-scheme", "value": scheme}]
        chromium.do("Emulation.setEmulatedMedia", media="screen", features=feature)
        assert chromium.ask(colour) == screen
        chromium.do("Emulation.setEmulatedMedia", media="print", features=feature)
        assert chromium.ask(colour) == "#fff"
    chromium.do("Emulation.setEmulatedMedia", media="", features=[])
    chromium.ask('document.querySelectorAll("details").forEach(d => d.open = true)')
    assert closed < pages(chromium.printed())
    # As many as a demonstration has, whose further windows are folded: 20 are promised.
    assert closed <= 12


def pages(pdf: bytes) -> int:
    """Pages of a PDF file, which Chromium lists without compression."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
