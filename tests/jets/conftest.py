"""Particles to cluster: toy jets, and real LHC Olympics events when they are there."""

import os
from pathlib import Path

import numpy as np
import pytest

from anomalon.core import Particles


def flat(pt, y, phi, sizes, mass=0.0):
    mt = np.hypot(pt, mass)
    return Particles.cartesian(
        pt * np.cos(phi),
        pt * np.sin(phi),
        mt * np.sinh(y),
        mt * np.cosh(y),
        np.concatenate([[0], np.cumsum(sizes)]),
    )


@pytest.fixture(scope="session")
def toy_dijets():
    """60 events of two back-to-back sprays with up to four cores each, some across phi = pi."""
    rng = np.random.default_rng(5)
    pt, y, phi, sizes = [], [], [], []
    for _ in range(60):
        axis_y, axis_phi = rng.uniform(-1.5, 1.5, 2), rng.uniform(0, 2 * np.pi)
        n = 0
        for side in (0, 1):
            for _ in range(rng.integers(1, 5)):
                k = int(rng.integers(3, 20))
                core_y, core_phi = axis_y[side] + rng.normal(0, 0.25, 2) * [1, 0]
                core_phi = axis_phi + np.pi * side + rng.normal(0, 0.25)
                pt.append(rng.exponential(30.0, k) + 0.5)
                y.append(core_y + rng.normal(0, 0.1, k))
                phi.append(core_phi + rng.normal(0, 0.1, k))
                n += k
        sizes.append(n)
    pt, y, phi = map(np.concatenate, (pt, y, phi))
    mass = rng.choice([0.0, 0.13957, 0.938], len(pt))
    return flat(pt, y, phi, sizes, mass)


@pytest.fixture(scope="session")
def lhco_events():
    """The first 1000 events of the LHC Olympics R&D set, and their reference masses."""
    folder = os.environ.get("ANOMALON_DATA")
    if not folder:
        pytest.skip("ANOMALON_DATA is not set: no real data to read")
    h5py = pytest.importorskip("h5py")
    import hdf5plugin  # noqa: F401 - the compression filter

    with h5py.File(Path(folder) / "lhco" / "events_anomalydetection_tiny.h5") as file:
        block = file["df/block0_values"][:, :2100].reshape(-1, 700, 3)
    filled = block[..., 0] > 0
    pt, eta, phi = (block[..., i][filled] for i in range(3))
    table = np.genfromtxt(
        Path(folder) / "lhco" / "rnd_first1000_reference.csv", delimiter=",", names=True
    )
    return flat(pt, eta, phi, filled.sum(axis=1)), table
