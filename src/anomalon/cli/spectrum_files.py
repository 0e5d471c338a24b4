"""What `anomalon bump` and `anomalon limit` ask about a file."""

from collections.abc import Callable

import click

from anomalon.cli.numbers import Number

__all__ = ["reading_options"]

_OPTIONS = (
    click.option("--histogram", metavar="NAME", help="Histogram in a ROOT or YODA file."),
    click.option(
        "--table", metavar="NAME",
        help="Table in a text with several, by its name or its number.",
    ),
    click.option(
        "--column", metavar="NAME",
        help="Column of the counts in CSV or Parquet, if there are several.",
    ),
    click.option(
        "--errors", multiple=True, metavar="NAME",
        help="Column of the errors of the counts, if names and numbers do not say it; repeatable, "
        "then added in quadrature. 'none': plain events.",
    ),
    click.option(
        "--per-width/--no-per-width", default=None,
        help="Values are divided by the widths of their bins, and are multiplied by them; or they "
        "are not, although they look like it.",
    ),
    click.option(
        "--unit", metavar="UNIT", help="Unit of the masses (TeV, MeV, ...), whatever FILE says.",
    ),
    click.option(
        "--range", nargs=2, type=Number(), metavar="LOW HIGH",
        help="Use the bins between these masses, in GeV.",
    ),
)  # fmt: skip


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """What is asked about a file of a spectrum."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
