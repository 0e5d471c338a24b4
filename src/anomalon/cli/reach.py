"""`anomalon reach`: limits on signals, by injecting them and running the whole search again."""

from typing import TYPE_CHECKING

from anomalon.cli.job import command_for

if TYPE_CHECKING:
    from anomalon.run.job import Job

__all__ = ["reach"]

_HELP = """Inject the signals that CONFIG, a TOML file, names, search again, and set limits on them.

Finished injections are kept in the run folder: an interrupted run goes on from there, and
another confidence level, further strengths or further signals do only what is new.

Exits with 1 if a signal has no limit; the folder is written all the same.
"""


def _job() -> "type[Job]":
    from anomalon.search.events.injection_job import InjectionLimitJob

    return InjectionLimitJob


reach = command_for("reach", _HELP, _job)
