"""Starting a Pythia: its settings read, its words sent where messages belong."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from anomalon.core import Seed
from anomalon.core.errors import BadValue, MissingExtra

__all__ = ["started", "version"]

_MAX_SEED = 900_000_000
_SAVE, _READ = 1, 2


def started(settings: Iterable[str], seed: Seed | int, hook: Any = None) -> Any:
    """An initialised `pythia8mc.Pythia`.

    Args:
        settings: Pythia's own settings, "key = value" each; later ones win.
        seed: The stream of random numbers.
        hook: A user hook, or None. Pythia does not keep the Python object alive, and without it
            asks nobody: the caller does.

    Raises:
        BadValue: If Pythia does not accept a setting (the message has the line) or cannot be
            initialised with them.
        MissingExtra: If pythia8mc is not installed.
    """
    settings = tuple(settings)
    number = 1 + Seed.of(seed).child("pythia").integer(_MAX_SEED)
    with _stdout_to_stderr(), _interactions(settings) as known:
        return _initialised(settings, known, number, hook)


def _initialised(
    settings: tuple[str, ...], kept: tuple[int, Path] | None, number: int, hook: Any = None
) -> Any:
    """A Pythia that saves its multiparton interactions (1), reads them (2), or has its own."""
    try:
        import pythia8mc
    except ModuleNotFoundError as error:
        raise MissingExtra("pythia8mc", "simulate", "event generation") from error
    untouched = _untouched()
    pythia = pythia8mc.Pythia(untouched.settings, untouched.particleData, False)  # noqa: FBT003
    seeded = ("Random:setSeed = on", f"Random:seed = {number}")
    for line in ("Print:quiet = on", *settings, *seeded):
        if not pythia.readString(line, False):  # noqa: FBT003 - no warning
            raise BadValue(
                f"Pythia {version(pythia)} does not accept the setting '{line}': no such key, "
                "or not a value of its type. Correct this line of the recipe."
            )
    if kept is not None:
        pythia.settings.mode("MultipartonInteractions:reuseInit", kept[0])
        pythia.settings.word("MultipartonInteractions:initFile", str(kept[1]))
    if hook is not None:
        pythia.setUserHooksPtr(hook)
    if not pythia.init():
        raise BadValue(
            f"Pythia {version(pythia)} cannot be initialised with the {len(settings)} "
            "settings of this recipe: no process is switched on, or its masses and "
            "thresholds leave no phase space at this energy of the beams."
        )
    return pythia


@contextmanager
def _interactions(settings: tuple[str, ...]) -> Iterator[tuple[int, Path] | None]:
    """Where Pythia reads what it would else integrate for five seconds.

    Soft collisions contain diffraction, whose multiparton interactions are integrated at many
    masses each time that a Pythia starts: longer than a thousand collisions take. Other processes
    start in a third of a second, and as they always have.
    """
    soft = any(line.startswith("SoftQCD:") for line in settings)
    text = _integrated(settings) if soft else ""
    if not text:
        yield None
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "interactions"
        path.write_text(text)
        yield _READ, path


@cache
def _integrated(settings: tuple[str, ...]) -> str:
    """The interactions of these settings, once in a process; "" if they have none.

    Whoever asks first, they are integrated with the same random numbers.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "interactions"
        _initialised(settings, (_SAVE, path), number=1)
        return path.read_text() if path.exists() else ""


@cache
def _untouched() -> Any:
    """One that nobody changes: what it read from Pythia's own files, the others copy."""
    import pythia8mc

    return pythia8mc.Pythia("", False)  # noqa: FBT003 - no banner


def version(pythia: Any) -> str:
    """Of a Pythia, e.g. "8.317"."""
    return f"{pythia.settings.parm('Pythia:versionNumber'):.3f}"


@contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Send what C++ prints on stdout to stderr, where messages belong."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
