"""`Excess`: the ratio of data to template with a local excess in mind, and few parameters.

    r(x) = 1 - a + a p_s(x) / p_b(x)

p_b, a mixture of Gaussians, is fitted to the template once; p_s is one Gaussian or a few with free
centres, widths and correlations. They and their shares a are what makes r/(1 + r) the best
classifier of data against template, in the same weighted cross entropy that trees and networks
minimise: what p_b misfits is common to both classes and earns nothing. (Maximum likelihood of the
data alone fills what p_b misfits with "signal".) A resonance that is compact in the features is
found by fewer events than trees need; where it is not, or where the fit begins in the wrong place,
trees are better. As one of several kinds of members it helps most.

Starts are searched for: among Gaussians around data events, those whose excess over the template is
the most significant. The best fits, by the loss on the events of the training, are kept.

When not to use it alone: broad or many-fold signals, features with shared values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.optimize import minimize

from anomalon.core import check
from anomalon.core.sample import Sample
from anomalon.core.scorer import Scorer
from anomalon.learn.classify.base import Classifier, Floats, Task
from anomalon.learn.classify.excess_loss import LEAST_RATIO, MOST_RATIO, cross_entropy
from anomalon.learn.classify.mixture import GaussianMixture, log_gaussians
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.engine.storage import Arrays, Header
from anomalon.learn.threads import threaded

__all__ = ["Excess", "ExcessScorer"]

_EVENTS = 20_000  # of each class for p_b and for the search of starts
_CANDIDATES, _WIDTHS = 150, (0.2, 0.4, 0.8)
_APART = 0.5  # least distance of starts
_NARROWEST, _WIDEST = 0.05, 1.0  # widths of signal in standard deviations of the template
_SHARES = (1e-5, 0.45)
_DETERMINED = 0.1  # a column of which the others leave less of the variance is left out


@final
@dataclass(frozen=True, eq=False)
class ExcessScorer(Scorer):
    """r/(1 + r), the mean of some fits.

    Args:
        names: The features.
        used: Which columns of them.
        scale: Makes them of variance one.
        background: p_b.
        log_share: Logarithms of a.
        mean, root: Centres and roots of the precision of p_s.
    """

    names: tuple[str, ...]
    used: Int[np.ndarray, " used"]
    scale: Standardisation
    background: GaussianMixture
    log_share: Float[np.ndarray, "fit peak"]
    mean: Float[np.ndarray, "fit peak used"]
    root: Float[np.ndarray, "fit peak used used"]

    def _score(self, sample: Sample) -> Floats:
        total = np.zeros(len(sample))
        block = 4096
        for i in range(0, len(sample), block):  # of one size, so that events know no neighbours
            x = sample.x[i : i + block][:, self.used]
            filled = np.zeros((block, len(self.used)), np.float32)
            filled[: len(x)] = np.clip(x, -1e30, 1e30)
            total[i : i + block] = self._probability(filled)[: len(x)]
        return total

    def _probability(self, x: Floats) -> Floats:
        z = self.scale(x).astype(np.float64)
        log_background = self.background.log_density(z)
        total = np.zeros(len(z))
        for peaks in zip(self.log_share, self.mean, self.root, strict=True):
            r = _ratio(z, log_background, *peaks)
            total += r / (1 + r)
        return np.asarray(total / len(self.log_share))

    def to_arrays(self) -> tuple[Header, Arrays]:
        """All that was fitted."""
        b = self.background
        arrays = {"used": self.used, "scale_mean": self.scale.mean, "scale_std": self.scale.std}
        arrays |= {"b_log_share": b.log_share, "b_mean": b.mean, "b_root": b.root}
        return {}, arrays | {"log_share": self.log_share, "mean": self.mean, "root": self.root}

    @classmethod
    def from_arrays(cls, header: Header, arrays: Arrays) -> Self:
        """The scorer again."""
        background = GaussianMixture(*(arrays[f"b_{k}"] for k in ("log_share", "mean", "root")))
        scale = Standardisation(arrays["scale_mean"], arrays["scale_std"])
        peaks = (arrays[k] for k in ("log_share", "mean", "root"))
        return cls(header["names"], arrays["used"], scale, background, *peaks)


@final
@dataclass(frozen=True)
class Excess(Classifier):
    """A parametric ratio of densities: template plus a compact excess.

    Args:
        n_peaks: Gaussians of the signal, which share a start and may part.
        n_background: Gaussians of the template.
        n_starts: Fits.
        n_kept: Those of them, the best in loss, whose mean is the score.
        iterations: Most steps of a fit (L-BFGS).

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "excess"

    n_peaks: int = 2
    n_background: int = 20
    n_starts: int = 4
    n_kept: int = 2
    iterations: int = 50

    def __post_init__(self) -> None:
        check.fields(
            self,
            "excess",
            n_peaks=(1, 100),
            n_background=(1, 1000),
            n_starts=(1, 1000),
            n_kept=(1, 1000),
            iterations=(1, 100_000),
        )

    def _fit_many(self, tasks: Sequence[Task], names: tuple[str, ...]) -> list[ExcessScorer]:
        return threaded(lambda task: self._train(task, names), tasks)

    def _train(self, task: Task, names: tuple[str, ...]) -> ExcessScorer:
        rows = task.rows
        y, weight = task.y[rows] == 1, task.weight[rows].astype(np.float64)
        x = task.x[rows].astype(np.float64)
        rng = task.seed.child("events").generator()
        some = [_drawn(kind, weight, rng) for kind in (~y, y)]
        used = _independent(x[some[0]])
        scale = Standardisation.of(x[~y][:, used], weight[~y])
        z = scale(x[:, used]).astype(np.float64)
        background = GaussianMixture.fit(
            z[some[0]], np.ones(len(some[0])), self.n_background, task.seed.child("background")
        )
        log_background = background.log_density(z)
        starts = _starts(z, log_background, some, self.n_starts, rng)
        fits = [self._fitted(start, z, log_background, y, weight) for start in starts]
        best = [peaks for _, peaks in sorted(fits, key=lambda fit: fit[0])[: self.n_kept]]
        arrays = (np.stack(part) for part in zip(*best, strict=True))
        return ExcessScorer(names, used, scale, background, *arrays)

    def _fitted(
        self,
        start: tuple[Floats, float],
        z: Floats,
        log_background: Floats,
        y: NDArray[np.bool_],
        weight: Floats,
    ) -> tuple[float, tuple[Floats, Floats, Floats]]:
        """The loss, and the peaks of a fit that begins at a centre with a width."""
        centre, width = start
        d, n = len(centre), self.n_peaks
        widths = width * 2.0 ** np.arange(n)
        first = [
            np.full(n, np.log(0.005)),
            np.tile(centre, (n, 1)).ravel(),
            -np.repeat(np.log(np.minimum(widths, _WIDEST)), d),
            np.zeros(n * d * (d - 1) // 2),
        ]
        bounds = [
            *[tuple(np.log(_SHARES))] * n,
            *[(-6.0, 6.0)] * (n * d),
            *[(-np.log(_WIDEST), -np.log(_NARROWEST))] * (n * d),
            *[(-1 / _NARROWEST, 1 / _NARROWEST)] * (n * d * (d - 1) // 2),
        ]
        found = minimize(
            _loss,
            np.concatenate(first),
            (n, z, log_background, y, weight / weight.sum()),
            method="L-BFGS-B",
            jac=True,
            bounds=bounds,
            options={"maxiter": self.iterations},
        )
        return float(found.fun), _peaks(found.x, n, d)


def _peaks(p: Floats, n: int, d: int) -> tuple[Floats, Floats, Floats]:
    """Logarithms of shares, centres and roots of precisions from the parameters of a fit."""
    shares, means, diagonal, rest = np.split(p, np.cumsum([n, n * d, n * d]))
    root = np.zeros((n, d, d))
    root[:, np.arange(d), np.arange(d)] = np.exp(diagonal.reshape(n, d))
    below = np.tril_indices(d, -1)
    root[:, below[0], below[1]] = rest.reshape(n, -1)
    return shares, means.reshape(n, d), root


def _ratio(
    z: Floats, log_background: Floats, log_share: Floats, mean: Floats, root: Floats
) -> Floats:
    """r, shape (event,)."""
    terms = log_gaussians(z, mean, root) - log_background[:, None]
    shares = np.exp(log_share)
    terms = shares * np.exp(np.minimum(terms, MOST_RATIO))
    return max(1 - shares.sum(), LEAST_RATIO) + terms.sum(axis=1)


def _loss(
    p: Floats, n: int, z: Floats, log_background: Floats, y: NDArray[np.bool_], weight: Floats
) -> tuple[float, Floats]:
    """Weighted cross entropy of r/(1 + r), and its gradient in the parameters of a fit."""
    d = z.shape[1]
    peaks = _peaks(p, n, d)
    loss, (to_share, to_mean, to_root) = cross_entropy(peaks, z, log_background, y, weight)
    diagonal, below = np.arange(d), np.tril_indices(d, -1)
    to_diagonal = (to_root * peaks[2])[:, diagonal, diagonal]  # of its logarithm
    rest = to_root[:, *below]
    return loss, np.concatenate([x.ravel() for x in (to_share, to_mean, to_diagonal, rest)])


def _drawn(of: NDArray[np.bool_], weight: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of one class that stand for it without weights."""
    rows = np.flatnonzero(of)
    equal = np.ptp(weight[rows]) == 0
    n = min(len(rows), _EVENTS)
    return rng.choice(rows, n, replace=not equal, p=weight[rows] / weight[rows].sum())


def _independent(x: Floats) -> NDArray[np.intp]:
    """The columns that those before them do not determine, by a regression of second degree.

    A density of columns that determine each other does not exist, and derived axes are such.
    """
    kept: list[int] = []
    basis = np.ones((len(x), 1))
    for j in range(x.shape[1]):
        spread = x[:, j].std()
        if not spread > 1e-9 * np.abs(x[:, j]).max():
            continue
        column = (x[:, j] - x[:, j].mean()) / spread
        left = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0]
        if np.mean(left**2) < _DETERMINED:
            continue
        new = np.column_stack([column, basis[:, 1 : len(kept) + 1] * column[:, None], column**2])
        linear, square = basis[:, 1 : len(kept) + 1], basis[:, len(kept) + 1 :]
        basis = np.column_stack([basis[:, :1], linear, new[:, :1], square, new[:, 1:]])
        kept.append(j)
    return np.array(kept or [0], dtype=np.intp)


def _starts(
    z: Floats,
    log_background: Floats,
    some: Sequence[NDArray[np.intp]],
    n: int,
    rng: np.random.Generator,
) -> list[tuple[Floats, float]]:
    """Centres and widths where Gaussians have their most significant excess in the data.

    For a small share the loss falls by the square of (mean of p_s/p_b over data - over template)
    over its error: the score test.
    """
    template, data = some
    centres = z[rng.choice(data, min(_CANDIDATES, len(data)), replace=False)]
    found: list[tuple[float, int, float]] = []
    for width in _WIDTHS:
        root = np.eye(z.shape[1])[None] / width
        for i, centre in enumerate(centres):
            q0, q1 = (
                np.exp(
                    np.minimum(
                        log_gaussians(z[rows], centre[None], root)[:, 0] - log_background[rows],
                        np.log(1e3),
                    )
                )
                for rows in (template, data)
            )
            error = np.sqrt(q0.var() / len(q0) + q1.var() / len(q1))
            found.append((float((q1.mean() - q0.mean()) / max(error, 1e-12)), i, width))
    chosen: list[tuple[Floats, float]] = []
    for _, i, width in sorted(found, reverse=True):
        if all(np.linalg.norm(centres[i] - centre) > _APART for centre, _ in chosen):
            chosen.append((centres[i], width))
        if len(chosen) == n:
            break
    return chosen
