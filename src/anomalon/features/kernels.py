"""Compiled passes over the objects of events, one event after the other.

What comes out for an event depends on that event alone; sums are added in the order of events. So
neither how events are cut into pieces nor how many threads there are changes a digit. All of them
let go of the interpreter lock.
"""

from typing import Any

import numpy as np

from anomalon.run.compiling import compiled

__all__ = [
    "add",
    "arrange",
    "arrange_and_standardise",
    "leading_azimuth",
    "standardise",
    "wrapped",
]


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def arrange(
    objects: Any, mask: Any, keys: Any, columns: Any, kinds: Any, first: Any, room: Any, x: Any,
    there: Any,
) -> None:  # fmt: skip
    """Filled slots of each kind in falling order of the first key, ties in rising order of others.

    Args:
        objects: Shape (event, slot, feature).
        mask: Shape (event, slot): which are filled.
        keys: Features that decide the order.
        columns: Features that are kept.
        kinds: For each slot the number of its kind, or -1 if it is left out.
        first: For each kind where its slots begin in the result.
        room: For each kind how many it has there; of more objects the leading ones are taken.
        x: The result, shape (event, slot, feature), all zero.
        there: Which slots of it are filled, shape (event, slot), all false.
    """
    n_slots, n_kinds = len(kinds), len(first)
    order = np.empty((n_kinds, n_slots), np.int64)
    n = np.empty(n_kinds, np.int64)
    for i in range(len(objects)):
        n[:] = 0
        for slot in range(n_slots):
            kind = kinds[slot]
            if kind < 0 or not mask[i, slot]:
                continue
            place = n[kind]
            while place > 0:  # an insertion sort: files are almost in order
                other = order[kind, place - 1]
                leads = False
                for j in range(len(keys)):
                    a, b = objects[i, slot, keys[j]], objects[i, other, keys[j]]
                    if a != b:
                        leads = a > b if j == 0 else a < b
                        break
                if not leads:
                    break
                order[kind, place] = other
                place -= 1
            order[kind, place] = slot
            n[kind] += 1
        for kind in range(n_kinds):
            for place in range(min(n[kind], room[kind])):
                to = first[kind] + place
                there[i, to] = True
                for j in range(len(columns)):
                    x[i, to, j] = objects[i, order[kind, place], columns[j]]


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def wrapped(angle: Any) -> Any:
    """An angle in [-pi, pi): (angle + pi) % 2 pi - pi, without a division where none is needed."""
    turned = angle + np.pi
    if turned < 0.0 or turned >= 2 * np.pi:
        turned = turned % (2 * np.pi)
    return turned - np.pi


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def leading_azimuth(x: Any, there: Any, visible: Any, pt: Any, phi: Any) -> Any:
    """That of the leading visible object, of the missing momentum if there is none, 0 of nothing.

    Args:
        x: Objects of an event, shape (slot, feature).
        there: Which slots are filled, shape (slot,).
        visible: Which are no missing momentum, shape (slot,).
        pt: Which feature is the transverse momentum.
        phi: Which is the azimuth.
    """
    zero, best, seen = 0.0, -1.0, False
    for slot in range(len(visible)):
        if there[slot] and (visible[slot] or not seen):
            p = x[slot, pt]
            if p > best or (visible[slot] and not seen):
                best, zero = p, x[slot, phi]
            seen = seen or visible[slot]
    return zero


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def standardise(
    x: Any, mask: Any, pt: Any, logarithms: Any, phi: Any, relative: Any, visible: Any,
    mean: Any, std: Any, farthest: Any, z: Any,
) -> None:  # fmt: skip
    """Filled slots on their scale, within +-farthest; all numbers in float64 on the way.

    Args:
        x: Arranged objects, shape (event, slot, feature).
        mask: Shape (event, slot).
        pt: Which feature is the transverse momentum.
        logarithms: Shape (feature,): of which ln(1 + x) is taken.
        phi: Which feature is the azimuth; -1: none is.
        relative: Whether it is counted from the leading visible object.
        visible: Shape (slot,): which are not missing momentum, and lead if they are filled.
        mean: Shape (slot, feature).
        std: Shape (slot, feature).
        farthest: The largest number of the result.
        z: The result, shape (event, slot, feature), all zero.
    """
    for i in range(len(x)):
        zero = leading_azimuth(x[i], mask[i], visible, pt, phi) if relative and phi >= 0 else 0.0
        for slot in range(len(visible)):
            if not mask[i, slot]:
                continue
            for j in range(len(logarithms)):
                value = x[i, slot, j]
                if logarithms[j]:
                    value = np.log1p(max(value, 0.0))
                if j == phi:
                    value = wrapped(value - zero)
                value = (value - mean[slot, j]) / std[slot, j]
                z[i, slot, j] = min(max(value, -farthest), farthest)


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def arrange_and_standardise(
    objects: Any, mask: Any, keys: Any, columns: Any, kinds: Any, first: Any, room: Any,
    pt: Any, logarithms: Any, phi: Any, relative: Any, visible: Any, mean: Any, std: Any,
    farthest: Any, z: Any, there: Any,
) -> None:  # fmt: skip
    """Both, for few events at a time: what is between them never leaves the cache."""
    n = 64
    x = np.empty((n, z.shape[1], z.shape[2]))
    for i in range(0, len(z), n):
        j = min(i + n, len(z))
        x[:] = 0.0
        arrange(objects[i:j], mask[i:j], keys, columns, kinds, first, room, x[: j - i], there[i:j])
        standardise(
            x[: j - i], there[i:j], pt, logarithms, phi, relative, visible, mean, std, farthest,
            z[i:j],
        )  # fmt: skip


@compiled(nogil=True)  # type: ignore[untyped-decorator]
def add(sums: Any, z: Any, mask: Any, weight: Any) -> None:
    """Add weights, and weighted numbers and squares, to sums of shape (3, slot, feature)."""
    for i in range(len(z)):
        for slot in range(z.shape[1]):
            if mask[i, slot]:
                for j in range(z.shape[2]):
                    value = z[i, slot, j]
                    sums[0, slot, j] += weight[i]
                    sums[1, slot, j] += weight[i] * value
                    sums[2, slot, j] += weight[i] * value**2
