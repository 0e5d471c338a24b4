"""`anomalon validate`: a search on samples without signal."""

from typing import TYPE_CHECKING

from anomalon.cli.job import command_for

if TYPE_CHECKING:
    from anomalon.run.job import Job

__all__ = ["validate"]

_HELP = """Run the search of CONFIG on samples without signal, and judge what it finds there.

CONFIG is the TOML file of a search, with a [[samples]] table for each sample. A search with
`search.validation` = the run folder leaves out the windows that fail, and the non-closure is an
uncertainty of the others.

Exits with 1 if no window passes; the folder is written all the same.
"""


def _job() -> "type[Job]":
    from anomalon.search.validation.job import ValidationJob

    return ValidationJob


validate = command_for("validate", _HELP, _job, "-validation")
