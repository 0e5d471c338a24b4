"""`LossesAndAreas`: whether the network with the least loss is the one that finds most."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import spearmanr

from anomalon.core.result import Column, Number, Part, Result, Summary, Table
from anomalon.report import Drawing, register_result
from anomalon.report.axes import blank
from anomalon.report.style import MARKERS, SERIES, styled

__all__ = ["LossPoint", "LossesAndAreas"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class LossPoint:
    """A training.

    Args:
        minimised: What was.
        blocks: Down-sampling blocks.
        beta: Share of the divergence.
        loss: Mean over test jets of the background.
        divergence: The same of the divergence alone; near zero the middle is not used.
        auc: Of each signal, by the loss.
    """

    minimised: str
    blocks: int
    beta: float
    loss: float
    divergence: float
    auc: Floats


@dataclass(frozen=True, eq=False)
class LossesAndAreas(Result):
    """Losses and areas under curves of many trainings.

    Args:
        signals: Names.
        points: Trainings.
    """

    kind: ClassVar[str] = "losses and areas"

    signals: tuple[str, ...]
    points: tuple[LossPoint, ...]

    def best(self, minimised: str, beta: float) -> "tuple[LossPoint, list[LossPoint]]":
        """Of comparable losses the least; and for each signal that of the largest area."""
        some = [p for p in self.points if (p.minimised, p.beta) == (minimised, beta)]
        least = min(some, key=lambda p: p.loss)
        return least, [max(some, key=lambda p: p.auc[i]) for i in range(len(self.signals))]

    def summary(self) -> Summary:
        """What a reader is told."""
        pairs = list(dict.fromkeys((p.minimised, p.beta) for p in self.points))
        same, all_ = 0, 0
        for pair in pairs:
            least, largest = self.best(*pair)
            same += sum(one is least for one in largest)
            all_ += len(largest)
        head = (
            Column("minimised"), Column("blocks"), Column("beta"), Column("loss"),
            Column("divergence"), *(Column(f"AUC {name}") for name in self.signals),
        )  # fmt: skip
        rows = tuple(
            (p.minimised, str(p.blocks), f"{p.beta:g}", p.loss, p.divergence, *p.auc.tolist())
            for p in self.points
        )
        numbers = tuple(
            Number(f"rank correlation of loss and AUC, {name}", self._correlation(i))
            for i, name in enumerate(self.signals)
        )
        return Summary(
            kind="comparison",
            title="Loss and area under the curve",
            status="done",
            verdict="The least loss is not the largest area"
            if same < all_
            else "The least loss has the largest area",
            headline=f"In {same} of {all_} cases the network with the least loss (of one beta) "
            "also has the largest area under the curve.",
            numbers=numbers,
            how="Losses can be compared at one beta only.",
            parts=(
                Part(
                    "Each training",
                    figures=("losses",),
                    tables=(Table("Trainings", head, rows),),
                ),
            ),
            citations=("Fraser:2021lxm",),
        )

    def _correlation(self, signal: int) -> float:
        """Mean over losses that can be compared of Spearman's; NaN with less than three."""
        found = []
        for pair in dict.fromkeys((p.minimised, p.beta) for p in self.points):
            some = [p for p in self.points if (p.minimised, p.beta) == pair]
            if len(some) >= 3:
                auc = [p.auc[signal] for p in some]
                found.append(spearmanr([p.loss for p in some], auc).statistic)
        return float(np.mean(found)) if found else float("nan")


def _drawings(result: LossesAndAreas) -> Iterator[Drawing]:
    words = "Area under the curve against the loss, each relative to the least of its beta."
    yield Drawing("losses", "losses", words, words, _figure(result))


@styled
def _figure(result: LossesAndAreas) -> Figure:
    figure = blank(3.0 * len(result.signals) + 1.6, 2.8, right=1.5)
    grid = figure.subplots(1, len(result.signals), squeeze=False, gridspec_kw={"wspace": 0.3})
    pairs = list(dict.fromkeys((p.minimised, p.beta) for p in result.points))
    for i, (axes, name) in enumerate(zip(grid[0], result.signals, strict=True)):
        for k, pair in enumerate(pairs):
            some = [p for p in result.points if (p.minimised, p.beta) == pair]
            least = min(p.loss for p in some)
            axes.plot(
                [p.loss / least for p in some],
                [p.auc[i] for p in some],
                MARKERS[k % len(MARKERS)],
                color=SERIES[k % len(SERIES)],
                ms=4.5,
                ls="",
                label=f"{pair[0]}, β = {pair[1]:g}",
            )
        axes.set(xlabel="loss / least loss", ylabel=f"AUC {name}")
    grid[0, -1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.02), fontsize=7)
    return figure


register_result(LossesAndAreas, _drawings)
