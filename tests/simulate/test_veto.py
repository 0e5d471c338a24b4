import numpy as np
import pytest

from anomalon.core import Particles
from anomalon.jets import leading_jets
from anomalon.simulate.veto import PartonVeto, _leading_pair


def partons(n, seed):
    rng = np.random.default_rng(seed)
    pt, y, phi = rng.exponential(300, n) + 20, rng.normal(0, 1, n), rng.uniform(-3.1, 3.1, n)
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y), pt * np.cosh(y)], axis=1)


@pytest.mark.parametrize("n", [2, 3, 6, 12])
def test_parton_jets_are_those_of_fastjet(n):
    for seed in range(10):
        p = partons(n, seed)
        wanted = leading_jets(Particles.cartesian(*p.T, [0, n]), pt_min=0.0).p4[0]
        found = _leading_pair(p.copy(), 1.0)[:, [3, 0, 1, 2]]
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_rejects_low_masses_and_wide_pairs():
    # Two massless partons back to back with y = +-0.5: mass 2 pT cosh(0.5), |dY| = 1.
    y = np.array([0.5, -0.5])
    sign = np.array([1.0, -1.0])
    pair = 1000 * np.stack([sign, 0 * sign, np.sinh(y), np.cosh(y)], axis=1)
    mass = 2000 * np.cosh(0.5)
    assert not PartonVeto(mass_min=mass - 1, dy_max=1.01).rejects(pair)
    assert PartonVeto(mass_min=mass + 1, dy_max=1.01).rejects(pair)
    assert PartonVeto(mass_min=mass - 1, dy_max=0.99).rejects(pair)
