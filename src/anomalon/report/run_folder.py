"""What a run leaves behind: one folder from which the page, and the run, can be made again.

run.toml          settings as resolved; `anomalon search run.toml` (or bump, limit) repeats the run,
                  and the `command` in that of the demonstration does
result.json       every number; the same bytes for the same data, settings and seed
report.html       the page
figures/          each figure as SVG and PNG
pyhf/, hepdata/   of limits only: workspaces and tables for other tools
environment.json  versions and platform
references.bib    what to cite
store/            finished windows, from which an interrupted run goes on
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anomalon.core.atomic import write_text_atomically
from anomalon.core.bibliography import BIBLIOGRAPHY, in_order
from anomalon.core.errors import AnomalonError, DataError
from anomalon.core.plain import from_plain, to_plain
from anomalon.report.citations import bibtex
from anomalon.report.document import Report, Section, summarise, write_report
from anomalon.report.environment import environment as here
from anomalon.report.spectrum_exports import write_limit_exports
from anomalon.report.spectrum_page import said, spectrum_citations, write_spectrum_report
from anomalon.report.toml import dumps
from anomalon.search.results.histogram import BumpResult, LimitResult
from anomalon.search.results.scan import Scan

__all__ = [
    "FORMAT",
    "STORE",
    "read_run_folder",
    "rewrite_report",
    "write_run_folder",
    "write_spectrum_run",
]

_SPECTRUM_RESULTS: dict[str, type[BumpResult] | type[LimitResult]] = {
    "bump": BumpResult,
    "limit": LimitResult,
}

FORMAT = "anomalon run 2"
STORE = "store"


def write_run_folder(
    report: Report, folder: str | Path, *, settings: Mapping[str, Any] | None = None
) -> Path:
    """Write everything but the store, each file whole or not at all; `result.json` first.

    Args:
        report: What was found.
        folder: Where; made if it is not there.
        settings: The run as resolved, for `run.toml`; those of the searches if None.

    Returns:
        Path of the page.
    """
    folder = Path(folder)
    versions = here()
    write_text_atomically(folder / "result.json", _json(result_to_dict(report)))
    write_text_atomically(folder / "environment.json", _json(versions))
    write_text_atomically(folder / "run.toml", dumps(settings or _settings(report)))
    keys = in_order(*(key for s in report.sections for key in s.scan.citations))
    write_text_atomically(folder / "references.bib", bibtex(BIBLIOGRAPHY[key] for key in keys))
    return write_report(report, folder, environment=versions)


def write_spectrum_run(
    result: BumpResult | LimitResult,
    folder: str | Path,
    *,
    settings: Mapping[str, Any],
    run: Mapping[str, Any] | None = None,
) -> Path:
    """Write the run folder of a bump hunt or of a scan of limits; `result.json` first.

    Args:
        result: What was found.
        folder: Where; made if it is not there.
        settings: The run as resolved, for `result.json` and the page.
        run: The same for `run.toml`, with paths from the folder; None if there are no paths.

    Returns:
        Path of the page.
    """
    folder = Path(folder)
    versions = here()
    kind = next(k for k, cls in _SPECTRUM_RESULTS.items() if isinstance(result, cls))
    tree = {
        "format": FORMAT,
        "kind": kind,
        "title": result.name,
        "summary": said(result),
        "settings": settings,
        "result": to_plain(result),
    }
    write_text_atomically(folder / "result.json", _json(tree))
    write_text_atomically(folder / "environment.json", _json(versions))
    head = f"# `anomalon {kind} run.toml` repeats this run.\n"
    write_text_atomically(folder / "run.toml", head + dumps(settings if run is None else run))
    write_text_atomically(folder / "references.bib", bibtex(spectrum_citations(result)))
    if isinstance(result, LimitResult):
        write_limit_exports(result, folder)
    return write_spectrum_report(result, folder, settings, environment=versions)


def read_run_folder(folder: str | Path) -> Report:
    """The report of a finished search.

    Raises:
        DataError: If the folder holds no result, or one of another kind or format.
    """
    tree = _read(folder)
    if tree.get("kind", "search") != "search":
        raise DataError(f"{folder}: expected the folder of a search, got one of a {tree['kind']}.")
    with _as_written(Path(folder) / "result.json"):
        return _report(tree)


def rewrite_report(folder: str | Path) -> Path:
    """Make the page and the figures again from `result.json`, with the versions of the run.

    Returns:
        Path of the page.
    """
    folder = Path(folder)
    tree = _read(folder)
    with _as_written(folder / "environment.json"):
        versions = _versions(folder / "environment.json")
    kind = tree.get("kind", "search")
    with _as_written(folder / "result.json"):
        if kind == "search":
            return write_report(_report(tree), folder, environment=versions)
        result = from_plain(_SPECTRUM_RESULTS[kind], tree["result"])
        return write_spectrum_report(result, folder, tree["settings"], environment=versions)


def _versions(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    versions = json.loads(path.read_text(encoding="utf-8"))
    missing = [key for key in here() if key not in versions]
    if missing:
        raise KeyError(missing[0])
    return dict(versions)


@contextmanager
def _as_written(path: Path) -> Iterator[None]:
    """Whatever goes wrong with what a file says is the fault of the file.

    Raises:
        DataError: With what went wrong.
    """
    try:
        yield
    except (AnomalonError, MemoryError):
        raise
    except Exception as error:
        raise DataError(
            f"{path}: expected what a run of this version of anomalon has written, got something "
            f"else ({type(error).__name__}: {error}). Repeat the run with the run.toml beside it."
        ) from error


def _read(folder: str | Path) -> dict[str, Any]:
    path = Path(folder) / "result.json"
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"{folder}: expected the folder of a finished run, but there is no result.json in it. "
            "If the run was interrupted, start it again with the same --out: it goes on from there."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: expected JSON written by a run: {error}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
    found = tree.get("format") if isinstance(tree, dict) else None
    if found != FORMAT:
        raise DataError(
            f"{path}: expected format '{FORMAT}', got {found!r}. Repeat the run with the run.toml "
            "beside it."
        )
    return dict(tree)


def _report(tree: Mapping[str, Any]) -> Report:
    sections = (
        Section(from_plain(Scan, row["scan"], "scan"), row["heading"], row["text"])
        for row in tree["sections"]
    )
    return Report(tree["title"], tuple(sections))


def result_to_dict(report: Report) -> dict[str, Any]:
    """The content of `result.json`: what to read first, then every number."""
    return {
        "format": FORMAT,
        "kind": "search",
        "title": report.title,
        "summary": summarise(report),
        "sections": [
            {"heading": s.heading, "text": s.text, "scan": to_plain(s.scan)}
            for s in report.sections
        ],
    }


def _json(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _settings(report: Report) -> dict[str, Any]:
    if len(report.sections) == 1:
        return dict(report.sections[0].scan.settings)
    return {f"search_{i + 1}": s.scan.settings for i, s in enumerate(report.sections)}
