import subprocess
import sys

import numpy as np
import pytest

from anomalon.core import Particles
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.kinematics import invariant_mass
from anomalon.jets import leading_jets


def plain_antikt(px, py, pz, energy, radius):
    """Anti-kT in its textbook form (arXiv:0802.1189, eq. 1), E-scheme."""
    p = [np.array(v) for v in zip(energy, px, py, pz, strict=True)]
    jets = []
    while p:
        kt2 = np.array([v[1] ** 2 + v[2] ** 2 for v in p]) ** -1.0
        y = np.array([np.arctanh(v[3] / v[0]) for v in p])
        phi = np.array([np.arctan2(v[2], v[1]) for v in p])
        dphi = np.abs(phi[:, None] - phi)
        dphi = np.minimum(dphi, 2 * np.pi - dphi)
        d = np.minimum(kt2[:, None], kt2) * ((y[:, None] - y) ** 2 + dphi**2) / radius**2
        np.fill_diagonal(d, kt2)
        i, k = np.unravel_index(np.argmin(d), d.shape)
        if i == k:
            jets.append(p.pop(i))
        else:
            merged = p[i] + p[k]
            p = [v for j, v in enumerate(p) if j not in (i, k)] + [merged]
    return sorted(jets, key=lambda v: -np.hypot(v[1], v[2]))


def test_jets_are_those_of_the_textbook_algorithm(toy_dijets):
    jets = leading_jets(toy_dijets, radius=0.7, pt_min=0.0, n_jets=3)
    for event in range(20):
        energy, px, py, pz = toy_dijets[event].p4.T
        wanted = plain_antikt(px, py, pz, energy, 0.7)
        assert jets.n[event] == len(wanted)
        found = jets.p4[event, : min(3, len(wanted))]
        np.testing.assert_allclose(found, wanted[:3], rtol=1e-9, atol=1e-9)


def test_constituents_add_up_to_their_jet(toy_dijets):
    jets = leading_jets(toy_dijets, n_jets=3)
    slots = jets.p4.reshape(-1, 4)
    for slot in range(len(slots)):
        total = jets.constituents[slot].p4.sum(axis=0)
        np.testing.assert_allclose(total, slots[slot], rtol=1e-9, atol=1e-9)


def test_dijet_masses_of_the_lhc_olympics(lhco_events):
    events, reference = lhco_events
    jets = leading_jets(events)
    np.testing.assert_allclose(invariant_mass(jets.p4.sum(axis=1)), reference["mjj"], rtol=1e-9)
    mass = np.sort(invariant_mass(jets.p4), axis=1)
    np.testing.assert_allclose(mass[:, 0], reference["mJ1"], atol=1e-4)


def test_events_do_not_know_their_neighbours(toy_dijets):
    whole = leading_jets(toy_dijets)
    first = 17
    part = leading_jets(toy_dijets[first:])
    np.testing.assert_array_equal(part.p4, whole.p4[first:])
    np.testing.assert_array_equal(part.constituents.p4, whole.constituents[2 * first :].p4)


def test_jets_fall_in_pt_and_respect_the_threshold(toy_dijets):
    jets = leading_jets(toy_dijets, radius=0.4, pt_min=50.0, n_jets=8)
    pt = np.hypot(jets.p4[..., 1], jets.p4[..., 2])
    assert (np.diff(pt, axis=1) <= 0).all()
    assert ((pt == 0) | (pt >= 50.0)).all()
    np.testing.assert_array_equal((pt > 0).sum(axis=1), np.minimum(jets.n, 8))


def test_empty_events_have_empty_slots():
    one = np.array([100.0])
    jets = leading_jets(Particles.cartesian(one, 0 * one, 0 * one, one, [0, 0, 1, 1]))
    assert jets.n.tolist() == [0, 1, 0]
    assert jets.p4[1, 0].tolist() == [100.0, 100.0, 0.0, 0.0]
    assert np.count_nonzero(jets.p4) == 2
    assert jets.constituents.offsets.tolist() == [0, 0, 0, 1, 1, 1, 1]
    none = leading_jets(Particles.cartesian(*[one[:0]] * 4, [0]))
    assert none.p4.shape == (0, 2, 4)


def test_stdout_stays_clean():
    code = (
        "from anomalon.core import Particles; from anomalon.jets import leading_jets;"
        "leading_jets(Particles.cartesian([100.0], [0.0], [0.0], [100.0], [0, 1]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


@pytest.mark.parametrize("setting", [{"radius": 0.0}, {"pt_min": -1.0}, {"n_jets": 0}])
def test_refuses_settings_out_of_range(toy_dijets, setting):
    with pytest.raises(BadValue, match=next(iter(setting))):
        leading_jets(toy_dijets, **setting)


def test_refuses_loose_arrays():
    with pytest.raises(BadLayout, match="expected Particles"):
        leading_jets(np.ones((3, 4)))
