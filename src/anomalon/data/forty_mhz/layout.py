"""The nineteen slots of an event at 40 MHz, and what their numbers have to fulfil.

Govorkova et al., arXiv:2107.02157: missing transverse momentum, four electrons, four muons and ten
jets, in order of pt within each kind, as (pt, eta, phi, class) in GeV and radians. The class is the
kind of the slot, or zero where the slot is empty, as all of its numbers are then. It is no mass.
"""

import numpy as np
from numpy.typing import NDArray

from anomalon.core.kinds import kind_of_name
from anomalon.data.objects import check_objects, refuse_slots

__all__ = ["CLASSES", "FEATURE_NAMES", "OBJECT_NAMES", "objects_of"]

OBJECT_NAMES = (
    "met",
    *(f"electron{i}" for i in range(1, 5)),
    *(f"muon{i}" for i in range(1, 5)),
    *(f"jet{i}" for i in range(1, 11)),
)
"""The slots, in the order of the files."""

FEATURE_NAMES = ("pt", "eta", "phi")
"""GeV and radians."""

_CLASS_OF = {"met": 1, "electron": 2, "muon": 3, "jet": 4}
CLASSES = np.array([_CLASS_OF[kind_of_name(name)] for name in OBJECT_NAMES], dtype=np.float32)
"""The class that a filled slot has in the files, shape (object,)."""
CLASSES.flags.writeable = False


def objects_of(
    particles: NDArray[np.float32], where: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Objects and mask from the rows of a file, checked.

    Args:
        particles: Shape (event, 19, 4): pt, eta, phi and class; or (event, 19, 3) without a class,
            where a slot with pt > 0 is filled.
        where: Whose, for messages.

    Returns:
        Objects of shape (event, 19, 3), zero where empty, and which are filled, (event, 19).

    Raises:
        BadRows: If a number is not finite, a pt is negative, an angle is not in [-pi, pi], the
            missing momentum has an eta, or a class is not that of its slot.
    """
    check_objects(particles, OBJECT_NAMES, where, "pt, eta, phi and class")
    objects = particles[:, :, :3]
    pt = objects[:, :, 0]
    if particles.shape[2] == 3:
        mask = pt > 0
        return np.where(mask[:, :, None], objects, np.float32(0)), mask
    kind = particles[:, :, 3]
    refuse_slots(
        (kind != CLASSES) & (kind != 0),
        kind,
        OBJECT_NAMES,
        f"{where}: class",
        "1 for missing momentum (slot 0), 2 for electrons (1-4), 3 for muons (5-8), 4 for jets "
        "(9-18), or 0 where a slot is empty",
        "The fourth number is the class of the slot, not a mass.",
    )
    mask = kind != 0
    refuse_slots(
        ~mask & objects.any(axis=2),
        pt,
        OBJECT_NAMES,
        f"{where}: slots of class 0",
        "empty ones with pt, eta and phi zero",
        "Set the class of those that are filled.",
    )
    return np.ascontiguousarray(objects), mask
