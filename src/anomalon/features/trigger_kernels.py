"""Compiled steps of `trigger_steps`, event by event, numbers in float64 on the way."""

from typing import Any

import numpy as np

from anomalon.features.kernels import arrange, leading_azimuth, wrapped
from anomalon.run.compiling import compiled

__all__ = ["arrange_and_prepare", "prepare"]


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def _clean(x: Any, there: Any, chain: Any) -> None:
    """Missing values, saturation and floors of an event (slot, feature), in place."""
    pt = chain.columns[0]
    for slot in range(len(there)):
        if chain.look:
            missing = not there[slot]
            if not missing:
                value = x[slot, pt]
                missing = not value >= 0.0  # NaN as well
                for one in chain.values:
                    missing = missing or value == one
            if missing:
                there[slot] = chain.repaired[slot] > 0.0
                for j in range(x.shape[1]):
                    x[slot, j] = 0.0
                x[slot, pt] = chain.repaired[slot]
            else:
                for j in range(x.shape[1]):
                    if j != pt:
                        value = x[slot, j]
                        nothing = value != value
                        for one in chain.values:
                            nothing = nothing or value == one
                        if nothing:
                            x[slot, j] = 0.0
        if not there[slot]:
            continue
        if x[slot, pt] >= chain.limit[slot]:
            if chain.drop:
                there[slot] = False
            else:
                x[slot, pt] = chain.limit[slot]
        if x[slot, pt] < chain.floor[slot]:
            there[slot] = False


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def _separate(x: Any, there: Any, chain: Any) -> None:
    """Objects that overlap with another one go, rule after rule."""
    eta, phi = chain.columns[1], chain.columns[2]
    for rule in range(len(chain.radii)):
        first, last, begin, end = chain.rules[rule]
        radius = chain.radii[rule]
        for slot in range(first, last):
            if not there[slot]:
                continue
            for other in range(slot + 1 if begin == first else begin, end):
                if there[other]:
                    d_eta = x[other, eta] - x[slot, eta]
                    if d_eta * d_eta < radius:  # else the azimuth need not be looked at
                        d_phi = wrapped(x[other, phi] - x[slot, phi])
                        if d_eta * d_eta + d_phi * d_phi < radius:
                            there[other] = False


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def prepare(x: Any, there: Any, chain: Any, farthest: Any, z: Any) -> None:
    """All steps, of arranged events.

    Args:
        x: Arranged objects, shape (event, slot, feature); changed on the way.
        there: Which slots are filled, shape (event, slot); changed.
        chain: What is done.
        farthest: The largest number of the result.
        z: The result, shape (event, slot, feature), all zero.
    """
    pt, phi = chain.columns[0], chain.columns[2]
    rotate = chain.rotate and phi >= 0
    for i in range(len(x)):
        _clean(x[i], there[i], chain)
        _separate(x[i], there[i], chain)
        zero = leading_azimuth(x[i], there[i], chain.visible, pt, phi) if rotate else 0.0
        factor = 1.0
        if chain.total > 0.0:
            total = 0.0
            for slot in range(x.shape[1]):
                if there[i, slot]:
                    total += x[i, slot, pt]
            factor = chain.total / total if total > 0.0 else 0.0
        for slot in range(x.shape[1]):
            if not there[i, slot]:
                continue
            for j in range(x.shape[2]):
                value = x[i, slot, j]
                if rotate and j == phi:
                    value = wrapped(value - zero)
                elif chain.gev[j]:
                    value = value * factor
                value = value / chain.by[slot, j]
                z[i, slot, j] = min(max(value, -farthest), farthest)


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def arrange_and_prepare(
    objects: Any, mask: Any, keys: Any, columns: Any, kinds: Any, first: Any, room: Any,
    chain: Any, farthest: Any, z: Any, there: Any,
) -> None:  # fmt: skip
    """Both, for few events at a time: what is between them never leaves the cache."""
    n = 64
    x = np.empty((n, z.shape[1], z.shape[2]))
    for i in range(0, len(z), n):
        j = min(i + n, len(z))
        x[:] = 0.0
        arrange(objects[i:j], mask[i:j], keys, columns, kinds, first, room, x[: j - i], there[i:j])
        prepare(x[: j - i], there[i:j], chain, farthest, z[i:j])
