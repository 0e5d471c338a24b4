"""`Hardware`: numbers of the first level have steps, and a largest one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check

__all__ = ["Hardware"]

_CALO, _MUON = (0.0435, 144), (0.010875, 576)  # step in eta, steps of phi in a turn
_PT, _ETA, _PHI = 1, 2, 3


@dataclass(frozen=True)
class Hardware:
    """Steps and largest numbers, as those of the CMS Global Trigger, in GeV.

    Eta has steps of 0.0435 and phi 144 in a turn; for muons 0.010875 and 576.

    Args:
        pt_step: Of all momenta.
        most_object: Largest pt of electrons, muons and taus.
        most_jet: Of jets.
        most_met: Of missing momentum.
    """

    pt_step: float = 0.5
    most_object: float = 255.5
    most_jet: float = 1023.5
    most_met: float = 2047.5

    def __post_init__(self) -> None:
        names = ("pt_step", "most_object", "most_jet", "most_met")
        check.fields(self, "selection.hardware", **dict.fromkeys(names, "(0, inf)"))

    def rounded(self, table: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
        """A table of objects (row, pt, eta, phi) as the hardware has them."""
        most = {"jet": self.most_jet, "met": self.most_met}.get(kind, self.most_object)
        eta_step, turn = _MUON if kind == "muon" else _CALO
        out = table.copy()
        out[:, _PT] = np.minimum(np.floor(table[:, _PT] / self.pt_step) * self.pt_step, most)
        out[:, _ETA] = np.round(table[:, _ETA] / eta_step) * eta_step
        steps = np.round(table[:, _PHI] * turn / (2 * np.pi))
        steps = np.where(steps >= turn / 2, steps - turn, steps)
        out[:, _PHI] = steps * (2 * np.pi / turn)
        return out
