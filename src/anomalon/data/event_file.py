"""What is in a file of events that was just written: it is read again, as everyone will read it."""

from pathlib import Path

from anomalon.core import Sample
from anomalon.core.errors import BadValue
from anomalon.core.event_file import EventFile
from anomalon.data.loading import load
from anomalon.data.overview import overview

__all__ = ["TABLE_SUFFIXES", "check_name", "written"]

TABLE_SUFFIXES = (".parquet", ".pq")
_FORMATS = {".parquet": "Parquet", ".h5": "HDF5"}


def check_name(path: Path, what: str, suffixes: tuple[str, ...] = TABLE_SUFFIXES) -> None:
    """Refuse a name that promises another format than that which is written.

    Args:
        path: Of a file that will be written.
        what: How its user calls it.
        suffixes: Of the format; the first is proposed.

    Raises:
        BadValue: If its suffix is that of another format; one without a suffix promises nothing.
    """
    if path.suffix.lower() not in ("", *suffixes):
        wanted = suffixes[0]
        raise BadValue(
            f"{what}: expected a name that ends in {wanted}, for what is written is "
            f"{_FORMATS.get(wanted, wanted)}; got {path.name}. Choose "
            f"{path.with_suffix(wanted).name}."
        )


def written(path: Path) -> EventFile:
    """The file as `anomalon.load` reads it, without options.

    Raises:
        DataError: If it cannot be read.
    """
    found = load(path)
    sample = found if isinstance(found, Sample) else overview(found)
    return EventFile.of(sample, path.name, path.stat().st_size)
