"""`Method`: how a window is searched, as one value."""

from collections.abc import Sequence
from dataclasses import dataclass

from anomalon.background import BackgroundEstimator
from anomalon.core.errors import TruthRequired
from anomalon.core.sample import Sample
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import Classifiers
from anomalon.search.events.fit_settings import FitSettings

__all__ = ["Method", "check_simulation"]


@dataclass(frozen=True)
class Method:
    """All settings that a window's result depends on: the fields of `Search` of the same name.

    Args:
        name: What readers call the background method, if a search has several; else "".
    """

    background: BackgroundEstimator
    classifier: Classifiers
    n_members: int
    n_folds: int
    subsample: float
    decorrelate: ConditionalQuantiles | None
    efficiencies: tuple[float, ...]
    fit: FitSettings
    axes: tuple[str, ...] | str = ()
    name: str = ""


def check_simulation(methods: Sequence[Method], simulation: Sample | None) -> None:
    """Before anything is done.

    Raises:
        TruthRequired: If there is no simulation, and a background method is made from one.
    """
    kinds = [m.background.kind for m in methods if m.background.needs_simulation]
    if simulation is None and kinds:
        raise TruthRequired(
            f"search: the background of {' and '.join(kinds)} is made from a simulation, and there "
            "is none. Name its file in [simulation], or give `simulation`."
        )
