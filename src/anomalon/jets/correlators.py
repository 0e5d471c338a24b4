"""Energy correlation functions: how the constituents of a jet are arranged in pairs and threes.

Larkoski, Salam, Thaler, arXiv:1305.0007, eq. 1, with z = pt / sum of pt:

    e2 = sum_{i<j} z_i z_j dR_ij^beta
    e3 = sum_{i<j<k} z_i z_j z_k (dR_ij dR_ik dR_jk)^beta

C2 = e3 / e2^2 (there), D2 = e3 / e2^3 (arXiv:1409.6298): small for jets of two prongs.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.jets.nsubjettiness import momenta, rapidity
from anomalon.run.compiling import compiled

__all__ = ["energy_correlators"]


def energy_correlators(constituents: Particles, *, beta: float = 1.0) -> NDArray[np.float64]:
    """e2 and e3 of many jets.

    Args:
        constituents: Of the jets, which take the place of events.
        beta: Angular exponent, above zero; distances are in rapidity and azimuth.

    Returns:
        Shape (jet, 2).

    Raises:
        BadLayout: If these are no `Particles`.
        BadValue: If `beta` is not above zero.

    Example:
        >>> jet = Particles.polar(pt=[50.0, 50.0], eta=[0.0, 0.0], phi=[0.0, 0.8], offsets=[0, 2])
        >>> energy_correlators(jet).round(6)
        array([[0.2, 0. ]])
    """
    beta = check.number(beta, "energy_correlators: beta", "(0, inf)")
    p4 = momenta(constituents, "energy_correlators")
    found = np.zeros((len(constituents), 2))
    _correlators(p4, constituents.offsets, beta, found)
    return found


@compiled(nogil=True)
def _correlators(p4: Any, offsets: Any, beta: float, found: Any) -> None:
    """Fill `found` (jet, 2)."""
    largest = 0
    for jet in range(len(found)):
        largest = max(largest, offsets[jet + 1] - offsets[jet])
    z, y, phi = np.empty(largest), np.empty(largest), np.empty(largest)
    apart = np.empty((largest, largest))
    for jet in range(len(found)):
        start, size = offsets[jet], offsets[jet + 1] - offsets[jet]
        total = 0.0
        for i in range(size):
            px, py, pz, energy = p4[start + i]
            z[i] = math.hypot(px, py)
            y[i], phi[i] = rapidity(px, py, pz, energy), math.atan2(py, px)
            total += z[i]
        if total <= 0.0:
            continue
        for i in range(size):
            z[i] /= total
        for i in range(size):
            for j in range(i):
                dphi = abs(phi[i] - phi[j])
                if dphi > math.pi:
                    dphi = 2 * math.pi - dphi
                d = ((y[i] - y[j]) ** 2 + dphi * dphi) ** (0.5 * beta)
                apart[i, j] = d
                found[jet, 0] += z[i] * z[j] * d
        for i in range(size):
            for j in range(i):
                both = z[i] * z[j] * apart[i, j]
                inner = 0.0
                for k in range(j):
                    inner += z[k] * apart[i, k] * apart[j, k]
                found[jet, 1] += both * inner
