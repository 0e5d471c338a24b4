"""Raw particles on disk -> dijet features, in events per second, beside FastJet.

    python benchmarks/dijet.py [--repeat 3]

Input: the 1000 events of the LHC Olympics slice in $ANOMALON_DATA/lhco, or, without that folder,
1000 synthetic dijets in the same layout. One process; the best of `--repeat` runs counts, after one
run that compiles. Peers, in the same run and on the same events:

- the same chain with FastJet's own N-subjettiness in place of ours: read (h5py), cluster, tau_1 to
  tau_3 of two jets, without the arithmetic that makes features of them;
- clustering with FastJet alone, from arrays in memory: the floor of any such chain.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import awkward as ak
import fastjet
import h5py
import hdf5plugin  # noqa: F401  registers Blosc
import numpy as np

from anomalon.core import Particles, Seed
from anomalon.data import load
from anomalon.features import dijet
from anomalon.jets import leading_jets


def synthetic(path: Path, n: int = 1000) -> None:
    """Back-to-back jets of some 100 particles each over a soft background, in the raw layout."""
    rng = Seed(1).child("benchmark", "dijet").generator()
    table = np.zeros((n, 700, 3))
    phi0, eta0 = rng.uniform(-np.pi, np.pi, n), rng.normal(0, 0.8, (n, 2))
    for j in range(2):
        part = slice(100 * j, 100 * (j + 1))
        table[:, part, 0] = 1300 * rng.dirichlet(np.full(100, 0.15), n)
        table[:, part, 1] = eta0[:, j, None] + rng.normal(0, 0.2, (n, 100))
        table[:, part, 2] = phi0[:, None] + np.pi * j + rng.normal(0, 0.2, (n, 100))
    table[:, 200:300, 0] = rng.exponential(1.0, (n, 100))
    table[:, 200:300, 1] = rng.uniform(-2.5, 2.5, (n, 100))
    table[:, 200:300, 2] = rng.uniform(-np.pi, np.pi, (n, 100))
    table[:, :, 2] = (table[:, :, 2] + np.pi) % (2 * np.pi) - np.pi
    with h5py.File(path, "w") as file:
        group = file.create_group("df")
        group.attrs["pandas_type"] = np.bytes_("frame")
        group.attrs["nblocks"] = 1
        group["axis0"] = group["block0_items"] = np.arange(2100)
        group["axis1"] = np.arange(n)
        group["block0_values"] = table.reshape(n, 2100)


def ours(path: Path) -> np.ndarray:
    """The features of all events, shape (event, 8)."""
    return dijet(load(path)).x


def particles(path: Path) -> Particles:
    """The particles of all events, read with h5py alone."""
    with h5py.File(path) as file:
        raw = file["df/block0_values"][:, :2100].reshape(-1, 700, 3)
    mask = raw[:, :, 0] > 0
    pt, eta, phi = raw[mask].T
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))])
    return Particles.cartesian(
        pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta), offsets
    )


def jagged(p: Particles) -> ak.Array:
    """Flat momenta as an awkward array of events or jets."""
    flat = ak.zip({"px": p.px, "py": p.py, "pz": p.pz, "E": p.energy})
    return ak.unflatten(flat, p.n_particles)


def peer_taus(constituents: Particles) -> np.ndarray:
    """tau_1 to tau_3 by FastJet's contribution, shape (jet, 3)."""
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, 1.0)
    cluster = fastjet._pyjet.AwkwardClusterSequence(jagged(constituents), definition)
    taus = cluster.njettiness(
        measure_definition="NormalizedMeasure",
        axes_definition="WTA_KT_Axes",
        njets=[1, 2, 3],
        beta=1.0,
        R0=1.0,
    )
    return ak.to_numpy(taus)


def peer(path: Path) -> np.ndarray:
    """The same chain with FastJet's N-subjettiness."""
    jets = leading_jets(particles(path), radius=1.0, pt_min=20.0, n_jets=2)
    return peer_taus(jets.constituents)


def cluster_alone(events: ak.Array) -> None:
    """Anti-kT jets and the indices of their constituents."""
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, 1.0)
    cluster = fastjet.ClusterSequence(events, definition)
    cluster.inclusive_jets(min_pt=20.0)
    cluster.constituent_index(min_pt=20.0)


def best(work: Callable[[], object], repeat: int) -> float:
    """Seconds of the fastest of several runs, after one that does not count."""
    times = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def line(what: str, ours: float, peer: float, peer_name: str, bar: float) -> dict[str, object]:
    """One comparison, printed and as a row of the result."""
    ratio = ours / peer
    row = {"what": what, "ours": ours, "peer": peer, "peer_name": peer_name, "ratio": ratio}
    print(f"{what}: {ours:.0f}, {peer_name}: {peer:.0f}, ratio {ratio:.2f} (bar {bar})")
    return {**row, "bar": bar, "ok": ratio >= bar}


def main() -> None:
    """Measure, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        shared = os.environ.get("ANOMALON_DATA")
        if shared:
            path = Path(shared) / "lhco" / "events_anomalydetection_tiny.h5"
        else:
            path = Path(folder) / "synthetic.h5"
            synthetic(path)
        print(f"input: {path.name}")
        flat = particles(path)
        n = len(flat)
        events = jagged(flat)
        seconds = best(lambda: ours(path), repeat)
        chain = best(lambda: peer(path), repeat)
        alone = best(lambda: cluster_alone(events), repeat)
        check_equal(path)
    results = [
        line("raw file to dijet features, events/s", n / seconds, n / chain,
             "same chain with FastJet's N-subjettiness", 1.0),
        line("raw file to dijet features, events/s", n / seconds, n / alone,
             "FastJet anti-kT clustering alone", 0.5),
    ]  # fmt: skip
    print(json.dumps({"name": "dijet", "results": results}))


def check_equal(path: Path) -> None:
    """Both chains give the same tau_1 to tau_3, or the comparison means nothing."""
    taus = peer(path).reshape(-1, 2, 3)
    found = dijet(load(path), substructure="taus")
    for n in (1, 2, 3):
        mine = np.sort([found.column(f"tau{n}_J1"), found.column(f"tau{n}_J2")], axis=0)
        np.testing.assert_allclose(mine, np.sort(taus[:, :, n - 1].T, axis=0), rtol=1e-6)


if __name__ == "__main__":
    main()
