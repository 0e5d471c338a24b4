"""Variational autoencoders of jet images: what is minimised, how deep they are, and what is scored.

The seminar says that filters, kernels and the latent size were fixed, not at what; here they are 16
filters in each block, 3 x 3, and six. Transport is minimised as sliced transport, which has a
gradient; the scores are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import digest
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.seed import Seed
from anomalon.core.seen import part, to_learn_from
from anomalon.detectors import Convolutional, JetImages, Learning, Reconstruction, Variational
from anomalon.detectors.base import FittedDetector
from anomalon.detectors.latent_density import density_in
from anomalon.learn.density.flows import SplineFlow
from anomalon.run.job import Workplace
from anomalon.run.work import do
from anomalon.stats import evaluate
from anomalon.studies.jets.compared import ComparedRow, PublishedComparison
from anomalon.studies.jets.losses import LossesAndAreas, LossPoint
from anomalon.studies.jets.published import AUTOENCODERS, METRICS

__all__ = ["TOTAL", "Grid", "compared_autoencoders", "vae"]

Floats = NDArray[np.floating[Any]]

TOTAL = 10.0
"""Of an image: pixels are then of order one, as the outputs of a network are when it starts."""

_PIXELS = Reconstruction(reduce="sum")
_LOSSES = {"MSE": _PIXELS, "transport": Reconstruction(by="sliced_transport")}
_SCORES: dict[str, dict[str, Any]] = {
    "loss": {"score": "loss"},
    "MSE": {"score": "reconstruction", "judged": _PIXELS},
    "MAE": {"score": "reconstruction", "judged": Reconstruction(pt="absolute")},
    **{
        f"EMD({power:g})": {
            "score": "reconstruction",
            "judged": Reconstruction(by="transport", power=power),
        }
        for power in (0.5, 1.0, 2.0)
    },
    "divergence": {"score": "divergence"},
    "radius": {"score": "radius"},
}
_MIDDLE = "latent density"
_DENSITY = SplineFlow()


@dataclass(frozen=True)
class Grid:
    """What is trained.

    Args:
        blocks: Numbers of down-sampling blocks.
        betas: Shares of the divergence in the loss.
        table_beta: That of the table.
        repetitions: Trainings of each in the table; others are trained once.
        learning: How.
        n_test: Jets of each file that are scored.
        minimised: "MSE", "transport" or both.
    """

    blocks: tuple[int, ...]
    betas: tuple[float, ...]
    table_beta: float
    repetitions: int
    learning: Learning
    n_test: int
    minimised: tuple[str, ...] = tuple(_LOSSES)

    def pieces(self, of: str) -> "list[_Piece]":
        """All trainings."""
        return [
            _Piece(of, minimised, blocks, beta, i)
            for minimised in self.minimised
            for blocks in self.blocks
            for beta in self.betas
            for i in range(self.repetitions if beta == self.table_beta else 1)
        ]


def vae(minimised: str, blocks: int, beta: float, learning: Learning) -> Variational:
    """A network of the study."""
    return Variational(
        Convolutional((16,) * blocks), 6, JetImages(total=TOTAL), _LOSSES[minimised], beta=beta,
        learning=learning,
    )  # fmt: skip


def compared_autoencoders(
    background: Events, signals: Mapping[str, Events], grid: Grid, *, seed: Seed, place: Workplace
) -> tuple[PublishedComparison, LossesAndAreas]:
    """The table of the seminar; and whether a good loss makes a good detector.

    Args:
        background: Jets with a column `split`.
        signals: Jets to be found.
        grid: What is trained.
        seed: Of the trainings.
        place: Who does them.
    """
    of = digest(code_version(), background.objects, grid, str(seed))
    learned = to_learn_from(background)
    test = part(background, "test")[: grid.n_test]
    some = {name: jets[: grid.n_test] for name, jets in signals.items()}
    pieces = grid.pieces(of)
    values = do(
        pieces,
        shared=(learned, test, some, grid.learning, seed),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    return _table(pieces, values, tuple(signals), grid), _points(pieces, values, tuple(signals))


@dataclass(frozen=True)
class _Piece:
    """One training, and all of its scores."""

    of: str
    minimised: str
    blocks: int
    beta: float
    repetition: int

    @property
    def key(self) -> str:
        return digest("vae", self.of, self.minimised, self.blocks, self.beta, self.repetition)

    @property
    def what(self) -> str:
        return f"VAE by {self.minimised}, {self.blocks} blocks, beta {self.beta:g}"

    def __call__(self, shared: Any) -> dict[str, Any]:
        learned, test, signals, learning, seed = shared
        detector = vae(self.minimised, self.blocks, self.beta, learning)
        fitted = detector.fit(learned, seed=seed.child("vae", number=self.repetition))
        found: dict[str, Any] = {"auc": {}}
        scorers = {
            name: FittedDetector(replace(detector, **change), fitted.inputs, fitted.state)
            for name, change in _SCORES.items()
        }
        middle = seed.child("middle", number=self.repetition)
        scorers[_MIDDLE] = density_in(fitted, learned, _DENSITY, middle)
        for name, scorer in scorers.items():
            background = scorer.score(test)
            found["auc"][name] = [
                float(evaluate(background, scorer.score(jets)).auc.value)
                for jets in signals.values()
            ]
            if name in ("loss", "divergence"):
                found[name] = float(background.mean())
        return found


def _table(
    pieces: Sequence[_Piece], values: Sequence[Any], signals: tuple[str, ...], grid: Grid
) -> PublishedComparison:
    rows = []
    for minimised in grid.minimised:
        for blocks in grid.blocks:
            of = [
                value["auc"]
                for piece, value in zip(pieces, values, strict=True)
                if (piece.minimised, piece.blocks, piece.beta)
                == (minimised, blocks, grid.table_beta)
            ]
            for name in (*_SCORES, _MIDDLE):
                auc = np.array([one[name] for one in of]).T
                known = AUTOENCODERS.get((minimised, blocks, name), (np.nan, np.nan))
                rows.append(ComparedRow((minimised, str(blocks), name), auc, np.array(known)))
    best = grid.learning
    return PublishedComparison(
        "Variational autoencoders of images",
        ("minimised", "blocks", "score"),
        signals,
        tuple(rows),
        f"Up to {best.epochs} epochs, beta {grid.table_beta:g}, {grid.repetitions} trainings of "
        "each; the epoch with the least loss on validation jets is kept.",
        f"{', '.join(METRICS)} as published. Divergence, radius and latent density (a flow of "
        "where the encoder puts jets) need no decoder. What was not published of the network "
        "(filters, kernel, latent size, beta) is ours.",
        citations=("Fraser:2021lxm", "Kingma:2013hel"),
    )


def _points(
    pieces: Sequence[_Piece], values: Sequence[Any], signals: tuple[str, ...]
) -> LossesAndAreas:
    points = tuple(
        LossPoint(
            piece.minimised, piece.blocks, piece.beta, value["loss"], value["divergence"],
            np.array(value["auc"]["loss"]),
        )
        for piece, value in zip(pieces, values, strict=True)
    )  # fmt: skip
    return LossesAndAreas(signals, points)
