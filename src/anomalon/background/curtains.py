"""CURTAINs: side-band events, moved to masses of the signal region by a flow.

Raine et al., arXiv:2203.09470; as flows for flows, Sengupta et al., arXiv:2305.04646. A density
p(x | m) is learned outside the signal region, and side-band events are moved along it, each once,
from their mass m to a mass m' that is drawn from a smooth spectrum. There are two maps:

* that of the density itself, to its latent space at m and back at m'. What the density gets wrong
  at both masses cancels. It costs nothing more, and is the default;
* with `top`, one that is trained for pairs of side-band masses in both directions, to make events
  of mass m likely at mass m' (`learn.density.flow_for_flow`), as in the papers. It costs as much as
  the density again, and was measured to be as good, not better. With `loss="transport"` it is that
  of the first paper, which compares with events of mass m' and needs no density.

When not to use it: with few events in the side bands, or features that change so much with the mass
that the density is not known well; `Template.why` says how well events that were not trained on
arrive on the other side. `morph` does the same without correlations, in half a second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.background.base import BackgroundEstimator
from anomalon.background.closure import told_apart
from anomalon.background.cwola import Cwola
from anomalon.background.densities import conditions, density_task, outside, with_log_mass
from anomalon.background.flattening import in_flat_features
from anomalon.background.masses import SmoothMasses
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Closure, Template
from anomalon.core import check
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn.classify.split import share
from anomalon.learn.density import Density, DensityTask, SplineFlow
from anomalon.learn.density.flow_for_flow import FlowForFlow, LatentMove, MoveTask

__all__ = ["Curtains"]

Floats = NDArray[np.floating[Any]]
Move = Callable[[Floats, Floats, Floats, NDArray[np.int64]], Floats]

# Masses that each event may be moved to in training.
_ENDS = 8
_FEWEST = 20


@final
@dataclass(frozen=True)
class Curtains(BackgroundEstimator):
    """Side-band events at masses of the signal region; either side has half of the weight.

    Args:
        density: How the density is learned that events are moved by.
        top: How the map is trained; None for the one that the density has.
        copies: Masses that each event is moved to. Copies keep its identity.
        held_out: Share of the events outside the signal region, drawn along their identity, that
            nothing is trained on. In the side bands they are moved to the other side, and
            `Template.why` says whether they are like those that are there.
        n_templates: Different trainings for the members of an ensemble, which take turns.
        quantiles: What makes each feature independent of the mass before the density is learned,
            outside the signal region; None to leave all to the density.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "curtains"
    cites: ClassVar[tuple[str, ...]] = ("Raine:2022hht", "Sengupta:2023xqy")
    needs_flat_features: ClassVar[bool] = False
    learns_inside: ClassVar[bool] = False

    density: SplineFlow = field(default_factory=SplineFlow)
    top: FlowForFlow | None = None
    copies: int = 1
    held_out: float = 0.1
    n_templates: int = 2
    quantiles: ConditionalQuantiles | None = field(default_factory=ConditionalQuantiles)

    def __post_init__(self) -> None:
        if not isinstance(self.density, SplineFlow):
            raise BadValue(
                "curtains.density: expected a SplineFlow(), which a map can be trained through, "
                f"got {check.shown(self.density)}."
            )
        if not isinstance(self.top, FlowForFlow | None):
            raise BadValue(
                "curtains.top: expected a FlowForFlow(), or None for the map of the density, got "
                f"{check.shown(self.top)}."
            )
        check.fields(
            self,
            self.kind,
            copies=(1, 1000),
            held_out="(0, 0.9]",
            n_templates=(2, 100),
            quantiles=ConditionalQuantiles | None,
        )

    def _check(self, task: BackgroundTask) -> None:
        super()._check(task)
        check.non_negative(task.events.weight, f"curtains: weight of {task.events.source}")

    def _fit(self, data: Sample, window: Window, simulation: Sample | None, seed: Seed) -> Template:
        return self._fit_many([BackgroundTask(data, window, simulation, seed)])[0]

    def _fit_many(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        return in_flat_features(self._in_flat_features, tasks, self.quantiles)

    def _in_flat_features(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        curtains = [_Curtain.of(task, self.held_out) for task in tasks]
        densities = self.density.fit_many([one.density_task() for one in curtains])
        return [
            self._template(*both)
            for both in zip(curtains, self._moves(curtains, densities), strict=True)
        ]

    def _moves(self, curtains: Sequence["_Curtain"], densities: Sequence[Density]) -> list[Move]:
        if self.top is None:
            return [LatentMove(density) for density in densities]
        tasks = [one.move_task(d) for one, d in zip(curtains, densities, strict=True)]
        return list(self.top.fit_many(tasks))

    def _template(self, curtain: "_Curtain", move: Move) -> Template:
        moved = curtain.inside(move, self.copies)
        by = "of the density" if self.top is None else "trained on pairs of side-band masses"
        closure = curtain.closure(move)
        return Template(
            moved,
            self.kind,
            f"{len(moved)} side-band events, moved to the signal region by a map {by}. Closure: "
            "events that nothing was trained on, moved across the signal region to the other side "
            f"band, are told from those that are there with {closure}",
            closure=closure,
        )


@final
@dataclass(frozen=True, eq=False)
class _Curtain:
    """The events of a task.

    Args:
        task: What is wanted.
        trained: Events outside the signal region that may be trained on.
        sides: Events of the side bands, either side with half of the weight.
        held: Those of them that nothing is trained on, shape (event,).
    """

    task: BackgroundTask
    trained: Sample
    sides: Sample
    held: NDArray[np.bool_]

    @classmethod
    def of(cls, task: BackgroundTask, held_out: float) -> "_Curtain":
        """Drawn along identities.

        Raises:
            TooFewEvents: If a side band has next to none.
        """
        sides = Cwola().fit(task.data, task.window).sample
        everything, seed = outside(task), task.seed.child("held out")
        trained = everything[~share(everything.event, held_out, seed)]
        curtain = cls(task, trained, sides, share(sides.event, held_out, seed))
        below, above = (len(side) for side in curtain._halves(sides[~curtain.held]))
        if min(below, above) < _FEWEST:
            raise TooFewEvents(
                f"curtains: expected at least {_FEWEST} events to train on in either side band of "
                f"the window {task.window} GeV, got {below} and {above} in {task.events.source}. "
                "Use wider side bands or fewer folds."
            )
        return curtain

    def density_task(self) -> DensityTask:
        """All events outside: what is learned far away helps nearby."""
        return density_task(self.trained, self.task.seed.child("density"))

    def move_task(self, density: Density) -> MoveTask:
        """Side-band events, to masses of either side band."""
        sides, seed = self.sides[~self.held], self.task.seed.child("top")
        rng, shape = seed.child("ends").generator(), (len(sides), _ENDS)
        halves = self._halves(sides)
        drawn = [_rows(side, shape, rng) for side in halves]
        low = rng.random(shape) < 0.5
        ends, there = (
            [getattr(side, what)[rows] for side, rows in zip(halves, drawn, strict=True)]
            for what in ("mass", "x")
        )
        return MoveTask(
            density_task(sides, seed),
            np.log(np.where(low, *ends)),
            density,
            np.where(low[..., None], *there).astype(np.float64),
        )

    def inside(self, move: Move, copies: int) -> Sample:
        """All side-band events, at masses of the signal region."""
        events = Sample.concatenate([self.sides] * copies) if copies > 1 else self.sides
        mass = SmoothMasses.of(self.task.data, self.task.window)
        return _moved(events, move, mass.draw(len(events), self.task.seed.child("mass")))

    def closure(self, move: Move) -> Closure:
        """Whether events that are moved across are like those that are there."""
        held, rng = self.sides[self.held], self.task.seed.child("across").generator()
        low, high = self._halves(held)
        if len(low) == 0 or len(high) == 0:
            return told_apart(low, high, self.task.seed)
        across = [
            _moved(events, move, _masses(others, (len(events),), rng))
            for events, others in ((low, high), (high, low))
        ]
        # at given mass: events that stay where they are would be alike without it
        there, arrived = (with_log_mass(s) for s in (held, Sample.concatenate(across)))
        return told_apart(there, arrived, self.task.seed.child("closure"))

    def _halves(self, events: Sample) -> tuple[Sample, Sample]:
        """Those with a weight below and above."""
        low, some = self.task.window.in_low_sideband(events.mass), events.weight > 0
        return events[low & some], events[~low & some]


def _rows(events: Sample, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of some events, as often as they weigh."""
    return rng.choice(len(events), shape, p=events.weight / events.weight.sum())


def _masses(events: Sample, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    return events.mass[_rows(events, shape, rng)]


def _moved(events: Sample, move: Move, mass: Floats) -> Sample:
    x = move(events.x.astype(np.float64), conditions(events.mass), conditions(mass), events.event)
    return events.with_x(x).with_mass(mass)
