"""From what was found in each data set to the places of a result."""

from collections.abc import Iterable, Mapping, Sequence
from math import nan

import numpy as np

from anomalon.core.rounding import efficiency as working_point
from anomalon.core.rounding import p_value
from anomalon.core.window import Window
from anomalon.search.events.non_closure import OWN_CUT
from anomalon.search.events.selector import Selector
from anomalon.search.results.naming import window_names
from anomalon.search.results.validation import Place, PlaceVerdict, SamplePulls
from anomalon.search.results.window import By
from anomalon.search.validation.judging import WindowPulls, judged
from anomalon.search.validation.pieces import Found

__all__ = ["places"]

Series = tuple[By, tuple[str, ...], float]
"""What selects, the feature set (() without a cut), the efficiency: all windows have the same."""

OfSample = Mapping[int, Sequence[Found]]
"""What was found in each data set of a sample, by its number."""


def places(
    windows: Sequence[Window],
    by: Sequence[Selector],
    efficiencies: Sequence[float],
    found: Mapping[str, OfSample],
    levels: tuple[float, float],
) -> tuple[Place, ...]:
    """Every window, feature set and working point, in the order of a ledger.

    Args:
        windows: Of the search.
        by: What selects.
        efficiencies: Of its cuts.
        found: In each sample, by its name.
        levels: Below which p-value a window fails, and from which on width is chance.
    """
    series: list[Series] = [("classifier", (), 1.0)]
    for one in by:
        cuts = (OWN_CUT,) if one.by == "cut" else sorted(efficiencies, reverse=True)
        series += [(one.by, one.features, efficiency) for efficiency in cuts]
    columns = {name: _by_place(of_sets) for name, of_sets in found.items()}
    pulls = {one: _series(windows, one, columns, levels) for one in series}
    names = window_names(windows)
    return tuple(
        _place(window, names[i], one, pulls[one][i])
        for i, window in enumerate(windows)
        for one in series
    )


def _by_place(of_sets: OfSample) -> dict[tuple[int, tuple[str, ...], float], list[Found]]:
    """What was found at each place, in the order of the data sets; the first of each."""
    table: dict[tuple[int, tuple[str, ...], float], list[Found]] = {}
    for number in sorted(of_sets):
        seen = set()
        for one in of_sets[number]:
            place = (one.window, one.features, one.efficiency)
            if place not in seen:  # without a cut it is the same whatever the features
                table.setdefault(place, []).append(one)
            seen.add(place)
    return table


def _series(
    windows: Sequence[Window],
    series: Series,
    columns: Mapping[str, Mapping[tuple[int, tuple[str, ...], float], list[Found]]],
    levels: tuple[float, float],
) -> list[list[tuple[SamplePulls, bool]]]:
    """Pulls of each window in each sample, and whether it failed there."""
    rows: list[list[tuple[SamplePulls, bool]]] = [[] for _ in windows]
    for name, table in columns.items():
        given = [_found(table, i, series) for i in range(len(windows))]
        verdicts = judged(
            [_pulls(w, some) for w, some in zip(windows, given, strict=True)], *levels
        )
        for row, some, verdict in zip(rows, given, verdicts, strict=True):
            pulls = SamplePulls(
                sample=name,
                n=np.array([f.n for f in some]),
                expected=np.array([f.expected for f in some]),
                sigma=np.array([f.sigma for f in some]),
                pull=np.array([f.pull for f in some]),
                why=next((f.why for f in some if f.why), ""),
                p_value=verdict.p_value,
                closure=verdict.closure,
            )
            row.append((pulls, verdict.failed))
    return rows


def _found(
    table: Mapping[tuple[int, tuple[str, ...], float], list[Found]], i: int, series: Series
) -> list[Found]:
    """Also of a window that has come to nothing, in which only the reason is known."""
    _, features, efficiency = series
    if some := table.get((i, features, efficiency)):
        return some
    why = next((f.why for f in table.get((i, (), 1.0), ()) if f.why), "no answer")
    return [Found(i, features, efficiency, nan, nan, nan, nan, why)]


def _pulls(window: Window, some: Iterable[Found]) -> WindowPulls:
    known = [one for one in some if np.isfinite(one.pull)]
    return WindowPulls(
        window,
        np.array([one.pull for one in known]),
        np.array([one.sigma / one.expected for one in known]),
    )


def _place(
    window: Window, name: str, series: Series, pulls: Sequence[tuple[SamplePulls, bool]]
) -> Place:
    by, features, efficiency = series
    verdict: PlaceVerdict = "passed"
    whys = [
        f"{one.sample}: mean pull {one.mean:+.1f}, width {one.width:.1f}, p = "
        f"{p_value(one.p_value)}"
        for one, failed in pulls
        if failed
    ]
    if whys:
        verdict = "failed"
    elif nothing := [one for one, _ in pulls if not len(one.known)]:
        verdict = "no answer"
        whys = [f"{one.sample}: {one.why}" for one in nothing]
    label = "own cut" if efficiency == OWN_CUT else working_point(efficiency)
    every = tuple(one for one, _ in pulls)
    return Place(window, name, by, features, efficiency, label, every, verdict, "; ".join(whys))
