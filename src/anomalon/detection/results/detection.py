"""`DetectionResult`: what detectors have found, compared with each other and with baselines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.plain import beside
from anomalon.core.result import Check, Result, Summary, Text
from anomalon.core.shown import Fact, Shown
from anomalon.data.score_table import write_scores
from anomalon.detection.results.found import AnomalousEvent, Found

if TYPE_CHECKING:
    from anomalon.core.result import Writer

__all__ = ["DetectionResult", "File", "bytes_writer", "scores_and_models"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class File:
    """A file of events.

    Args:
        name: What it is called here.
        source: Where it is from.
        n_events: Events that were used.
        n_test: Those of them that were scored.
        digest: Of what is in the events.
    """

    name: str
    source: str
    n_events: int
    n_test: int
    digest: str


@dataclass(frozen=True, eq=False, repr=False)
class DetectionResult(Shown, Result):
    """Detectors fitted on background, and what they say of the test background and of signals.

    Args:
        name: Title.
        seed: Root of all random numbers.
        files: The background first, then data without truth, if there are any, then signals.
        detectors: In the order of the settings, baselines last.
        correlations: Spearman's between scores on the test background, shape (detector, detector).
        chosen: Name of the detector that `events` are those of.
        events: The most anomalous ones, of the test background and of data without truth.
        checks: What has to hold.
        citations: Of what was used.
        scores: Columns of `scores.parquet`, by name; not in the plain form.
        models: Saved detectors by name and training, as files hold them; not in the plain form.
    """

    kind: ClassVar[str] = "detect"

    name: str
    seed: str
    files: tuple[File, ...]
    detectors: tuple[Found, ...]
    correlations: Floats
    chosen: str
    events: tuple[AnomalousEvent, ...]
    checks: tuple[Check, ...]
    citations: tuple[str, ...] = ()
    scores: Mapping[str, NDArray[Any]] = field(default_factory=dict, metadata=beside)
    models: Mapping[str, bytes] = field(default_factory=dict, metadata=beside)

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals."""
        return tuple(s.signal for s in self.detectors[0].signals)

    @property
    def learned(self) -> tuple[Found, ...]:
        """All but the baselines."""
        return tuple(d for d in self.detectors if not d.baseline)

    @property
    def baselines(self) -> tuple[Found, ...]:
        """The trivial ones."""
        return tuple(d for d in self.detectors if d.baseline)

    def detector(self, name: str) -> Found:
        """That of a name.

        Raises:
            KeyError: If there is none.
        """
        return {d.name: d for d in self.detectors}[name]

    def facts(self) -> tuple[Fact, ...]:
        """The headline, and what it stands on."""
        summary = self.summary()
        return (Text("verdict", summary.verdict), *summary.numbers)

    def summary(self) -> Summary:
        """What a reader is told."""
        from anomalon.detection.results.detection_summary import summary_of

        return summary_of(self)

    def exports(self) -> "Mapping[str, str | Writer]":
        """Scores of all test events, and the saved detectors."""
        return scores_and_models(self.scores, self.models)


def scores_and_models(
    scores: Mapping[str, NDArray[Any]], models: Mapping[str, bytes]
) -> "dict[str, str | Writer]":
    """The files of a run folder that hold scores, if there are any, and saved detectors."""
    files: dict[str, str | Writer] = {
        f"models/{name}.npz": bytes_writer(data) for name, data in models.items()
    }
    if scores:
        files["scores.parquet"] = lambda path: write_scores(scores, path)
    return files


def bytes_writer(data: bytes) -> Callable[[Path], int]:
    """Writes these bytes at the path that it is given."""
    return lambda path: path.write_bytes(data)
