"""`PosterClaims`: what the poster says, sentence by sentence, beside what comes out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Column, Part, Result, Summary, Table
from anomalon.core.rounding import measured, percent, plain
from anomalon.report import register_result
from anomalon.studies.trigger.models import (
    BASE_DIJET,
    BASE_EB,
    FLOORED,
    IMPROVED,
    SMALL,
)
from anomalon.trigger import Operated, TriggerResult

__all__ = ["HIGH_ENERGY", "Claim", "PosterClaims", "claims_of", "kept", "supported_rate"]

Floats = NDArray[np.floating[Any]]
Outcome = Literal["holds", "does not hold", "cannot be said"]

HIGH_ENERGY = ("zz4l", "hahm")
"""The signals that the poster names."""
_LOW_ENERGY = ("jz1", "jz2")
_TWICE = 2.0
_MOST = 0.9  # of the signals: where twice as much is more, none can be told to be good enough
_SAME = 1.2  # ratio of efficiencies below which nothing has been gained


@dataclass(frozen=True)
class Claim:
    """A sentence, and what was found.

    Args:
        sentence: Of the poster.
        found: The numbers.
        outcome: What follows.
    """

    sentence: str
    found: str
    outcome: Outcome


@dataclass(frozen=True)
class Row:
    """One line of the poster's three columns, in words.

    Args:
        level: "High-Level Trigger" or "Level-1".
        what: Is in the line.
        base_eb: The model that learned from enhanced bias.
        base_dijet: The same from dijets.
        improved: The improved one.
    """

    level: str
    what: str
    base_eb: str
    base_dijet: str
    improved: str


@dataclass(frozen=True, eq=False)
class PosterClaims(Result):
    """All sentences that can be tested.

    Args:
        claims: In the order of the poster.
        hlt_rate: At which rate, in Hz.
        l1_rate: The same at Level-1.
        columns: What the three models of the poster do, at both levels.
    """

    kind: ClassVar[str] = "claims of the trigger poster"

    claims: tuple[Claim, ...]
    hlt_rate: float
    l1_rate: float
    columns: tuple[Row, ...] = ()

    def summary(self) -> Summary:
        """What a reader is told."""
        n = {what: sum(c.outcome == what for c in self.claims)
             for what in ("holds", "does not hold", "cannot be said")}  # fmt: skip
        columns = (Column("the poster says"), Column("found here"), Column("so it"))
        rows = tuple((c.sentence, c.found, c.outcome) for c in self.claims)
        return Summary(
            kind="claims",
            title="What the poster says, sentence by sentence",
            status="done",
            verdict=f"{n['holds']} of {len(self.claims)} sentences hold",
            headline=(
                f"{n['holds']} sentences hold, {n['does not hold']} do not"
                f"{_unsaid(n['cannot be said'])}. They are judged at {plain(self.hlt_rate)} Hz of "
                f"the High-Level Trigger and {plain(self.l1_rate)} Hz of Level-1."
            ),
            how="Medians over trainings, of simulated events. The poster has 10 Hz; where these "
            "events know no threshold of all three models at a rate, the next that they know is "
            "judged, and says nothing of lower ones.",
            parts=(
                Part("Sentences", tables=(Table("Claims", columns, rows),)),
                Part("The three columns of the poster", tables=(self._three(),)),
            ),
        )

    def _three(self) -> Table:
        names = ("level", "", BASE_EB, BASE_DIJET, IMPROVED)
        rows = tuple((r.level, r.what, r.base_eb, r.base_dijet, r.improved) for r in self.columns)
        return Table(
            "Base EB, Base dijet, Improved", tuple(map(Column, names)), rows,
            note="Medians over trainings that have a threshold; rates are those of the median one.",
        )  # fmt: skip


def _unsaid(n: int) -> str:
    return f", and of {n} these events cannot say it" if n else ""


register_result(PosterClaims)


def claims_of(hlt: TriggerResult, l1: TriggerResult) -> PosterClaims:
    """What the two levels say of the sentences of the poster."""
    return PosterClaims(
        (
            _finds(hlt), _leaves(hlt), _floor(hlt, better=True), _follows(hlt, "HLT"), _size(hlt),
            _levels(hlt, l1), _floor(l1, better=False), _little(l1), _follows(l1, "Level-1"),
        ),
        hlt.working.rate,
        l1.working.rate,
        (*_columns(hlt), *_columns(l1)),
    )  # fmt: skip


def _columns(result: TriggerResult) -> Iterator[Row]:
    """What the three models of the poster do at one level."""
    models = [result.model(name) for name in (BASE_EB, BASE_DIJET, IMPROVED)]

    def row(what: str, cell: Callable[[Operated], str]) -> Row:
        return Row(result.name, what, *map(cell, models))

    def known(model: Operated, words: str) -> str:
        return "no threshold" if model.point.why else words

    yield row("rate [Hz]", lambda m: known(m, measured(m.point.hz, m.point.error)))
    yield row("effective events behind it", lambda m: known(m, plain(m.point.n_effective, 3)))
    yield row("trainings with a threshold", lambda m: f"{len(m.operating)} of {len(m.points)}")
    for i, one in enumerate((*models[0].signals, *models[0].samples)):
        shares = [_share((*model.signals, *model.samples)[i].median) for model in models]
        yield Row(result.name, f"kept of {one.name}", *shares)
    yield row(
        "Spearman's correlation with the leading pT",
        lambda m: plain(float(np.median(m.leading_pt)), 2),
    )


def supported_rate(result: TriggerResult) -> float:
    """The least round rate at which all trainings of the poster's models have a threshold; in Hz.

    The asked one if they have, or if there is no such rate below half of what reaches the trigger.
    """
    points = [p for name in (BASE_EB, BASE_DIJET, IMPROVED) for p in result.model(name).points]
    least, asked = max(point.least_hz for point in points), result.working.rate
    if not any(point.why for point in points) or not least < result.working.reaching_hz / 2:
        return asked
    ten = 10.0 ** np.floor(np.log10(least))
    return float(next(step * ten for step in (1, 2, 5, 10) if step * ten >= least))


def kept(model: Operated, names: Sequence[str] = HIGH_ENERGY) -> float:
    """Mean over signals of the median efficiency; NaN without a threshold."""
    found = [k.median for k in (*model.signals, *model.samples) if k.name in names]
    return float(np.mean(found)) if found else float("nan")


def _better_base(result: TriggerResult) -> tuple[str, float]:
    """The base model that keeps more, and how much; NaN if neither has a threshold."""
    found = {name: kept(result.model(name)) for name in (BASE_EB, BASE_DIJET)}
    known = {name: value for name, value in found.items() if not np.isnan(value)}
    if not known:
        return BASE_EB, float("nan")
    best = max(known, key=lambda name: known[name])
    return best, known[best]


def _outcome(*values: float, holds: bool) -> Outcome:
    if any(np.isnan(value) for value in values):
        return "cannot be said"
    return "holds" if holds else "does not hold"


def _share(value: float) -> str:
    return "no threshold" if np.isnan(value) else percent(value)


def _finds(hlt: TriggerResult) -> Claim:
    name, before = _better_base(hlt)
    after = kept(hlt.model(IMPROVED))
    each = ", ".join(
        f"{k.name} {_share(k.median)}" for k in hlt.model(IMPROVED).signals if k.name in HIGH_ENERGY
    )
    asked, outcome = (
        "asked for: twice as much",
        _outcome(before, after, holds=after >= _TWICE * before),
    )
    if _TWICE * before > _MOST:
        asked, outcome = "twice as much is more than a trigger can keep", "cannot be said"
    return Claim(
        "HLT: performance improved significantly; high energy signals like HAHMggf and ZZ4Lep are "
        "anomalous.",
        f"{IMPROVED} keeps {each}; mean {_share(after)} beside {_share(before)} of {name} "
        f"({asked})",
        outcome,
    )


def _leaves(hlt: TriggerResult) -> Claim:
    model = hlt.model(IMPROVED)
    soft, hard = kept(model, _LOW_ENERGY), kept(model)
    return Claim(
        "HLT: low energy jets and enhanced bias are background.",
        f"{IMPROVED} keeps {_share(soft)} of JZ1 and JZ2 that reach the trigger, {_share(hard)} of "
        "the signals",
        _outcome(soft, hard, holds=soft < hard / 10),
    )


def _floor(result: TriggerResult, *, better: bool) -> Claim:
    """With the floor of 50 GeV and without; which of the two is the poster's depends on level."""
    here, other = kept(result.model(IMPROVED)), kept(result.model(FLOORED))
    with_floor, without = (here, other) if better else (other, here)
    gained = with_floor > _SAME * without
    sentence = (
        "HLT: jets below 50 GeV were zeroed out to reduce the effect of noise."
        if better
        else "Level-1: zeroing out low energy jets did not improve performance."
    )
    return Claim(
        sentence,
        f"with the floor {_share(with_floor)} of the signals, without {_share(without)}",
        _outcome(with_floor, without, holds=gained if better else not gained),
    )


def _follows(result: TriggerResult, level: str) -> Claim:
    after = float(np.median(result.model(IMPROVED).leading_pt))
    before = {n: float(np.median(result.model(n).leading_pt)) for n in (BASE_EB, BASE_DIJET)}
    words = ", ".join(f"{name} {plain(value, 2)}" for name, value in before.items())
    return Claim(
        f"{level}: the score follows the leading pT more closely under the improved model.",
        f"Spearman's correlation {plain(after, 2)}; {words}",
        _outcome(after, *before.values(), holds=after > max(before.values())),
    )


def _size(hlt: TriggerResult) -> Claim:
    large, small = (float(np.median(hlt.model(n).leading_pt)) for n in (IMPROVED, SMALL))
    base = max(float(np.median(hlt.model(n).leading_pt)) for n in (BASE_EB, BASE_DIJET))
    gain = large - base
    return Claim(
        "HLT: this was likely caused by the larger network.",
        f"correlation {plain(large, 2)} with the large network, {plain(small, 2)} with the small "
        f"one and all else as improved, {plain(base, 2)} at most of the base models",
        _outcome(large, small, base, holds=gain > 0 and large - small > gain / 2),
    )


def _levels(hlt: TriggerResult, l1: TriggerResult) -> Claim:
    below, above = _better_base(l1)[1], _better_base(hlt)[1]
    return Claim(
        "Level-1: the base models were much better than at the HLT.",
        f"the better base model keeps {_share(below)} of the signals at Level-1 and "
        f"{_share(above)} at the HLT, at the rate of each level",
        _outcome(below, above, holds=below > _TWICE * above),
    )


def _little(l1: TriggerResult) -> Claim:
    name, before = _better_base(l1)
    after = kept(l1.model(IMPROVED))
    return Claim(
        "Level-1: the changes did not significantly improve performance.",
        f"{IMPROVED} {_share(after)} of the signals, {name} {_share(before)}",
        _outcome(before, after, holds=after <= _SAME * before),
    )
