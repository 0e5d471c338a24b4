"""`anomalon trigger`: models of an anomaly trigger, at a fixed rate."""

from typing import TYPE_CHECKING

from anomalon.cli.job import command_for

if TYPE_CHECKING:
    from anomalon.trigger.job import TriggerJob

__all__ = ["trigger"]


def _job() -> "type[TriggerJob]":
    from anomalon.trigger.job import TriggerJob

    return TriggerJob


trigger = command_for(
    "trigger",
    """Train models of an anomaly trigger, and compare what they keep at a fixed rate.

    CONFIG is a TOML file: background whose weights say what its events stand for (Hz, or any unit
    with `incoming`), a rate in Hz, perhaps other samples and signals, and models. Thresholds come
    from the test part of the background; the page has rates with their errors, efficiencies beside
    the present menu and beside cuts that learn nothing, and how stable they are. The folder has
    scores.parquet and the saved models.

    Exits with 1 if a check of the chosen model failed; the folder is written all the same.
    """,
    _job,
)
