"""What a background estimate promises: a weighted sample that stands for background.

Writing your own: a frozen dataclass that derives from `BackgroundEstimator`, whose fields are its
settings, with a class attribute `kind` (its name in TOML), `needs_flat_features` and `learns` where
they are not true, and one method, `_fit`. It gets data without truth labels, already checked to
reach into all three regions. Add it to `ESTIMATORS` in `background/__init__.py`; the contract tests
then run over it. `docs/how-to/background.md` has an example.

A method that is trained may have `_fit_many` as well, which gets all members of a fold, or more, at
once: many small trainings go side by side, and a model that knows the mass may serve all windows of
the same data (`shares_model`).

How to choose: `cwola` needs nothing but the data; `ideal` needs background that only a simulation
or a test can have, and bounds what any template can reach.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from anomalon.background.promises import check_template
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template
from anomalon.core import check
from anomalon.core.errors import BadLayout, BrokenPromise, TruthRequired
from anomalon.core.promise import name_of, promised
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window

__all__ = ["BackgroundEstimator", "Backgrounds"]


class BackgroundEstimator(ABC):
    """Settings of a background method; `fit` returns a `Template`."""

    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["BackgroundEstimator"]]] = {}
    """Estimators by their kind: what TOML can name."""
    cites: ClassVar[tuple[str, ...]] = ()
    """Papers that it implements, keys of `anomalon.core.bibliography`."""
    needs_flat_features: ClassVar[bool] = True
    """Whether the template stands for the background only if features do not depend on the mass.

    The search then measures whether they do. A method that says False promises closure on features
    that depend on it."""
    learns: ClassVar[bool] = True
    """Whether the template depends on the data beyond being made of their events.

    If so, each member of an ensemble gets a template of its own, fitted on the events that the
    member is shown. What an event does to the others' scores through the template is then part of
    the covariance of the folds, and the scatter of the members includes that of the templates. If
    not, one template serves all members, and each sees the events of it that it is shown."""
    needs_simulation: ClassVar[bool] = False
    """Whether there is no template without a simulation; a search then ends before it begins."""
    simulation_is_background: ClassVar[bool] = False
    """Whether the simulation is distributed as the background of the data is.

    The decorrelation of a search is then fitted on both. Fitted on data alone it would take their
    fluctuations from them and give the opposite to all other events: the simulation, by which a
    classifier learns to look where data not yet seen are too few."""
    learns_inside: ClassVar[bool] = True
    """Whether the features of events in the signal region make a difference to the template.

    If not, members that share a template are still shown events of their own there."""
    n_templates: int = 0
    """How many different templates the members of an ensemble share, in turns; 0: one for each.

    A training takes longer than a member. Members with the same template are then shown the same
    events (but see `learns_inside`), so that what an event does through the template is still seen
    in the members."""
    shares_model: ClassVar[bool] = False
    """Whether tasks with the same data share one model, whatever their windows (`same_data`).

    If not, a template does not depend on the other tasks of the call at all; if so, it does not
    depend on those with other data, nor on the order."""

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
            TooFewEvents: If the data leave a region of the window empty, or the template has no
                weight.
            BadLayout: If data and simulation have different features.
            TruthRequired: If the method needs a simulation, and there is none.
            BadNumbers: If negative weights of the data or the simulation leave negative ones.
            BrokenPromise: If the implementation fails, or gives no template of these features with
                identities and weights as `Template` has them.
        """
        return self.fit_many([BackgroundTask(data, window, simulation, Seed.of(seed))])[0]

    def fit_many(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        """One template for each task: folds, members and windows in any combination.

        Raises:
            AnomalonError: As `fit` does.
        """
        for task in tasks:
            self._check(task)
        with promised(self, "the template"):
            templates: Any = self._fit_many(tasks)
        if not isinstance(templates, Sequence) or len(templates) != len(tasks):
            got = len(templates) if isinstance(templates, Sequence) else check.shown(templates)
            raise BrokenPromise(
                f"{name_of(self)}: `_fit_many`: expected a list with a Template for each of "
                f"{len(tasks)} tasks, got {got}."
            )
        checked = [
            check_template(template, task, name_of(self))
            for template, task in zip(templates, tasks, strict=True)
        ]
        if len({template.scorer is None for template in checked}) > 1:
            raise BrokenPromise(
                f"{name_of(self)}: expected that all templates have a `scorer` or none has, got "
                f"{sum(t.scorer is not None for t in checked)} of {len(checked)}."
            )
        return checked

    def _check(self, task: BackgroundTask) -> None:
        task.window.check_inside(task.data)
        simulation, names = task.simulation, task.events.names
        if simulation is None and self.needs_simulation:
            raise TruthRequired(
                f"{self.kind}: needs `simulation`, background that is not part of the data. For "
                "data alone use 'cathode', 'morph' or 'cwola'."
            )
        if simulation is not None and simulation.names != names:
            raise BadLayout(
                f"{self.kind}: data have features {list(names)}, the simulation "
                f"{list(simulation.names)} ({simulation.source})."
            )

    def _fit_many(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        """One template per task, from clean input; one by one unless a method knows better."""
        return [self._fit(task.data, task.window, task.simulation, task.seed) for task in tasks]

    @abstractmethod
    def _fit(self, data: Sample, window: Window, simulation: Sample | None, seed: Seed) -> Template:
        """The template, from clean input."""


Backgrounds = BackgroundEstimator | tuple[BackgroundEstimator, ...]
"""One method, or several."""
