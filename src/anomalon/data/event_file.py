"""What is in a file of events that was just written: it is read again, as everyone will read it."""

from pathlib import Path

from anomalon.core import Sample
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.event_file import EventFile
from anomalon.data.loading import load

__all__ = ["check_name", "written"]

_SUFFIXES = (".parquet", ".pq")


def check_name(path: Path, what: str) -> None:
    """Refuse a name that promises another format than that which is written.

    Args:
        path: Of a file that will be written.
        what: How its user calls it.

    Raises:
        BadValue: If its suffix is that of another format; one without a suffix promises nothing.
    """
    if path.suffix.lower() not in ("", *_SUFFIXES):
        raise BadValue(
            f"{what}: expected a name that ends in .parquet, for what is written is Parquet; got "
            f"{path.name}. Choose {path.with_suffix('.parquet').name}."
        )


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
