"""No job writes over a file that it reads: looked at before any work is done."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from anomalon.core.errors import BadValue

__all__ = ["is_at", "paths_in", "refuse_overwriting"]


def paths_in(setting: Any, *, written: bool, where: str = "") -> Iterator[tuple[str, Path]]:
    """The files that a setting names, each with the name of its field.

    Args:
        setting: A frozen dataclass, with others in it.
        written: Those that are written (`metadata=output`), or those that are read.
        where: What the setting is called.
    """
    if isinstance(setting, list | tuple):
        for i, item in enumerate(setting):
            yield from paths_in(item, written=written, where=f"{where}[{i}]")
    elif is_dataclass(setting) and not isinstance(setting, type):
        for f in fields(setting):
            value = getattr(setting, f.name)
            name = f"{where}.{f.name}" if where else f.name
            if not isinstance(value, Path):
                yield from paths_in(value, written=written, where=name)
            elif bool(f.metadata.get("output")) == written:
                yield name, value


def refuse_overwriting(reads: Mapping[str, Path], writes: Mapping[str, Path]) -> None:
    """Refuse to write over what is read, however its path is spelled, links among the ways.

    Args:
        reads: Files that are read, by the names of their settings.
        writes: Files that are written, and folders in which any may be, by the same.

    Raises:
        BadValue: If one of them is both.
    """
    for name, place in writes.items():
        for what, file in reads.items():
            if is_at(file, place):
                raise BadValue(
                    f"{name}: expected a place for a new file, got {place}, where {file} is, "
                    f"which is read as {what} and would be lost. Choose another place for {name}, "
                    f"or make {what} a copy elsewhere."
                )


def is_at(file: Path, place: Path) -> bool:
    """Whether they are one file, or the file is in the folder."""
    if file.exists() and place.exists() and file.samefile(place):
        return True
    return file.resolve().is_relative_to(place.resolve())
