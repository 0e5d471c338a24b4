"""One TOML file describes a search: data, windows, method. Nothing in it is guessed.

```toml
name = "Dijets"
seed = 1

[data]                                # what `anomalon.load` takes
path = "data.parquet"                 # beside this file; $NAME and ${NAME:-default} are expanded
mass = "mjj"
features = ["mJ1", "dmJ"]

[windows]                             # sliding, or [[windows]] with low, high, sideband_low, …
start = 2400
stop = 5700

[search]                              # the fields of `Search`
features = [["mJ1", "dmJ"]]
efficiencies = [0.1, 0.02, 0.01]
classifier = { kind = "boosted_trees" }
```
"""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from anomalon.background import ESTIMATORS, BackgroundEstimator
from anomalon.core import check
from anomalon.core.config import lookup, read_toml
from anomalon.core.errors import (
    BadLayout,
    BadValue,
    DataError,
    TruthRequired,
    UnknownKey,
    suggest,
)
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window, sliding_windows
from anomalon.data import chunks
from anomalon.features import dijet
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import CLASSIFIERS, Classifier
from anomalon.search.events.inject import inject, with_injection
from anomalon.search.events.scan import Search
from anomalon.search.results.scan import Scan

__all__ = ["DataSource", "Injection", "Job", "parse", "read"]

T = TypeVar("T")
_CHUNK = 10_000


@dataclass(frozen=True)
class DataSource:
    """A file and how to read it.

    Args:
        path: The file, as found.
        options: What `anomalon.load` takes: mass, features, label, …
    """

    path: str
    options: dict[str, Any] = field(default_factory=dict)

    def read(self) -> Sample:
        """The events as a sample of features; particles are clustered into jets on the way.

        Raises:
            BadLayout: If the file is a table and nothing says which column is the mass.
        """
        parts: list[Sample] = []
        for part in chunks(self.path, size=_CHUNK, **self.options):
            if isinstance(part, Sample):
                parts.append(part)
            elif part.object_names:
                parts.append(dijet(part))
            else:
                raise BadLayout(
                    f"{self.path}: a search needs a mass and features, and this is a table without "
                    f"a mapping. Add `mass` and `features` to [data]; columns: "
                    f"{', '.join(part.columns)}."
                )
        return Sample.concatenate(parts)


@dataclass(frozen=True)
class Injection:
    """Keep all true background of the data and add this many signal events; needs the label.

    Args:
        n_signal: How many.
        seed: Which ones; the seed of the job if None.

    Raises:
        BadValue: If a number is negative.
    """

    n_signal: int
    seed: int | None = None

    def __post_init__(self) -> None:
        check.fields(self, "injection", n_signal=(0, check.MOST))
        if self.seed is not None:
            Seed.of(self.seed)


@dataclass(frozen=True)
class Job:
    """A search and the data that it is for.

    Args:
        search: The settings.
        data: What to search.
        simulation: For background methods that need one.
        injection: For studies on labelled data.
        seed: Root of all random numbers.

    Raises:
        BadValue: If the seed is no whole number from 0 on.
    """

    search: Search
    data: DataSource
    simulation: DataSource | None = None
    injection: Injection | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        Seed.of(self.seed)

    def load(self) -> tuple[Sample, Sample | None]:
        """Read what is to be searched, and the simulation if there is one.

        Raises:
            TruthRequired: If there is an injection and the data have no label.
        """
        data = self.data.read()
        simulation = None if self.simulation is None else self.simulation.read()
        if self.injection is not None:
            if data.label is None:
                raise TruthRequired(
                    f"injection: {self.data.path} has no label to tell signal from background. "
                    "Add `label` to [data]."
                )
            background, signal = data[data.label == 0], data[data.label == 1]
            data = inject(background, signal, self.injection.n_signal, seed=self._injection_seed)
        return data, simulation

    def describe(self, scan: Scan) -> Scan:
        """The scan of what `load` gave, with the injection among what it says about its data."""
        if self.injection is None:
            return scan
        return with_injection(scan, self.injection.n_signal, seed=self._injection_seed)

    @property
    def _injection_seed(self) -> int:
        given = None if self.injection is None else self.injection.seed
        return self.seed if given is None else given


@dataclass(frozen=True)
class _Sliding:
    start: float
    stop: float
    width: float = 600.0
    sideband: float = 600.0
    step: float = 300.0


def read(path: str | Path) -> Job:
    """The job that a TOML file describes; relative paths in it are beside the file, or here.

    Raises:
        ConfigError: If the file cannot be read or is no TOML.
        DataError: If there is no file of data where it says.
        UnknownKey: If it has a key that does not exist; the nearest one is suggested.
        BadValue: If a value is missing, of the wrong type or outside what is allowed.
    """
    return parse(read_toml(path), folder=Path(path).parent)


def parse(table: Mapping[str, Any], *, folder: str | Path = ".") -> Job:
    """The job that a table, as read from TOML, describes.

    Args:
        table: Keys name, seed, data, simulation, injection, windows, search.
        folder: Where relative paths are looked for first.
    """
    known = ("name", "seed", "data", "simulation", "injection", "windows", "search")
    _refuse_unknown(table, known, "")
    for key in ("data", "windows", "search"):
        if key not in table:
            raise BadValue(f"{key}: expected a [{key}] table, got none.")
    if not isinstance(table["search"], Mapping):
        raise BadValue(f"search: expected a table, got {check.shown(table['search'])}.")
    settings = dict(table["search"])
    if "windows" in settings:
        raise UnknownKey("search.windows: write the windows as a [windows] table of their own.")
    settings["windows"] = _windows(table["windows"])
    if "name" in table:
        settings["name"] = table["name"]
    search: Search = _decode(Search, settings, "search")
    data = _source(table["data"], "data", folder)
    simulation = table.get("simulation")
    injection = table.get("injection")
    return Job(
        search=search,
        data=data,
        simulation=None if simulation is None else _source(simulation, "simulation", folder),
        injection=None if injection is None else _decode(Injection, injection, "injection"),
        seed=_leaf(int, table.get("seed", 0), "seed"),
    )


def _windows(table: Any) -> tuple[Window, ...]:
    if isinstance(table, list):
        return tuple(_decode(Window, row, f"windows[{i}]") for i, row in enumerate(table))
    s: _Sliding = _decode(_Sliding, table, "windows")
    return sliding_windows(s.start, s.stop, width=s.width, sideband=s.sideband, step=s.step)


_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")


def _source(table: Any, where: str, folder: str | Path) -> DataSource:
    if not isinstance(table, Mapping) or not isinstance(table.get("path"), str):
        raise BadValue(f"{where}.path: expected the path of a file, got {table!r}.")

    def value(match: re.Match[str]) -> str:
        name, default = match[1] or match[3], match[2]
        if name not in os.environ and default is None:
            raise BadValue(f"{where}.path: the environment variable {name} is not set.")
        return os.environ.get(name) or default or ""

    path = Path(_VARIABLE.sub(value, table["path"])).expanduser()
    candidates = [path] if path.is_absolute() else [Path(folder) / path, path]
    found = next((p for p in candidates if p.exists()), None)
    if found is None:
        looked = " and ".join(str(p) for p in dict.fromkeys(candidates))
        raise DataError(f"{where}.path: there is no file at {looked}.")
    return DataSource(str(found), {k: v for k, v in table.items() if k != "path"})


def _refuse_unknown(table: Any, known: tuple[str, ...], where: str) -> None:
    if not isinstance(table, Mapping):
        raise BadValue(f"{where}: expected a table, got {table!r}.")
    for key in table:
        if key not in known:
            place = f"{where}.{key}" if where else key
            raise UnknownKey(f"{place}: there is no such key; {suggest(key, known)}")


def _decode(cls: type[T], table: Any, where: str) -> T:
    """A frozen dataclass from a table: every key known, every value of the right type."""
    known = tuple(f.name for f in fields(cls))  # type: ignore[arg-type]
    _refuse_unknown(table, known, where)
    hints = get_type_hints(cls)
    values = {}
    for f in fields(cls):  # type: ignore[arg-type]
        if f.name in table:
            values[f.name] = _field(hints[f.name], table[f.name], f"{where}.{f.name}")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise BadValue(f"{where}.{f.name}: expected a value, got none.")
    return cls(**values)


_REGISTRIES: dict[Any, Mapping[str, Any]] = {
    Classifier: CLASSIFIERS,
    BackgroundEstimator: ESTIMATORS,
    ConditionalQuantiles: {ConditionalQuantiles.kind: ConditionalQuantiles},
}


def _field(kind: Any, value: Any, where: str) -> Any:
    if get_origin(kind) is UnionType:
        choices = get_args(kind)
        if value is False and NoneType in choices:
            return None  # `decorrelate = false`: TOML has no null
        kind = next((a for a in choices if a in _REGISTRIES), kind)
        if isinstance(value, list) and tuple[kind, ...] in choices:
            return tuple(_field(kind, v, f"{where}[{i}]") for i, v in enumerate(value))
    if kind in _REGISTRIES:
        return _registered(_REGISTRIES[kind], value, where)
    if isinstance(kind, type) and is_dataclass(kind):
        return value if isinstance(value, kind) else _decode(kind, value, where)
    if where.endswith(".windows"):
        return value  # already built
    return _leaf(kind, value, where)


def _registered(table: Mapping[str, Any], value: Any, where: str) -> Any:
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise BadValue(
            f"{where}: expected a table with a `kind` ({', '.join(table)}), got {value!r}."
        )
    cls = lookup(table, value["kind"], f"{where}.kind")
    return _decode(cls, {k: v for k, v in value.items() if k != "kind"}, where)


def _leaf(kind: Any, value: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        raise BadValue(f"{where}: {error} (got {value!r}).") from error
