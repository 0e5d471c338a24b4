"""What is in a file of events that was just written: it is read again, as everyone will read it."""

from pathlib import Path

from anomalon.core import Sample
from anomalon.core.errors import BadLayout
from anomalon.core.event_file import EventFile
from anomalon.data.loading import load

__all__ = ["written"]


def written(path: Path) -> EventFile:
    """The file as `anomalon.load` reads it, without options.

    Raises:
        BadLayout: If it is no sample of events.
        DataError: If it cannot be read.
    """
    found = load(path)
    if not isinstance(found, Sample):
        raise BadLayout(f"{path}: expected a table of features, got {found!r}.")
    return EventFile.of(found, path.name, path.stat().st_size)
