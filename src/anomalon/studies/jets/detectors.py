"""The detectors of jets that the study compares, and the one that is chosen without a signal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import digest
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.result import Column, Number, Part, Result, Summary, Table, Text
from anomalon.core.seed import Seed
from anomalon.core.seen import part
from anomalon.detection import Named
from anomalon.detection.jets_job import decay_exposure
from anomalon.detectors import (
    JET_SURROGATES,
    Autoencoder,
    Convolutional,
    DeepSets,
    Density,
    IsolationForest,
    JetImages,
    JetSubstructure,
    Learning,
    Medoids,
    NearestNeighbours,
    Reconstruction,
    Variational,
    surrogates,
)
from anomalon.report import register_result
from anomalon.run.job import Workplace
from anomalon.run.work import do
from anomalon.stats import evaluate
from anomalon.studies.jets.autoencoders import TOTAL

__all__ = ["Carried", "carried_over", "compared"]

Floats = NDArray[np.floating[Any]]

_SHAPES = ("log_mass", "log_n", "tau21", "tau32", "tau43", "tau54")
"""Of a jet: its mass, how many constituents it has, and how many prongs."""


def compared(learning: Learning, change: str, n_sample: int) -> tuple[Named, ...]:
    """All of them; the exposed one has learned from one change, or from both.

    Args:
        learning: How networks are trained.
        change: What was chosen.
        n_sample: Jets among which medoids are looked for.
    """
    of_constituents = Medoids(n_sample=n_sample, n_held=n_sample)
    of_images = replace(of_constituents, metric="squared", inputs=JetImages())
    shapes = JetSubstructure(only=_SHAPES)
    pixels = Reconstruction(reduce="sum")
    return (
        Named(decay_exposure(), "decays, all"),
        Named(decay_exposure(change), f"decays, {change.replace('_', ' ')}"),
        Named(replace(of_constituents, k=1), "1 medoid"),
        Named(of_constituents, "5 medoids"),
        Named(of_images, "5 medoids, MSE"),
        Named(NearestNeighbours(inputs=shapes), "nearest neighbours"),
        Named(Density(inputs=shapes), "flow of substructure"),
        Named(IsolationForest(inputs=shapes), "isolation forest"),
        Named(
            Variational(
                Convolutional((16, 16)),
                6,
                JetImages(total=TOTAL),
                pixels,
                beta=1e-3,
                learning=learning,
            ),
            "VAE of images",
        ),
        Named(
            Autoencoder(
                Convolutional((16, 16)),
                6,
                JetImages(total=TOTAL),
                pixels,
                l2=0.0,
                learning=learning,
            ),
            "AE of images",
        ),
        Named(Autoencoder(DeepSets(), 8, learning=learning), "deep sets of constituents"),
    )


@dataclass(frozen=True, eq=False)
class Carried(Result):
    """How well what is learned from one change of the background finds another.

    Args:
        changes: Their names.
        auc: Learned from (row), found (column), repetition.
        n_jets: That judged.
    """

    kind: ClassVar[str] = "carried over"

    changes: tuple[str, ...]
    auc: Floats
    n_jets: int

    @property
    def best(self) -> str:
        """What carries over best to those that were not learned from."""
        n = len(self.changes)
        others = ~np.eye(n, dtype=bool)
        middle = np.median(self.auc, axis=2)
        return self.changes[int(np.argmax([middle[i][others[i]].min() for i in range(n)]))]

    def summary(self) -> Summary:
        """What a reader is told."""
        middle = np.median(self.auc, axis=2)
        head = (Column("learned from"), *(Column(f"AUC {name}") for name in self.changes))
        rows = tuple((self.changes[i], *middle[i].tolist()) for i in range(len(self.changes)))
        return Summary(
            kind="choice",
            title="A choice without a signal",
            status="done",
            verdict=self.best,
            headline=f"A classifier that has learned from {self.best.replace('_', ' ')} alone "
            "finds best what it has not learned from. No signal was looked at, nor any test jet.",
            numbers=(
                Text("chosen", self.best),
                Number("background jets that judged", self.n_jets, form="count"),
            ),
            parts=(Part("What carries over", tables=(Table("AUC", head, rows),)),),
        )


register_result(Carried)


def carried_over(background: Events, *, repetitions: int, seed: Seed, place: Workplace) -> Carried:
    """Learn from each change, and look for all.

    Args:
        background: Jets with a column `split`.
        repetitions: Trainings of each.
        seed: Of trainings and changes.
        place: Who does it.
    """
    learned, judged = part(background, "train"), part(background, "validation")
    of = digest(code_version(), digest(background.objects), str(seed))
    names = tuple(JET_SURROGATES)
    pieces = [_Piece(of, name, i) for name in names for i in range(repetitions)]
    values = do(
        pieces,
        shared=(learned, judged, seed),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    auc = np.array(values).reshape(len(names), repetitions, len(names))
    return Carried(names, np.swapaxes(auc, 1, 2), len(judged))


@dataclass(frozen=True)
class _Piece:
    """A fit to one change, judged by all."""

    of: str
    change: str
    repetition: int

    @property
    def key(self) -> str:
        return digest("carried", self.of, self.change, self.repetition)

    @property
    def what(self) -> str:
        return f"learned from {self.change.replace('_', ' ')}"

    def __call__(self, shared: Any) -> list[float]:
        learned, judged, seed = shared
        seed = seed.child("carried", number=self.repetition)
        scorer = decay_exposure(self.change).fit(learned, seed=seed)
        background = scorer.score(judged)
        changed: Mapping[str, Events] = surrogates(judged, seed=seed.child("judges"))
        return [
            float(evaluate(background, scorer.score(changed[name])).auc.value)
            for name in JET_SURROGATES
        ]
