"""`Columns`: which column of a table is the mass, a feature, the weight, the truth, the event."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Sample, check
from anomalon.core.errors import (
    BadLayout,
    BadNumbers,
    BadValue,
    ColumnMissing,
    ConfigError,
    UnknownKey,
    suggest,
)

__all__ = ["DIJET_FEATURES", "Columns", "clean_masses", "identities", "read_mapping"]

DIJET_FEATURES = (
    "mJ1",
    "dmJ",
    "tau21_J1",
    "tau21_J2",
    "tau32_J1",
    "tau32_J2",
    "dR",
    "dY",
)
"""The features that `anomalon.features.dijet` makes, in its order."""

KEYS = ("mass", "features", "weight", "label", "event", "scale")
JET_KEYS = ("constituents", "jets", "index", "jet", "particles", "n_constituents")
"""Options for jets (see `anomalon.data.jets.roles`)."""
TRIGGER_KEYS = ("level", "layout", "saturated")
"""Options for events of a trigger (see `anomalon.data.trigger`)."""
FILE_KEYS = (*KEYS, "tree", "key", *TRIGGER_KEYS, *JET_KEYS)
MASS_ROUNDING = 1e-2
"""GeV: a mass down to -0.01 is rounding in E^2 - p^2 (the LHC Olympics files have -2e-5)."""


@dataclass(frozen=True)
class Columns:
    """Which columns make a `Sample`.

    Args:
        mass: The column of the resonant mass; None if the sample has none.
        features: Pairs (name in the sample, column in the file).
        weight: The column of event weights; ones if None.
        label: The column of the truth, 0 or 1; no truth if None.
        event: The column of event identities, integers; row numbers if None.
        scale: Factor on the mass, e.g. 1000 where the file has TeV.
    """

    mass: str | None
    features: tuple[tuple[str, str], ...]
    weight: str | None = None
    label: str | None = None
    event: str | None = None
    scale: float = 1.0

    @classmethod
    def of(cls, options: Mapping[str, Any], default: "Columns | None", where: str) -> "Columns":
        """Columns from the options of `load` or a TOML file, on top of what the file suggests.

        Raises:
            BadValue: If an option has the wrong type, or mass or features are not given.
        """
        given: dict[str, Any] = {k: v for k, v in options.items() if v is not None}
        for name in ("mass", "weight", "label", "event"):
            if name in given and not isinstance(given[name], str):
                raise BadValue(f"{where}: `{name}` takes a column name, got {given[name]!r}.")
        if "features" in given:
            given["features"] = _pairs(given["features"], where)
        if "scale" in given:
            given["scale"] = _scale(given["scale"], where)
        if default is not None:
            return replace(default, **given)
        missing = [name for name in ("mass", "features") if name not in given]
        if missing:
            raise BadValue(
                f"{where}: a sample needs `mass` and `features`, got only {sorted(given)}. Add "
                + " and ".join(f"`{name}`" for name in missing)
                + ', e.g. mass="mjj", features=["mJ1", "tau21_J1"].'
            )
        return cls(**given)

    def names(self) -> list[str]:
        """Every column that is needed, once."""
        features = [column for _, column in self.features]
        roles = [self.mass, *features, self.weight, self.label, self.event]
        return list(dict.fromkeys(name for name in roles if name is not None))

    def check(self, known: Mapping[str, Any], unread: Mapping[str, str], where: str) -> None:
        """Raise for a column that is not there, or is there and holds no plain numbers.

        Raises:
            ColumnMissing: With the nearest name.
            BadLayout: With the column's type.
        """
        for name in self.names():
            if name in unread:
                raise BadLayout(
                    f"{where}: column '{name}' should hold one number per event, but its type is "
                    f"{unread[name]}. Write a flat column (e.g. the leading jet's value) first."
                )
            if name not in known:
                raise ColumnMissing(f"{where}: no column '{name}'; {suggest(name, known)}")

    def sample(self, data: Mapping[str, NDArray[Any]], start: int, source: str) -> Sample:
        """The sample that columns of equal length make.

        Raises:
            BadNumbers: If a number is not finite, a mass is negative, a label is not 0 or 1, or an
                event identity is not an integer.
        """
        first = self.names()[0]
        n = len(data[first])
        for name in self.names():
            if len(data[name]) != n:
                raise BadLayout(
                    f"{source}: column '{name}' has {len(data[name])} entries, but "
                    f"'{first}' has {n}: all columns of a sample need one entry per event."
                )
        mass = None
        if self.mass is not None:
            mass = self.scale * np.asarray(data[self.mass], dtype=np.float64)
            mass = clean_masses(mass, f"{source}: mass '{self.mass}'")
        kinds = {data[column].dtype for _, column in self.features}
        dtype = np.float32 if kinds == {np.dtype(np.float32)} else np.float64
        x = np.empty((n, len(self.features)), dtype=dtype)
        for j, (name, column) in enumerate(self.features):
            what = f"{source}: feature '{name}'"
            check.finite(np.asarray(data[column], np.float64), what)
            jet_mass = name in ("mJ1", "mJ2")
            x[:, j] = clean_masses(data[column], what) if jet_mass else data[column]
        return Sample(
            x=x,
            names=tuple(name for name, _ in self.features),
            mass=cast(Any, mass),
            weight=np.ones(n) if self.weight is None else data[self.weight],
            label=(
                None
                if self.label is None
                else check.truth(data[self.label], f"{source}: label '{self.label}'")
            ),
            event=(
                np.arange(start, start + n)
                if self.event is None
                else identities(data[self.event], f"{source}: event '{self.event}'")
            ),
            source=source,
        )


def clean_masses(values: NDArray[Any], what: str) -> NDArray[Any]:
    """Masses in GeV with the small negative values that rounding leaves set to zero.

    Raises:
        BadNumbers: If a mass is NaN, infinite or below -0.01 GeV.
    """
    check.finite(np.asarray(values, np.float64), what)
    check.non_negative(values, what, tolerance=MASS_ROUNDING)
    return np.maximum(values, 0)


def read_mapping(path: str | Path) -> dict[str, Any]:
    """The options in a TOML file of columns.

    Raises:
        ConfigError: If the file is not there or is not TOML.
        UnknownKey: If it has a key that is none.
    """
    try:
        with Path(path).open("rb") as file:
            options = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"mapping '{path}': cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"mapping '{path}': expected TOML: {error}.") from error
    for key in options:
        if key not in FILE_KEYS:
            raise UnknownKey(f"mapping '{path}': unknown key '{key}'; {suggest(key, FILE_KEYS)}")
    return options


def _pairs(features: object, where: str) -> tuple[tuple[str, str], ...]:
    if isinstance(features, Mapping):
        pairs = tuple(features.items())
    elif isinstance(features, Sequence) and not isinstance(features, str):
        pairs = tuple((name, name) for name in features)
    else:
        pairs = ()
    if not pairs or not all(isinstance(word, str) for pair in pairs for word in pair):
        raise BadValue(
            f"{where}: `features` takes a list of column names, or a table name = column, got "
            f"{features!r}."
        )
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BadValue(f"{where}: `features` names {twice} more than once.")
    return pairs


def _scale(scale: object, where: str) -> float:
    good = isinstance(scale, int | float) and not isinstance(scale, bool)
    if not good or not (0 < float(scale) < np.inf):  # type: ignore[arg-type]
        raise BadValue(f"{where}: `scale` takes a positive factor on the mass, got {scale!r}.")
    return float(scale)  # type: ignore[arg-type]


def identities(values: NDArray[Any], what: str) -> NDArray[np.int64]:
    """Identities of events, integers.

    Raises:
        BadNumbers: If one is no integer, or does not fit into 64 bits.
    """
    check.integers(values, what)
    if values.dtype == np.uint64 and len(values) and values.max() > np.iinfo(np.int64).max:
        raise BadNumbers(f"{what}: expected integers below 2^63, got {values.max()}.")
    return values.astype(np.int64)
