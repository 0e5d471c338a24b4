"""What a classifier finds that has been told the signal: no other detector can find more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anomalon.core.config import digest
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.seen import part
from anomalon.detectors import JetImages, JetSubstructure
from anomalon.features.inputs import Encoded, FittedInputs
from anomalon.learn import BoostedTrees, Classifier, Network
from anomalon.run.job import Workplace
from anomalon.run.work import do
from anomalon.stats import evaluate
from anomalon.studies.jets.compared import ComparedRow, PublishedComparison

__all__ = ["supervised"]

_WAYS: dict[str, tuple[Any, Classifier]] = {
    "trees of substructure": (JetSubstructure(), BoostedTrees(n_trees=200, min_leaf=50)),
    "network of images": (JetImages(20, power=0.5), Network()),
}


def supervised(
    background: Events, signals: Mapping[str, Events], *, repetitions: int, seed: Seed,
    place: Workplace,
) -> PublishedComparison:  # fmt: skip
    """Areas under curves of classifiers that know the signal.

    Args:
        background: Jets with a column `split`.
        signals: Jets with one, by name.
        repetitions: Trainings of each.
        seed: Of the trainings.
        place: Who does them.
    """
    of = digest(code_version(), background.objects, tuple(signals), repetitions, str(seed))
    pieces = [_Piece(of, way, i) for way in _WAYS for i in range(repetitions)]
    values = do(
        pieces,
        shared=(background, signals, seed),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    auc = np.array(values).reshape(len(_WAYS), repetitions, len(signals))
    nothing = np.full(len(signals), np.nan)
    return PublishedComparison(
        "Supervised classifiers",
        ("classifier",),
        tuple(signals),
        tuple(ComparedRow((way,), auc[i].T, nothing) for i, way in enumerate(_WAYS)),
        "Trained on half of the jets of QCD and of the signal, judged by others.",
    )


@dataclass(frozen=True)
class _Piece:
    """One classifier for each signal."""

    of: str
    way: str
    repetition: int

    @property
    def key(self) -> str:
        return digest("supervised", self.of, self.way, self.repetition)

    @property
    def what(self) -> str:
        return f"supervised, {self.way}"

    def __call__(self, shared: Any) -> list[float]:
        background, signals, seed = shared
        settings, classifier = _WAYS[self.way]
        inputs: FittedInputs = settings.fit(part(background, "train"))
        found = []
        for name, jets in signals.items():
            like, unlike = (
                _sample(inputs(part(events, "train")), i)
                for i, events in enumerate((jets, background))
            )
            scorer = classifier.fit(
                like, unlike, seed=seed.child("supervised", name, number=self.repetition)
            )
            scores = [
                scorer.score(_sample(inputs(part(events, "test")), 0))
                for events in (background, jets)
            ]
            found.append(float(evaluate(*scores).auc.value))
        return found


def _sample(seen: Encoded, which: int) -> Sample:
    x = seen.x.reshape(len(seen), -1)
    names = tuple(f"x{j}" for j in range(x.shape[1]))
    return Sample(x=x, names=names, event=np.arange(len(x)) * 2 + which)
