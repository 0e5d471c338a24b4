"""Distances of jets to a few that stand for the rest: the tables of the seminar, on our jets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import digest
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.seed import Seed
from anomalon.detectors import JetImages
from anomalon.detectors.event_distance import EventDistance
from anomalon.features.inputs import Encoded
from anomalon.run.job import Workplace
from anomalon.run.work import do
from anomalon.stats import evaluate
from anomalon.studies.jets.compared import ComparedRow, PublishedComparison
from anomalon.transport import k_medoids

__all__ = ["References", "Sizes", "compared_with_references"]

Floats = NDArray[np.float64]

_METRICS = {"EMD(1)": ("transport", 1.0), "EMD(5)": ("transport", 5.0), "MSE": ("squared", 1.0)}
_KS = (1, 3, 5, 7)


@dataclass(frozen=True)
class Sizes:
    """How much of the study is done.

    Args:
        n_sample: Jets among which medoids are chosen.
        n_test: Jets of each file that are scored.
        repetitions: Samples.
    """

    n_sample: int
    n_test: int
    repetitions: int


@dataclass(frozen=True)
class References:
    """What is compared with what.

    Args:
        learned: Jets that references are chosen from.
        test: QCD first, then signals, by name.
        nearer: Whether a signal is expected to be nearer to the references than QCD.
    """

    learned: Events
    test: Mapping[str, Events]
    nearer: bool = False


def compared_with_references(
    what: References, sizes: Sizes, published: Mapping[tuple[str, str], tuple[float, float]],
    words: tuple[str, str, str], *, seed: Seed, place: Workplace,
) -> PublishedComparison:  # fmt: skip
    """Areas under curves for all references and metrics.

    Args:
        what: The jets.
        sizes: How many.
        published: By reference and metric.
        words: Title, what was done, and a note.
        seed: Of the samples.
        place: Who does it.
    """
    images = JetImages().fit(_bare(what.learned))
    test = {name: images(jets[: sizes.n_test]) for name, jets in what.test.items()}
    of = digest(code_version(), what.learned.objects, sizes, str(seed), what.nearer)
    pieces = [_Piece(of, metric, i) for metric in _METRICS for i in range(sizes.repetitions)]
    values = do(
        pieces,
        shared=(images(what.learned), test, sizes, seed, what.nearer),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    found: dict[tuple[str, str], list[list[float]]] = {}
    for piece, value in zip(pieces, values, strict=True):
        for reference, auc in value.items():
            found.setdefault((reference, piece.metric), []).append(auc)
    rows = tuple(
        ComparedRow(
            key,
            np.array(auc).T,
            np.array(published.get(key, (np.nan, np.nan))),
        )
        for key, auc in found.items()
    )
    title, how, note = words
    return PublishedComparison(
        title,
        ("reference", "metric"),
        tuple(list(what.test)[1:]),
        rows,
        how,
        note,
        citations=("Fraser:2021lxm", "Komiske:2019fks"),
    )


def _bare(jets: Events) -> Events:
    """Without truth: tops may stand for the background."""
    return Events(
        jets.objects,
        jets.object_names,
        jets.feature_names,
        jets.mask,
        source=jets.source,
        object_kinds=jets.object_kinds,
    )


@dataclass(frozen=True)
class _Piece:
    """One metric and one sample of jets: medoids, the average, and scores."""

    of: str
    metric: str
    draw: int

    @property
    def key(self) -> str:
        return digest("references", self.of, self.metric, self.draw)

    @property
    def what(self) -> str:
        return f"{self.metric}, sample {self.draw + 1}"

    def __call__(self, shared: Any) -> dict[str, list[float]]:
        learned, test, sizes, seed, nearer = shared
        metric, power = _METRICS[self.metric]
        distance = EventDistance.of(JetImages(), metric, power, 1.0)  # type: ignore[arg-type]
        rng = seed.child("sample", number=self.draw).generator()
        some = rng.choice(len(learned), min(sizes.n_sample, len(learned)), replace=False)
        given = {name: distance.prepared(seen) for name, seen in test.items()}
        sample = distance.prepared(Encoded(learned.x[some]))
        matrix = distance.matrix(sample)
        found = {"average": _areas(_to(distance, given, _average(learned)), nearer)}
        for k in _KS:
            chosen = distance.prepared(Encoded(learned.x[some[k_medoids(matrix, k)]]))
            away = {name: distance.matrix(jets, chosen) for name, jets in given.items()}
            name = "1 medoid" if k == 1 else f"{k} medoids"
            found[name] = _areas({n: a.min(axis=1) for n, a in away.items()}, nearer)
            if k > 1:
                summed = {n: a.sum(axis=1) for n, a in away.items()}
                found[f"{name}, sum"] = _areas(summed, nearer)
        return found


def _average(learned: Encoded) -> Encoded:
    return Encoded(learned.x.mean(axis=0, keepdims=True))


def _to(distance: EventDistance, given: Mapping[str, Any], one: Encoded) -> dict[str, Floats]:
    reference = distance.prepared(one)
    return {name: distance.matrix(jets, reference)[:, 0] for name, jets in given.items()}


def _areas(scores: Mapping[str, Floats], nearer: bool) -> list[float]:  # noqa: FBT001
    """Of each signal against the first."""
    sign = -1.0 if nearer else 1.0
    background, *signals = [sign * values for values in scores.values()]
    return [float(evaluate(background, signal).auc.value) for signal in signals]
