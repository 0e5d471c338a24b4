"""One detector is chosen without a signal: by changed background events that it has not seen."""

from collections.abc import Sequence
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
from anomalon.detectors import SURROGATES, Detector, OutlierExposure, surrogates
from anomalon.report import register_result
from anomalon.run.job import HERE, Workplace
from anomalon.run.work import do
from anomalon.stats import evaluate

__all__ = ["Choice", "chosen"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Choice(Result):
    """How well detectors tell background from changed background.

    Args:
        names: Of the detectors.
        changes: Names of the changes.
        auc: Of each detector and change, shape (detector, change), on validation events.
        n_events: Background events that judged.
    """

    kind: ClassVar[str] = "choice of a detector"

    names: tuple[str, ...]
    changes: tuple[str, ...]
    auc: Floats
    n_events: int

    @property
    def best(self) -> str:
        """The one with the largest mean."""
        return self.names[int(np.argmax(self.auc.mean(axis=1)))]

    def summary(self) -> Summary:
        """What a reader is told."""
        mean = self.auc.mean(axis=1)
        order = np.argsort(-mean)
        head = (
            Column("detector"),
            *(Column(f"AUC {change}") for change in self.changes),
            Column("mean"),
        )
        rows = tuple((self.names[i], *self.auc[i].tolist(), float(mean[i])) for i in order)
        note = (
            "One that learns from changed events has learned from the other changes only, in each "
            "column. No signal was looked at, and no event of the test."
        )
        return Summary(
            kind="choice",
            title="A choice without a signal",
            status="done",
            verdict=f"{self.best}",
            headline=(
                f"{self.best} tells background from changed background best: mean AUC "
                f"{mean.max():.3f} over {len(self.changes)} changes."
            ),
            numbers=(
                Text("chosen", self.best),
                Number("background events that judged", self.n_events, form="count"),
            ),
            parts=(Part("Detectors and changes", tables=(Table("AUC", head, rows, note=note),)),),
        )


register_result(Choice)


def chosen(
    background: Events,
    candidates: Sequence[Named],
    *,
    seed: Seed,
    place: Workplace = HERE,
) -> Choice:
    """Fit all candidates, and judge them by changed validation events.

    Args:
        background: With a column `split`.
        candidates: What there is to choose from.
        seed: Random numbers of fits and changes.
        place: Who does the work.
    """
    learned, judged = part(background, "train"), part(background, "validation")
    of = digest(code_version(), digest(background.objects), str(seed))
    pieces = [_Piece(of, one, c) for one in candidates for c in _ways(one.detector)]
    values = do(
        pieces,
        shared=(learned, judged, seed),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    auc = np.zeros((len(candidates), len(SURROGATES)))
    for piece, value in zip(pieces, values, strict=True):
        i = [one.name for one in candidates].index(piece.named.name)
        for change, area in value.items():
            auc[i, list(SURROGATES).index(change)] = area
    return Choice(tuple(one.name for one in candidates), tuple(SURROGATES), auc, len(judged))


def _ways(detector: Detector) -> tuple[str, ...]:
    """One fit, or one for each change that is left out of what is learned from."""
    return tuple(SURROGATES) if isinstance(detector, OutlierExposure) else ("",)


@dataclass(frozen=True)
class _Piece:
    """A fit, judged by all changes or by the one that was left out."""

    of: str
    named: Named
    left_out: str

    @property
    def key(self) -> str:
        return digest("choice", self.of, self.named, self.left_out)

    @property
    def what(self) -> str:
        return f"{self.named.name} and changed background"

    def __call__(self, shared: Any) -> dict[str, float]:
        learned, judged, seed = shared
        detector = self.named.detector
        if isinstance(detector, OutlierExposure):
            rest = tuple(name for name in SURROGATES if name != self.left_out)
            detector = replace(detector, changes=rest)
        scorer = detector.fit(learned, seed=seed)
        names = [self.left_out] if self.left_out else list(SURROGATES)
        changed = surrogates(judged, seed=seed.child("judges"), names=names)
        background = scorer.score(judged)
        return {
            name: evaluate(background, scorer.score(events)).auc.value
            for name, events in changed.items()
        }
