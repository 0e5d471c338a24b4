"""From what trainings gave to what is found of each detector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.detection.batches import Batches
from anomalon.detection.describing import (
    histogram,
    plane,
    quantities,
    rank_correlations,
)
from anomalon.detection.evaluating import against
from anomalon.detection.jet_numbers import number_of
from anomalon.detection.named import Named
from anomalon.detection.results.found import FeatureQuality, Found
from anomalon.detection.training import TEST, Trained
from anomalon.stats.cuts.paired import difference_of_areas

__all__ = ["Scored", "beside_baselines", "found_of", "latent_warning"]

Floats = NDArray[np.float64]

_N_DRAWN = 2  # of the quantities, against the score


@dataclass(frozen=True, eq=False)
class Scored:
    """What is known of the events that were scored, beside their scores.

    Args:
        batches: The events, by name of their file; the test background is `TEST`.
        columns: By file: identity, weight, the process where it is known, and of jets which of
            its event each is; shape (event,).
        quantities: Of the test background, by name.
    """

    batches: Mapping[str, Batches]
    columns: Mapping[str, Mapping[str, NDArray[Any]]]
    quantities: Mapping[str, Floats]

    @classmethod
    def of(cls, batches: Mapping[str, Batches]) -> "Scored":
        """Go through the events once."""
        columns = {name: _columns(events) for name, events in batches.items()}
        each = [quantities(events) for events in batches[TEST] if len(events)]
        joined = {name: np.concatenate([one[name] for one in each]) for name in each[0]}
        return cls(batches, columns, joined)

    def n(self, name: str) -> int:
        """Events of a file that were scored."""
        return len(self.columns[name]["event"])

    def weight(self, name: str) -> Floats:
        """Of the events of a file."""
        return self.columns[name]["weight"]

    def table(
        self, every: Sequence[Named], trained: Mapping[str, Sequence[Trained]]
    ) -> dict[str, NDArray[Any]]:
        """Columns of `scores.parquet`: what the events are, then a score for each training."""
        file = [np.full(self.n(name), name or "background") for name in self.columns]
        shared = set.intersection(*(set(columns) for columns in self.columns.values()))
        table = {"file": np.concatenate(file)}
        for name in ("event", "jet", "weight", "process"):
            if name in shared:
                table[name] = np.concatenate([c[name] for c in self.columns.values()])
        for one in every:
            for i, fit in enumerate(trained[one.name]):
                scores = [fit.scores[name] for name in self.columns]
                table[one.column(i)] = np.concatenate(scores)
        return table


def _columns(batches: Batches) -> dict[str, NDArray[Any]]:
    parts: dict[str, list[NDArray[Any]]] = {}
    for events in batches:
        known = {"event": events.column("event"), "weight": events.weight}
        number = number_of(events)
        if number is not None:
            known["jet"] = number
        if "process" in events.columns:
            known["process"] = events.column("process")
        for name, values in known.items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def found_of(
    one: Named, trained: Sequence[Trained], scored: Scored, signals: Sequence[str]
) -> Found:
    """What one detector has done.

    Args:
        one: The detector.
        trained: Its trainings.
        scored: What was scored.
        signals: Names of the files of signals.
    """
    first = trained[0].scores
    background = [fit.scores[TEST] for fit in trained]
    weight = scored.weight(TEST)
    columns = [first[TEST], *scored.quantities.values()]
    of_quantities = rank_correlations(columns, weight)[0, 1:]
    correlations = dict(zip(scored.quantities, map(float, of_quantities), strict=True))
    drawn = () if one.baseline else tuple(scored.quantities)[:_N_DRAWN]
    of_signals = {s: (first[s], scored.weight(s)) for s in signals}
    return Found(
        name=one.name,
        kind=one.detector.kind,
        settings=repr(one.detector),
        baseline=one.baseline,
        trainings=len(trained),
        seen=max(fit.seen for fit in trained),
        signals=tuple(
            against(s, background, [fit.scores[s] for fit in trained], weight, scored.weight(s))
            for s in signals
        ),
        histogram=histogram(first[TEST], weight, of_signals),
        correlations=correlations,
        planes=tuple(plane(q, scored.quantities[q], first[TEST], weight) for q in drawn),
        reconstruction=tuple(FeatureQuality(*row) for row in trained[0].quality),
        warning=latent_warning(one, trained[0].n_inputs),
        model_note=trained[0].note,
    )


def beside_baselines(
    found: Sequence[Found],
    trained: Mapping[str, Sequence[Trained]],
    scored: Scored,
    signals: Sequence[str],
) -> tuple[Found, ...]:
    """The same with what is known of differences from trivial baselines, on the same events.

    Args:
        found: All detectors.
        trained: Their trainings, by name.
        scored: What was scored.
        signals: Names of the files of signals; without any nothing is known.
    """
    if not signals:
        return tuple(found)
    weights = scored.weight(TEST), [scored.weight(s) for s in signals]

    def scores(one: Found) -> tuple[Floats, list[Floats]]:
        of = trained[one.name][one.median_training].scores
        return of[TEST], [of[s] for s in signals]

    trivial = {one.name: scores(one) for one in found if one.baseline}

    def beside(one: Found) -> Found:
        own = scores(one)
        each = {
            name: difference_of_areas(own, other, *weights).uncertainty
            for name, other in trivial.items()
        }
        return replace(one, beside=each)

    return tuple(one if one.baseline else beside(one) for one in found)


def latent_warning(one: Named, n_inputs: int) -> str:
    """A middle that is as wide as the inputs lets everything through."""
    n_latent = getattr(one.detector, "n_latent", None)
    if n_latent is None or n_latent < n_inputs:
        return ""
    return (
        f"{one.name} has {n_latent} numbers in its middle and {n_inputs} at its entrance: it can "
        "copy every event, anomalies too. Choose n_latent far below the number of inputs."
    )
