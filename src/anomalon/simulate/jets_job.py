"""`JetSimulation`: single jets of one kind with their constituents, as a job."""

from dataclasses import dataclass
from typing import ClassVar, get_args

from anomalon.core import check
from anomalon.simulate.detector import Detector
from anomalon.simulate.jets import JetSelection
from anomalon.simulate.jets_recipes import Name, jet_recipe
from anomalon.simulate.job import Simulation
from anomalon.simulate.recipe import Recipe

__all__ = ["JetSimulation"]

_SELECTION, _DETECTOR = JetSelection(), Detector()


@dataclass(frozen=True, kw_only=True)
class JetSimulation(Simulation):
    """Jets of QCD, of top quarks, W or Higgs bosons, or of one kind of parton.

    The file is HDF5 in the layout of `anomalon.data.jets`; `events` counts jets, up to two of which
    are of one event and then have the same number in the column `event`, and the same split.

    Args:
        process: "qcd", "top", "w", "hbb", "b", "quark" or "gluon".
        variation: Which generator settings, a name in `anomalon.simulate.recipe.VARIATIONS`.
        mpi: Multiparton interactions; without them it is four times faster.
        selection: Which jets are kept.
        detector: How they are measured.

    Raises:
        BadValue: If a value is outside what is allowed.

    Example:
        >>> from pathlib import Path
        >>> job = JetSimulation(process="top", out=Path("top.h5"), events=10)
        >>> job.recipe.label
        1
    """

    kind: ClassVar[str] = "simulate jets"
    help: ClassVar[str] = "Simulate single jets with their constituents."

    process: Name
    variation: str = "data"
    mpi: bool = True
    selection: JetSelection = _SELECTION
    detector: Detector = _DETECTOR

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            process=get_args(Name),
            mpi=bool,
            selection=JetSelection,
            detector=Detector,
        )
        super().__post_init__()

    @property
    def recipe(self) -> Recipe:
        """What to generate."""
        return jet_recipe(
            self.process,
            selection=self.selection,
            detector=self.detector,
            variation=self.variation,
            mpi=self.mpi,
        )
