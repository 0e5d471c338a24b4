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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from anomalon.core import check
from anomalon.core.config import read_toml
from anomalon.core.errors import BadLayout, BadValue, TruthRequired, UnknownKey
from anomalon.core.result import Result
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed
from anomalon.core.window import Window, sliding_windows
from anomalon.data import chunks, event_roles
from anomalon.data.columns import DIJET_FEATURES
from anomalon.features import dijet
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.settings import decode, encode, existing, refuse_unknown
from anomalon.search.events.inject import inject, with_injection
from anomalon.search.events.scan import Search
from anomalon.search.events.selector import columns_of
from anomalon.search.results.scan import Scan

__all__ = ["DataSource", "Injection", "SearchJob", "read"]

_CHUNK = 10_000
_OF_VALIDATION = ("samples", "validation")  # one file may serve `anomalon validate`, too


@dataclass(frozen=True)
class DataSource:
    """A file and how to read it.

    Args:
        path: The file, as found.
        options: What `anomalon.load` takes: mass, features, label, …
    """

    path: Path
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Any, where: str, folder: str | Path) -> Self:
        """From a table with a `path` and what else `anomalon.load` takes."""
        if not isinstance(table, Mapping) or not isinstance(table.get("path"), str):
            raise BadValue(f"{where}.path: expected the path of a file, got {table!r}.")
        options = {key: value for key, value in table.items() if key != "path"}
        return cls(existing(table["path"], f"{where}.path", folder), options)

    def table(self, folder: str | Path | None) -> dict[str, Any]:
        """The reverse; the path from `folder`, or the name alone."""
        path = self.path.name if folder is None else os.path.relpath(self.path, folder)
        return {"path": Path(path).as_posix(), **self.options}

    def with_columns(self, needed: Callable[[Sequence[str]], list[str]]) -> Self:
        """The same with more columns of a table among its features; never the truth.

        Args:
            needed: Called with the columns that it has; which ones are needed. One that it has not
                is asked for all the same, so that whoever reads the file can say what is near.
        """
        found = event_roles(self.path, **self.options)
        if found.mass is None:
            return self
        features = dict(found.features)
        known = dict.fromkeys((*features, found.mass, *found.left_out))
        more = [n for n in needed(tuple(known)) if n not in features and n != found.label]
        if not more:
            return self
        return replace(self, options={**self.options, "features": features | {n: n for n in more}})

    def roles(self) -> tuple[str, ...]:
        """What its columns are taken for, and what may be wrong with that."""
        found = event_roles(self.path, **self.options)
        left = len(found.said) - len(found.doubts)
        return (*found.said[:left], *(f"warning: {text}" for text in found.doubts))

    def read(self, needed: Sequence[str] = ()) -> Sample:
        """The events as a sample of features; particles are clustered into jets on the way.

        Args:
            needed: What has to be made of particles or jets, beside the standard features.

        Raises:
            BadLayout: If the file is a table and nothing says which column is the mass.
            ColumnMissing: If what is needed cannot be made of these particles or jets.
        """
        more = [name for name in needed if name not in DIJET_FEATURES]
        made = (*DIJET_FEATURES, *more) if more else None
        parts: list[Sample] = []
        for part in chunks(self.path, size=_CHUNK, **self.options):
            if isinstance(part, Sample):
                parts.append(part)
            elif part.object_names:
                parts.append(dijet(part, features=made))
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
class SearchJob(Job):
    """A search and the data that it is for, as `anomalon search` does it.

    Args:
        search: The settings.
        data: What to search.
        simulation: For background methods that need one.
        injection: For studies on labelled data.
        seed: Root of all random numbers.

    Raises:
        BadValue: If the seed is no whole number from 0 on.
    """

    kind: ClassVar[str] = "search"
    help: ClassVar[str] = "Search a file of events for resonances."

    search: Search
    data: DataSource
    simulation: DataSource | None = None
    injection: Injection | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        Seed.of(self.seed)
        if isinstance(self.search.score, Scorer):
            raise BadValue(
                "search.score: a job is repeated from files. Save the scorer with "
                "anomalon.learn.save_scorer, and give anomalon.search.SavedScorer(path)."
            )
        if isinstance(self.search.validation, Result):
            raise BadValue(
                "search.validation: a job is repeated from files. Give the path of the run folder "
                "that anomalon.report.write_run has written."
            )

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Those of its table."""
        return ("name", "seed", "data", "simulation", "injection", "windows", "search")

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The search that a table, as read from TOML, describes.

        Args:
            table: Keys name, seed, data, simulation, injection, windows, search; those of a
                validation may be there, and are not for it.
            folder: Where relative paths are looked for first.
        """
        refuse_unknown(table, (*cls.keys(), *_OF_VALIDATION), "")
        for key in ("data", "windows", "search"):
            if key not in table:
                raise BadValue(f"{key}: expected a [{key}] table, got none.")
        if not isinstance(table["search"], Mapping):
            raise BadValue(f"search: expected a table, got {check.shown(table['search'])}.")
        if "windows" in table["search"]:
            raise UnknownKey("search.windows: write the windows as a [windows] table of their own.")
        settings = {**table["search"], "windows": _windows(table["windows"])}
        if "name" in table:
            settings["name"] = table["name"]
        simulation, injection = table.get("simulation"), table.get("injection")
        return cls(
            search=decode(Search, settings, "search", folder=folder),
            data=DataSource.of(table["data"], "data", folder),
            simulation=None
            if simulation is None
            else DataSource.of(simulation, "simulation", folder),
            injection=None if injection is None else decode(Injection, injection, "injection"),
            seed=check.whole(table.get("seed", 0), "seed", 0, check.MOST),
        )

    def table(self, folder: str | Path | None = None) -> dict[str, Any]:
        """The reverse of `of`: the search as resolved."""
        search = encode(self.search, folder=folder)
        windows, name = search.pop("windows"), search.pop("name")
        table = {"name": name, "seed": self.seed, "windows": windows}
        for key, source in (("data", self.data), ("simulation", self.simulation)):
            if source is not None:
                table[key] = source.table(folder)
        if self.injection is not None:
            table["injection"] = encode(self.injection)
        return {**table, "search": search}

    def reads(self) -> dict[str, Path]:
        """The files that it reads; a file that says what columns mean is one."""
        files = super().reads()
        for key, source in (("data", self.data), ("simulation", self.simulation)):
            if source is not None and isinstance(source.options.get("mapping"), str | Path):
                files[f"{key}.mapping"] = Path(source.options["mapping"])
        return files

    @property
    def title(self) -> str:
        """What it is called while it runs, and on its page."""
        return self.search.name

    def load(self) -> tuple[Sample, Sample | None]:
        """Read what is to be searched, and the simulation if there is one.

        Raises:
            TruthRequired: If there is an injection and the data have no label.
        """
        features = self._features
        listed = tuple(self._data.options.get("features") or ())
        own = columns_of(self.search.score, self.search.cuts, listed)
        data = self._data.read([*features, *own])
        simulation = None if self._simulation is None else self._simulation.read(features)
        if self.injection is not None:
            if data.label is None:
                raise TruthRequired(
                    f"injection: {self.data.path} has no label to tell signal from background. "
                    "Add `label` to [data]."
                )
            background, signal = data[data.label == 0], data[data.label == 1]
            data = inject(background, signal, self.injection.n_signal, seed=self._injection_seed)
        return data, simulation

    def run(self, place: Workplace = HERE) -> Scan:
        """Read the data, and search them."""
        roles = self.roles()
        for line in roles:
            place.say(f"read {line}")
        data, simulation = self.load()
        scan = self.search.run(
            data,
            simulation,
            seed=self.seed,
            executor=place.executor,
            store=place.store,
            progress=place.progress,
        )
        return replace(self.describe(scan), roles=roles)

    def roles(self) -> tuple[str, ...]:
        """What the columns of the files are taken for, a sentence each; doubts among them."""
        named = (("data", self._data), ("simulation", self._simulation))
        return tuple(
            f"{what} {source.path.name}: {text}"
            for what, source in named
            if source is not None
            for text in source.roles()
        )

    def describe(self, scan: Scan) -> Scan:
        """The scan of what `load` gave, with the injection among what it says about its data."""
        if self.injection is None:
            return scan
        return with_injection(scan, self.injection.n_signal, seed=self._injection_seed)

    @cached_property
    def _data(self) -> DataSource:
        """The data, with what features, score and cuts need of their columns."""
        return self.columns(self.data)

    def columns(self, source: DataSource) -> DataSource:
        """A file with what features, score and cuts need of its columns."""
        return source.with_columns(self._needed)

    @cached_property
    def _simulation(self) -> DataSource | None:
        """The simulation, with the columns of the features."""
        return None if self.simulation is None else self.simulation.with_columns(self._known)

    @property
    def _features(self) -> list[str]:
        sets = self.search.feature_sets
        return list(dict.fromkeys(name for features in sets for name in features))

    def _known(self, columns: Sequence[str]) -> list[str]:
        """Features that a table has; those that it has not, the search names."""
        return [name for name in self._features if name in columns]

    def _needed(self, columns: Sequence[str]) -> list[str]:
        own = columns_of(self.search.score, self.search.cuts, columns)
        return [*own, *self._known(columns)]

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


def read(path: str | Path) -> SearchJob:
    """The search that a TOML file describes; relative paths in it are beside the file, or here.

    Raises:
        ConfigError: If the file cannot be read, is no TOML, or a run of another kind has left it.
        DataError: If there is no file of data where it says.
        UnknownKey: If it has a key that does not exist; the nearest one is suggested.
        BadValue: If a value is missing, of the wrong type or outside what is allowed.
    """
    return SearchJob.of(read_toml(path, SearchJob.kind), folder=Path(path).parent)


def _windows(table: Any) -> tuple[Window, ...]:
    if isinstance(table, list):
        return tuple(decode(Window, row, f"windows[{i}]") for i, row in enumerate(table))
    s = decode(_Sliding, table, "windows")
    return sliding_windows(s.start, s.stop, width=s.width, sideband=s.sideband, step=s.step)
