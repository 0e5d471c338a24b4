"""Surrogate jets: what would be seen if something heavy had decayed to jets of the background.

Of a decay only kinematics is taken for granted: a mass, two to four prongs, momenta shared evenly,
no signal. Each prong is the core of a jet of the background, boosted along its axis to the momentum
that the prong should have: momenta are multiplied by a factor and angles divided by it, so that
momenta across the axis, and with them the scale at which hadrons are made, stay as they were. How
wide a core is taken follows from angular ordering: a prong radiates up to where the next one is
(Dokshitzer, Khoze, Mueller, Troyan, Basics of Perturbative QCD), or half of the way if no colour
connects it with the rest. What falls into a jet whatever it came from, of other collisions of
partons and of initial-state radiation, is as much for each area (Dasgupta, Magnea, Salam,
arXiv:0712.3014): rims of other jets of the background are spread over the whole of each.

The radius R of the jets is that within which 99 % of their constituents are, to the nearest tenth.

| name | what is made |
|---|---|
| `two_prongs` | a mass between 30 GeV and 0.4 pT R decays to two prongs |
| `three_prongs` | and one of these, of 0.2 to 0.8 of that mass, to two |
| `four_prongs` | or both, of 0.2 to 0.5 of that mass each |
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events

__all__ = ["JET_SURROGATES"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LIGHTEST, _HEAVIEST = 30.0, 0.4  # GeV, and in units of the jet's pT and radius
_SMALLEST_SHARE = 0.1  # of the momentum of what decays, for each prong
_DRAWS = 20  # of it
_LIGHTER = {
    1: (0.2, 0.8),
    2: (0.2, 0.5),
}  # mass of one, or two, that decay over what they come from
_WIDE = (0.4, 1.0)  # radius of a prong over the distance of the two
_FARTHEST = 1.2  # distance of prongs in units of the radius
_RIM = 0.8  # where it begins in those: 36 % of the area, so that three are more than a jet
_RIMS = 3
_SOFT = 0.5  # of the momentum of a jet, at most
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class _Jets:
    """Constituents of jets, shape (jet, constituent) each; pt is zero where there is none."""

    pt: Floats
    eta: Floats
    phi: Floats

    def centred(self) -> "_Jets":
        total = np.maximum(self.pt.sum(axis=1, keepdims=True), 1e-12)
        eta, phi = ((self.pt * a).sum(axis=1, keepdims=True) / total for a in (self.eta, self.phi))
        return _Jets(self.pt, self.eta - eta, self.phi - phi)

    def radius(self) -> float:
        """Within which 99 % of all constituents are, to the nearest tenth."""
        jets = self.centred()
        away = np.hypot(jets.eta, jets.phi)[jets.pt > 0]
        return max(0.1, round(float(np.quantile(away, 0.99)), 1)) if len(away) else 1.0

    @staticmethod
    def joined(parts: "list[_Jets]") -> "_Jets":
        names = ("pt", "eta", "phi")
        return _Jets(*(np.concatenate([getattr(p, a) for p in parts], axis=1) for a in names))


@dataclass(frozen=True, eq=False)
class _Prong:
    """Where a prong goes: its pT, the middle, and how far the next one is; shape (jet,) each."""

    pt: Floats
    eta: Floats
    phi: Floats
    apart: Floats

    def decayed(
        self, mass: Floats, heavy: tuple[Floats, Floats], farthest: float, rng: np.random.Generator
    ) -> "tuple[_Prong, _Prong]":
        """Into two, of which each has a share z of the momentum that is evenly drawn.

        With the masses of the two, m^2 = m1^2 / z + m2^2 / (1 - z) + z (1 - z) (pT apart)^2.
        """
        z = _shared(mass, heavy, rng)
        left = mass**2 - heavy[0] ** 2 / z - heavy[1] ** 2 / (1 - z)
        length = np.sqrt(np.maximum(left, 0.0) / (z * (1 - z)))
        apart = np.minimum(length / np.maximum(self.pt, 1e-12), farthest)
        angle = rng.uniform(0, 2 * np.pi, len(mass))
        x, y = apart * np.cos(angle), apart * np.sin(angle)
        first = _Prong(z * self.pt, self.eta + (1 - z) * x, self.phi + (1 - z) * y, apart)
        second = _Prong((1 - z) * self.pt, self.eta - z * x, self.phi - z * y, apart)
        return first, second


def _made(events: Events, rng: np.random.Generator, *, again: int) -> Events:
    radius = _constituents(events[:_BLOCK]).radius()
    parts = [
        _decays(events[first : first + _BLOCK], rng, again, radius)
        for first in range(0, len(events), _BLOCK)
    ]
    return Events.concatenate(parts) if parts else events


def _decays(events: Events, rng: np.random.Generator, again: int, radius: float) -> Events:
    """As many jets, of the same pT, that are decays to two, of which some decay again."""
    jets = _constituents(events)
    pt = jets.pt.sum(axis=1)
    drawn = np.exp(
        rng.uniform(np.log(_LIGHTEST), np.log(np.maximum(_HEAVIEST * radius * pt, _LIGHTEST)))
    )
    zero, soft = np.zeros(len(pt)), _soft(jets, rng, radius)
    light = [drawn * rng.uniform(*_LIGHTER[again], len(pt)) for _ in range(again)]
    heavy = (*light, zero, zero)[:2]
    hard = pt - soft.pt.sum(axis=1)
    farthest = _FARTHEST * radius
    prongs = list(_Prong(hard, zero, zero, zero).decayed(drawn, heavy, farthest, rng))
    for mass in light:
        prongs += prongs.pop(0).decayed(mass, (zero, zero), farthest, rng)
    made = _Jets.joined([*(_filled(jets, prong, rng) for prong in prongs), soft]).centred()
    inside = np.hypot(made.eta, made.phi) < radius
    return _as_events(events, replace(made, pt=made.pt * inside))


def _soft(jets: _Jets, rng: np.random.Generator, radius: float) -> _Jets:
    """Rims of other jets, each brought to a third of the area, as dense there as it was."""
    n, area, rims = len(jets.pt), 1 - _RIM**2, []
    for i in range(_RIMS):
        other = _others(jets, rng)
        rim = _Jets(jets.pt[other], jets.eta[other], jets.phi[other]).centred()
        # of the area of a jet, from its middle to here
        inside = (rim.eta**2 + rim.phi**2) / radius**2
        kept = (inside >= _RIM**2) & (inside < 1.0)
        kept &= rng.uniform(size=kept.shape) < 1 / (_RIMS * area)
        away = radius * np.sqrt((i + np.clip((inside - _RIM**2) / area, 0.0, 1.0)) / _RIMS)
        angle = np.arctan2(rim.phi, rim.eta) + rng.uniform(0, 2 * np.pi, n)[:, None]
        rims.append(_Jets(rim.pt * kept, away * np.cos(angle), away * np.sin(angle)))
    soft = _Jets.joined(rims)
    little = soft.pt.sum(axis=1) < _SOFT * jets.pt.sum(axis=1)
    return replace(soft, pt=soft.pt * little[:, None])


def _shared(mass: Floats, heavy: tuple[Floats, Floats], rng: np.random.Generator) -> Floats:
    """The first of some evenly drawn shares of momentum that the masses allow.

    If none of them is, that at which the two fly together, which (m1 + m2 <= m) always is.
    """
    drawn = rng.uniform(_SMALLEST_SHARE, 1 - _SMALLEST_SHARE, (_DRAWS, len(mass)))
    allowed = heavy[0] ** 2 / drawn + heavy[1] ** 2 / (1 - drawn) <= mass**2
    z = drawn[np.argmax(allowed, axis=0), np.arange(len(mass))]
    together = heavy[0] / np.maximum(heavy[0] + heavy[1], 1e-12)
    together = np.clip(together, _SMALLEST_SHARE, 1 - _SMALLEST_SHARE)
    return np.where(allowed.any(axis=0), z, together)


def _filled(jets: _Jets, prong: _Prong, rng: np.random.Generator) -> _Jets:
    """The core of another jet, boosted along its axis to the momentum of the prong."""
    n = len(prong.pt)
    other = _others(jets, rng)
    pt, eta, phi = jets.pt[other], jets.eta[other], jets.phi[other]
    axis = np.arange(n), np.argmax(pt, axis=1)
    eta, phi = eta - eta[axis][:, None], phi - phi[axis][:, None]
    # the radius before the boost, which widens by what it takes from the momentum
    boost = prong.pt / np.maximum(pt.sum(axis=1), 1e-12)
    radius = prong.apart * rng.uniform(*_WIDE, n) * boost
    core = _Jets(pt * (np.hypot(eta, phi) <= radius[:, None]), eta, phi).centred()
    factor = (prong.pt / np.maximum(core.pt.sum(axis=1), 1e-12))[:, None]
    turn = rng.uniform(0, 2 * np.pi, n)[:, None]
    # of a jet without constituents nothing is made
    x, y = (a / np.where(factor > 0, factor, 1.0) for a in (core.eta, core.phi))
    return _Jets(
        core.pt * factor,
        np.cos(turn) * x - np.sin(turn) * y + prong.eta[:, None],
        np.sin(turn) * x + np.cos(turn) * y + prong.phi[:, None],
    )


def _others(jets: _Jets, rng: np.random.Generator) -> NDArray[np.int64]:
    """For each jet another one, with constituents if there are such."""
    n = len(jets.pt)
    filled = np.flatnonzero(jets.pt.sum(axis=1) > 0)
    if len(filled) == 0:
        return np.arange(n)
    place = np.searchsorted(filled, np.arange(n))
    step = rng.integers(1, max(len(filled), 2), n)
    return np.asarray(filled[(place + step) % len(filled)])


def _constituents(events: Events) -> _Jets:
    pt, eta, phi = (np.asarray(events.feature(a), np.float64) for a in ("pt", "eta", "phi"))
    return _Jets(np.where(events.mask, pt, 0.0), eta, phi)


def _as_events(like: Events, jets: _Jets) -> Events:
    """In the slots of other jets, those of highest pT."""
    order = np.argsort(-jets.pt, axis=1, kind="stable")[:, : len(like.object_names)]
    pt, eta, phi = (np.take_along_axis(a, order, axis=1) for a in (jets.pt, jets.eta, jets.phi))
    mask = pt > 0
    objects = np.zeros_like(like.objects)
    for name, values in (("pt", pt), ("eta", eta), ("phi", phi)):
        objects[:, :, like.feature_names.index(name)] = np.where(mask, values, 0.0)
    return replace(like, objects=objects, mask=mask)


JET_SURROGATES: dict[str, Callable[[Events, np.random.Generator], Events]] = {
    "two_prongs": partial(_made, again=0),
    "three_prongs": partial(_made, again=1),
    "four_prongs": partial(_made, again=2),
}
"""What can be made, by name."""
