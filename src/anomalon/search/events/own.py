"""Scores and cuts of the user's own, in the place of those of classifiers.

They have learned nothing from these events, so there is one member and one fold, and folds that
learn from each other do not exist. A cut is taken as it is.

A score is flattened in mass as features are, but for two things. The map is fitted outside of the
signal region: one that has seen it takes a part of every excess there away (measured without signal
for a window of 1800 GeV: the standard deviation of Z was 0.7). For features of a classifier it has
to be otherwise (`selection.score_members`). What the map is uncertain by inside is what a
polynomial of its degree is uncertain by that is fitted to the selected spectrum outside, so the
relative fit has as many parameters (`Selection.flat`). And the map is linear in ln(mass) at most:
side bands in which a score bends say that it may have a bump between them, and a map that bends
with them would hide it.
"""

from dataclasses import replace

import numpy as np

from anomalon.core.errors import TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.search.events.mass_leak import cut_leak, score_leak
from anomalon.search.events.selection import MemberScores, Selection
from anomalon.search.results.window import MassLeak

__all__ = ["flattened", "own_cut", "own_scores"]


def own_scores(
    events: Sample,
    window: Window,
    name: str,
    decorrelate: ConditionalQuantiles | None,
    seed: Seed,
) -> MemberScores:
    """The score as a member that has seen no event.

    Args:
        events: All events, also those far from the window.
        window: Signal region and side bands.
        name: The column of the score.
        decorrelate: How it is made independent of the mass, or None.
        seed: Random numbers of this window.

    Raises:
        TooFewEvents: If there are too few for the decorrelation.
    """
    score = flattened(events.select((name,)), window, decorrelate)
    leak = score_leak(score, window, seed.child("mass leak"))
    return _untrained(score, leak, 0 if decorrelate is None else _degree(decorrelate))


def flattened(score: Sample, window: Window, decorrelate: ConditionalQuantiles | None) -> Sample:
    """The score, independent of the mass as far as it follows ln(mass) linearly.

    Args:
        score: Events with the score for their only feature.
        window: The map is fitted outside of its signal region.
        decorrelate: How, or None for the score as it is.
    """
    if decorrelate is None:
        return score
    stiff = replace(decorrelate, degree=_degree(decorrelate))
    unnamed = score.with_x(score.x, ("score",))  # lots between equal scores go by the name
    flat = stiff.fit(unnamed[~window.in_signal_region(score.mass)])(unnamed)
    return flat.with_x(flat.x, score.names)


def _degree(decorrelate: ConditionalQuantiles) -> int:
    return min(decorrelate.degree, 1)


def own_cut(events: Sample, window: Window, name: str) -> tuple[MemberScores, Selection]:
    """The events that pass a cut; its efficiency is that of the side bands.

    Args:
        events: All events.
        window: Signal region and side bands.
        name: The column of the cut: 1 for events that pass, else 0.

    Raises:
        TooFewEvents: If no event of the side bands passes.
    """
    passed = events.column(name) == 1
    side = window.in_sidebands(events.mass)
    weight = events.weight[side]
    efficiency = float(weight @ passed[side] / weight.sum())
    if not efficiency > 0:
        raise TooFewEvents(f"the cut '{name}': no event of the side bands passes.")
    # one is the efficiency of the spectrum without a cut
    selection = Selection(min(efficiency, float(np.nextafter(1, 0))), passed[None] * 1.0)
    return _untrained(events.select((name,)), cut_leak(events, window, passed)), selection


def _untrained(score: Sample, leak: MassLeak, flat: int = 0) -> MemberScores:
    n = len(score)
    return MemberScores(
        score=score.x.T.astype(np.float64),
        fold=np.zeros(n, dtype=np.int64),
        saw=np.zeros((1, 1, n), dtype=np.bool_),
        subsample=1.0,
        mass_leak=leak,
        flat=flat,
    )
