"""What a background estimate promises: a weighted sample that stands for background.

Writing your own: a frozen dataclass that derives from `BackgroundEstimator`, whose fields are its
settings, with a class attribute `kind` (its name in TOML), `needs_flat_features` where it is not
true, and one method, `_fit`. It gets data without truth labels, already checked to reach into all
three regions. Add it to `ESTIMATORS` in `background/__init__.py`; the contract tests then run over
it.

How to choose: `cwola` needs nothing but the data; `ideal` needs background that only a simulation
or a test can have, and bounds what any template can reach.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from anomalon.core import check
from anomalon.core.errors import BadLayout, BrokenPromise
from anomalon.core.promise import name_of, promised
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window

__all__ = ["BackgroundEstimator", "Template"]


@dataclass(frozen=True, eq=False)
class Template:
    """Background of a signal region as weighted events.

    Args:
        sample: The events; their weights carry the relative importance, not the yield.
        method: `kind` of the estimator that made it.
        why: What it is made of, in a sentence for the report.
    """

    sample: Sample
    method: str
    why: str


class BackgroundEstimator(ABC):
    """Settings of a background method; `fit` returns a `Template`."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["BackgroundEstimator"]]] = {}
    """Estimators by their kind: what TOML can name."""
    cites: ClassVar[tuple[str, ...]] = ()
    """Papers that it implements, keys of `anomalon.core.bibliography`."""
    needs_flat_features: ClassVar[bool] = True
    """Whether the template stands for the background only if features do not depend on the mass.

    The search then measures whether they do."""

    def fit(
        self,
        data: Sample,
        window: Window,
        *,
        simulation: Sample | None = None,
        seed: Seed | int = 0,
    ) -> Template:
        """Estimate what background looks like in the signal region.

        Args:
            data: All events; truth labels are removed before the method sees them.
            window: Signal region and side bands, in GeV.
            simulation: Simulated background, for the methods that need it.
            seed: Random numbers of the method.

        Raises:
            TooFewEvents: If the data leave a region of the window empty.
            BadLayout: If data and simulation have different features.
            BrokenPromise: If the implementation fails, or gives no template of these features.
        """
        window.check_inside(data)
        if simulation is not None and simulation.names != data.names:
            raise BadLayout(
                f"{self.kind}: data have features {list(data.names)}, the simulation "
                f"{list(simulation.names)} ({simulation.source})."
            )
        blind = None if simulation is None else simulation.blind()
        with promised(self, "the template"):
            template = self._fit(data.blind(), window, blind, Seed.of(seed))
        if not isinstance(template, Template) or template.sample.names != data.names:
            raise BrokenPromise(
                f"{name_of(self)}: `_fit`: expected a Template with the features "
                f"{list(data.names)}, got {check.shown(template)}."
            )
        return template

    @abstractmethod
    def _fit(self, data: Sample, window: Window, simulation: Sample | None, seed: Seed) -> Template:
        """The template, from clean input."""
