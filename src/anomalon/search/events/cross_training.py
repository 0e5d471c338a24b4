"""What cross-validation costs: folds that learn from each other fluctuate together.

Event e of fold k is scored by models that saw fold l, and event e' of fold l by models that saw
fold k. If both lie where events of the signal region happen to be too many, each helps to select
the other, and the two counts are correlated although no event was ever scored by a model that saw
it. With D = n - b = sum_k D_k, where D_k = sum_e c(e) w(e) over fold k, c = 1 in the signal region
and outside what the fit makes of an event there (-b/n_side, if the side bands alone are fitted
with a constant share),

    Var D = sum_k Var(D_k | models) + sum_{k != l} Cov(D_k, D_l).

The first sum is what Poisson and fit uncertainties give. The second is not small: for a classifier
whose scores are linear in the training events it equals the first, so that Z is too wide by sqrt(2)
(a degenerate U-statistic, Hoeffding, Ann. Math. Statist. 19 (1948) 293).

It can be measured on the data at hand, because every member of the ensemble was trained on a random
part of the events only: with nu_m(e) = 1/f - 1 if member m saw event e, else -1 (f: the share that
it saw, variance v = 1/f - 1), how the selection weight w_m of an event follows nu_m(e') is how it
follows the event e'. Averaged over pairs of members

    Cov(D_k, D_l) = < B_kl[m, m'] B_lk[m', m] > / v^2,
    B_kl[m, m'] = sum_{e in k} c(e) w_{k,m}(e) nu_{l,m'}(e),

because nu_l is independent of everything that model k knows but for what passes from e to e' and
back. (The idea is that of the infinitesimal jackknife for bagging: Efron, JASA 109 (2014) 991;
Wager, Hastie, Efron, JMLR 15 (2014) 1625.) Whether fold k has an excess does not enter.

What is wanted is the variance without signal. Signal events help to select each other, too, so the
covariance is taken relative to the variance of the same selection, which they also increase, and
not above one, which is where a linear classifier is.

The noise of this estimate comes from cuts, which are all or nothing. With scores x_m of mean mu and
spread sigma(mu) around the threshold 0, the share of members that select the event is
Phi(mu/sigma), and how it follows nu is phi(mu/sigma)/sigma times how the scores do (Stein's lemma):
w_m is replaced by phi(mu/sigma) (x_m - <x>_{other members})/sigma.

How much noise is left is known as well. With the nu of M members independent of each other and of
everything else, the sum over ordered pairs of folds has the variance

    (4 / (M v)^2) sum_{k < l} A_k A_l,    A_k = < sum_{e in k} (c(e) w_{k,m}(e))^2 >_m.

Behind a cut that leaves next to nothing the variance that the covariance is relative to is next to
nothing, and the noise has no bound: who takes means weighs by it.

Where members share a template (`fold_training`), those that share one were shown the same events:
they count as one, with their mean. It is what a few such sets say that has most of the noise. If
the template knows nothing of the signal region, it is the events outside alone that members share;
how their scores follow an event inside is seen in all of them. So events are of one or two kinds,
each with its M; B, its mean over pairs and its noise are sums over the kinds of e and of e'.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product
from typing import Any, NamedTuple, Self

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import ndtri
from scipy.stats import norm, rankdata

from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.search.events.selection import MemberScores, Selection

__all__ = ["Correlation", "CrossTraining"]

Floats = NDArray[np.floating[Any]]

# Events that share an estimate of the members' spread: a share of the fold, and at least so many.
_NEIGHBOURS, _MIN_NEIGHBOURS = 0.005, 50


class Correlation(NamedTuple):
    """sum_{k != l} Cov(D_k, D_l) / sum_k Var(D_k | models), for the excesses D of the folds.

    Args:
        value: The estimate, unbiased around zero and therefore sometimes negative.
        noise: Its standard deviation if folds have learned nothing from each other.
    """

    value: float
    noise: float


@dataclass(frozen=True, eq=False)
class CrossTraining:
    """What the folds of a window learned from each other, for any number of cuts.

    Args:
        scores: Of all members; more than one, each trained on a share of the events below one.
        events: What was scored.
        window: Signal region and side bands.
    """

    scores: MemberScores
    events: Sample
    window: Window

    def correlation(
        self, selection: Selection, follows: Float[np.ndarray, " event"]
    ) -> Correlation | None:
        """What the folds have in common behind a cut.

        Args:
            selection: Made from these scores.
            follows: The c(e): how n - b follows each event that is selected; 1 in the signal
                region, and what the fit makes of the others.

        Returns:
            None if members saw all events, or nothing is selected: there is no telling.
        """
        variance = 1 / self.scores.subsample - 1
        if variance == 0 or self._n_sets < 2 or not all(f.any() for f in self._folds):
            return None
        coefficient = follows * self.events.weight
        independent = float(((coefficient * selection.weight) ** 2).sum())
        if not independent > 0:
            return None
        folds = [self._response(k, selection.efficiency, coefficient) for k in range(self._n_folds)]
        total = noise = 0.0
        kinds = range(len(self._kinds))
        for (k, mine), (other, theirs) in permutations(enumerate(folds), 2):
            for a, b in product(kinds, kinds):
                one, back = mine[a, b], theirs[b, a]
                total += float((one.follows[other] * back.follows[k].T).mean())
                noise += one.size * back.size
        noise = np.sqrt(2 * noise) / variance
        return Correlation(total / variance**2 / independent, float(noise / independent))

    def _response(
        self, k: int, efficiency: float, coefficient: Floats
    ) -> dict[tuple[int, int], "_Response"]:
        """Of fold k, for each kind of its own events and of those that it follows."""
        here, x = self._folds[k], self._normal_scores[k]
        # of events whose scores are the same, the order must not be that of the rows
        first = np.argsort(self.events.event[here], kind="stable")
        reference = ~self.window.in_signal_region(self.events.mass[here])
        above, spread = _around_the_threshold(x, reference, efficiency, first)
        found = {}
        for theirs, (_, n_sets) in enumerate(self._kinds):
            moves = _sensitivity(above, spread, n_sets) * coefficient[here]
            for own, (events, n_own) in enumerate(self._kinds):
                nu = self.scores.saw[:, :n_own, here & events] / self.scores.subsample - 1
                found[own, theirs] = _Response.of(moves[:, events[here]], nu)
        return found

    @property
    def _n_folds(self) -> int:
        return len(self.scores.saw)

    @property
    def _n_sets(self) -> int:
        """Sets of events; those that were shown the same count as one member, with their mean."""
        n = len(self.scores.score)
        return min(n, self.scores.n_sets or n)

    @cached_property
    def _kinds(self) -> list[tuple[NDArray[np.bool_], int]]:
        """Events, and how many different sets of them members were shown."""
        inside = self.window.in_signal_region(self.events.mass)
        if self.scores.own_inside and self._n_sets < len(self.scores.score):
            return [(inside, len(self.scores.score)), (~inside, self._n_sets)]
        return [(np.ones_like(inside), self._n_sets)]

    @cached_property
    def _used(self) -> NDArray[np.bool_]:
        """The events of the signal region and of the side bands, shape (event,)."""
        mass = self.events.mass
        return self.window.in_signal_region(mass) | self.window.in_sidebands(mass)

    @cached_property
    def _folds(self) -> list[NDArray[np.bool_]]:
        """Those of each fold."""
        return [(self.scores.fold == k) & self._used for k in range(self._n_folds)]

    @cached_property
    def _normal_scores(self) -> list[Floats]:
        """Of each fold the normal scores of its ranks, shape (member, event of the fold).

        Ranks make the scores of all members and all kinds of classifiers comparable.
        """
        scores = (self.scores.score[:, here] for here in self._folds)
        return [ndtri((rankdata(s, axis=1) - 0.5) / s.shape[1]) for s in scores]


@dataclass(frozen=True, eq=False)
class _Response:
    """What the events of one kind in a fold say of how their selection follows other events.

    Args:
        follows: B of the fold with each fold, shape (fold, set of the others, set of the own).
        size: A over the number of own sets.
    """

    follows: Float[np.ndarray, "fold theirs own"]
    size: float

    @classmethod
    def of(
        cls, moves: Float[np.ndarray, "theirs event"], nu: Float[np.ndarray, "fold own event"]
    ) -> Self:
        """From how the selection of each event moves, and who was shown it."""
        follows = np.einsum("me,lne->lmn", moves, nu, optimize=True)
        return cls(follows, float((moves**2).sum(axis=1).mean()) / nu.shape[1])


def _around_the_threshold(
    x: Float[np.ndarray, "member event"],
    is_reference: Bool[np.ndarray, " event"],
    efficiency: float,
    first: Int[np.ndarray, " event"],
) -> tuple[Float[np.ndarray, "member event"], Float[np.ndarray, " event"]]:
    """Scores above the threshold of each member, and what they spread among members with the mean.

    Args:
        x: Normal scores.
        is_reference: The events that set the threshold.
        efficiency: Share of them above it.
        first: An order of the events that belongs to them.
    """
    n = x.shape[1]
    above = x - np.quantile(x[:, is_reference], 1 - efficiency, axis=1)[:, None]
    order = first[np.argsort(above.mean(axis=0)[first])]
    variance = uniform_filter1d(
        above.var(axis=0, ddof=1)[order], min(n, max(_MIN_NEIGHBOURS, int(_NEIGHBOURS * n)))
    )
    spread = np.empty(n)
    spread[order] = np.sqrt(np.maximum(variance, 1e-12))
    return above, spread


def _sensitivity(
    above: Float[np.ndarray, "member event"], sigma: Float[np.ndarray, " event"], n_sets: int
) -> Float[np.ndarray, "set event"]:
    """How the mean selection of each event follows the scores of each set of events.

    Args:
        above: Normal scores above the threshold.
        sigma: Their spread.
        n_sets: Sets of events that members were trained on, in turns.

    Returns:
        phi(mu/sigma) (x_m - mean of the others)/sigma, x_m the mean of the members of a set.
    """
    x = above
    if n_sets < len(above):
        x = np.stack([above[i::n_sets].mean(axis=0) for i in range(n_sets)])
    mu = x.mean(axis=0)
    beside_the_others = (x - mu) * n_sets / (n_sets - 1)
    return np.asarray(norm.pdf(mu / sigma) / sigma * beside_the_others)
