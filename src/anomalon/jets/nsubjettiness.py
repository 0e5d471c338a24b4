"""N-subjettiness: how well the constituents of a jet line up with N subjet axes.

Thaler and Van Tilburg, arXiv:1011.2268, eq. 2.1, with the normalised measure

    tau_N = sum_i pt_i min_k (dR_ik)^beta / (sum_i pt_i R0^beta)

where dR is taken in rapidity and azimuth. The N axes are what an exclusive kT clustering of the
constituents has left when N subjets remain, either with the winner-take-all recombination
(arXiv:1401.2158; "wta_kt") or with summed four-momenta ("kt"). Both are those that FastJet's
`Nsubjettiness` contribution calls `WTA_KT_Axes` and `KT_Axes`, and agree with it to rounding.
Where two pairs of constituents are at exactly the same kT distance, as towers of a calorimeter can
be, rounding decides which is joined first, here as there; the two may then differ.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.core.errors import BadLayout, BadValue, UnknownKey, suggest
from anomalon.run.compiling import compiled

__all__ = ["AXES", "momenta", "nsubjettiness", "rapidity"]

AXES = ("wta_kt", "kt")
_MAX_AXES = 9
_MAX_RAPIDITY = 1e5  # what FastJet gives to a particle along the beam


def nsubjettiness(
    constituents: Particles,
    *,
    n: int = 3,
    beta: float | Sequence[float] = 1.0,
    R0: float = 1.0,
    axes: str = "wta_kt",
) -> NDArray[np.float64]:
    """tau_1 … tau_n of many jets at once.

    Args:
        constituents: Of the jets, which take the place of events: entry j of `offsets` is where
            those of jet j begin.
        n: How many taus, 1 to 9.
        beta: Angular exponent, above zero. With several, the axes are found only once.
        R0: Radius that normalises; usually the jet radius.
        axes: "wta_kt" or "kt".

    Returns:
        Shape (jet, n) for one beta; (beta, jet, n) for a sequence of them. A jet with no more
        than N constituents has tau_N = 0.

    Raises:
        BadLayout: If these are no `Particles`.
        BadValue: If `n`, `beta` or `R0` is out of range.
        UnknownKey: If there are no such `axes`.

    Example:
        Two equal prongs, 0.8 apart: each is 0.8 from the one axis or on one of two axes.

        >>> jet = Particles.polar(pt=[50.0, 50.0], eta=[0.0, 0.0], phi=[0.0, 0.8], offsets=[0, 2])
        >>> nsubjettiness(jet, n=2).round(6)
        array([[0.4, 0. ]])
    """
    if axes not in AXES:
        raise UnknownKey(f"nsubjettiness: unknown axes '{axes}'; {suggest(axes, AXES)}")
    n = check.whole(n, "nsubjettiness: n", 1, _MAX_AXES)
    R0 = check.number(R0, "nsubjettiness: R0", "(0, inf)")
    several = not isinstance(beta, int | float)
    betas = np.atleast_1d(np.asarray(beta, dtype=np.float64))
    if not (betas > 0).all():
        raise BadValue(f"nsubjettiness: expected beta above 0, got {beta}")

    p4 = momenta(constituents, "nsubjettiness")
    tau = np.zeros((len(betas), len(constituents), n))
    _taus(p4, constituents.offsets, betas, R0, axes == "wta_kt", tau)
    return tau if several else tau[0]


def momenta(particles: Particles, where: str) -> NDArray[np.float64]:
    """As the kernels take them: float64 of shape (particle, 4), px, py, pz and E."""
    if not isinstance(particles, Particles):
        raise BadLayout(
            f"{where}: expected Particles, got {check.shown(particles)}. Make them with "
            "Particles.of(events), .polar(...) or .cartesian(...)."
        )
    energy, px, py, pz = particles.p4.T
    return np.stack([px, py, pz, energy], axis=-1)


@compiled(nogil=True)
def rapidity(px: float, py: float, pz: float, energy: float) -> float:
    """Rapidity, stable for light particles far forward; a negative mass square counts as zero."""
    kt2 = px * px + py * py
    m2 = max(0.0, (energy + pz) * (energy - pz) - kt2)
    if kt2 + m2 <= 0.0:
        return _MAX_RAPIDITY if pz >= 0.0 else -_MAX_RAPIDITY
    y = 0.5 * math.log((kt2 + m2) / (energy + abs(pz)) ** 2)
    return -y if pz > 0.0 else y


@compiled(nogil=True)
def _distance2(y1: float, phi1: float, y2: float, phi2: float) -> float:
    dphi = abs(phi1 - phi2)
    if dphi > math.pi:
        dphi = 2.0 * math.pi - dphi
    return (y1 - y2) ** 2 + dphi * dphi


@compiled(nogil=True)
def _find_nearest(i, size, y, phi, near, near_d2):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The geometrical nearest neighbour of subjet i among the first `size`."""
    best, best_d2 = -1, math.inf
    for k in range(size):
        if k != i:
            d2 = _distance2(y[i], phi[i], y[k], phi[k])
            if d2 < best_d2:
                best, best_d2 = k, d2
    near[i], near_d2[i] = best, best_d2


@compiled(nogil=True)
def _closest_pair(size, kt2, near, near_d2):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The pair of smallest kT distance min(kt2_i, kt2_k) dR_ik^2, as (smaller, larger) index.

    The pair always joins the softer one with its geometrical nearest neighbour
    (Cacciari and Salam, hep-ph/0512210), so looking at nearest neighbours is enough.
    """
    first, smallest = 0, math.inf
    for i in range(size):
        distance = min(kt2[i], kt2[near[i]]) * near_d2[i]
        if distance < smallest:
            first, smallest = i, distance
    second = near[first]
    return (first, second) if first < second else (second, first)


@compiled(nogil=True)
def _exclusive_axes(p4, winner_takes_all, n, axis_y, axis_phi):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Cluster one jet with kT down to one subjet; note the axes whenever n or fewer are left.

    Fills row N - 1 of `axis_y` and `axis_phi` (n, n) with the N axes.
    """
    size = len(p4)
    p = p4.copy()
    y, phi, kt2 = np.empty(size), np.empty(size), np.empty(size)
    near, near_d2 = np.empty(size, np.int64), np.empty(size)
    for i in range(size):
        y[i] = rapidity(p[i, 0], p[i, 1], p[i, 2], p[i, 3])
        phi[i] = math.atan2(p[i, 1], p[i, 0])
        kt2[i] = p[i, 0] ** 2 + p[i, 1] ** 2
    for i in range(size):
        _find_nearest(i, size, y, phi, near, near_d2)

    while True:
        if size <= n:
            for k in range(size):
                axis_y[size - 1, k], axis_phi[size - 1, k] = y[k], phi[k]
        if size == 1:
            return
        a, b = _closest_pair(size, kt2, near, near_d2)
        if winner_takes_all:
            if kt2[b] > kt2[a]:
                y[a], phi[a] = y[b], phi[b]
            kt2[a] = (math.sqrt(kt2[a]) + math.sqrt(kt2[b])) ** 2
        else:
            for c in range(4):
                p[a, c] += p[b, c]
            y[a] = rapidity(p[a, 0], p[a, 1], p[a, 2], p[a, 3])
            phi[a] = math.atan2(p[a, 1], p[a, 0])
            kt2[a] = p[a, 0] ** 2 + p[a, 1] ** 2
        size -= 1
        last = size  # moves into the place of b
        if b != last:
            for c in range(4):
                p[b, c] = p[last, c]
            y[b], phi[b], kt2[b] = y[last], phi[last], kt2[last]
            near[b], near_d2[b] = near[last], near_d2[last]
        if size == 1:
            continue
        for k in range(size):
            if k == a or near[k] == a or near[k] == b:
                # Its neighbour moved or is gone; if b == last, both say the same.
                _find_nearest(k, size, y, phi, near, near_d2)
                continue
            if near[k] == last:
                near[k] = b
            d2 = _distance2(y[k], phi[k], y[a], phi[a])
            if d2 < near_d2[k]:
                near[k], near_d2[k] = a, d2


@compiled(nogil=True)
def _taus(p4, offsets, betas, R0, winner_takes_all, tau):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill `tau` (beta, jet, n)."""
    n_betas, n_jets, n = tau.shape
    axis_y, axis_phi = np.empty((n, n)), np.empty((n, n))
    for jet in range(n_jets):
        start, stop = offsets[jet], offsets[jet + 1]
        size = stop - start
        if size < 2:
            continue
        _exclusive_axes(p4[start:stop], winner_takes_all, n, axis_y, axis_phi)
        total = 0.0
        for i in range(start, stop):
            pt = math.hypot(p4[i, 0], p4[i, 1])
            y = rapidity(p4[i, 0], p4[i, 1], p4[i, 2], p4[i, 3])
            phi = math.atan2(p4[i, 1], p4[i, 0])
            total += pt
            for m in range(min(n, size - 1)):
                d2 = math.inf
                for k in range(m + 1):
                    d2 = min(d2, _distance2(y, phi, axis_y[m, k], axis_phi[m, k]))
                for b in range(n_betas):
                    tau[b, jet, m] += pt * d2 ** (0.5 * betas[b])
        if total > 0.0:
            for b in range(n_betas):
                for m in range(n):
                    tau[b, jet, m] /= total * R0 ** betas[b]
