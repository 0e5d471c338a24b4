"""Jets that are taken for electrons: forced, so that every event that allows one is of use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Seed, check, event_random

__all__ = ["FakeRates", "Fakes"]

Floats = NDArray[np.float64]

_SEED = Seed(0).child("fakes")
_EVENT, _PT, _ETA = 0, 1, 2
_PER = 20.0  # GeV: pt to which natural rates refer


@dataclass(frozen=True)
class Fakes:
    """One jet is taken for an electron, in every event that allows it.

    The electron has `least` to all of the pT of the jet: what isolation leaves. Of an event with n
    such jets the chance is `rate` n; it is kept with probability min(1, n / `keep`), `enhancement`
    times as often, and all events kept have the same weight.

    Args:
        rate: Electrons per jet.
        keep: Events with so many jets are kept in any case; more of them count as so many.
        least: Smallest share of the pT of the jet.
    """

    rate: float = 2.5e-5
    keep: int = 2
    least: float = 0.7

    def __post_init__(self) -> None:
        check.fields(self, "fakes", rate="(0, 1]", keep=(1, 10), least="(0, 1]")

    @property
    def enhancement(self) -> float:
        """How much more often an event is kept than it would have a fake."""
        return 1.0 / (self.rate * self.keep)

    def made(
        self, jets: Floats, number: NDArray[np.int64], *, pt_min: float, eta_max: float
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Which events are kept, their fake electrons, and their other jets.

        Args:
            jets: Shape (jet, 4): row of the event, pt, eta, phi.
            number: Of the events, shape (event,): all random numbers are functions of it.
            pt_min: Of the electron, in GeV.
            eta_max: Its largest |eta|.

        Returns:
            Rows of events, in rising order; tables like `jets`.
        """
        row = jets[:, _EVENT].astype(np.int64)
        order = np.arange(len(jets)) - np.searchsorted(row, row)  # of a jet in its event
        share = event_random.uniform(64 * number[row] + order, _SEED.child("share"))
        pt = jets[:, _PT] * (self.least + (1 - self.least) * share)
        fits = (pt > pt_min) & (np.abs(jets[:, _ETA]) < eta_max)
        n_fits = np.bincount(row[fits], minlength=len(number))
        draw = event_random.uniform(number, _SEED.child("kept")) * self.keep
        rows = np.flatnonzero(draw < n_fits)
        # Of the jets that fit, each is as likely.
        which = (event_random.uniform(number, _SEED.child("which")) * n_fits).astype(np.int64)
        rank = np.cumsum(fits) - 1
        begin = np.concatenate([[0], np.cumsum(n_fits)])[:-1]
        fake = fits & (rank - begin[row] == which[row]) & np.isin(row, rows)
        electrons = jets[fake].copy()
        electrons[:, _PT] = pt[fake]
        return rows, electrons, jets[~fake]


@dataclass(frozen=True)
class FakeRates:
    """Jets that are taken for electrons and photons as rarely as in nature, less at high pt.

    Of a jet of pt above `pt_min`, pile-up subtracted, the chance is rate (20 GeV / pt); the object
    has `least` to all of the pT of the jet, whose place it takes.

    Args:
        electron: Electrons per jet of 20 GeV.
        photon: Photons per jet of 20 GeV.
        pt_min: Softer jets are no fakes, in GeV.
        least: Smallest share of the pT of the jet.
    """

    electron: float = 1e-3
    photon: float = 3e-3
    pt_min: float = 20.0
    least: float = 0.7

    def __post_init__(self) -> None:
        wanted = {"electron": "[0, 0.5]", "photon": "[0, 0.5]"}
        check.fields(self, "fakes", **wanted, pt_min="(0, inf)", least="(0, 1]")

    def made(
        self, jets: Floats, number: NDArray[np.int64], *, eta_max: float
    ) -> tuple[Floats, Floats, Floats]:
        """Fake electrons, fake photons, and the other jets: tables like `jets`.

        Args:
            jets: Shape (jet, 4): row of the event, pt, eta, phi; rows in rising order.
            number: Of the events, shape (event,): all random numbers are functions of it.
            eta_max: Largest |eta| of a fake.
        """
        row = jets[:, _EVENT].astype(np.int64)
        order = np.arange(len(jets)) - np.searchsorted(row, row)
        key = 64 * number[row] + order
        u = event_random.uniform(key, _SEED.child("natural"))
        share = event_random.uniform(key, _SEED.child("natural share"))
        pt = jets[:, _PT]
        fits = (pt > self.pt_min) & (np.abs(jets[:, _ETA]) < eta_max)
        per_rate = np.divide(_PER, pt, out=np.zeros(len(jets)), where=fits)
        electron = u < self.electron * per_rate
        photon = ~electron & (u < (self.electron + self.photon) * per_rate)
        made = jets.copy()
        made[:, _PT] = pt * (self.least + (1 - self.least) * share)
        return made[electron], made[photon], jets[~electron & ~photon]
