"""`Method`: how a window is searched, as one value."""

from dataclasses import dataclass

from anomalon.background import BackgroundEstimator
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import Classifiers
from anomalon.search.events.fit_settings import FitSettings

__all__ = ["Method"]


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
