"""From the two leading jets of an event to the numbers of a dijet resonance search."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.kinematics import delta_r, invariant_mass, pt_eta_phi_mass, rapidity
from anomalon.jets import Jets, nsubjettiness

__all__ = ["COLUMNS", "DijetSelection", "dijet_columns"]

COLUMNS = (
    "mjj",
    "mJ1",
    "dmJ",
    "tau21_J1",
    "tau21_J2",
    "tau32_J1",
    "tau32_J2",
    "pt_J1",
    "pt_J2",
    "dR",
    "dY",
)


@dataclass(frozen=True)
class DijetSelection:
    """Which events have two jets worth looking at.

    The cut on |dY| removes t-channel QCD; together with the one on mjj it implies a cut on the
    jets' pT, so that no other one is needed and the mass spectrum falls from its first bin on.

    Args:
        mjj_min: Of the mass of the two leading jets, in GeV.
        dy_max: Of their rapidity difference.
        eta_max: Of both jets.
        radius: Of the anti-kT jets.

    Raises:
        BadValue: If one is negative, or no number.
    """

    mjj_min: float = 2500.0
    dy_max: float = 1.2
    eta_max: float = 2.5
    radius: float = 1.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "selection",
            mjj_min="[0, inf]",
            dy_max="(0, inf)",
            eta_max="(0, inf)",
            radius="(0, 10]",
        )

    @property
    def jet_pt_min(self) -> float:
        """A pT in GeV that no selected jet is below, far from the selection."""
        return 0.1 * self.mjj_min / math.cosh(0.5 * self.dy_max)


def dijet_columns(jets: Jets, selection: DijetSelection) -> dict[str, NDArray[Any]]:
    """The columns of `COLUMNS`, float64, for the events that are selected, in their order.

    J1 is the *lighter* of the two jets of highest pT and J2 the heavier one: mJ1 is the mass of
    J1 and dmJ = mJ2 - mJ1. Ratios tau21 = tau2 / tau1 and tau32 are at beta = 1 with
    winner-take-all kT axes, and 0 where the denominator is. dR is the distance of the jets in
    pseudorapidity and azimuth, dY = |y1 - y2| in rapidity. Masses and momenta in GeV.
    """
    n_events, n_slots = jets.p4.shape[:2]
    if n_slots < 2:
        raise ValueError(f"expected at least two jets per event, got {n_slots}")
    with np.errstate(divide="ignore", invalid="ignore"):
        p4 = jets.p4[:, :2]
        mjj = invariant_mass(p4.sum(axis=1))
        pt, eta, phi, mass = pt_eta_phi_mass(p4)
        y = rapidity(p4)
        dy = np.abs(y[:, 0] - y[:, 1])
        keep = (
            (jets.n >= 2)
            & (mjj > selection.mjj_min)
            & (dy < selection.dy_max)
            & (np.abs(eta) < selection.eta_max).all(axis=1)
        )

    tau = nsubjettiness(*jets.constituents, n=3, R0=selection.radius)
    tau = tau.reshape(n_events, n_slots, 3)[:, :2]
    ratio = np.zeros((n_events, 2, 2))  # (event, jet, [tau21, tau32])
    np.divide(tau[..., 1:], tau[..., :-1], out=ratio, where=tau[..., :-1] > 0)

    order = np.argsort(mass, axis=1, kind="stable")
    pick = np.arange(n_events)[:, None], order
    mass, pt, ratio = mass[pick], pt[pick], ratio[pick]
    columns = {
        "mjj": mjj,
        "mJ1": mass[:, 0],
        "dmJ": mass[:, 1] - mass[:, 0],
        "tau21_J1": ratio[:, 0, 0],
        "tau21_J2": ratio[:, 1, 0],
        "tau32_J1": ratio[:, 0, 1],
        "tau32_J2": ratio[:, 1, 1],
        "pt_J1": pt[:, 0],
        "pt_J2": pt[:, 1],
        "dR": delta_r(eta[:, 0], phi[:, 0], eta[:, 1], phi[:, 1]),
        "dY": dy,
    }
    return {name: columns[name][keep] for name in COLUMNS}
