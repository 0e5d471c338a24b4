"""`anomalon demo`: a search that needs no data, and its twin without a signal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomalon.cli.numbers import Whole
from anomalon.cli.options import as_json_option, going_on_from, out_option, work_options
from anomalon.cli.outcome import show
from anomalon.cli.progress import progress

if TYPE_CHECKING:
    from anomalon.run import Executor

__all__ = ["demo"]


@click.command()
@out_option("runs/demo")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="Root seed.")
@work_options()
@as_json_option
def demo(
    out: Path | None,
    seed: int,
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """Search simulated dijet events with a hidden resonance, and the same without it.

    The events ship with the package. The report shows both searches side by side: what the method
    finds, and that it finds nothing where nothing is. The command in `run.toml` repeats the run.

    Exits with 1 if the resonance is missed, if its checks fail, or if its twin without one shows an
    excess.
    """
    from anomalon.report import Report, Section, summarise, write_run_folder
    from anomalon.report.run_folder import STORE
    from anomalon.run import Store
    from anomalon.search.events.demo import SIGNAL_MASS, run

    folder = Path("runs/demo") if out is None else out
    with going_on_from(folder), progress("demo") as report_progress:
        found = run(
            seed=seed,
            executor=executor,
            store=Store(folder / STORE),
            progress=report_progress,
        )
    report = Report(
        "A hidden resonance, found and not found",
        (
            Section(
                found.with_signal,
                "With a signal",
                f"Simulated dijet background with {found.n_signal} events of a resonance added. "
                f"Its mass, {SIGNAL_MASS:g} GeV, lies in the signal regions "
                f"{' and '.join(map(str, found.windows))} GeV. The search does not know that.",
            ),
            Section(
                found.without,
                "Its twin without a signal",
                "The same background events, settings and seed, but no resonance: whatever shows "
                "here is what chance and the method make by themselves.",
            ),
        ),
    )
    settings = {"command": f"anomalon demo --seed {seed}", "search": found.with_signal.settings}
    page = write_run_folder(report, folder, settings=settings)
    sections = summarise(report)
    show(sections, page, as_json=as_json)
    with_signal, twin = (section["scan"]["status"] for section in sections)
    if with_signal != "excess" or twin != "nothing":
        raise click.exceptions.Exit(1)
