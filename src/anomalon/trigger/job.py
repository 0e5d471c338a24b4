"""`TriggerJob`: models of an anomaly trigger at a fixed rate, as `anomalon trigger` compares them.

```toml
rate = 10.0                           # Hz
background = {sample = "trigger_enhanced_bias", level = "hlt"}
after = "passes_l1"                   # column: what reaches this trigger
menu = "passes_hlt"                   # column: what the present menu has
trainings = 5

[samples]                             # other background, to learn from and to be judged
jz1 = {sample = "trigger_jz1", level = "hlt"}

[signals]                             # for the evaluation alone
zz4l = {sample = "trigger_zz4l", level = "hlt"}

[[models]]
name = "improved"
kind = "autoencoder"
n_latent = 4
emphasis = {background = 1.0, jz1 = 0.5}
```
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.detection.job import EventSource, detector_of
from anomalon.detection.named import Named, named
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.settings import decode, encode, keys_of, refuse_unknown
from anomalon.trigger.comparing import operate
from anomalon.trigger.operation import Operation
from anomalon.trigger.results.trigger import TriggerResult
from anomalon.trigger.training import Model

__all__ = ["TriggerJob"]


@dataclass(frozen=True, kw_only=True)
class TriggerJob(Job):
    """Models on files, as `anomalon trigger` compares them.

    Args:
        operation: At which rate; its settings stand among those of the job.
        background: What comes in; a path will do.
        models: What is compared; trivial selections always are.
        samples: Other events without signal by name, to learn from and to be judged.
        signals: Events of signals by name, for the evaluation alone.
        seed: Root of all random numbers.

    Raises:
        BadValue: If there is no model, a name occurs twice, or a number is out of range.
    """

    kind: ClassVar[str] = "trigger"
    help: ClassVar[str] = "Train and compare models of an anomaly trigger at a fixed rate."

    operation: Operation
    background: EventSource
    models: tuple[Model, ...]
    samples: Mapping[str, EventSource] = field(default_factory=dict)
    signals: Mapping[str, EventSource] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        def put(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        put("background", EventSource.of(self.background, "background"))
        for group in ("samples", "signals"):
            given = getattr(self, group)
            put(group, {n: EventSource.of(one, f"{group}.{n}") for n, one in given.items()})
        called = named([one.named for one in self.models])
        models = zip(self.models, called, strict=True)
        put("models", tuple(replace(one, named=name) for one, name in models))
        Seed.of(self.seed)

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Those of its table."""
        return (*keys_of(Operation), *_OWN)

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The job that a table, as read from TOML, describes."""
        refuse_unknown(table, cls.keys(), "")
        for key in ("rate", "background", "models"):
            if key not in table:
                raise BadValue(f"{key}: expected a value, got none.")
        operation = {key: value for key, value in table.items() if key not in _OWN}
        rows = check.several(table["models"], "models")
        if not rows:
            raise BadValue("models: expected at least one [[models]] table, got none.")
        return cls(
            operation=decode(Operation, operation),
            background=EventSource.of(table["background"], "background", folder),
            models=tuple(_model(row, f"models[{i}]") for i, row in enumerate(rows)),
            samples=_sources(table, "samples", folder),
            signals=_sources(table, "signals", folder),
            seed=check.whole(table.get("seed", 0), "seed"),
        )

    def table(self, folder: str | Path | None = None) -> dict[str, Any]:
        """The reverse of `of`."""
        table: dict[str, Any] = encode(self.operation, folder=folder)
        table |= {"background": self.background.table(folder), "seed": self.seed}
        for group in ("samples", "signals"):
            table[group] = {n: one.table(folder) for n, one in getattr(self, group).items()}
        table["models"] = [
            {
                "name": one.named.name,
                "emphasis": dict(one.emphasis),
                "power": one.power,
                **encode(one.named.detector, folder=folder),
            }
            for one in self.models
        ]
        return table

    def reads(self) -> dict[str, Path]:
        """The files that it reads."""
        sources = {"background": self.background}
        for group in ("samples", "signals"):
            sources |= {f"{group}.{n}": one for n, one in getattr(self, group).items()}
        return {name: one.path for name, one in sources.items() if one.path is not None}

    @property
    def title(self) -> str:
        """What it is called while it runs, and on its page."""
        return self.operation.name

    def run(self, place: Workplace = HERE) -> TriggerResult:
        """Read the files, train the models, and operate them."""
        return operate(
            self.background.open(),
            self.models,
            self.operation,
            signals={name: one.open() for name, one in self.signals.items()},
            samples={name: one.open() for name, one in self.samples.items()},
            seed=self.seed,
            place=place,
        )


_OWN = ("background", "models", "samples", "signals", "seed")
_OF_MODEL = ("emphasis", "power")


def _sources(table: Mapping[str, Any], group: str, folder: str | Path) -> dict[str, EventSource]:
    given = table.get(group, {})
    if not isinstance(given, Mapping):
        raise BadValue(f"{group}: expected a table, got {check.shown(given)}.")
    return {n: EventSource.of(one, f"{group}.{n}", folder) for n, one in given.items()}


def _model(row: Any, where: str) -> Model:
    """A model from its table: the settings of its detector, and what it learns from."""
    own = {key: row[key] for key in _OF_MODEL if key in row} if isinstance(row, Mapping) else {}
    rest = {k: v for k, v in row.items() if k not in own} if own else row
    detector = detector_of(rest, where)
    called = detector if isinstance(detector, Named) else named([detector])[0]
    emphasis = own.get("emphasis")
    if emphasis is not None and not isinstance(emphasis, Mapping):
        raise BadValue(
            f"{where}.emphasis: expected a table from samples to numbers, got "
            f"{check.shown(emphasis)}."
        )
    given: dict[str, Any] = {} if emphasis is None else {"emphasis": dict(emphasis)}
    if "power" in own:
        given["power"] = own["power"]
    return Model(called, **given)
