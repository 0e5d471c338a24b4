"""`anomalon demo`: a search that needs no data, and its twin without a signal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.job import do, labels_option, with_labels
from anomalon.cli.numbers import Whole
from anomalon.cli.options import as_json_option, out_option, work_options
from anomalon.cli.settings import settings_of

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["demo"]


@click.command()
@click.argument("config", required=False, type=click.Path(dir_okay=False, path_type=Path))
@out_option("runs/demo")
@click.option("--seed", type=Whole(0), help="Root seed.  [default: 0]")
@labels_option
@work_options()
@as_json_option
def demo(
    config: Path | None,
    out: Path | None,
    seed: int | None,
    words: tuple[str, ...],
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """Search simulated dijet events with a hidden resonance, and the same without it.

    The events ship with the package. The report shows both searches side by side: what the method
    finds, and that it finds nothing where nothing is. CONFIG, the run.toml of such a run, repeats
    it.

    Exits with 1 if the resonance is missed, if its checks fail, or if its twin without one shows an
    excess.
    """
    from anomalon.search.events.demo import DemoJob

    table, labels = with_labels({} if config is None else settings_of(config, DemoJob.kind), words)
    job = DemoJob.of(table if seed is None else table | {"seed": seed})
    folder = Path("runs/demo") if out is None else out
    do(job, folder, config=config, executor=executor, as_json=as_json, labels=labels)
