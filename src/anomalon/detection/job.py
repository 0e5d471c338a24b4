"""One TOML file describes a comparison of detectors: events, perhaps signals, detectors.

```toml
background = "sm.h5"                  # a file of events, or {sample = "forty_mhz_background"},
                                      # or {path = "x.root", tree = "Events", ...}: `anomalon info`
trainings = 3                         # of each detector, with other seeds
seed = 0

[signals]                             # for the evaluation alone
a = "a.h5"

[split]                               # where the file has no column `split`
validation = 0.15
test = 0.25

[[detectors]]
kind = "autoencoder"
n_latent = 6
name = "narrow"
```
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from anomalon.core import check
from anomalon.core.config import lookup
from anomalon.core.errors import BadValue
from anomalon.core.result import Result
from anomalon.core.seed import Seed
from anomalon.data.recognise import OPTIONS
from anomalon.detection.batches import Batches, Split, opened
from anomalon.detection.compare import Choices, detect
from anomalon.detection.named import Named, named
from anomalon.detection.results.detection import DetectionResult
from anomalon.detectors import DETECTORS, Detector
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.settings import decode, encode, existing, refuse_unknown

__all__ = ["DetectJob", "EventSource", "detector_of"]

_NO_FILE = Path()


@dataclass(frozen=True)
class EventSource:
    """Events of a file, or a sample that ships with the package.

    Args:
        path: The file.
        sample: The name of a sample instead, as in `anomalon data list`.
        options: What is what in the file, as `anomalon.load` takes it; of a sample its `level`.

    Raises:
        BadValue: If it is neither or both.
    """

    path: Path | None
    sample: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.path is None) == (self.sample == ""):
            raise BadValue("events: expected the path of a file, or a table with a `sample`.")

    @classmethod
    def of(cls, given: Any, where: str, folder: str | Path = ".") -> Self:
        """From a path, from a table with a `path` or a `sample`; or from what is one already."""
        if isinstance(given, cls):
            return given
        if isinstance(given, Path):
            return cls(given)
        if isinstance(given, str):
            given = {"path": given}
        refuse_unknown(given, ("path", "sample", *OPTIONS), where)
        options = {key: value for key, value in given.items() if key not in ("path", "sample")}
        if len(given) - len(options) != 1 or ("sample" in given and set(options) - {"level"}):
            raise BadValue(
                f"{where}: expected a `path` or a `sample`, and options of a path alone (of a "
                f"sample its `level`), got {check.shown(given)}."
            )
        if "sample" in given:
            return cls(None, check.text(given["sample"], f"{where}.sample"), options)
        return cls(existing(check.text(given["path"], where), where, folder), options=options)

    def table(self, folder: str | Path | None) -> str | dict[str, Any]:
        """The reverse."""
        if self.path is None:
            return {"sample": self.sample, **self.options}
        near = self.path.name if folder is None else os.path.relpath(self.path, folder)
        path = Path(near).as_posix()
        return {"path": path, **self.options} if self.options else path

    def open(self) -> Batches:
        """The events; piece by piece if they are too many for memory.

        Raises:
            DataError: If there are none that a detector could see.
        """
        return opened(self.path or _NO_FILE, self.sample, self.options)


@dataclass(frozen=True)
class DetectJob(Job):
    """Detectors on files, as `anomalon detect` compares them.

    Args:
        background: Events to learn from and to be tested on; a path will do.
        detectors: What is compared; the trivial baselines always are.
        signals: Events of signals by name, for the evaluation alone.
        data: Events without truth, which are scored as well.
        trainings: Of each detector.
        split: Parts of the background, where its file does not say them.
        chosen: Name of the detector whose most anomalous events are shown; the first if "".
        most_anomalous: How many of them.
        name: Title.
        audit: Look for leaks in data and detectors instead.
        seed: Root of all random numbers.

    Raises:
        BadValue: If there is no detector, a name occurs twice, or a number is out of range.
    """

    kind: ClassVar[str] = "detect"
    help: ClassVar[str] = "Train, compare and judge detectors of anomalous events."

    background: EventSource
    detectors: tuple[Detector | Named, ...]
    signals: Mapping[str, EventSource] = field(default_factory=dict)
    data: EventSource | None = None
    trainings: int = 3
    split: Split = field(default_factory=Split)
    chosen: str = ""
    most_anomalous: int = 12
    name: str = "Anomaly detection"
    audit: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        def put(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        put("background", EventSource.of(self.background, "background"))
        put("detectors", named(self.detectors))
        put("signals", {n: EventSource.of(s, f"signals.{n}") for n, s in self.signals.items()})
        if self.data is not None:
            put("data", EventSource.of(self.data, "data"))
        check.flag(self.audit, "audit")
        check.text(self.name, "name")
        Seed.of(self.seed)
        self._choices()

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The job that a table, as read from TOML, describes."""
        refuse_unknown(table, cls.keys(), "")
        for key in ("background", "detectors"):
            if key not in table:
                raise BadValue(f"{key}: expected a value, got none.")
        rest = {k: v for k, v in table.items() if k not in (*_OWN, "split")}
        signals = table.get("signals", {})
        if not isinstance(signals, Mapping):
            raise BadValue(f"signals: expected a table, got {check.shown(signals)}.")
        rows = check.several(table["detectors"], "detectors")
        return cls(
            background=EventSource.of(table["background"], "background", folder),
            detectors=tuple(detector_of(row, f"detectors[{i}]") for i, row in enumerate(rows)),
            signals={
                name: EventSource.of(one, f"signals.{name}", folder)
                for name, one in signals.items()
            },
            data=EventSource.of(table["data"], "data", folder) if "data" in table else None,
            split=decode(Split, table.get("split", {}), "split"),
            **_plain(rest),
        )

    def table(self, folder: str | Path | None = None) -> dict[str, Any]:
        """The reverse of `of`."""
        table: dict[str, Any] = {"name": self.name, "background": self.background.table(folder)}
        if self.data is not None:
            table["data"] = self.data.table(folder)
        for key in ("trainings", "seed", "chosen", "most_anomalous", "audit"):
            table[key] = getattr(self, key)
        table["split"] = encode(self.split)
        table["signals"] = {name: one.table(folder) for name, one in self.signals.items()}
        table["detectors"] = [
            {"name": one.name, **encode(one.detector, folder=folder)} for one in self.named
        ]
        return table

    def reads(self) -> dict[str, Path]:
        """The files that it reads."""
        sources = {"background": self.background, "data": self.data}
        sources |= {f"signals.{name}": one for name, one in self.signals.items()}
        return {
            name: one.path
            for name, one in sources.items()
            if one is not None and one.path is not None
        }

    @property
    def title(self) -> str:
        """What it is called while it runs, and on its page."""
        return f"{self.name}: audit" if self.audit else self.name

    def run(self, place: Workplace = HERE) -> Result:
        """Read the files, and compare the detectors, or look for leaks."""
        background = self._opened(self.background, "background")
        if self.audit:
            from anomalon.detection.audit_pieces import audit_detectors

            return audit_detectors(
                background, self.named, split=self.split, seed=self.seed, name=self.title,
                place=place,
            )  # fmt: skip
        signals = {n: self._opened(one, f"signals.{n}") for n, one in self.signals.items()}
        data = None if self.data is None else self._opened(self.data, "data")
        return self._compared(background, signals, data, place)

    def _opened(self, source: EventSource, where: str) -> Batches:
        """Its events; `where` is what messages call it."""
        del where
        return source.open()

    def _compared(
        self, background: Batches, signals: Mapping[str, Batches], data: Batches | None,
        place: Workplace,
    ) -> DetectionResult:  # fmt: skip
        """The comparison of the detectors on opened files."""
        return detect(
            background,
            self.named,
            signals,
            data=data,
            choices=self._choices(),
            seed=self.seed,
            place=place,
        )

    @property
    def named(self) -> tuple[Named, ...]:
        """The detectors with their names."""
        return named(self.detectors)

    def _choices(self) -> Choices:
        return Choices(self.trainings, self.split, self.chosen, self.most_anomalous, self.name)


_OWN = ("background", "detectors", "signals", "data")


@dataclass(frozen=True)
class _Plain:
    """What TOML says in one word; None stands for the default."""

    trainings: int | None = None
    chosen: str | None = None
    most_anomalous: int | None = None
    name: str | None = None
    audit: bool | None = None
    seed: int | None = None


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    decoded = decode(_Plain, table)
    return {key: getattr(decoded, key) for key in table}


def detector_of(row: Any, where: str) -> Detector | Named:
    """A detector from its table, or from its kind alone; a name stands among its settings."""
    table = {"kind": row} if isinstance(row, str) else row
    if not isinstance(table, Mapping) or "kind" not in table:
        known = ", ".join(DETECTORS)
        raise BadValue(
            f"{where}: expected a table with a `kind` ({known}), got {check.shown(row)}."
        )
    cls = lookup(DETECTORS, table["kind"], f"{where}.kind")
    settings = {key: value for key, value in table.items() if key not in ("kind", "name")}
    detector: Detector = decode(cls, settings, where)
    return Named(detector, table["name"]) if "name" in table else detector
