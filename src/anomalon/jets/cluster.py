"""Anti-kT jets of many events at once, by FastJet (Cacciari, Salam, Soyez, arXiv:1111.6097)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.core.errors import MissingExtra
from anomalon.core.shown import Shown
from anomalon.jets.nsubjettiness import momenta

__all__ = ["Jets", "leading_jets"]

# Events that FastJet gets in one call: enough to hide the cost of a call, little enough memory.
_BATCH = 1000


@dataclass(frozen=True, eq=False, repr=False)
class Jets(Shown):
    """The leading jets of many events, ordered by falling pT, with their constituents.

    Args:
        p4: Shape (event, jet, 4): E, px, py, pz in GeV, float64; zeros where there is no jet.
        n: Shape (event,): how many jets are above the threshold, which may be more than `p4` holds.
        constituents: Of each slot of `p4`, which take the place of events (px, py, pz, energy);
            slot = event * n_jets + jet. An empty slot has none.
    """

    p4: NDArray[np.float64]
    n: NDArray[np.int64]
    constituents: Particles


def leading_jets(
    particles: Particles,
    *,
    radius: float = 1.0,
    pt_min: float = 20.0,
    n_jets: int = 2,
) -> Jets:
    """Cluster every event with anti-kT (arXiv:0802.1189, E-scheme) and keep the leading jets.

    Args:
        particles: Of all events.
        radius: Jet radius R.
        pt_min: Jets below are dropped, in GeV.
        n_jets: How many jets to keep for an event, those of highest pT.

    Returns:
        The jets and their constituents.

    Raises:
        BadLayout: If these are no `Particles`.
        BadValue: If `radius`, `pt_min` or `n_jets` is out of range.
        MissingExtra: If FastJet is not installed.
    """
    radius = check.number(radius, "leading_jets: radius", "(0, 10]")
    pt_min = check.number(pt_min, "leading_jets: pt_min", "[0, inf)")
    n_jets = check.whole(n_jets, "leading_jets: n_jets", 1, 1_000_000)
    p4 = momenta(particles, "leading_jets")
    starts, n_events = particles.offsets, len(particles)
    batches = [
        _batch(p4, starts[start : min(start + _BATCH, n_events) + 1], radius, pt_min, n_jets)
        for start in range(0, n_events, _BATCH)
    ]
    kept = np.concatenate([np.empty((0, 4)), *(b[2] for b in batches)])
    counts = np.concatenate([np.empty(0, np.int64), *(b[3] for b in batches)])
    px, py, pz, energy = (np.ascontiguousarray(column) for column in kept.T)
    return Jets(
        p4=np.concatenate([np.empty((0, n_jets, 4)), *(b[0] for b in batches)]),
        n=np.concatenate([np.empty(0, np.int64), *(b[1] for b in batches)]),
        constituents=Particles.cartesian(
            px,
            py,
            pz,
            energy,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            source=f"constituents of jets from {particles.source}",
        ),
    )


def _batch(
    p4: NDArray[np.float64],
    offsets: NDArray[np.int64],
    radius: float,
    pt_min: float,
    n_jets: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Jets (event, jet, 4), their number, constituents (particle, 4), constituents per slot."""
    import awkward as ak

    fastjet = _fastjet()
    here = p4[offsets[0] : offsets[-1]]
    local = offsets - offsets[0]
    fields = {name: here[:, i] for i, name in enumerate(("px", "py", "pz", "E"))}
    events = ak.Array(
        ak.contents.ListOffsetArray(
            ak.index.Index64(local),
            ak.contents.RecordArray(
                [ak.contents.NumpyArray(np.ascontiguousarray(v)) for v in fields.values()],
                list(fields),
            ),
        )
    )
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, radius)
    clustered = fastjet.ClusterSequence(events, definition)
    jets = clustered.inclusive_jets(min_pt=pt_min)
    members = clustered.constituent_index(min_pt=pt_min)

    n_found = ak.to_numpy(ak.num(jets, axis=1)).astype(np.int64)
    flat = np.stack([ak.to_numpy(ak.flatten(jets[f])) for f in ("E", "px", "py", "pz")], axis=-1)
    event = np.repeat(np.arange(len(n_found)), n_found)
    # Stable, so that jets of equal pT stay in FastJet's order.
    order = np.lexsort((-np.hypot(flat[:, 1], flat[:, 2]), event))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(n_found) - n_found, n_found)
    keep = order[rank < n_jets]

    slot = event[keep] * n_jets + rank[rank < n_jets]
    out = np.zeros((len(n_found) * n_jets, 4))
    out[slot] = flat[keep]
    chosen = ak.flatten(members, axis=1)[keep]
    sizes = np.zeros(len(out), dtype=np.int64)
    sizes[slot] = ak.to_numpy(ak.num(chosen, axis=1))
    rows = ak.to_numpy(ak.flatten(chosen, axis=1)) + np.repeat(local[event[keep]], sizes[slot])
    return out.reshape(-1, n_jets, 4), n_found, here[rows.astype(np.int64)], sizes


@cache
def _fastjet() -> Any:
    """The FastJet module, after its banner (which it prints to stdout once) went nowhere."""
    try:
        import fastjet
    except ModuleNotFoundError as error:
        raise MissingExtra("fastjet", "simulate", "jet clustering") from error
    with _stdout_closed():
        fastjet._swig.ClusterSequence.print_banner()
    return fastjet


@contextmanager
def _stdout_closed() -> Iterator[None]:
    """Send file descriptor 1, which C++ writes to past Python, to the null device for a while."""
    sys.stdout.flush()
    kept = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(null)
        os.close(kept)
