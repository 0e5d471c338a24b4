"""LaCATHODE: compare where background is a unit normal distribution at every mass.

Resonant anomaly detection without background sculpting, Hallin et al., arXiv:2210.14924. The flow
that CATHODE draws from has a latent space. A signal region is compared there with normal noise,
and all events are scored there, at any mass: background looks the same everywhere, and a cut on
the score leaves its spectrum smooth. So the significance can come from a fit of that spectrum.

Published is a flow that learns outside the signal region. Inside it is off in another way, because
it was interpolated; all folds have most of that error in common, a classifier finds it, and a cut
makes an excess of it: with 10,000 events and no signal, Z is half a standard deviation too large on
average (`benchmarks/signal_free.py`). So here the flow learns from all events, as the decorrelation
of a search does. It is smooth in the mass and follows a narrow resonance little, but it does:
`learned_from="outside"` is a little more sensitive, and wants a validation.

No flow is quite right, and a classifier that compares with noise learns what it got wrong at the
masses of the signal region; near them it is wrong in the same way, far away in another: the share
that passes bends a little with the mass. With `reference="sidebands"` data of the signal region are
compared with data of the side bands, all in the latent space: errors that both have are no
difference. There are fewer of them than one can draw of noise.

When not to use it: it is a little less sensitive than CATHODE where features depend little on the
mass, since the map spreads what the flow did not learn.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.background.cwola import Cwola
from anomalon.background.densities import conditions, everywhere, outside
from anomalon.background.from_density import FromDensity
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template, own_identities
from anomalon.background.transform import Transform, remembered
from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.learn.density import Density, Mixture

__all__ = ["LaCathode", "Latent"]

Reference = Literal["noise", "sidebands"]
Where = Literal["everywhere", "outside"]


@final
@dataclass(frozen=True, eq=False)
class Latent(Transform):
    """The latent features of a density.

    Args:
        names, becomes, fitted_on: As every `Transform`.
        density: The fitted density.
    """

    names: tuple[str, ...]
    becomes: tuple[str, ...]
    fitted_on: str
    density: Density

    def _transform(self, events: Sample) -> NDArray[np.floating[Any]]:
        x = events.x.astype(np.float64)
        return self.density.to_normal(x, conditions(events.mass), events.event)


@final
@dataclass(frozen=True)
class LaCathode(FromDensity):
    """Normal noise, and the map of events to it.

    Args:
        density: How the density is learned; one that has a latent space.
        oversampling: Events that are drawn, as a multiple of those in the signal region.
        n_templates: Different trainings for the members of an ensemble, which take turns.
        quantiles: What makes each feature independent of the mass before the density is learned,
            outside the signal region; None to leave all to the density.
        reference: What the signal region is compared with, in the latent space: normal "noise", or
            events of the "sidebands", either side with half of the weight. Of those there are as
            many as there are; `oversampling` is for noise.
        learned_from: Where the density learns: "everywhere", the signal region included, or
            "outside" of it only, as published.

    Raises:
        BadValue: If a setting is outside its range, or the density is a mixture.
    """

    kind: ClassVar[str] = "lacathode"
    cites: ClassVar[tuple[str, ...]] = ("Hallin:2021wme", "Hallin:2022eoq")

    reference: Reference = "noise"
    learned_from: Where = "everywhere"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.density, Mixture):
            raise BadValue(
                f"{self.kind}.density: expected a density with a latent space, such as "
                "SplineFlow(), got a mixture: each of its trainings has a space of its own."
            )
        choices = {"reference": get_args(Reference), "learned_from": get_args(Where)}
        check.fields(self, self.kind, **choices)

    def _learned_from(self, task: BackgroundTask) -> Sample:
        return outside(task) if self.learned_from == "outside" else everywhere(task)

    def _template(
        self,
        task: BackgroundTask,
        learned_from: Sample,
        density: Density,
        mass: NDArray[np.floating[Any]],
    ) -> Template:
        names = learned_from.names
        # a flow permutes features: a latent one belongs to none of them
        becomes = tuple(f"latent_{i + 1}" for i in range(len(names)))
        there = Latent(names, becomes, remembered(learned_from), density)
        if self.reference == "sidebands":
            sides = there(Cwola().fit(task.data, task.window).sample)
            why = f"{len(sides)} side-band events, in the latent space of a density"
            return Template(sides, self.kind, why, transform=there)
        n = len(mass)
        z = task.seed.child("draw").generator().standard_normal((n, len(names)))
        noise = Sample(z, becomes, mass, event=own_identities(n, task.seed), source="normal noise")
        why = f"{n} events of normal noise, in the latent space of a density"
        return Template(noise, self.kind, why, transform=there)
