"""Limits by injection for other people's tools.

limits.csv                one line for each signal: the limits, observed and expected
efficiencies.csv          one line for each signal, working point and strength
hepdata/submission.yaml   with the table of the limits
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from anomalon.stats.exchange import HepDataColumn, HepDataTable, Quantity, limit_table, to_hepdata

if TYPE_CHECKING:
    from anomalon.search.results.injection_limit import InjectionLimitResult

__all__ = ["injection_exports", "injection_tables"]

_BAND = ("minus_2_sigma", "minus_1_sigma", "expected", "plus_1_sigma", "plus_2_sigma")


def injection_exports(result: "InjectionLimitResult") -> dict[str, str]:
    """The tables, by their path in a run folder."""
    tables = injection_tables(result)
    comment = f"{result.name}. {result.data.source}."
    hepdata = to_hepdata(tables, comment=comment) if tables else {}
    return {
        "limits.csv": _csv(_limits(result)),
        "efficiencies.csv": _csv(_efficiencies(result)),
        **{f"hepdata/{name}": text for name, text in hepdata.items()},
    }


def injection_tables(result: "InjectionLimitResult") -> list[HepDataTable]:
    """Tables of the signals that have a limit; none if no signal has one."""
    good = [
        (i + 1, s, s.chosen)
        for i, s in enumerate(result.signals)
        if s.chosen is not None and np.isfinite([s.chosen.observed, *s.chosen.band]).all()
    ]
    if not good:
        return []
    names = "; ".join(f"{i} {signal.name}" for i, signal, _ in good)
    about = (
        f"Upper limits at {100 * result.level:g}% CL by CLs on the {{}}, observed and expected, "
        f"by injection of the signals: {names}."
    )
    number = HepDataColumn("Signal", np.array([float(i) for i, _, _ in good]))
    masses = np.array([signal.mass for _, signal, _ in good])
    observed = np.array([cut.observed for _, _, cut in good])
    band = np.array([cut.band for _, _, cut in good]).T
    tables = [
        limit_table(masses, observed, band, description=about.format("events before the search"))
    ]
    if (fb := result.per_event) is not None:
        tables.append(
            limit_table(
                masses, observed * fb, band * fb,
                quantity=Quantity("Cross section", "FB"),
                name="Upper limits on the cross section",
                description=about.format("cross section"),
            )
        )  # fmt: skip
    return [
        HepDataTable(t.name, t.description, [number, *t.independent], t.dependent, t.keywords)
        for t in tables
    ]


Cell = str | float | int


def _limits(result: "InjectionLimitResult") -> Iterable[Sequence[Cell]]:
    fb = result.per_event
    units = ("events",) if fb is None else ("events", "fb")
    yield (
        "signal", "mass_GeV", "window_GeV", "features", "cut", "selected_at_most_events",
        *(f"{name}_{unit}" for unit in units for name in ("observed", *_BAND)), "remark",
    )  # fmt: skip
    for s in result.signals:
        cut = s.chosen
        if cut is None:
            yield (s.name, s.mass, *[""] * (4 + 6 * len(units)), "no limit")
            continue
        limits = [cut.observed, *(float(x) for x in cut.band)]
        values = limits if fb is None else [*limits, *(x * fb for x in limits)]
        yield (
            s.name, s.mass, str(cut.window), cut.selection_name, cut.cut, cut.events,
            *values, cut.why,
        )  # fmt: skip


def _efficiencies(result: "InjectionLimitResult") -> Iterable[Sequence[Cell]]:
    yield (
        "signal", "mass_GeV", "window_GeV", "features", "cut", "strength_events", "injected",
        "passed", "efficiency", "low", "high", "median_z",
    )  # fmt: skip
    for s in result.signals:
        for c in s.cuts:
            passed, injected, z = np.nansum(c.passed, axis=1), c.injected.sum(axis=1), c.median_z
            for i, strength in enumerate(s.strengths):
                values = (strength, injected[i], passed[i], c.efficiency[i], c.low[i], c.high[i])
                yield (
                    s.name, s.mass, str(c.window), c.selection_name, c.cut,
                    *(float(v) for v in values), float(z[i]),
                )  # fmt: skip


def _csv(rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([f"{x:.7g}" if isinstance(x, float) else x for x in row])
    return text.getvalue()
