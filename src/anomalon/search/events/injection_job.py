"""One TOML file describes limits by injection: a search, its data, and the signals.

```toml
name = "Dijets"
seed = 1

[data]                                # as for `anomalon search`
path = "data.parquet"
mass = "mjj"
features = ["mJ1", "dmJ"]

[windows]
start = 2400
stop = 5700

[search]
features = [["mJ1", "dmJ"]]

[limits]                              # the fields of `InjectionLimits`
strengths = [100, 200, 400, 800]      # events
injections = 5

[[signals]]                           # as many as there are points
name = "W' 3500"
path = "wprime_3500.parquet"          # read like the data; what differs stands here
resonance = 3500                      # GeV
```
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from anomalon.core import check
from anomalon.core.errors import BadValue, TooFewEvents, UnknownKey
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.settings import decode, encode, refuse_unknown
from anomalon.search.events.injection_limits import InjectionLimits, Signal
from anomalon.search.events.job import DataSource, SearchJob
from anomalon.search.results.injection_limit import InjectionLimitResult

__all__ = ["InjectionLimitJob", "SignalSource"]

_RESONANCE = "resonance"


@dataclass(frozen=True)
class SignalSource:
    """A file of signal events.

    Args:
        name: Of the signal.
        mass: Of its resonance in GeV.
        source: The file. Of one with labels only the signal is taken.
    """

    name: str
    mass: float
    source: DataSource

    @classmethod
    def of(cls, table: Any, where: str, data: DataSource, folder: str | Path) -> Self:
        """From its table; what it does not say of its columns is as in the data."""
        if not isinstance(table, Mapping):
            raise BadValue(f"{where}: expected a table, got {check.shown(table)}.")
        for key in ("name", _RESONANCE):
            if key not in table:
                raise BadValue(f"{where}.{key}: expected a value, got none.")
        columns = {k: v for k, v in data.options.items() if k != "label"}
        own = {k: v for k, v in table.items() if k not in ("name", _RESONANCE)}
        return cls(
            check.text(table["name"], f"{where}.name"),
            check.number(table[_RESONANCE], f"{where}.{_RESONANCE}", "(0, inf)"),
            DataSource.of(columns | own, where, folder),
        )

    def table(self, folder: str | Path | None) -> dict[str, Any]:
        """The reverse."""
        return {"name": self.name, _RESONANCE: self.mass, **self.source.table(folder)}

    def read(self) -> Signal:
        """The events.

        Raises:
            TooFewEvents: If there are labels, and no signal.
        """
        events = self.source.read()
        if events.label is not None:
            events = events[events.label == 1]
            if not len(events):
                raise TooFewEvents(
                    f"signal {self.name}: {self.source.path} has labels, and none says signal. "
                    "Leave `label` out if all of its events are."
                )
        return Signal(self.name, events, self.mass)


@dataclass(frozen=True)
class InjectionLimitJob(Job):
    """Limits by injection from files, as `anomalon reach` sets them.

    Args:
        searched: The search and its data.
        limits: How limits are set, on that search.
        signals: The files.

    Raises:
        BadValue: If there is no signal.
    """

    kind: ClassVar[str] = "reach"
    help: ClassVar[str] = "Limits on signals, by injecting them and searching again."

    searched: SearchJob
    limits: InjectionLimits
    signals: tuple[SignalSource, ...]

    def __post_init__(self) -> None:
        if not self.signals:
            raise BadValue("signals: expected at least one [[signals]] table, got none.")
        check.once([signal.name for signal in self.signals], "signals: names")

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Those of its table."""
        return (*SearchJob.keys(), "limits", "signals")

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The job that a table, as read from TOML, describes."""
        refuse_unknown(table, cls.keys(), "")
        for key, what in (("limits", "a [limits] table"), ("signals", "[[signals]] tables")):
            if key not in table:
                raise BadValue(f"{key}: expected {what}, got none.")
        keys = SearchJob.keys()
        of_search = {k: v for k, v in table.items() if k in keys}
        searched = SearchJob.of(of_search, folder=folder)
        limits = table["limits"]
        if not isinstance(limits, Mapping):
            raise BadValue(f"limits: expected a table, got {check.shown(limits)}.")
        if "search" in limits:
            raise UnknownKey("limits.search: write the search as a [search] table of its own.")
        return cls(
            searched,
            decode(InjectionLimits, {**limits, "search": searched.search}, "limits"),
            tuple(
                SignalSource.of(row, f"signals[{i}]", searched.data, folder)
                for i, row in enumerate(check.several(table["signals"], "signals"))
            ),
        )

    def table(self, folder: str | Path | None = None) -> dict[str, Any]:
        """The reverse of `of`."""
        limits = encode(self.limits, folder=folder)
        del limits["search"]
        signals = [signal.table(folder) for signal in self.signals]
        return {**self.searched.table(folder), "limits": limits, "signals": signals}

    def reads(self) -> dict[str, Path]:
        """The files that it reads."""
        own = {f"signals[{i}]": signal.source.path for i, signal in enumerate(self.signals)}
        return self.searched.reads() | own

    @property
    def title(self) -> str:
        """What it is called while it runs, and on its page."""
        return f"{self.searched.search.name}: limits"

    def run(self, place: Workplace = HERE) -> InjectionLimitResult:
        """Read the files, and set the limits."""
        roles = self.searched.roles()
        for line in roles:
            place.say(f"read {line}")
        data, simulation = self.searched.load()
        needed = self.searched.columns
        signals = [replace(s, source=needed(s.source)).read() for s in self.signals]
        found = self.limits.run(
            data,
            signals,
            simulation,
            seed=self.searched.seed,
            executor=place.executor,
            store=place.store,
            progress=place.progress,
        )
        return replace(found, name=self.title, roles=roles)
