"""`DijetSimulation`: dijets of QCD or of a resonance, as `anomalon simulate dijet` makes them.

```toml
process = "wprime"                    # qcd, wprime or a0; or point = "wprime_3500_500_100"
masses = [3500.0, 500.0, 100.0]       # parent and daughters in GeV; signals only
out = "signal.parquet"                # beside this file
events = 10_000
seed = 1

[selection]                           # the fields of `DijetSelection`
mjj_min = 2500.0

[detector]                            # the fields of `Detector`
track_efficiency = 0.96
```
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args

from anomalon.core import check
from anomalon.core.config import lookup
from anomalon.core.errors import BadValue
from anomalon.run.settings import refuse_unknown
from anomalon.simulate.detector import Detector
from anomalon.simulate.dijet import DijetSelection
from anomalon.simulate.job import Simulation
from anomalon.simulate.recipe import SIGNALS, TALK_POINTS, Recipe, qcd_dijet

__all__ = ["DijetSimulation"]

Name = Literal["qcd", "wprime", "a0"]

_SELECTION, _DETECTOR = DijetSelection(), Detector()


@dataclass(frozen=True, kw_only=True)
class DijetSimulation(Simulation):
    """QCD dijets, or a resonance that decays to two new particles.

    Args:
        process: "qcd", "wprime" or "a0".
        masses: Parent and its two daughters in GeV; None for qcd.
        variation: Which generator settings, a name in `anomalon.simulate.recipe.VARIATIONS`.
        mpi: Multiparton interactions; without them it is four times faster.
        selection: Which events are kept.
        detector: How they are measured.

    Raises:
        BadValue: If a value is outside what is allowed, or the masses do not go with the process.

    Example:
        >>> job = DijetSimulation(process="wprime", masses=(3500, 500, 100), out=Path("s.parquet"))
        >>> job.recipe.name
        'wprime_3500_500_100'
    """

    kind: ClassVar[str] = "simulate dijet"
    help: ClassVar[str] = "Simulate dijet events: QCD, or a resonance with two new particles."

    process: Name
    masses: tuple[float, float, float] | None = None
    variation: str = "data"
    mpi: bool = True
    selection: DijetSelection = _SELECTION
    detector: Detector = _DETECTOR

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            process=get_args(Name),
            mpi=bool,
            selection=DijetSelection,
            detector=Detector,
        )
        if (self.masses is None) != (self.process == "qcd"):
            wanted = "none, for qcd has no resonance" if self.process == "qcd" else "three in GeV"
            raise BadValue(f"masses: expected {wanted}; got {check.shown(self.masses)}.")
        if self.masses is not None:
            object.__setattr__(self, "masses", _three(self.masses))
        super().__post_init__()

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Those of its table; `point` among them."""
        return (*super().keys(), "point")

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The simulation of a table; `point`, a named signal, stands for its process and masses.

        Args:
            table: Its keys.
            folder: Where relative paths are from.
        """
        refuse_unknown(table, cls.keys(), "")
        table = dict(table)
        if "point" in table:
            if "process" in table or "masses" in table:
                raise BadValue("point: it says process and masses; give neither of them.")
            process, masses = lookup(TALK_POINTS, table.pop("point"), "point")
            table |= {"process": process, "masses": list(masses)}
        elif "process" not in table:
            names = ", ".join(get_args(Name))
            raise BadValue(f"process: expected {names}, or a `point` instead; got none.")
        return super().of(table, folder=folder)

    @property
    def recipe(self) -> Recipe:
        """What to generate."""
        common: dict[str, Any] = {
            "variation": self.variation,
            "mpi": self.mpi,
            "selection": self.selection,
        }
        if self.masses is None:
            recipe = qcd_dijet(**common)
        else:
            recipe = SIGNALS[self.process](*self.masses, **common)
        return replace(recipe, detector=self.detector)


def _three(masses: Any) -> tuple[float, float, float]:
    given = check.several(masses, "masses")
    if len(given) != 3:
        raise BadValue(
            "masses: expected three numbers in GeV, of the parent and its two daughters; "
            f"got {len(given)}."
        )
    parent, first, second = (check.number(m, "masses") for m in given)
    return parent, first, second
