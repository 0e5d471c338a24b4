"""Samples without signal, as settings: no sample is enough alone.

* `Control` is data, but of other kinematics: at large |dY| there is t-channel scattering, and next
  to nothing of a resonance.
* `Simulated` has the kinematics, but is no data.
* `Resampled` has both, as well as a generator knows them: up-down-sampling. A small random share of
  the data, in which a rare signal is too few events to be learned, trains a generator; the masses
  come from a smooth function. It draws as many data sets as one likes.
"""

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.features.expression import Expression
from anomalon.learn.density import DensityEstimator
from anomalon.search.events.job import DataSource

__all__ = ["Control", "Resampled", "SignalFree", "Simulated"]

Source = DataSource | Sample


class SignalFree(ABC):
    """Settings of a sample without signal."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["SignalFree"]]] = {}

    name: str

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name or self.kind


@final
@dataclass(frozen=True)
class Control(SignalFree):
    """A selection of data in which there is no signal.

    Args:
        cut: A condition such as "abs(dY) > 1.2" (`anomalon.features.expression`).
        data: From which data; those that are searched if None. In TOML a table as `[data]`; with a
            `path` alone it is read as they are.
        name: What it is called; its cut if "".

    Raises:
        BadValue: If the cut is no condition.
    """

    kind: ClassVar[str] = "control"

    cut: str
    data: Source | None = None
    name: str = ""

    def __post_init__(self) -> None:
        check.fields(self, self.kind, cut=str, name=str)
        condition = Expression(self.cut, "samples.cut")
        if condition.kind != "condition":
            raise BadValue(
                f"samples.cut: expected a condition such as `{condition.columns[0]} > 1`, got the "
                f"number '{self.cut}'."
            )
        _check_source(self.data, optional=True)

    @property
    def title(self) -> str:
        """Its name, or its cut."""
        return self.name or self.cut


@final
@dataclass(frozen=True)
class Simulated(SignalFree):
    """Simulated background; never that which the search itself uses.

    Args:
        data: The simulation. In TOML a table as `[simulation]`; with a `path` alone it is read as
            the data are.
        name: What it is called; "simulation" if "".
    """

    kind: ClassVar[str] = "simulation"

    data: Source
    name: str = ""

    def __post_init__(self) -> None:
        check.fields(self, self.kind, name=str)
        _check_source(self.data, optional=False)


@final
@dataclass(frozen=True)
class Resampled(SignalFree):
    """Up-down-sampling: full-size data sets from a generator that has seen few events.

    Args:
        n: Data sets.
        share: Of the data that the generator is trained on, drawn along the event identity.
        generator: What draws features at given mass; chosen if None (`families.generator_for`).
        name: What it is called; "resampled" if "".

    Raises:
        BadValue: If a number is outside its range.
    """

    kind: ClassVar[str] = "resampled"

    n: int = 10
    share: float = 0.15
    generator: DensityEstimator | None = None
    name: str = ""

    def __post_init__(self) -> None:
        generator = DensityEstimator | None
        check.fields(
            self, self.kind, n=(1, 100_000), share="(0, 0.5]", name=str, generator=generator
        )


SignalFree.registry |= {one.kind: one for one in (Control, Simulated, Resampled)}


def with_source(row: Any, data: DataSource, where: str, folder: Any) -> Any:
    """The table of a sample with its `data` read; with a path alone they are read as the others.

    Args:
        row: The table.
        data: The data that are searched.
        where: What the table is called.
        folder: Where relative paths are looked for first.
    """
    if not isinstance(row, Mapping) or "data" not in row:
        return row
    given = row["data"]
    if isinstance(given, Mapping) and set(given) == {"path"}:
        given = {**data.options, **given}
    return {**row, "data": DataSource.of(given, f"{where}.data", folder)}


def _check_source(given: Any, *, optional: bool) -> None:
    if not isinstance(given, DataSource | Sample) and not (optional and given is None):
        raise BadValue(
            f"samples.data: expected a DataSource or a Sample, got {check.shown(given)}."
        )
