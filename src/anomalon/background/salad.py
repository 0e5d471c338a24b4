"""SALAD: simulation of the signal region, reweighted by what is wrong with it elsewhere.

Simulation assisted likelihood-free anomaly detection, Andreassen, Nachman, Shih, arXiv:2001.05001.
Networks learn to tell data from simulation outside the signal region, with the mass as an input.
Their output s(x, m) is a ratio of densities,

    w(x | m) = s / (1 - s) = p_data(x | m) / p_simulation(x | m),

and they interpolate it into the signal region (trees, which are constant between their cuts, would
not). Simulated events there, with these weights, are the template.

Before that, each simulated feature takes the value that has the same rank in data of its mass
(`quantiles`): with a second's work what is wrong with a feature by itself is mended, and networks
learn the correlations, with weights near one. The paper leaves all to the networks (None).

The ratio is one of features at given mass: in narrow bins of the mass the simulation is given the
weight that data have, so that no network can learn the spectrum, and either side of the signal
region counts as much as the other. The spectra come in as smooth functions
(`anomalon.background.masses`).

When not to use it: where the simulation lacks events that data have, no weight brings them back;
few events with large weights (`Template.n_effective`) are the sign. The simulation must not be the
one that validates the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.background.base import BackgroundEstimator
from anomalon.background.closure import told_apart
from anomalon.background.densities import outside, with_log_mass
from anomalon.background.flattening import in_flat_features
from anomalon.background.masses import SmoothMasses
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Closure, Template
from anomalon.core import check
from anomalon.core.errors import BadNumbers, BadValue, TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import Ensemble, Network
from anomalon.learn.classify.base import Task, task_of
from anomalon.learn.classify.split import share

__all__ = ["Salad"]

Floats = NDArray[np.floating[Any]]

_BINS, _EVENTS_PER_BIN = 20, 50
_SLICES, _MOST_COPIES = 48, 8


@final
@dataclass(frozen=True)
class Salad(BackgroundEstimator):
    """Reweighted simulation.

    Args:
        network: What tells data from simulation, with the logarithm of the mass as a feature more.
        n_networks: How many of them are averaged.
        largest: Ratios above are set to it: a few events must not be the template.
        held_out: Share of the events outside the signal region, drawn along their identity, that
            no network sees; on them `Template.why` says whether data and reweighted simulation
            are alike.
        n_templates: Different trainings for the members of an ensemble, which take turns.
        quantiles: What brings each simulated feature to the values of data before networks learn
            the rest, of data outside the signal region; None to leave all to the networks.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "salad"
    cites: ClassVar[tuple[str, ...]] = ("Andreassen:2020nkr",)
    needs_flat_features: ClassVar[bool] = False
    learns_inside: ClassVar[bool] = False
    needs_simulation: ClassVar[bool] = True

    network: Network = field(
        default_factory=lambda: Network(
            hidden=(32, 32, 32),
            dropout=0.2,
            epochs=40,
            selection="best_loss",
            n_average=3,
            patience=5,
        )
    )
    n_networks: int = 6
    largest: float = 20.0
    held_out: float = 0.1
    n_templates: int = 2
    quantiles: ConditionalQuantiles | None = field(default_factory=ConditionalQuantiles)

    def __post_init__(self) -> None:
        if not isinstance(self.network, Network):
            raise BadValue(
                "salad.network: expected a Network(), which interpolates in the mass, got "
                f"{check.shown(self.network)}."
            )
        check.fields(
            self,
            self.kind,
            n_networks=(1, 1000),
            largest="(1, inf)",
            held_out="(0, 0.9]",
            n_templates=(2, 100),
            quantiles=ConditionalQuantiles | None,
        )

    def _check(self, task: BackgroundTask) -> None:
        super()._check(task)
        assert task.simulation is not None  # a method that needs one has it
        mass = task.simulation.required_mass("salad: simulation")
        if (mass <= 0).any():
            raise BadNumbers(
                f"salad: expected positive masses, got {mass.min():g} GeV in "
                f"{task.simulation.source}."
            )
        check.non_negative(task.simulation.weight, f"salad: weight of {task.simulation.source}")
        check.non_negative(task.events.weight, f"salad: weight of {task.events.source}")
        for name, own, simulated in zip(
            task.events.names, task.events.x.T, task.simulation.x.T, strict=True
        ):
            if simulated.min() == simulated.max() and own.min() < own.max():
                raise BadNumbers(
                    f"salad: {name} is {simulated[0]:g} in all simulated events of "
                    f"{task.simulation.source} and not in data. No weight brings back what a "
                    "simulation does not have: leave the feature out, or take another simulation."
                )
        if not task.simulation.weight[task.window.in_signal_region(mass)].any():
            raise TooFewEvents(
                f"salad: the simulation from {task.simulation.source} has no events with a weight "
                f"in the signal region {task.window} GeV; it has "
                f"{task.window.reach_of(task.simulation)}."
            )

    def _fit(self, data: Sample, window: Window, simulation: Sample | None, seed: Seed) -> Template:
        return self._fit_many([BackgroundTask(data, window, simulation, seed)])[0]

    def _fit_many(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        return in_flat_features(self._reweighted, tasks, self.quantiles)

    def _reweighted(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        """Of data in flat features, unless `quantiles` are None; simulation becomes flat too."""
        if self.quantiles is not None:
            tasks = [_with_flat_simulation(task, self.quantiles) for task in tasks]
        pairs = [_Pair.of(task) for task in tasks]
        names = (*tasks[0].events.names, "log_mass")
        trainings = [pair.training(self.held_out) for pair in pairs]
        scorers = Ensemble(self.network, self.n_networks).fit_many(trainings, names)
        return [self._template(*both) for both in zip(pairs, scorers, strict=True)]

    def _template(self, pair: "_Pair", scorer: Scorer) -> Template:
        task, simulation = pair.task, pair.task.simulation
        assert simulation is not None
        inside = simulation[task.window.in_signal_region(simulation.mass)]
        ratio = _ratio(scorer, inside)
        spectra = [
            SmoothMasses.of(s, task.window).density(inside.mass) for s in (task.data, simulation)
        ]
        weight = inside.weight * np.minimum(ratio, self.largest) * spectra[0] / spectra[1]
        closure = pair.closure(scorer, self.held_out, self.largest)
        template = inside.with_weight(weight)
        n_effective = Template(template, self.kind, "").n_effective
        return Template(
            template,
            self.kind,
            f"{len(inside)} simulated events ({n_effective:.0f} of equal weight), "
            f"reweighted by {self.n_networks} networks that were trained outside the "
            f"signal region; {np.count_nonzero(ratio > self.largest)} ratios were set to "
            f"{self.largest:g}. Closure, on events outside that no network has seen: trees tell "
            f"data from reweighted simulation with {closure}",
            closure=closure,
        )


@final
@dataclass(frozen=True, eq=False)
class _Pair:
    """Data and simulation outside the signal region, with weights that hide the spectrum."""

    task: BackgroundTask
    data: Sample
    simulation: Sample

    @classmethod
    def of(cls, task: BackgroundTask) -> "_Pair":
        data, simulation = outside(task), task.simulation
        assert simulation is not None
        simulation = simulation[~task.window.in_signal_region(simulation.mass)]
        weights = _balanced(data, simulation, task.window)
        both = zip((data, simulation), weights, strict=True)
        return cls(task, *(with_log_mass(s.with_weight(w)) for s, w in both))

    def training(self, held_out: float) -> Task:
        """What the networks see."""
        data, simulation = (s[~self._held(s, held_out)] for s in (self.data, self.simulation))
        return task_of(data, simulation, self.task.seed.child("networks"))

    def closure(self, scorer: Scorer, held_out: float, largest: float) -> Closure:
        """Whether data and reweighted simulation are alike on the others."""
        data, simulation = (s[self._held(s, held_out)] for s in (self.data, self.simulation))
        ratio = np.minimum(_odds(scorer.score(simulation)), largest)
        reweighted = simulation.with_weight(simulation.weight * ratio)
        return told_apart(data, reweighted, self.task.seed.child("closure"))

    def _held(self, sample: Sample, held_out: float) -> NDArray[np.bool_]:
        return share(sample.event, held_out, self.task.seed.child("held out"))


def _with_flat_simulation(task: BackgroundTask, quantiles: ConditionalQuantiles) -> BackgroundTask:
    """Simulated features as normal scores among simulated events of the same mass.

    A feature that is the same in all data is so in the simulation: there is nothing to weigh.

    Raises:
        TooFewEvents: If there are too few simulated events for quantiles.
    """
    data, simulation = task.data, task.simulation
    assert simulation is not None
    try:
        flat = quantiles.fit(_of_one_weight(simulation))(simulation)
    except TooFewEvents as error:
        raise TooFewEvents(
            f"salad: quantiles of the simulation from {simulation.source}: {error} Or leave all to "
            "the networks, `quantiles = false`."
        ) from error
    same = data.x.min(axis=0) == data.x.max(axis=0)
    return replace(task, simulation=flat.with_x(np.where(same, data.x[:1], flat.x)))


def _of_one_weight(simulation: Sample) -> Sample:
    """As many events that weigh the same, taken from those of the same mass as often as they weigh.

    Only how weights differ at given mass matters to quantiles there. One that weighs more than
    eight of its neighbours counts as eight: a value that comes up often would be one by itself.
    """
    weight = simulation.weight
    if (weight == weight[0]).all():
        return simulation
    in_order = np.lexsort((simulation.event, simulation.mass))
    rows = []
    for near in np.array_split(in_order, max(1, min(_SLICES, len(in_order) // _EVENTS_PER_BIN))):
        relative = weight[near] / max(weight[near].max(), 1e-300)
        share = np.cumsum(np.minimum(relative, _MOST_COPIES * relative.mean()))
        if share[-1] > 0:
            at = (np.arange(len(near)) + 0.5) / len(near) * share[-1]
            rows.append(near[np.searchsorted(share, at)])
    return simulation[np.concatenate(rows)]


def _ratio(scorer: Scorer, events: Sample) -> Floats:
    return _odds(scorer.score(with_log_mass(events)))


def _odds(score: Floats) -> Floats:
    return np.asarray(score / np.maximum(1 - score, 1e-300))


def _balanced(data: Sample, simulation: Sample, window: Window) -> tuple[Floats, Floats]:
    """Weights with which both have one spectrum, and either side half of it.

    Raises:
        TooFewEvents: If one of them has no weight on a side.
    """
    weights = data.weight.astype(np.float64), simulation.weight.astype(np.float64)
    for name, upper in (("below", False), ("above", True)):
        sides = [(s.mass >= window.high) == upper for s in (data, simulation)]
        for what, sample, side in zip(
            ("data", "simulation"), (data, simulation), sides, strict=True
        ):
            if not sample.weight[side].any():
                raise TooFewEvents(
                    f"salad: expected {what} with a weight {name} the signal region {window} GeV, "
                    f"got {side.sum()} events without any in {sample.source}."
                )
        fewest = min(side.sum() for side in sides)
        n_bins = int(np.clip(fewest // _EVENTS_PER_BIN, 1, _BINS))
        edges = np.quantile(data.mass[sides[0]], np.linspace(0, 1, n_bins + 1)[1:-1])
        bins = [
            np.searchsorted(edges, s.mass[k])
            for s, k in zip((data, simulation), sides, strict=True)
        ]
        totals = [
            np.bincount(b, weights=s.weight[k], minlength=n_bins)
            for b, s, k in zip(bins, (data, simulation), sides, strict=True)
        ]
        usable = (totals[0] > 0) & (totals[1] > 0)  # in the others there is nothing to compare
        common = np.where(usable, totals[0], 0) / totals[0][usable].sum()
        for w, k, b, total in zip(weights, sides, bins, totals, strict=True):
            w[k] *= (common / np.where(usable, total, 1))[b]
    return weights
