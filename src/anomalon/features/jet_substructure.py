"""`JetSubstructure`: what a jet looks like, in a row of well-known numbers.

| feature | what it is |
|---|---|
| `log_mass` | ln of the mass of the constituents in GeV |
| `log_n` | ln of their number |
| `ptd` | sqrt(sum z^2), z being the share of pT |
| `lha`, `width`, `thrust` | sum z (dR/R0)^beta around the axis, beta = 1/2, 1, 2 |
| `tau21` … `tau54` | ratios of N-subjettiness (winner-take-all kT axes, beta = 1) |
| `log_e2`, `log_c2`, `log_d2` | energy correlators (`anomalon.jets.correlators`), beta = 1 |

Generalised angularities: Larkoski, Thaler, Waalewijn, arXiv:1408.3122.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.core.kinematics import energy_momentum, invariant_mass
from anomalon.features.feature_rows import FeatureRows
from anomalon.features.inputs import Inputs, Layout
from anomalon.features.jet_images import momenta_of
from anomalon.jets import energy_correlators, nsubjettiness

__all__ = ["JetSubstructure"]

Floats = NDArray[np.float64]

_N_TAU = 5
_NAMES = (
    "log_mass", "log_n", "ptd", "lha", "width", "thrust",
    *(f"tau{n + 1}{n}" for n in range(1, _N_TAU)),
    "log_e2", "log_c2", "log_d2",
)  # fmt: skip


@final
@dataclass(frozen=True)
class JetSubstructure(FeatureRows):
    """A row of features of a jet, standardised.

    Args:
        radius: Of the jets.
        only: Names of features to take; all of them if none are given.

    Raises:
        BadValue: If the radius is not above zero.
    """

    kind: ClassVar[str] = "jet_substructure"
    cites: ClassVar[tuple[str, ...]] = ("Thaler:2010tr", "Larkoski:2013eya", "Larkoski:2014gra")

    radius: float = 1.0
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check.fields(self, self.kind, radius="(0, inf)")
        self._check_only()

    def feature_names(self, layout: Layout) -> tuple[str, ...]:
        """All of them."""
        momenta_of(layout, self.kind)
        return _NAMES

    def row(self, objects: Floats, mask: NDArray[np.bool_], layout: Layout) -> Floats:
        """The features of arranged constituents."""
        pt, eta, phi = (objects[:, :, j] * mask for j in momenta_of(layout, self.kind))
        particles = _particles(pt, eta, phi, mask)
        total = np.maximum(pt.sum(axis=1), 1e-9)
        z = pt / total[:, None]
        apart = np.sqrt(eta**2 + phi**2) / self.radius
        angularity = {b: (z * apart**b).sum(axis=1) for b in (0.5, 1.0, 2.0)}
        mass = invariant_mass(energy_momentum(pt, eta, phi, np.zeros_like(pt)).sum(axis=1))
        tau = nsubjettiness(particles, n=_N_TAU, R0=self.radius)
        e2, e3 = energy_correlators(particles).T
        columns = [
            _log(mass, 0.1),
            _log(mask.sum(axis=1), 0.5),
            np.sqrt((z**2).sum(axis=1)),
            *angularity.values(),
            *(_over(tau[:, n], tau[:, n - 1]) for n in range(1, _N_TAU)),
            _log(e2, 1e-6),
            _log(_over(e3, e2**2), 1e-4),
            _log(_over(e3, e2**3), 1e-4),
        ]
        table = np.stack(columns, axis=1)
        return table[:, [_NAMES.index(name) for name in self.only or _NAMES]]


def _particles(pt: Floats, eta: Floats, phi: Floats, mask: NDArray[np.bool_]) -> Particles:
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))])
    return Particles.polar(pt[mask], eta[mask], phi[mask], offsets)


def _log(x: NDArray[np.generic], least: float) -> Floats:
    return np.log(np.maximum(np.asarray(x, np.float64), least))


def _over(a: Floats, b: Floats) -> Floats:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


Inputs.registry[JetSubstructure.kind] = JetSubstructure
