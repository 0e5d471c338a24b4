"""What the objects of an event have to fulfil, whatever file they come from."""

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadRows

__all__ = ["check_objects", "refuse_slots"]

_ROUNDING = 1e-4
"""Radians: how far beyond pi a rounded angle may be. -pi in float32 is beyond by 9e-8."""


def check_objects(
    objects: NDArray[np.float32], names: tuple[str, ...], where: str, what: str = "pt, eta and phi"
) -> None:
    """Refuse impossible numbers.

    Args:
        objects: Shape (event, object, 3 or more): pt, eta, phi, and what follows.
        names: Of the slots; `met` is the missing momentum.
        where: Whose, for messages.
        what: The numbers, for messages.

    Raises:
        BadRows: If a number is not finite, a pt is negative, an angle is not in [-pi, pi] or the
            missing momentum has an eta.
    """
    check.finite(objects, f"{where}: {what}")
    pt, eta, phi = (objects[:, :, j] for j in range(3))
    refuse_slots(pt < 0, pt, names, f"{where}: pt", "no negative numbers")
    refuse_slots(
        np.abs(phi) > np.pi + _ROUNDING,
        phi,
        names,
        f"{where}: phi",
        "radians from -pi to pi",
        "Write np.arctan2(np.sin(phi), np.cos(phi)) instead.",
    )
    met = np.array([name == "met" for name in names])
    refuse_slots(
        met & (eta != 0),
        eta,
        names,
        f"{where}: eta of the missing momentum (slot {int(np.argmax(met))})",
        "0",
        "Set it to zero: it has no direction along the beam.",
    )


def refuse_slots(
    bad: NDArray[np.bool_],
    values: NDArray[np.float32],
    names: tuple[str, ...],
    what: str,
    wanted: str,
    remedy: str = "",
) -> None:
    """Raise `BadRows`, with the first slot, if any entry of `bad` (event, slot) is true."""
    if not bad.any():
        return
    rows = np.flatnonzero(bad.any(axis=1))
    slot = int(np.flatnonzero(bad[rows[0]])[0])
    raise BadRows(
        what,
        wanted,
        f"{values[rows[0], slot]:.6g} for {names[slot]}",
        len(rows),
        tuple(rows[: BadRows.SHOWN].tolist()),
        len(bad),
        remedy,
    )
