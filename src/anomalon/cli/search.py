"""`anomalon search`: one TOML file in, one run folder out."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from anomalon.cli.job import do, labels_option, set_option, with_labels
from anomalon.cli.numbers import Whole
from anomalon.cli.options import as_json_option, out_option, work_options
from anomalon.cli.settings import overridden, settings_of
from anomalon.core import check

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["search"]


class _Own(TypedDict):
    """What may be said on the command line instead of in the file."""

    seed: int | None
    n_toys: int | None
    score: str | None
    cuts: tuple[str, ...]


@click.command()
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@out_option("runs/NAME, NAME being that of CONFIG")
@click.option("--seed", type=Whole(0), help="Root seed instead of that in CONFIG.")
@set_option
@labels_option
@click.option(
    "--toys",
    "n_toys",
    type=Whole(0),
    metavar="N",
    help="Repeat the whole search in N pseudo-experiments for the global p-value.",
)
@click.option(
    "--score",
    metavar="COLUMN",
    help="A column of the file, or a formula in columns, in the place of the classifier; higher is "
    "more anomalous, '-COLUMN' if lower is.",
)
@click.option(
    "--cut",
    "cuts",
    metavar="CONDITION",
    multiple=True,
    help="A further selection, such as 'tau21_J1 < 0.4 and mJ1 > 50'; repeatable.",
)
@work_options()
@as_json_option
def search(
    config: Path,
    out: Path | None,
    settings: tuple[str, ...],
    words: tuple[str, ...],
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
    **own: Unpack[_Own],
) -> None:
    """Search the data that CONFIG, a TOML file, names, and write a run folder.

    Finished windows are kept in the folder: after an interruption the same command goes on from
    there and gives the same numbers. More pseudo-experiments go on from fewer.

    Exits with 1 if a trial has no answer, or if a check of the best trial failed; the folder is
    written all the same.
    """
    from anomalon.search.events.job import SearchJob

    table, labels = with_labels(overridden(settings_of(config, SearchJob.kind), settings), words)
    job = SearchJob.of(_with_own(table, own), folder=config.parent)
    if (seed := own["seed"]) is not None:
        job = replace(job, seed=seed)
    if (n_toys := own["n_toys"]) is not None:
        job = replace(job, search=replace(job.search, n_toys=n_toys))
    folder = Path("runs") / config.stem if out is None else out
    do(job, folder, config=config, executor=executor, as_json=as_json, labels=labels)


def _with_own(table: Mapping[str, Any], own: _Own) -> Mapping[str, Any]:
    """The settings with the score in the place of theirs, and the cuts beside theirs."""
    search, score, cuts = table.get("search", {}), own["score"], own["cuts"]
    if not isinstance(search, Mapping) or (score is None and not cuts):
        return table
    new: dict[str, Any] = {} if score is None else {"score": score}
    if cuts:
        given = check.several(search.get("cuts", ()), "search.cuts")
        new["cuts"] = list(dict.fromkeys((*given, *cuts)))
    return {**table, "search": {**search, **new}}
