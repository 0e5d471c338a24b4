"""What a run leaves behind: one folder from which the page, and the run, can be made again.

run.toml          settings as resolved; `anomalon KIND run.toml` repeats the run
result.json       every number; the same bytes for the same data, settings and seed
report.html       the page
figures/          each figure as SVG, PNG and PDF
environment.json  versions and platform
references.bib    what to cite
store/            finished pieces of work, from which an interrupted run goes on
and files for other tools, where a result has some (pyhf/, combine/ and hepdata/ of limits; models/
and scores.parquet of detectors)
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anomalon.core.atomic import write_atomically, write_text_atomically
from anomalon.core.config import first_line
from anomalon.core.document import Report, Section
from anomalon.core.errors import AnomalonError, BadValue, DataError
from anomalon.core.labels import Labels
from anomalon.core.plain import from_plain, to_plain
from anomalon.core.result import Result, Summary, Writer
from anomalon.report.citations import bibtex, entries
from anomalon.report.document import write_report
from anomalon.report.drawing import result_type
from anomalon.report.environment import environment as here
from anomalon.run.settings import decode, dumps

__all__ = [
    "FORMAT",
    "STORE",
    "brief",
    "check_folder",
    "places",
    "read_run",
    "rewrite_report",
    "write_run",
]

FORMAT = "anomalon run 3"
STORE = "store"


def write_run(
    report: Report | Result,
    folder: str | Path,
    *,
    kind: str = "",
    settings: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    labels: Labels | None = None,
) -> Path:
    """Write everything but the store, each file whole or not at all; `result.json` first.

    Args:
        report: What was found.
        folder: Where; made if it is not there.
        kind: Of the job, which is the name of its command; that of the result if not given.
        settings: The run as resolved, for `result.json` and the page.
        run: The same for `run.toml`, with paths from the folder; `settings` if None.
        labels: What axes are called, and what stands above each figure.

    Returns:
        Path of the page.
    """
    report, folder = Report.of(report), Path(folder)
    kind = kind or report.sections[0].result.kind
    settings = settings or {}
    versions = here()
    summaries = [section.result.summary() for section in report.sections]
    exports = {
        name: file for section in report.sections for name, file in section.result.exports().items()
    }
    earlier = _exported(folder)
    tree = {
        "format": FORMAT,
        "kind": kind,
        "title": report.title,
        "summary": [brief(one) for one in summaries],
        "settings": settings,
        "exports": sorted(exports),
        "sections": [
            {
                "heading": section.heading,
                "text": section.text,
                "kind": section.result.kind,
                "result": to_plain(section.result),
            }
            for section in report.sections
        ],
    }
    write_text_atomically(folder / "result.json", _json(tree))
    write_text_atomically(folder / "environment.json", _json(versions))
    text = first_line(kind) + dumps(settings if run is None else run)
    write_text_atomically(folder / "run.toml", text)
    keys = dict.fromkeys(key for one in summaries for key in one.citations)
    write_text_atomically(folder / "references.bib", bibtex(entries(keys)))
    for name, file in exports.items():
        _export(file, folder / name)
    for name in earlier - exports.keys():
        (folder / name).unlink(missing_ok=True)
    return write_report(report, folder, settings=settings, labels=labels, environment=versions)


def _export(file: str | Writer, path: Path) -> None:
    """Write a file for other tools, whole or not at all."""
    if isinstance(file, str):
        write_text_atomically(path, file)
        return
    with write_atomically(path) as temporary:
        file(temporary)


def brief(summary: Summary) -> dict[str, Any]:
    """The answer and the numbers behind it, without the tables: what programs read."""
    plain = {key: v for key, v in to_plain(summary).items() if key not in ("parts", "citations")}
    checks = [{**to_plain(check), "passed": check.passed} for check in summary.checks]
    return {**plain, "checks": checks}


def check_folder(folder: str | Path, kind: str, option: str = "--out") -> None:
    """Refuse a folder with a run of another kind, or with files of others, before work is done.

    Files of others are those with names that a run writes, where there has been no run.

    Args:
        folder: Of the run.
        kind: Of the job.
        option: Which chooses another.

    Raises:
        BadValue: If it does.
    """
    path = Path(folder) / "result.json"
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        held = tree.get("kind", kind)
    except FileNotFoundError:
        if not (Path(folder) / STORE).is_dir():  # no run was ever begun here
            _refuse_foreign(folder, [n for n in _FILES if (Path(folder) / n).exists()], option)
        return
    except (OSError, ValueError, AttributeError, RecursionError):
        return  # nothing that was a run
    if not {"kind", "format"} & tree.keys():
        _refuse_foreign(folder, [path.name], option)
    if held != kind:
        raise BadValue(
            f"{folder}: expected a new folder or one of a {kind} run, got one that holds a {held} "
            f"run. Choose another with {option}."
        )


def _refuse_foreign(folder: str | Path, names: list[str], option: str) -> None:
    if names:
        raise BadValue(
            f"{folder}: expected a new folder or one of a run, got one with {', '.join(names)}, "
            f"which no run has written and which would be lost. Choose another with {option}."
        )


_FILES = ("run.toml", "result.json", "report.html", "environment.json", "references.bib")
_FOLDERS = ("figures", STORE, "pyhf", "combine", "hepdata", "models")


def places(folder: str | Path) -> dict[str, Path]:
    """Where a run writes, by what a message calls it: files, and folders in which any may be.

    Args:
        folder: Of the run.
    """
    names = [*_FILES, *_FOLDERS, *sorted(_exported(Path(folder)))]
    return {f"the {name} of the run": Path(folder) / name for name in names}


def read_run(folder: str | Path) -> Report:
    """The report of a finished run.

    Raises:
        DataError: If the folder holds no result, or one of another format.
    """
    tree = _read(folder)
    with _as_written(Path(folder) / "result.json"):
        return _report(tree)


def rewrite_report(folder: str | Path, *, every: bool = False) -> Path:
    """Make the page and the figures again from `result.json`, with the versions of the run.

    Args:
        folder: Of the run.
        every: All formats of every figure.

    Returns:
        Path of the page.
    """
    folder = Path(folder)
    tree = _read(folder)
    with _as_written(folder / "environment.json"):
        versions = _versions(folder / "environment.json")
    with _as_written(folder / "result.json"):
        report, settings = _report(tree), tree["settings"]
        labels = decode(Labels, settings["labels"], "labels") if "labels" in settings else None
        return write_report(
            report,
            folder,
            settings=settings,
            labels=labels,
            environment=versions,
            every=every,
        )


def _exported(folder: Path) -> set[str]:
    """Files for other tools that an earlier run left here: what others put beside them stays."""
    try:
        names = json.loads((folder / "result.json").read_text(encoding="utf-8"))["exports"]
        return {
            name for name in names if (folder / name).resolve().is_relative_to(folder.resolve())
        }
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return set()  # nothing that was a run


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
        Section(from_plain(result_type(row["kind"]), row["result"]), row["heading"], row["text"])
        for row in tree["sections"]
    )
    return Report(tree["title"], tuple(sections))


def _json(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
