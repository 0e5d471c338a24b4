"""`FortyMhzSimulation`: an emulation of the 40 MHz data set as a job."""

from dataclasses import dataclass
from typing import ClassVar, get_args

from anomalon.core import check
from anomalon.simulate.detector import Detector
from anomalon.simulate.forty_mhz import FortyMhzSelection
from anomalon.simulate.forty_mhz_recipes import DETECTOR, Name, forty_mhz
from anomalon.simulate.job import Simulation
from anomalon.simulate.pileup import PileUp
from anomalon.simulate.recipe import Mixture, Recipe

__all__ = ["FortyMhzSimulation"]

_SELECTION, _PILEUP = FortyMhzSelection(), PileUp()


@dataclass(frozen=True, kw_only=True)
class FortyMhzSimulation(Simulation):
    """Events with a lepton in the layout of arXiv:2107.02157: an emulation, not the public data.

    The file is HDF5 in the public layout; beside the objects it has weight, process, n_pv, run,
    passes_l1, split, EvtId and label.

    Args:
        process: "background" (the published mixture), one of its parts "w", "z", "ttbar", "qcd", or
            a signal, "lq", "a", "h0" or "hplus".
        mpi: Multiparton interactions; without them it is four times faster.
        selection: Objects, and which events are kept.
        detector: How particles are measured.
        pileup: Other collisions of the same bunch crossing.

    Raises:
        BadValue: If a value is outside what is allowed.

    Example:
        >>> from pathlib import Path
        >>> job = FortyMhzSimulation(process="background", out=Path("b.h5"), events=10)
        >>> [recipe.name for recipe, _ in job.recipe.parts]
        ['w', 'qcd_bb', 'qcd_fake', 'z', 'ttbar']
    """

    kind: ClassVar[str] = "simulate forty-mhz"
    help: ClassVar[str] = "Simulate events with a lepton in the layout of the 40 MHz data set."

    process: Name
    mpi: bool = True
    selection: FortyMhzSelection = _SELECTION
    detector: Detector = DETECTOR
    pileup: PileUp = _PILEUP

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            process=get_args(Name),
            mpi=bool,
            selection=FortyMhzSelection,
            detector=Detector,
            pileup=PileUp,
        )
        super().__post_init__()

    @property
    def recipe(self) -> Recipe | Mixture:
        """What to generate."""
        return forty_mhz(
            self.process,
            selection=self.selection,
            detector=self.detector,
            pileup=self.pileup,
            mpi=self.mpi,
        )
