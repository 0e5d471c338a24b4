"""`anomalon report`: the page of a finished run again."""

from pathlib import Path

import click

__all__ = ["report"]


@click.command()
@click.argument("run", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--all-figures",
    is_flag=True,
    help="PNG and PDF of every figure; else of those in folded parts of the page only SVG.",
)
def report(run: Path, all_figures: bool) -> None:  # noqa: FBT001  click passes by name
    """Make report.html and the figures of RUN, the folder of a finished run, again.

    Nothing is searched: every number comes from result.json.
    """
    from anomalon.report.run_folder import rewrite_report
    from anomalon.studies import know_results

    know_results()
    click.echo(str(rewrite_report(run, every=all_figures)))
