"""Particles of whole events to jets with their constituents."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.kinematics import pt_eta_phi_mass
from anomalon.data.jets import jet_events, relative_to
from anomalon.jets import leading_jets, nsubjettiness

__all__ = ["clustered_jets"]

_N_TAUS = 3


def clustered_jets(
    particles: Particles | Events,
    *,
    radius: float = 1.0,
    pt_min: float = 20.0,
    pt_max: float = math.inf,
    eta_max: float = math.inf,
    n_leading: int = 2,
    n_constituents: int | None = 100,
) -> Events:
    """Anti-kT jets (FastJet) of events, one row per jet, in the order of the events.

    Each of the leading jets is judged by itself.

    Args:
        particles: Of events; those of `Events` keep the column "event", and the weights and the
            truth of their events.
        radius: Jet radius R.
        pt_min: Smallest pt of a jet in GeV.
        pt_max: Largest pt of a jet in GeV.
        eta_max: Largest |eta| of its axis.
        n_leading: How many jets of an event may be kept, those of highest pt.
        n_constituents: Slots of a jet, for its constituents of highest pt; None: as many as the
            fullest jet needs.

    Returns:
        Jets (see `anomalon.data.jets`) with the columns event, which two jets of one event share,
        jet_pt, jet_eta, jet_phi, jet_mass, tau1 to tau3 (winner-take-all kT axes, beta 1, R0 = R)
        and n_constituents, of all constituents.

    Raises:
        BadLayout: If these are no particles.
        BadValue: If a number is out of range.
        MissingExtra: If FastJet is not installed.
    """
    flat = Particles.of(particles) if isinstance(particles, Events) else particles
    found = leading_jets(flat, radius=radius, pt_min=pt_min, n_jets=n_leading)
    filled = np.flatnonzero(found.p4.reshape(-1, 4)[:, 0] > 0)
    pt, eta, phi, mass = pt_eta_phi_mass(found.p4.reshape(-1, 4)[filled])
    inside = (pt < check.number(pt_max, "clustered_jets: pt_max", "(0, inf]")) & (
        np.abs(eta) < check.number(eta_max, "clustered_jets: eta_max", "(0, inf]")
    )
    kept = filled[inside]
    constituents = found.constituents[kept]
    tau = nsubjettiness(constituents, n=_N_TAUS, R0=radius)
    numbers = {"jet_pt": pt, "jet_eta": eta, "jet_phi": phi, "jet_mass": mass}
    rows = kept // n_leading
    columns: dict[str, NDArray[Any]] = {
        "event": rows,
        **{name: values[inside].astype(np.float32) for name, values in numbers.items()},
        **{f"tau{n + 1}": tau[:, n].astype(np.float32) for n in range(_N_TAUS)},
        "n_constituents": constituents.n_particles.astype(np.int32),
    }
    of_event: dict[str, Any] = {}
    if isinstance(particles, Events):
        columns["event"] = particles.columns.get("event", np.arange(len(particles)))[rows]
        of_event["weight"] = particles.weight[rows]
        of_event["label"] = None if particles.label is None else particles.label[rows]
    relative = relative_to(constituents, eta[inside], phi[inside])
    return jet_events(relative, n_constituents, columns=columns, **of_event)
