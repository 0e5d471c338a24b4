"""The pieces of a comparison: one training of one detector, and all that needs its scorer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import digest
from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.detection.batches import Batches
from anomalon.detection.named import Named
from anomalon.detection.quality import quality
from anomalon.detection.scoring import scores_of
from anomalon.detectors import Estimator, FittedDetector
from anomalon.learn.engine.storage import scorer_bytes
from anomalon.run.job import Workplace
from anomalon.run.keeping import NOT_KEPT, Keeping
from anomalon.run.work import do

__all__ = ["Trained", "Training", "TrialData", "do_trainings"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TrialData:
    """What every training needs.

    Args:
        fitted_on: Background to learn from; never the test part.
        scored: What is scored, by its name; the test background is `TEST`.
        seed: Root of all random numbers.
        keeping: Where trainings keep what they have so far.
    """

    fitted_on: Batches
    scored: Mapping[str, Batches]
    seed: Seed
    keeping: Keeping = NOT_KEPT


TEST = ""
"""The name of the test background among what is scored."""


@dataclass(frozen=True)
class Training:
    """A detector, trained once; gives a plain value that `Trained` reads."""

    of: str  # digest of the data and the code
    named: Named
    training: int

    @property
    def what(self) -> str:
        """As people read it."""
        return f"{self.named.name}, training {self.training + 1}"

    @property
    def key(self) -> str:
        """What its value is stored under: a new name changes nothing."""
        detector = self.named.detector
        settings = repr(detector) if isinstance(detector, Estimator) else detector
        return digest(self.of, detector.kind, settings, self.training)

    def __call__(self, shared: TrialData) -> dict[str, Any]:
        """Fit, score, and take the scorer apart."""
        seed = shared.seed.child("training", number=self.training)
        keeping = shared.keeping.part(self.key)
        scorer = self.named.detector.fit(shared.fitted_on, seed=seed, keeping=keeping)
        names, first = list(shared.scored), self.training == 0  # all are fitted on the same events
        model, note = _model(scorer)
        return {
            "names": names,
            "scores": [
                keeping.once(f"scores-{i}", partial(scores_of, scorer, shared.scored[name]))
                for i, name in enumerate(names)
            ],
            "seen": _seen(scorer, shared.scored) if first else 0.0,
            "quality": quality(scorer, shared.scored[TEST]) if first else [],
            "n_inputs": _n_inputs(scorer, shared.scored[TEST]),
            "model": np.frombuffer(model, np.uint8),
            "note": note,
        }


@dataclass(frozen=True, eq=False)
class Trained:
    """What a `Training` gave.

    Args:
        scores: By name, shape (event,).
        seen: Largest share of what was scored that had been learned from; of the first training.
        quality: Rows of `FeatureQuality`.
        n_inputs: Numbers that an event is for this detector.
        model: The scorer as a file holds it; empty if it has no file form.
        note: Why it has none.
    """

    scores: Mapping[str, Floats]
    seen: float
    quality: tuple[tuple[str, str, float, float], ...]
    n_inputs: int
    model: bytes
    note: str

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Trained":
        """From the plain value."""
        scores = dict(zip(value["names"], value["scores"], strict=True))
        rows = tuple((str(k), str(f), float(a), float(r)) for k, f, a, r in value["quality"])
        model = np.asarray(value["model"]).tobytes()
        return cls(scores, float(value["seen"]), rows, int(value["n_inputs"]), model, value["note"])


def do_trainings(pieces: Sequence[Any], shared: Any, place: Workplace) -> list[dict[str, Any]]:
    """The values of trainings, which keep what they have so far until all of them are finished.

    Args:
        pieces: `Training`, or pieces that hand their work to one.
        shared: What they need, a dataclass with a field `keeping`.
        place: Who does them, and where they are kept.
    """
    keeping = Keeping.beside(place.store)
    values = do(
        pieces,
        shared=replace(shared, keeping=keeping),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    keeping.forget_parts(piece.key for piece in pieces)
    return values


def _model(scorer: FittedDetector) -> tuple[bytes, str]:
    try:
        return scorer_bytes(scorer), ""
    except BadValue as error:  # a detector of another package
        return b"", str(error)


def _seen(scorer: FittedDetector, scored: Mapping[str, Batches]) -> float:
    """The largest share of known events among what is scored."""
    shares = [0.0]
    for batches in scored.values():
        known, n = 0.0, 0
        for events in batches:
            known, n = known + scorer.seen.share(events) * len(events), n + len(events)
        shares.append(known / n if n else 0.0)
    return max(shares)


def _n_inputs(scorer: FittedDetector, test: Batches) -> int:
    first = next((events for events in test if len(events)), None)
    if first is None:
        return 0
    return int(np.prod(scorer.inputs(first[:1]).x.shape[1:]))
