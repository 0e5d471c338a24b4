"""Objects from measured particles: tables of them, jets without pile-up, and the slots of an event.

A table of objects has a row for each, (row of the event, pt, eta, phi), in GeV and radians.
"""

import math

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles
from anomalon.core.kinematics import pt_eta_phi_mass
from anomalon.jets import leading_jets
from anomalon.simulate.leptons import TRACKER_ETA

__all__ = ["EVENT", "PT", "fill", "owners", "subtracted_jets", "table_of"]

Floats = NDArray[np.float64]

EVENT, PT = 0, 1
"""Columns of a table: row of the event, pt (and eta, phi)."""

_RAW_JETS = 40  # before pile-up is subtracted


def owners(particles: Particles) -> NDArray[np.int64]:
    """The event of each particle, shape (particle,)."""
    return np.repeat(np.arange(len(particles)), particles.n_particles)


def table_of(particles: Particles, chosen: NDArray[np.bool_]) -> Floats:
    """The table of some particles, shape (object, 4)."""
    px, py, pz = (particles.column(name)[chosen] for name in ("px", "py", "pz"))
    pt = np.hypot(px, py)
    event = owners(particles)[chosen]
    return np.stack([event, pt, np.arcsinh(pz / pt), np.arctan2(py, px)], axis=-1)


def fill(slots: Floats, table: Floats, rows: NDArray[np.int64]) -> None:
    """Put the objects of highest pt of each of the events `rows` (sorted) into its slots.

    Args:
        slots: Shape (event of `rows`, slot, 3), written to.
        table: Objects of any events.
        rows: The events that are kept.
    """
    table = table[np.isin(table[:, EVENT], rows)]
    table = table[np.lexsort((-table[:, PT], table[:, EVENT]))]
    event = np.searchsorted(rows, table[:, EVENT].astype(np.int64))
    rank = np.arange(len(table)) - np.searchsorted(event, event)
    kept = rank < slots.shape[1]
    slots[event[kept], rank[kept]] = table[kept, PT:]


def subtracted_jets(
    particles: Particles,
    used: NDArray[np.bool_],
    rows: NDArray[np.int64],
    density: Floats,
    *,
    radius: float,
    pt_min: float,
    eta_max: float,
) -> Floats:
    """Anti-kT jets of the events `rows`, less density times area (arXiv:0707.1378), as a table.

    Args:
        particles: Measured.
        used: Which of them are clustered, shape (particle,).
        rows: Events, in rising order.
        density: Shape (event, 2): GeV per unit of area, within the tracker and forward.
        radius: Of the jets.
        pt_min: Jets are above, pile-up subtracted, in GeV.
        eta_max: Largest |eta|.
    """
    event = owners(particles)
    used = used & np.isin(event, rows)
    columns = {name: particles.column(name)[used] for name in ("px", "py", "pz", "energy")}
    counts = np.bincount(event[used], minlength=len(particles))[rows]
    found = leading_jets(
        Particles(columns, np.concatenate([[0], np.cumsum(counts)])),
        radius=radius,
        pt_min=pt_min,
        n_jets=_RAW_JETS,
    )
    here, slot = np.nonzero(found.p4[:, :, 0] > 0)
    pt, eta, phi, _ = pt_eta_phi_mass(found.p4[here, slot])
    forward = (np.abs(eta) > TRACKER_ETA).astype(int)
    pt = pt - density[rows[here], forward] * math.pi * radius**2
    jets = np.stack([rows[here].astype(np.float64), pt, eta, phi], axis=-1)
    return jets[(pt > pt_min) & (np.abs(eta) < eta_max)]
