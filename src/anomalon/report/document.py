"""A report, written as a page and figures."""

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anomalon.core.atomic import write_atomically, write_text_atomically
from anomalon.core.document import Report
from anomalon.core.labels import Labels
from anomalon.core.result import Part, Result
from anomalon.report import style
from anomalon.report.drawing import Drawing, drawings_of
from anomalon.report.environment import environment as here
from anomalon.report.page import Picture, Placed, render

__all__ = ["FORMATS", "write_report"]

FORMATS = ("svg", "png", "pdf")
"""Of the single figures."""


def write_report(
    report: Report | Result,
    folder: str | Path,
    *,
    settings: Mapping[str, Any] | None = None,
    labels: Labels | None = None,
    environment: Mapping[str, Any] | None = None,
    formats: tuple[str, ...] = FORMATS,
    every: bool = False,
) -> Path:
    """Write `report.html`, one file that needs no other, and each figure on its own in `figures/`.

    Figures of an earlier page that this one does not have go.

    Args:
        report: What to show.
        folder: Where; made if it is not there.
        settings: Of the run, shown at the end.
        labels: What axes are called, and what stands above each figure.
        environment: Versions behind the numbers; those of this process if None.
        formats: Of the single figures, any of `FORMATS`.
        every: All formats of every figure; else those in parts that are folded are SVG only, which
            takes a third of the time.

    Returns:
        Path of the page.
    """
    report, folder = Report.of(report), Path(folder)
    shown, written = [], set()
    for i, section in enumerate(report.sections):
        tag = f"{i + 1}-" if len(report.sections) > 1 else ""
        summary = section.result.summary()
        folded = set() if every else _folded(summary.parts)
        pictures = []
        with _garbage_collected_seldom():
            for drawing in drawings_of(section.result, labels):
                wanted = formats if drawing.part not in folded else formats[:1]
                picture, files = _picture(drawing, tag, folder / "figures", wanted)
                pictures.append(picture)
                written |= files
        shown.append(
            Placed(section.heading or summary.title, section.text, summary, tuple(pictures))
        )
    versions = here() if environment is None else environment
    path = folder / "report.html"
    title = (labels.title if labels is not None else "") or report.title
    write_text_atomically(path, render(title, shown, settings or {}, versions))
    _forget(folder / "figures", {file.name for file in written})
    return path


@contextmanager
def _garbage_collected_seldom() -> Iterator[None]:
    """A drawing is tens of thousands of objects: looking for cycles takes a fifth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], 50_000) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _forget(folder: Path, written: set[str]) -> None:
    """Remove figures of an earlier page that are not on this one; files of others stay."""
    listed = folder / "figures.json"
    try:
        before = json.loads(listed.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        before = []
    for name in {str(name) for name in before} - written:
        (folder / Path(name).name).unlink(missing_ok=True)
    write_text_atomically(listed, json.dumps(sorted(written), indent=1) + "\n")


def _folded(parts: tuple[Part, ...]) -> set[str]:
    """Names of the parts that a reader has to open."""
    inside = {name for part in parts for name in _folded(part.parts)}
    return inside | {part.name for part in parts if part.folded and not part.open and part.name}


def _picture(
    drawing: Drawing, tag: str, folder: Path, formats: tuple[str, ...]
) -> tuple[Picture, set[Path]]:
    """A drawing ready for the page, also saved on its own in `folder`."""
    name = f"{tag}{drawing.name}"
    text = style.svg(drawing.figure)
    files = _save(drawing, text, folder / name, formats)
    element = style.inline(text, f"f-{name}", drawing.alt)
    return Picture(drawing.kind, drawing.caption, drawing.part, element), files


def _save(drawing: Drawing, text: str, path: Path, formats: tuple[str, ...]) -> set[Path]:
    files = {form: path.with_suffix(f".{form}") for form in formats}
    for form, file in files.items():
        if form == "svg":
            write_text_atomically(file, text)
        else:
            with write_atomically(file) as temporary:
                temporary.write_bytes(style.image(drawing.figure, form))
    return set(files.values())
