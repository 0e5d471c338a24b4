"""Objects of the first level of a trigger, in windows of calorimeter towers less pile-up."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.run.compiling import compiled
from anomalon.simulate.coarse import MAX_ETA, N_ETA, N_PHI, grids

__all__ = ["Windows"]

Floats = NDArray[np.float64]

_COARSE_ETA, _COARSE_PHI = N_ETA // 2, N_PHI // 2  # 0.2 x 0.2
_MOST = 40  # objects of a kind in an event


@dataclass(frozen=True)
class Windows:
    """How electromagnetic objects, taus, jets and missing momentum are made of towers, in GeV.

    Each tower is less the median of its ring in eta. A jet has the 13 towers of 0.2 around one of
    highest energy; an electromagnetic object 3 x 3 towers of 0.1, with little energy around and
    behind; a tau 5 x 5 towers of 0.1, with little around. MET is minus the sum of all towers of 0.2
    above `tower_pt`: at 60 collisions towers of less are pile-up, in every ring.

    Args:
        electron_pt, tau_pt, jet_pt: Objects are above.
        electron_eta, jet_eta: Largest |eta|, of taus as of electrons.
        electron_isolation: Largest energy around (7 x 7), and behind in the hadronic towers, over
            that of the object, beyond `slack`.
        tau_isolation: Largest energy around (9 x 9) over that of the object, beyond `slack`.
        slack: Energy that isolation forgives.
        tower_pt: Towers of MET are above.

    Raises:
        BadValue: If one is out of range.
    """

    electron_pt: float = 6.0
    tau_pt: float = 12.0
    jet_pt: float = 15.0
    electron_eta: float = 2.5
    jet_eta: float = 4.0
    electron_isolation: float = 0.15
    tau_isolation: float = 0.3
    slack: float = 2.0
    tower_pt: float = 10.0

    def __post_init__(self) -> None:
        wanted = {field.name: "[0, inf)" for field in fields(self)}
        check.fields(self, "selection.l1", **wanted)

    def objects(self, particles: Particles) -> dict[str, Floats]:
        """Tables (row of the event, pt, eta, phi) of electrons, taus and jets, and of MET.

        Args:
            particles: What `CoarseDetector` saw.
        """
        towers = grids(particles)
        fine = towers.sum(axis=1)
        coarse = fine.reshape(-1, _COARSE_ETA, 2, _COARSE_PHI, 2).sum(axis=(2, 4))
        coarse = coarse - np.median(coarse, axis=2, keepdims=True)
        rings = np.median(towers, axis=3, keepdims=True)
        em, hadron = (np.ascontiguousarray(x) for x in np.moveaxis(towers - rings, 1, 0))
        both = em + hadron
        electron = (self.electron_pt, self.electron_eta), (self.electron_isolation, self.slack)
        tau = (self.tau_pt, self.electron_eta), (self.tau_isolation, self.slack)
        tables = {
            "electron": _isolated(em, hadron, *electron, (1, 3, 0.3)),
            "tau": _isolated(both, np.full_like(both, -np.inf), *tau, (2, 4, 0.2)),  # none behind
            "jet": _jets(coarse, self.jet_pt, self.jet_eta),
        }
        return tables | {"met": self._met(coarse)}

    def _met(self, coarse: Floats) -> Floats:
        kept = np.where(coarse > self.tower_pt, coarse, 0.0).sum(axis=1)
        phi = (np.arange(_COARSE_PHI) + 0.5) / _COARSE_PHI * 2 * np.pi - np.pi
        x, y = -kept @ np.cos(phi), -kept @ np.sin(phi)
        zero = np.zeros(len(kept))
        return np.stack([np.arange(len(kept)), np.hypot(x, y), zero, np.arctan2(y, x)], axis=-1)


@compiled()
def _place(row, column, n_eta, n_phi):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Eta and phi of the centre of a tower."""
    eta = (row + 0.5) / n_eta * 2 * MAX_ETA - MAX_ETA
    return eta, (column + 0.5) / n_phi * 2 * np.pi - np.pi


@compiled()
def _window(grid, row, column, half):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sum of a square of towers."""
    n_eta, n_phi = grid.shape
    total = 0.0
    for i in range(max(row - half, 0), min(row + half + 1, n_eta)):
        for j in range(column - half, column + half + 1):
            total += grid[i, j % n_phi]
    return total


@compiled()
def _highest(grid, row, column, half):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Whether no tower of a square is higher; of equal ones the first is the highest."""
    n_eta, n_phi = grid.shape
    here = grid[row, column]
    for i in range(max(row - half, 0), min(row + half + 1, n_eta)):
        for k in range(column - half, column + half + 1):
            j = k % n_phi
            before = i < row or (i == row and k < column)
            if grid[i, j] > here or (before and grid[i, j] == here):
                return False
    return True


@compiled()
def _isolated(grid, behind, cuts, isolation, size):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Squares of towers around one that is highest, with little around and behind.

    `size` has half of the side of a square, of what is around it, and the share of the energy that
    its middle has at least.
    """
    (pt_min, eta_max), (share, slack), (half, outer, middle) = cuts, isolation, size
    n_events, n_eta, n_phi = grid.shape
    out = np.empty((n_events * _MOST, 4))
    n = 0
    for event in range(n_events):
        begin = n
        for row in range(n_eta):
            for column in range(n_phi):
                eta, phi = _place(row, column, n_eta, n_phi)
                seed = grid[event, row, column]
                if abs(eta) > eta_max or seed < middle * pt_min or n - begin >= _MOST:
                    continue
                if not _highest(grid[event], row, column, half):
                    continue
                pt = _window(grid[event], row, column, half)
                most = share * pt + slack
                around = _window(grid[event], row, column, outer) - pt
                hidden = _window(behind[event], row, column, half)
                if pt > pt_min and around < most and hidden < most:
                    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = event, pt, eta, phi
                    n += 1
    return out[:n].copy()


@compiled()
def _jets(coarse, pt_min, eta_max):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The 13 towers around each that is the highest of 5 x 5."""
    n_events, n_eta, n_phi = coarse.shape
    out = np.empty((n_events * _MOST, 4))
    n = 0
    for event in range(n_events):
        begin = n
        for row in range(n_eta):
            for column in range(n_phi):
                eta, phi = _place(row, column, n_eta, n_phi)
                seed = coarse[event, row, column]
                if abs(eta) > eta_max or seed < 0.15 * pt_min or n - begin >= _MOST:
                    continue
                if not _highest(coarse[event], row, column, 2):
                    continue
                pt = 0.0
                for i in range(max(row - 2, 0), min(row + 3, n_eta)):
                    for k in range(column - 2, column + 3):
                        if (i - row) ** 2 + (k - column) ** 2 <= 4:
                            pt += coarse[event, i, k % n_phi]
                if pt > pt_min:
                    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = event, pt, eta, phi
                    n += 1
    return out[:n].copy()
