import numpy as np
import vector
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core import kinematics as k

floats = st.floats(-4, 4)


@given(st.floats(1, 5000), floats, st.floats(-3.1, 3.1), st.floats(0, 500))
def test_round_trip(pt, eta, phi, mass):
    p = k.energy_momentum(pt, eta, phi, mass)
    back = k.pt_eta_phi_mass(p)
    np.testing.assert_allclose(back[:3], (pt, eta, phi), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(back[3], mass, atol=1e-4 * (1 + p[0] / 1000))


def test_agrees_with_vector():
    rng = np.random.default_rng(1)
    pt, eta, phi, m = rng.uniform([[10], [-3], [-3], [0]], [[1e3], [3], [3], [200]], (4, 100))
    ours = k.energy_momentum(pt, eta, phi, m)
    theirs = vector.arr({"pt": pt, "eta": eta, "phi": phi, "mass": m})
    np.testing.assert_allclose(ours[:, 0], theirs.energy, rtol=1e-12)
    np.testing.assert_allclose(k.rapidity(ours), theirs.rapidity, rtol=1e-9)
    both = k.invariant_mass(ours[:50] + ours[50:])
    np.testing.assert_allclose(both, (theirs[:50] + theirs[50:]).mass, rtol=1e-10)
    np.testing.assert_allclose(
        k.delta_r(theirs[:50].eta, phi[:50], theirs[50:].eta, phi[50:]),
        theirs[:50].deltaR(theirs[50:]),
        rtol=1e-9,
    )


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_delta_phi_is_wrapped(a, b):
    d = k.delta_phi(np.float64(a), np.float64(b))
    assert -np.pi <= d < np.pi + 1e-12
    np.testing.assert_allclose(np.exp(1j * d), np.exp(1j * (a - b)), atol=1e-9)
