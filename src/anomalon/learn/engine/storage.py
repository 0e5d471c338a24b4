"""Fitted scorers as files: a JSON header and plain arrays in one `.npz`; loading runs no code.

A scorer that can be saved says how it is taken apart and put together, and is registered under a
name by the room that defines it:

    class MyScorer(Scorer):
        def to_arrays(self) -> tuple[Header, Arrays]: ...   # settings for JSON, arrays by name
        @classmethod
        def from_arrays(cls, header: Header, arrays: Arrays) -> "MyScorer": ...

    register("my_scorer", MyScorer)

The names of features are kept for it. Scorers that are made of others use `parts_apart` and
`parts_together`.
"""

import io
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol, Self, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from anomalon.core.archive import NoArchive, arrays_of
from anomalon.core.atomic import write_atomically
from anomalon.core.config import lookup
from anomalon.core.errors import AnomalonError, BadLayout, BadValue
from anomalon.core.scorer import AnyScorer, EventScorer, Scorer
from anomalon.core.seed import Seed

__all__ = [
    "Arrays",
    "Header",
    "Storable",
    "load_scorer",
    "parts_apart",
    "parts_together",
    "register",
    "save_scorer",
    "scorer_bytes",
    "seed_apart",
    "seed_together",
]

_FORMAT = 1
_HEADER = "header"
_WANTED = (
    "expected a model that anomalon has saved (save_scorer, or `models/` of a result of `anomalon "
    "detect`)"
)
_NAMES = ("names", "object_names", "feature_names")

Arrays = Mapping[str, NDArray[Any]]
Header = Mapping[str, Any]


@runtime_checkable
class Storable(Protocol):
    """What a scorer has if it can be saved."""

    def to_arrays(self) -> tuple[Header, Arrays]:
        """Settings that JSON can hold, and arrays by name; names of features are not needed."""

    @classmethod
    def from_arrays(cls, header: Header, arrays: Arrays) -> Self:
        """The scorer again.

        Args:
            header: The settings, and the names of features as tuples under their own name.
            arrays: The arrays, under the names that `to_arrays` gave them.
        """


_KINDS: dict[str, type[Any]] = {}
_HOMES = {"detector": "anomalon.detectors"}
"""Kinds of rooms above this one, which are imported when a file names one."""


def register(kind: str, scorer: type[AnyScorer]) -> None:
    """Give a class of scorers the name under which it is saved.

    Raises:
        BadValue: If the name is taken, or the class does not say how it is taken apart.
    """
    if _KINDS.get(kind, scorer) is not scorer:
        raise BadValue(
            f"register: '{kind}' is the name of {_KINDS[kind].__name__}. Choose another one for "
            f"{scorer.__name__}."
        )
    if not issubclass(scorer, Scorer | EventScorer) or not issubclass(scorer, Storable):
        raise BadValue(
            "register: expected a scorer with `to_arrays` and `from_arrays`, got "
            f"{scorer.__name__}."
        )
    _KINDS[kind] = scorer


def save_scorer(scorer: AnyScorer, path: Path | str) -> None:
    """Write a fitted scorer to a `.npz` file; it is there whole or not at all.

    Raises:
        BadValue: If the path does not end in .npz or the scorer is of a kind that has no file form.
        DataError: If the file cannot be written.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise BadValue(f"save_scorer: expected a path that ends in .npz, got {path}.")
    named = _as_file(scorer)
    with write_atomically(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **named)


def scorer_bytes(scorer: AnyScorer) -> bytes:
    """What `save_scorer` writes; the same scorer gives the same bytes.

    Raises:
        BadValue: If the scorer is of a kind that has no file form.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **_as_file(scorer))
    return buffer.getvalue()


def _as_file(scorer: AnyScorer) -> dict[str, NDArray[Any]]:
    """The arrays of a file, the header among them."""
    header, arrays = _apart(scorer)
    text = json.dumps({"format": _FORMAT, "scorer": header})
    return _below("scorer", arrays) | {_HEADER: np.frombuffer(text.encode(), np.uint8)}


def load_scorer(path: Path | str | IO[bytes]) -> AnyScorer:
    """Read a scorer that `save_scorer` wrote; it gives the same scores, bit by bit.

    Raises:
        BadLayout: If the file is not a scorer of a known format.
        UnknownKey: If it is of a kind that nobody has registered.
    """
    try:
        arrays = arrays_of(path)
        if _HEADER not in arrays:
            raise NoArchive(f"an archive of other arrays ({', '.join(list(arrays)[:5])})")
        header = json.loads(arrays.pop(_HEADER).tobytes())
        version = header["format"]
        if version == _FORMAT:
            return _together(header["scorer"], _of("scorer", arrays))
    except AnomalonError:
        raise
    except FileNotFoundError as error:
        raise BadLayout(f"{path}: there is no such file.") from error
    except NoArchive as error:
        raise BadLayout(f"{path}: {_WANTED}, got {error}.") from error
    except Exception as error:  # archives and what is in them can be wrong in many ways
        raise BadLayout(f"{path}: {_WANTED}, got something else ({error!r}).") from error
    raise BadLayout(f"{path}: expected format {_FORMAT}, got {version}. Update anomalon.")


def parts_apart(parts: Sequence[AnyScorer]) -> tuple[list[Header], Arrays]:
    """Headers and arrays of scorers that another one is made of."""
    headers: list[Header] = []
    named: dict[str, NDArray[Any]] = {}
    for i, part in enumerate(parts):
        header, arrays = _apart(part)
        headers.append(header)
        named |= _below(str(i), arrays)
    return headers, named


def parts_together(headers: Sequence[Header], arrays: Arrays) -> tuple[Any, ...]:
    """The scorers that `parts_apart` took apart."""
    return tuple(_together(h, _of(str(i), arrays)) for i, h in enumerate(headers))


def seed_apart(seed: Seed) -> Header:
    """A seed as JSON holds it."""
    return {"root": seed.root, "path": list(seed.path)}


def seed_together(header: Header) -> Seed:
    """The seed again."""
    return Seed(header["root"], tuple(header["path"]))


def _apart(scorer: AnyScorer) -> tuple[Header, Arrays]:
    for name, kind in _KINDS.items():
        if type(scorer) is kind:
            header, arrays = cast(Storable, scorer).to_arrays()
            names = {n: list(getattr(scorer, n)) for n in _NAMES if hasattr(scorer, n)}
            return {"kind": name} | names | dict(header), arrays
    raise BadValue(
        f"save_scorer: no file form for {type(scorer).__name__}; known: {', '.join(_KINDS)}."
    )


def _together(header: Header, arrays: Arrays) -> AnyScorer:
    if header["kind"] not in _KINDS and header["kind"] in _HOMES:
        import_module(_HOMES[header["kind"]])  # it registers itself
    kind = lookup(_KINDS, header["kind"], "scorer")
    names = {name: tuple(header[name]) for name in _NAMES if name in header}
    scorer: AnyScorer = kind.from_arrays(dict(header) | names, arrays)
    return scorer


def _below(where: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays with longer names; one without a name gets that of its place."""
    return {f"{where}/{name}" if name else where: array for name, array in arrays.items()}


def _of(where: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays of a place, under their own names."""
    below = {n.removeprefix(f"{where}/"): a for n, a in arrays.items() if n.startswith(f"{where}/")}
    return below | ({"": arrays[where]} if where in arrays else {})
