"""R-ANODE: a density of the signal, learned beside that of the background.

Residual ANODE, Das, Kasieczka, Shih, arXiv:2312.11629. In the signal region the data are a mixture
of background and of a signal, whose density and share are fitted; the ratio of the two densities is
the score, and no classifier is needed. Both are compared in the latent space of the background
density (arXiv:2210.14924), where the background is the same at all masses, so that a cut does not
sculpt. Published is a background density that learns outside the signal region. As for LaCATHODE it
learns from all events here (`LaCathode.learned_from`): what an interpolation gets wrong inside is
just what would be taken for signal.

When not to use it: with few events in the signal region (below some thousands), and with a
background density that is not accurate: what it misses is taken for signal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.background.base import BackgroundEstimator
from anomalon.background.lacathode import LaCathode
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template
from anomalon.core import check
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn.density import Residual, ResidualFlow, ResidualTask

__all__ = ["Ranode", "ResidualScorer"]


@final
@dataclass(frozen=True, eq=False)
class ResidualScorer(Scorer):
    """The logarithm of signal over background density, of latent features.

    Args:
        names: The latent features.
        residual: The fitted signal density.
    """

    names: tuple[str, ...]
    residual: Residual

    def _score(self, sample: Sample) -> NDArray[np.floating[Any]]:
        return self.residual.log_ratio(sample.x)


@final
@dataclass(frozen=True)
class Ranode(BackgroundEstimator):
    """A ratio of densities.

    Args:
        background: The density of the background, and its latent space.
        signal: How the signal density is learned.
        n_templates: Different trainings for the members of an ensemble, which take turns.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "ranode"
    cites: ClassVar[tuple[str, ...]] = ("Das:2023bcj",)
    needs_flat_features: ClassVar[bool] = False

    background: LaCathode = field(default_factory=LaCathode)
    signal: ResidualFlow = field(default_factory=ResidualFlow)
    n_templates: int = 4

    def __post_init__(self) -> None:
        check.fields(
            self, self.kind, background=LaCathode, signal=ResidualFlow, n_templates=(2, 100)
        )

    def _fit(self, data: Sample, window: Window, simulation: Sample | None, seed: Seed) -> Template:
        return self._fit_many([BackgroundTask(data, window, simulation, seed)])[0]

    def _fit_many(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        templates = self.background.fit_many(tasks)
        regions = [
            template.view(task.data[task.window.in_signal_region(task.data.mass)])
            for template, task in zip(templates, tasks, strict=True)
        ]
        fitted = self.signal.fit_many(
            [
                ResidualTask(r.x, r.weight, r.event, task.seed.child("signal"))
                for r, task in zip(regions, tasks, strict=True)
            ]
        )
        return [
            replace(
                template,
                method=self.kind,
                scorer=ResidualScorer(template.sample.names, residual),
                why=f"{template.why}; a share of {residual.share:.2g} of signal",
            )
            for template, residual in zip(templates, fitted, strict=True)
        ]
