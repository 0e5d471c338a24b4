"""`anomalon detect`: detectors of anomalous events, compared; and a saved one on any file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.comparison import comparison
from anomalon.cli.default_command import DefaultCommand
from anomalon.cli.job import do
from anomalon.cli.numbers import Number, Whole
from anomalon.cli.options import as_json_option, out_option, work_options
from anomalon.cli.outcome import say_json
from anomalon.cli.progress import progress
from anomalon.cli.settings import overridden

if TYPE_CHECKING:
    from anomalon.detection.job import DetectJob
    from anomalon.detection.scoring import FileScores
    from anomalon.run import Executor

__all__ = ["detect"]


@click.group(cls=DefaultCommand, default="run")
def detect() -> None:
    """Train detectors of anomalous events, compare them, and apply saved ones.

    `anomalon detect CONFIG` is short for `anomalon detect run CONFIG`.
    """


def _job() -> "type[DetectJob]":
    from anomalon.detection.job import DetectJob

    return DetectJob


detect.add_command(
    comparison(
        "run",
        """Compare the detectors that CONFIG, a TOML file, names, and write a run folder.

        Each is fitted several times on the background alone, without its test part, and judged
        beside trivial baselines. The folder has scores.parquet, the saved detectors in models/, and
        the page. Finished trainings are kept: after an interruption the same command goes on from
        there.

        Exits with 1 if a check failed; the folder is written all the same.
        """,
        _job,
    )
)


@detect.command()
@out_option("runs/audit")
@work_options()
@as_json_option
def audit(
    out: Path | None,
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """Look for leaks in a detector of every kind, with quick settings, on the shipped background.

    Takes minutes, and no CONFIG. `--audit` looks in the data and detectors of one instead.

    Exits with 1 if there is a leak.
    """
    from anomalon.detection.every_kind import audit_of_every_kind

    folder = Path("runs/audit") if out is None else out
    do(audit_of_every_kind(), folder, executor=executor, as_json=as_json)


@detect.command()
@click.argument("model", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Parquet file to write.  [default: that of the events, its name with .scores.parquet]",
)
@click.option("--threshold", type=Number(), help="Write only events with at least this score.")
@click.option(
    "--chunk-size", type=Whole(1), default=50_000, show_default=True,
    help="Events in memory at a time; the scores do not depend on it.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE",
    help="What is what in FILE, as in a table of a run: tree=Events, key=events; repeatable.",
)  # fmt: skip
@as_json_option
def score(
    model: Path,
    file: Path,
    out: Path | None,
    threshold: float | None,
    chunk_size: int,
    settings: tuple[str, ...],
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """Score the events of FILE with MODEL, a detector that a run has saved.

    Writes event numbers and scores; higher is more anomalous. FILE may be larger than memory.
    """
    from anomalon.detection.scoring import score_file

    out = file.with_name(f"{file.stem}.scores.parquet") if out is None else out
    with progress(f"score {file.name}") as tell:
        found = score_file(
            model, file, out, threshold=threshold, size=chunk_size,
            options=overridden({}, settings), progress=tell,
        )  # fmt: skip
    if as_json:
        say_json({"file": str(out), **found.plain()})
        return
    for line in _lines(found, out, threshold):
        click.echo(line)


def _lines(found: "FileScores", out: Path, threshold: float | None) -> list[str]:
    from anomalon.core.rounding import count, percent, plain

    kept = ""
    if threshold is not None:
        share = percent(found.n_written / found.n_events)
        kept = f", {count(found.n_written)} ({share}) of at least {plain(threshold)}"
    lines = [f"{count(found.n_events)} events scored{kept}"]
    lines += [
        f"  {100 * below:g} % are below {plain(score, 4)}"
        for below, score in found.quantiles.items()
    ]
    if found.lacks:
        kinds = ", ".join(found.lacks)
        lines.append(f"  no slots for {kinds}, which the detector knows: as if there were none")
    lines.append("  most anomalous:")
    lines += [
        f"    row {row}, event {event}: {plain(float(score), 5)}"
        for row, event, score in zip(found.top_row, found.top_event, found.top_score, strict=True)
    ]
    return [*lines, f"\nscores: {out}"]
