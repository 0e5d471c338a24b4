"""Pythia 8 (Bierlich et al., arXiv:2203.11601) as a source of stable particles in flat arrays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, Seed
from anomalon.run.compiling import compiled
from anomalon.simulate.decays import Decaying, Decays, Handful, Surroundings
from anomalon.simulate.starting import started, version
from anomalon.simulate.veto import Veto

__all__ = [
    "CHARGED",
    "ELECTRON",
    "LAST_COPY",
    "MUON",
    "NEUTRAL_HADRON",
    "OUTGOING",
    "PHOTON",
    "Batch",
    "Generator",
]

# What the detector tells apart; CHARGED are hadrons.
NEUTRAL_HADRON, PHOTON, CHARGED, MUON, ELECTRON = 0, 1, 2, 3, 4

# Pythia's words for outgoing particles of the hard process, and for what is left of those that
# recoil against the shower when it is over.
OUTGOING, LAST_COPY = 23, 62

_MAX_ETA = 4.9
_BATCH = 50  # events in one call; a batch holds the whole record, 185 kB per hard event


@dataclass(frozen=True, eq=False)
class Batch:
    """Some generated events.

    Args:
        particles: Stable, visible ones within |eta| < 4.9, with the column `kind`: NEUTRAL_HADRON,
            PHOTON, CHARGED, MUON or ELECTRON.
        m_hat: Shape (event,): mass of the hard process, in GeV.
        pt_hat: Shape (event,): transverse momentum of the hard process, in GeV.
        weight: Shape (event,): the generator's weight, 1 unless a setting biases the selection.
        partons: What jets are matched to: particles that leave the hard process, and last copies
            of its resonances, with the columns `pdg` and `status` (23 and 62 in Pythia's words,
            without sign). Decays outside of Pythia's own course leave none.
        n_generated: Events that came from the generator for these; decays may have dropped some.
    """

    particles: Particles
    m_hat: NDArray[np.float64]
    pt_hat: NDArray[np.float64]
    weight: NDArray[np.float64]
    partons: Particles
    n_generated: int

    def __len__(self) -> int:
        return len(self.particles)


class Generator:
    """One initialised Pythia: a stream of events that its settings and its seed determine.

    Args:
        settings: Pythia's own settings, "key = value" each; later ones win.
        seed: The stream of random numbers.
        veto: Which events to drop early.
        decays: What decays outside of Pythia's own course, and which events that drops.

    Raises:
        BadValue: If Pythia does not accept a setting (the message has the line) or cannot be
            initialised with them.
        MissingExtra: If pythia8mc is not installed.
    """

    def __init__(
        self,
        settings: Iterable[str],
        seed: Seed | int,
        veto: Veto | None = None,
        decays: Decays | None = None,
    ) -> None:
        self._decaying = None if decays is None else decays.start(Seed.of(seed).child("decays"))
        if decays is not None:
            settings = (*settings, *(f"{code}:mayDecay = off" for code in decays.codes))
        self._hook = veto.hook() if veto is not None else None
        if self._decaying is not None and self._decaying.hook is not None:
            self._hook = self._decaying.hook
        self._pythia = started(settings, seed, self._hook)

    @property
    def version(self) -> str:
        """Pythia's version, e.g. "8.317"."""
        return version(self._pythia)

    @property
    def cross_section(self) -> float:
        """Pythia's estimate of the cross section of what came so far (after a veto), in pb."""
        return 1e9 * float(self._pythia.infoPython().sigmaGen())

    @property
    def cross_section_error(self) -> float:
        """Pythia's estimate of its statistical uncertainty, in pb."""
        return 1e9 * float(self._pythia.infoPython().sigmaErr())

    def batches(self, n_tried: int) -> Iterator[Batch]:
        """Ask for `n_tried` events, in batches; those that Pythia fails on do not come.

        An event that the veto drops is replaced by another one.
        """
        for start in range(0, n_tried, _BATCH):
            record = _Record.of(self._pythia.nextBatch(min(_BATCH, n_tried - start)))
            if self._decaying is None:
                yield _visible(record, record.n_events)
            else:
                each = (record[i].decayed(self._decaying) for i in range(record.n_events))
                kept = [event for event in each if event is not None]
                yield _visible(_Record.joined(kept), record.n_events)


@dataclass(frozen=True, eq=False)
class _Record:
    """The records of some events as flat arrays, read from Pythia's buffers without a copy."""

    offsets: NDArray[np.int64]
    status: NDArray[np.integer[Any]]
    pdg: NDArray[np.integer[Any]]
    p4: tuple[NDArray[np.float64], ...]  # px, py, pz, energy
    info: tuple[NDArray[np.float64], ...]  # m_hat, pt_hat, weight

    @classmethod
    def of(cls, batch: Any) -> "_Record":
        record = batch["prt"].layout
        content = record.content
        momentum = content.content("p")
        status, pdg = (np.asarray(content.content(f).data) for f in ("status", "id"))
        p4 = tuple(np.asarray(momentum.content(f).data) for f in ("px", "py", "pz", "e"))
        info = batch["info"]
        about = (
            np.asarray(info["mHat"], dtype=np.float64),
            np.sqrt(np.asarray(info["pT2Hat"], dtype=np.float64)),
            np.asarray(info["weights"][:, 0], dtype=np.float64),
        )
        return cls(np.asarray(record.offsets), status, pdg, p4, about)

    @classmethod
    def joined(cls, parts: "list[_Record]") -> "_Record":
        sizes = [0, *(len(part.pdg) for part in parts)]
        none = np.zeros(0)
        return cls(
            np.cumsum(sizes, dtype=np.int64),
            np.concatenate([np.zeros(0, int), *(part.status for part in parts)]),
            np.concatenate([np.zeros(0, int), *(part.pdg for part in parts)]),
            tuple(np.concatenate([none, *(part.p4[i] for part in parts)]) for i in range(4)),
            tuple(np.concatenate([none, *(part.info[i] for part in parts)]) for i in range(3)),
        )

    @property
    def n_events(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: int) -> "_Record":
        """One event."""
        rows = slice(self.offsets[i], self.offsets[i + 1])
        return _Record(
            np.array([0, rows.stop - rows.start]),
            self.status[rows],
            self.pdg[rows],
            tuple(p[rows] for p in self.p4),
            tuple(values[i : i + 1] for values in self.info),
        )

    def decayed(self, decaying: Decaying) -> "_Record | None":
        """One event with what was left to decay replaced by its products; None: dropped."""
        final = self.status > 0
        waits = final & np.isin(np.abs(self.pdg), decaying.codes)
        given = Handful(self.pdg[waits], np.stack([p[waits] for p in self.p4], axis=-1))
        rest = np.flatnonzero(final & ~waits)
        others = Handful(self.pdg[rest], np.stack([p[rest] for p in self.p4], axis=-1))
        hard = float(self.p4[3][3]), float(self.p4[3][4])
        products = decaying.products(given, Surroundings(hard, others))
        if products is None:
            return None
        everything = others + products
        n = len(everything.pdg)
        return _Record(
            np.array([0, n]),
            np.ones(n, int),
            everything.pdg,
            tuple(everything.p4.T),
            self.info,
        )


def _visible(record: _Record, n_generated: int) -> Batch:
    """What a detector may see of the final state."""
    kind, rows, offsets = _select(record.offsets, record.status, record.pdg, *record.p4[:3])
    names = ("px", "py", "pz", "energy")
    columns = {name: values[rows] for name, values in zip(names, record.p4, strict=True)}
    m_hat, pt_hat, weight = record.info
    particles = Particles(columns | {"kind": kind}, offsets, "Pythia")
    return Batch(particles, m_hat, pt_hat, weight, _partons(record), n_generated)


def _partons(record: _Record) -> Particles:
    """Outgoing particles of the hard process, and last copies of its resonances."""
    status = np.abs(record.status)
    rows = np.flatnonzero((status == OUTGOING) | (status == LAST_COPY))
    names = ("px", "py", "pz", "energy")
    columns: dict[str, NDArray[Any]] = {
        name: values[rows] for name, values in zip(names, record.p4, strict=True)
    }
    columns |= {"pdg": np.asarray(record.pdg)[rows], "status": status[rows]}
    return Particles(columns, np.searchsorted(rows, record.offsets), "Pythia")


@compiled()
def _kind(pdg: int) -> int:
    """Which kind of visible particle, or -1 for a neutrino; `pdg` without sign."""
    if pdg in (12, 14, 16):
        return -1
    if pdg == 22:
        return PHOTON
    if pdg == 13:
        return MUON
    if pdg == 11:
        return ELECTRON
    # pi, K, p, and the charged hyperons (which decay unless a setting says otherwise)
    if pdg in (211, 321, 2212, 3112, 3222, 3312, 3334):
        return CHARGED
    return NEUTRAL_HADRON


@compiled()
def _select(offsets, status, pdg, px, py, pz):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Kinds and rows of visible final particles within the acceptance, and their offsets."""
    n_events = len(offsets) - 1
    kind = np.empty(len(status), np.int8)
    rows = np.empty(len(status), np.int64)
    out = np.zeros(n_events + 1, np.int64)
    sinh_max = np.sinh(_MAX_ETA)
    n = 0
    for event in range(n_events):
        for i in range(offsets[event], offsets[event + 1]):
            if status[i] <= 0 or abs(pz[i]) >= sinh_max * np.hypot(px[i], py[i]):
                continue
            what = _kind(abs(pdg[i]))
            if what >= 0:
                kind[n], rows[n] = what, i
                n += 1
        out[event + 1] = n
    return kind[:n].copy(), rows[:n].copy(), out
