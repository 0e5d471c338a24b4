"""Pythia 8 (Bierlich et al., arXiv:2203.11601) as a source of stable particles in flat arrays."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, Seed
from anomalon.core.errors import BadValue, MissingExtra
from anomalon.run.compiling import compiled
from anomalon.simulate.veto import PartonVeto

__all__ = ["CHARGED", "MUON", "NEUTRAL_HADRON", "PHOTON", "Batch", "Generator"]

# What the detector tells apart.
NEUTRAL_HADRON, PHOTON, CHARGED, MUON = 0, 1, 2, 3

_MAX_ETA = 4.9
_BATCH = 50  # events in one call; a batch holds the whole record, 185 kB per hard event
_MAX_SEED = 900_000_000


@dataclass(frozen=True, eq=False)
class Batch:
    """Some generated events.

    Args:
        particles: Stable, visible ones within |eta| < 4.9, with the column `kind`: NEUTRAL_HADRON,
            PHOTON, CHARGED (with electrons) or MUON.
        m_hat: Shape (event,): mass of the hard process, in GeV.
        pt_hat: Shape (event,): transverse momentum of the hard process, in GeV.
        weight: Shape (event,): the generator's weight, 1 unless a setting biases the selection.
    """

    particles: Particles
    m_hat: NDArray[np.float64]
    pt_hat: NDArray[np.float64]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.particles)


class Generator:
    """One initialised Pythia: a stream of events that its settings and its seed determine.

    Args:
        settings: Pythia's own settings, "key = value" each; later ones win.
        seed: The stream of random numbers.
        veto: Which events to drop early.

    Raises:
        BadValue: If Pythia does not accept a setting (the message has the line) or cannot be
            initialised with them.
        MissingExtra: If pythia8mc is not installed.
    """

    def __init__(
        self, settings: Iterable[str], seed: Seed | int, veto: PartonVeto | None = None
    ) -> None:
        try:
            import pythia8mc
        except ModuleNotFoundError as error:
            raise MissingExtra("pythia8mc", "simulate", "event generation") from error
        settings = tuple(settings)
        number = 1 + Seed.of(seed).child("pythia").integer(_MAX_SEED)
        with _stdout_to_stderr():
            self._pythia = pythia8mc.Pythia("", False)  # noqa: FBT003 - no banner
            lines = (
                "Print:quiet = on",
                *settings,
                "Random:setSeed = on",
                f"Random:seed = {number}",
            )
            for line in lines:
                if not self._pythia.readString(line, False):  # noqa: FBT003 - no warning
                    raise BadValue(
                        f"Pythia {self.version} does not accept the setting '{line}': no such key, "
                        "or not a value of its type. Correct this line of the recipe."
                    )
            if veto is not None:
                # Pythia does not keep the Python object alive, and without it asks nobody.
                self._hook = veto.hook()
                self._pythia.setUserHooksPtr(self._hook)
            if not self._pythia.init():
                raise BadValue(
                    f"Pythia {self.version} cannot be initialised with the {len(settings)} "
                    "settings of this recipe: no process is switched on, or its masses and "
                    "thresholds leave no phase space at this energy of the beams."
                )

    @property
    def version(self) -> str:
        """Pythia's version, e.g. "8.317"."""
        return f"{self._pythia.settings.parm('Pythia:versionNumber'):.3f}"

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
            yield _visible(self._pythia.nextBatch(min(_BATCH, n_tried - start)))


def _visible(batch: Any) -> Batch:
    """The final state of a batch, read from Pythia's buffers without a copy of the record."""
    record = batch["prt"].layout
    content = record.content
    momentum = content.content("p")
    status, pdg = (np.asarray(content.content(f).data) for f in ("status", "id"))
    p = {f: np.asarray(momentum.content(f).data) for f in ("px", "py", "pz", "e")}
    offsets = np.asarray(record.offsets)
    kind, rows, offsets = _select(offsets, status, pdg, p["px"], p["py"], p["pz"])
    p["energy"] = p.pop("e")
    columns = {name: values[rows] for name, values in p.items()}
    info = batch["info"]
    return Batch(
        particles=Particles(columns | {"kind": kind}, offsets, "Pythia"),
        m_hat=np.asarray(info["mHat"], dtype=np.float64),
        pt_hat=np.sqrt(np.asarray(info["pT2Hat"], dtype=np.float64)),
        weight=np.asarray(info["weights"][:, 0], dtype=np.float64),
    )


@compiled()
def _kind(pdg: int) -> int:
    """Which kind of visible particle, or -1 for a neutrino; `pdg` without sign."""
    if pdg in (12, 14, 16):
        return -1
    if pdg == 22:
        return PHOTON
    if pdg == 13:
        return MUON
    # e, pi, K, p, and the charged hyperons (which decay unless a setting says otherwise)
    if pdg in (11, 211, 321, 2212, 3112, 3222, 3312, 3334):
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


@contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Send what C++ prints on stdout to stderr, where messages belong."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
