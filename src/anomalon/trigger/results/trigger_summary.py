"""What a reader is told of a trigger."""

from collections.abc import Callable

import numpy as np

from anomalon.core.result import Column, Number, Part, Summary, Table, Text
from anomalon.core.rounding import count, measured, percent, plain
from anomalon.trigger.results.operated import Kept, Operated, OperatingPoint
from anomalon.trigger.results.trigger import TriggerResult

__all__ = ["summary_of"]

_MOST_ITEMS = 20  # in the table; all are in result.json


def summary_of(result: TriggerResult) -> Summary:
    """The summary of a result."""
    failed = any(check.passed is False for check in result.checks)
    chosen = result.model(result.chosen)
    return Summary(
        kind="anomaly trigger",
        title=result.name,
        status="no answer" if chosen.point.why else "checks failed" if failed else "done",
        verdict=_verdict(result, chosen),
        headline=_headline(result, chosen),
        numbers=_numbers(result, chosen),
        ok=not failed,
        how=_how(result),
        problems=(chosen.point.why,) if chosen.point.why else (),
        warnings=_warnings(result),
        notes=tuple(f"{m.name} was not saved. {m.model_note}" for m in result.models
                    if m.model_note),
        checks=result.checks,
        table=_table(result),
        parts=_parts(result),
        citations=result.citations,
    )  # fmt: skip


def _at(result: TriggerResult) -> str:
    working = result.working
    pure = " of pure rate" if working.counting == "pure" else ""
    return f"{plain(working.rate)} Hz{pure}"


def _verdict(result: TriggerResult, chosen: Operated) -> str:
    if chosen.point.why:
        return f"No threshold at {_at(result)}"
    point = chosen.point
    return f"{measured(point.hz, point.error)} Hz at the threshold {plain(point.threshold, 4)}"


def _headline(result: TriggerResult, chosen: Operated) -> str:
    if chosen.point.why:
        least = max(point.least_hz for point in chosen.points)
        least = least if least > result.working.rate else float("inf")
        hint = f" All its trainings have one from {plain(1.01 * least, 4)} Hz on." if (
            np.isfinite(least)
        ) else ""  # fmt: skip
        return f"{chosen.name} has no threshold at {_at(result)}: {chosen.point.why}{hint}"
    if not chosen.point.reached:
        return (
            f"{chosen.name} has {measured(chosen.point.hz, chosen.point.sigma)} Hz instead of "
            f"{_at(result)}: too many events share a score."
        )
    best = _best_baseline(result)
    kept = "; ".join(f"{_share(k)} of {k.name}{_beside(best, k.name)}" for k in chosen.signals)
    rate = f"At {_at(result)}"
    if not kept:
        return f"{rate}, {chosen.name} has the threshold {plain(chosen.point.threshold, 4)}."
    return f"{rate}, {chosen.name} keeps {kept}."


def _share(kept: Kept) -> str:
    known = kept.share[~np.isnan(kept.share)]
    text = percent(kept.median)
    if len(known) > 1:
        text += f" ({percent(float(known.min()))} to {percent(float(known.max()))})"
    return text


def _beside(best: Operated | None, name: str) -> str:
    if best is None:
        return ""
    kept = next(k for k in best.signals if k.name == name)
    return f" (a cut on {best.name} {percent(kept.median)})"


def _best_baseline(result: TriggerResult) -> Operated | None:
    """The trivial selection that keeps most of the signals; None if none has the asked rate."""
    known = [
        one
        for one in result.baselines
        if one.signals and one.point.reached and one.name != result.chosen
    ]
    return max(known, key=lambda one: float(np.nanmean(one.mean_kept)), default=None)


def _numbers(result: TriggerResult, chosen: Operated) -> tuple[Number | Text, ...]:
    working, point = result.working, chosen.point
    numbers: list[Number | Text] = [
        _comes_in(result),
        Number("reaches the trigger", working.reaching_hz, working.reaching_sigma, unit="Hz"),
    ]
    if working.menu:
        numbers.append(Number("present menu", working.menu_hz, working.menu_sigma, unit="Hz"))
    numbers.append(Number("asked for", working.rate, unit="Hz", digits=6))
    if point.why:
        return tuple(numbers)
    numbers += [
        Number("rate", point.hz, point.error, unit="Hz"),
        Number("total rate", point.total_hz, point.total_sigma, unit="Hz"),
        Number("effective events behind it", point.n_effective),
        Number("its statistical error", point.sigma, unit="Hz"),
        Number("heavier events may add", point.unseen, unit="Hz"),
        Number("threshold", point.threshold, digits=5),
    ]
    return tuple(numbers)


def _comes_in(result: TriggerResult) -> Number:
    hz, sigma = result.working.incoming_hz, result.working.incoming_sigma
    return (
        Number("comes in", hz, sigma, unit="Hz") if sigma else
        Number("comes in", hz, unit="Hz", digits=6)
    )  # fmt: skip


def _how(result: TriggerResult) -> str:
    most = max(len(model.points) for model in result.models)
    reach = f" Only events with {result.working.after} reach it." if result.working.after else ""
    return (
        f"Each model was trained {most} times with other seeds on events that are not judged. "
        "Thresholds are those of the test background."
        f"{reach} Shares are of the events that reach the trigger."
    )


def _warnings(result: TriggerResult) -> tuple[str, ...]:
    found = []
    if result.working.unweighted:
        found.append(
            "All weights of the background are one, so each event counts as 1 Hz. If that is not "
            "so, say with `incoming` what rate the events stand for together."
        )
    for model in result.models:
        n = sum(not point.supported and not point.why for point in model.points)
        if n and not model.baseline:
            found.append(
                f"{model.name}: in {n} of {len(model.points)} trainings common events lie so close "
                "below the threshold that the rate may be larger than its error says. More of "
                "these events are needed."
            )
    best = _best_baseline(result)
    chosen = result.model(result.chosen)
    if best is not None and chosen.operating and chosen.signals:
        of_chosen = float(np.nanmedian(chosen.mean_kept))
        if of_chosen <= float(np.nanmean(best.mean_kept)):
            found.append(
                f"A cut on {best.name}, which learns nothing, keeps as much of the signals: "
                f"{percent(float(np.nanmean(best.mean_kept)))} on average, {chosen.name} "
                f"{percent(of_chosen)}."
            )
    return tuple(found)


def _table(result: TriggerResult) -> Table:
    """What each model keeps, and where its threshold is."""
    columns = (
        Column("model"), Column("rate", unit="Hz"), Column("effective events"),
        *(Column(kept.name, form="percent") for kept in result.models[0].signals),
        *(Column(kept.name, form="percent") for kept in result.models[0].samples),
    )  # fmt: skip
    rows = tuple(
        (
            model.name,
            "none" if point.why else measured(point.hz, point.error),
            None if point.why else point.n_effective,
            *(_or_none(kept.median) for kept in (*model.signals, *model.samples)),
        )
        for model in result.models
        for point in (model.point,)
    )
    here = next(i for i, model in enumerate(result.models) if model.name == result.chosen)
    of_files = (*result.models[0].signals, *result.models[0].samples)
    events = ", ".join(f"{kept.name} {count(kept.n)}" for kept in of_files)
    note = (
        "Medians over trainings that have a threshold; samples are background that was simulated."
    )
    note += f" Events that reach the trigger: {events}." if events else ""
    return Table(f"At {_at(result)}", columns, rows, best=(here,), note=note)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def _parts(result: TriggerResult) -> tuple[Part, ...]:
    leading = Part(
        "Leading pT and the score",
        text="Columns are of one colour if the score does not follow the leading pT. A trigger "
        "that follows it closely fires where a jet trigger does.",
        figures=("planes",),
        tables=(_correlations(result),),
    )
    turn_ons = Part("Where the signals are kept", figures=("turn-on",)) if result.signals else None
    used = Part("What was used", tables=(_files(result), _settings(result)), folded=True)
    rates = (_rates(result), _items(result), _trainings(result))
    parts = (_signals(result), *rates, leading, turn_ons, _stability(result), used)
    return tuple(part for part in parts if part is not None)


def _signals(result: TriggerResult) -> Part | None:
    if not result.signals:
        return None
    columns = (
        Column("signal"), Column("model"), Column("kept", form="percent"), Column("trainings"),
        Column("68 % of the events"), Column("one error of the rate"),
        Column("present menu", form="percent"), Column("beside it", form="percent"),
        Column("gain", form="percent"),
    )  # fmt: skip
    rows = tuple(
        (
            kept.name, model.name, _or_none(kept.median), _range(kept.share, percent),
            _ends(kept.low, kept.high), _ends(kept.tighter, kept.looser), _or_none(kept.menu),
            _or_none(kept.median_pure), _or_none(kept.gain),
        )
        for i in range(len(result.signals))
        for model in result.models
        for kept in (model.signals[i],)
    )  # fmt: skip
    return Part(
        "Signals",
        text="Efficiency against the rate of the background that counts; the dotted line is the "
        "asked one. Shares are of the events that reach this trigger.",
        figures=("roc",),
        tables=(Table(f"Signals at {_at(result)}", columns, rows),),
    )


def _range(values: "np.ndarray[tuple[int, ...], np.dtype[np.floating]]",
           written: Callable[[float], str]) -> str:  # fmt: skip
    known = values[~np.isnan(values)]
    if not len(known):
        return "none has a threshold"
    low, high = written(float(known.min())), written(float(known.max()))
    return low if len(known) == 1 else f"{low} to {high}"


def _ends(low: float, high: float) -> str:
    return "" if np.isnan(low) else f"{percent(low)} to {percent(high)}"


def _rates(result: TriggerResult) -> Part:
    columns = (
        Column("model"), Column("training", form="count"), Column("threshold", digits=5),
        Column("rate", unit="Hz"), Column("effective events"), Column("unseen", unit="Hz"),
        Column("total", unit="Hz"), Column("closes", form="percent"),
        Column("halvings", form="count"), Column("all rates from", unit="Hz"), Column("why not"),
    )  # fmt: skip
    rows = tuple(
        (
            model.name, i + 1, _or_none(p.threshold), _pm(p.hz, p.error), _or_none(p.n_effective),
            _or_none(p.unseen), _pm(p.total_hz, p.total_sigma), _or_none(p.closed),
            p.n_halvings or None, _or_none(p.least_hz), p.why and _why(p, result.working.rate),
        )
        for model in result.models
        for i, p in enumerate(model.points)
    )  # fmt: skip
    note = (
        "Unseen: what events heavier than those that pass may add; it is in the error of the rate, "
        "in quadrature. Closes: share of the halvings of the test background in which the "
        "threshold of one half has the asked rate on the other within one statistical error; 68 % "
        "is right. All rates from: from which rate on the events support every threshold."
    )
    return Part("Rates and thresholds", tables=(Table("Working points", columns, rows, note=note),),
                folded=True)  # fmt: skip


def _why(point: OperatingPoint, asked: float) -> str:
    return "too few events" if point.least_hz > asked else "more than there is"


def _items(result: TriggerResult) -> Part | None:
    """Items of the menu that share most with the chosen model."""
    always = (
        f"Left out, because they fire in every event: {', '.join(result.always)}."
        if result.always
        else ""
    )
    if not result.items:
        return Part("Beside the items of the menu", text=always) if always else None
    point = result.model(result.chosen).point
    columns = (
        Column("item"), Column("rate", unit="Hz"), Column("both", unit="Hz"),
        Column("of the model", form="percent"), Column("of the item", form="percent"),
    )  # fmt: skip
    rows = tuple(
        (
            item.name, _pm(item.hz, item.sigma), _pm(item.shared_hz, item.shared_sigma),
            item.shared_hz / point.total_hz, item.shared_hz / item.hz if item.hz > 0 else None,
        )
        for item in result.items[:_MOST_ITEMS]
    )  # fmt: skip
    left, n = len(result.items) - len(rows), len(result.items)
    others = f"none of {n} items has" if n > 1 else "the only item has not"
    return Part(
        "Beside the items of the menu",
        text=f"{result.chosen} has {plain(result.beside_items_hz)} Hz that {others}, "
        f"of {_pm(point.total_hz, point.total_sigma)} Hz in all."
        f" {always}",
        tables=(Table("Items that share most with it", columns, rows,
                      note=f"{left} others share less." if left else ""),),
    )  # fmt: skip


def _pm(value: float, sigma: float) -> str:
    return "" if np.isnan(value) else measured(value, sigma)


def _trainings(result: TriggerResult) -> Part | None:
    several = [model for model in result.models if len(model.points) > 1]
    if not several:
        return None
    columns = (
        Column("model"), Column("trainings", form="count"), Column("thresholds", form="count"),
        Column("mean share of signals"), Column("same rate in two trainings", form="percent"),
    )  # fmt: skip
    rows = tuple(
        (
            m.name,
            len(m.points),
            len(m.operating),
            _range(m.mean_kept, percent) if m.signals else None,
            _or_none(m.same),
        )
        for m in several
    )
    return Part(
        "Training it again",
        text="The same settings and the same events with other random numbers: what a retraining "
        "changes though nothing has changed.",
        tables=(Table("Spread over trainings", columns, rows),),
    )


def _stability(result: TriggerResult) -> Part | None:
    columns = (Column("model"), Column("against"), Column("bins", form="count"), Column("χ²"),
               Column("p of a constant", form="p-value"))  # fmt: skip
    rows = tuple(
        (m.name, held.column, held.found.n_bins, held.found.chi2, _or_none(held.found.p_constant))
        for m in result.models
        for held in m.held
    )
    if not rows:
        return None
    text = "The rate that there would be if all events were like those of a bin."
    if result.control is not None:
        fill = result.control
        text += (
            f" In a fill whose pile-up falls from {plain(fill.pile_up[0])} to "
            f"{plain(fill.pile_up[-1])}, the rate of {result.chosen} is off by "
            f"{percent(fill.spread(fill.fixed_hz))} (root mean square) at a fixed threshold, and "
            f"by {percent(fill.spread(fill.followed_hz))} at one that follows the measured rate; "
            f"at its end {plain(fill.n_effective[-1])} effective events stand for it."
        )
    return Part("Stability", text=text, figures=("held", "fill"),
                tables=(Table("Is the rate constant?", columns, rows),))  # fmt: skip


def _correlations(result: TriggerResult) -> Table:
    columns = (Column("model"), Column("Spearman's correlation"), Column("trainings"))
    rows = tuple(
        (m.name, _or_none(float(np.median(m.leading_pt))), _range(m.leading_pt, plain))
        for m in result.models
    )
    return Table("Score and leading pT, test background", columns, rows)


def _files(result: TriggerResult) -> Table:
    columns = (Column("file"), Column("from"), Column("events", form="count"),
               Column("judged", form="count"), Column("digest"))  # fmt: skip
    rows = tuple((f.name, f.source, f.n_events, f.n_test, f.digest[:16]) for f in result.files)
    return Table("Files", columns, rows)


def _settings(result: TriggerResult) -> Table:
    columns = (Column("model"), Column("settings"), Column("learns from"))
    rows = tuple(
        (m.name, m.settings, ", ".join(f"{n} {plain(w)}" for n, w in m.emphasis.items()))
        for m in result.models
    )
    return Table(
        "Models", columns, rows, note="Numbers behind samples: sums of weights in the mix."
    )
