"""`TriggerSimulation`: what two levels of a trigger see of bunch crossings, as a job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, get_args

from anomalon.core import check
from anomalon.simulate.crossing import BunchCrossing
from anomalon.simulate.job import Simulation
from anomalon.simulate.recipe import Mixture, Recipe
from anomalon.simulate.trigger import TriggerSelection
from anomalon.simulate.trigger_recipes import Name, trigger
from anomalon.simulate.two_levels import TwoLevels

__all__ = ["TriggerSimulation"]

_SELECTION, _CROSSING, _DETECTOR = TriggerSelection(), BunchCrossing(), TwoLevels()
_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class TriggerSimulation(Simulation):
    """Bunch crossings at two levels of a trigger: an emulation, not data.

    The file is HDF5 with twenty objects per level; beside them it has weight, process, n_pv, run,
    lumi, passes_l1, passes_hlt, fired_… of the seeds, split, event and label. Weights of enhanced
    and zero bias and of slices of dijets are rates in Hz.

    Args:
        process: "enhanced_bias" or "zero_bias" (all strata; those that seeds take, or all), a slice
            of dijets, "jz0" to "jz5", or a signal, "zz4l", "hahm", "ttbar", "hh4b", "vbf_tautau" or
            "vbf_inv".
        mpi: Multiparton interactions of the hard collision.
        chunk_size: Generated events in a piece of work, that share a pool of other collisions.
        selection: Objects, menus, and which events are kept.
        detector: How both levels measure.
        crossing: Other collisions of the same bunch crossing.
        shares: Of the events of enhanced or zero bias, by stratum ("eb_jz2_low"), relative to those
            of the strata that are not named.

    Raises:
        BadValue: If a value is outside what is allowed.

    Example:
        >>> from pathlib import Path
        >>> job = TriggerSimulation(process="enhanced_bias", out=Path("b.h5"), events=10)
        >>> round(sum(recipe.stratum.rate for recipe, _ in job.recipe.parts))
        31575960
    """

    kind: ClassVar[str] = "simulate trigger"
    help: ClassVar[str] = "Simulate bunch crossings as two levels of a trigger see them."

    process: Name
    mpi: bool = True
    chunk_size: int = _CHUNK
    selection: TriggerSelection = _SELECTION
    detector: TwoLevels = _DETECTOR
    crossing: BunchCrossing = _CROSSING
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            process=get_args(Name),
            mpi=bool,
            selection=TriggerSelection,
            detector=TwoLevels,
            crossing=BunchCrossing,
        )
        super().__post_init__()

    @property
    def recipe(self) -> Recipe | Mixture:
        """What to generate."""
        return trigger(
            self.process,
            selection=self.selection,
            detector=self.detector,
            crossing=self.crossing,
            mpi=self.mpi,
            shares=self.shares,
        )
