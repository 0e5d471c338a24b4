"""Background methods that are trained, in a few lines each; for features that are normal."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import anomalon
from anomalon import Sample
from anomalon.background import (
    BackgroundEstimator,
    BackgroundTask,
    Template,
    Transform,
    own_identities,
    remembered,
    same_data,
)
from anomalon.learn import Scorer

_PAGE = Path(anomalon.__file__).parents[2] / "docs" / "how-to" / "background.md"


def _of_the_how_to():
    block = re.search(r"^```python\n(.*?)^```$", _PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    scope: dict[str, Any] = {"__name__": "how_to_background"}
    exec(compile(block[1], "background.md", "exec"), scope)
    return scope["Morph"]


Morph = _of_the_how_to()


@dataclass(frozen=True, eq=False)
class Standardised(Transform):
    """z = L^-1 (x - mean at the mass of the event), with the covariance L L^T."""

    names: tuple[str, ...]
    becomes: tuple[str, ...]
    fitted_on: str
    line: Any
    root: Any

    @classmethod
    def fit(cls, events):
        line = np.polynomial.polynomial.polyfit(events.mass, events.x, 1)
        rest = events.x - np.vander(events.mass, 2, increasing=True) @ line
        root = np.linalg.cholesky(np.cov(rest.T))
        becomes = tuple(f"z_{name}" for name in events.names)
        return cls(events.names, becomes, remembered(events), line, root)

    def _transform(self, events):
        rest = events.x - np.vander(events.mass, 2, increasing=True) @ self.line
        return rest @ np.linalg.inv(self.root).T


@dataclass(frozen=True)
class Latent(BackgroundEstimator):
    """What LaCATHODE does with a flow: background is a unit normal distribution there."""

    kind: ClassVar[str] = "latent"
    needs_flat_features: ClassVar[bool] = False

    n: int = 6000

    def _fit(self, data, window, simulation, seed):
        transform = Standardised.fit(data[window.in_sidebands(data.mass)])
        rng = seed.generator()
        mass = rng.choice(data.mass[window.in_signal_region(data.mass)], self.n)
        z = rng.normal(size=(self.n, len(data.names)))
        drawn = Sample(z, transform.becomes, mass, event=own_identities(self.n, seed))
        return Template(drawn, self.kind, "drawn", transform=transform)


@dataclass(frozen=True, eq=False)
class Direction(Scorer):
    """Linear in what the features have beyond the background's mean at that mass."""

    names: tuple[str, ...]
    direction: Any

    def _score(self, sample):
        return sample.x @ self.direction


@dataclass(frozen=True)
class Ratio(BackgroundEstimator):
    """The ratio of two normal densities of unit width: background, and the signal region."""

    kind: ClassVar[str] = "ratio"
    needs_flat_features: ClassVar[bool] = False

    def _fit(self, data, window, simulation, seed):
        drawn = Latent()._fit(data, window, simulation, seed)
        region = drawn.view(data[window.in_signal_region(data.mass)])
        scorer = Direction(region.names, region.x.mean(axis=0))
        return Template(drawn.sample, self.kind, "drawn", drawn.transform, scorer)


@dataclass(frozen=True)
class OneLine(BackgroundEstimator):
    """A morph whose line is fitted once for all windows of the same data."""

    kind: ClassVar[str] = "one_line"
    needs_flat_features: ClassVar[bool] = False
    shares_model: ClassVar[bool] = True

    def _fit(self, data, window, simulation, seed):
        return self._fit_many([BackgroundTask(data, window, simulation, seed)])[0]

    def _fit_many(self, tasks):
        templates = {}
        for group in same_data(tasks):
            data = tasks[group[0]].data
            inside = [tasks[i].window.in_signal_region(data.mass) for i in group]
            outside = data[~np.any(inside, axis=0)]
            slope = np.polynomial.polynomial.polyfit(outside.mass, outside.x, 1)[1]
            for i in group:
                templates[i] = self._moved(data, tasks[i].window, slope, tasks[i].seed)
        return [templates[i] for i in range(len(tasks))]

    def _moved(self, data, window, slope, seed):
        old = data[window.in_sidebands(data.mass)]
        masses = data.mass[window.in_signal_region(data.mass)]
        new = old.with_mass(seed.generator().choice(masses, len(old)))
        return Template(
            new.with_x(old.x + np.outer(new.mass - old.mass, slope)), self.kind, "moved"
        )


TOYS = {method.kind: method for method in (Morph, Latent, Ratio, OneLine)}
