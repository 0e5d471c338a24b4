"""`PublicJetSource`: the public jets of Zenodo 4614656 (signals) and 4641460 (QCD).

T. Cheng et al., arXiv:2007.01850. `objects/jets/obs` (event, jet, 9) holds pt, eta, phi, mass and
tau_1 to tau_5; `objects/jets/constituents` (event, jet) holds lists of variable length, E, px, py
and pz of one constituent after the other, in order of pt, with a fifth number each that is not
used here. A file without constituents is one of jets (see `anomalon.data.lhco.JetArraySource`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.data.columns import clean_masses
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.jets.layout import FEATURE_NAMES, MOST_CONSTITUENTS, jet_events, relative_to
from anomalon.data.source import Source

__all__ = ["CONSTITUENTS", "PublicJetSource"]

_JETS, CONSTITUENTS = "objects/jets/obs", "objects/jets/constituents"
_NUMBERS = ("jet_pt", "jet_eta", "jet_phi", "jet_mass", "tau1", "tau2", "tau3", "tau4", "tau5")
_WIDTHS = (5, 4)
"""Numbers per constituent: as they are known, and as the description of the record says."""
_LOOKED_AT = 200
_ROUNDING = 1e-3
"""Relative, of E^2 - p^2 in float32."""


@dataclass(frozen=True)
class PublicJetSource(Source):
    """One of the jets of each event, by falling pt.

    Args:
        jet: Which: 0 is the leading one.
        n_constituents: Slots of a jet.
        width: Numbers per constituent.
    """

    jet: int = 0
    n_constituents: int = MOST_CONSTITUENTS
    width: int = 5

    @classmethod
    def recognise(
        cls, path: Path, file: h5py.File, jet: int | None, n_constituents: int | None
    ) -> "PublicJetSource | None":
        """The source, if the file has both arrays; None if it has no constituents.

        Raises:
            BadLayout: If they do not fit together, or hold no momenta.
            BadValue: If there is no such jet.
        """
        lists, jets = file.get(CONSTITUENTS), file.get(_JETS)
        if not isinstance(lists, h5py.Dataset) or not isinstance(jets, h5py.Dataset):
            return None
        variable = h5py.check_vlen_dtype(lists.dtype) is not None
        if jets.ndim != 3 or jets.shape[2] < 4 or lists.shape[:2] != jets.shape[:2] or not variable:
            raise BadLayout(
                f"{path}: expected '{_JETS}' of shape (event, jet, 9) and lists of variable length "
                f"of shape (event, jet) at '{CONSTITUENTS}', got {jets.dtype} {jets.shape} and "
                f"{lists.dtype} {lists.shape}."
            )
        if jet is not None and not isinstance(jet, int):
            raise BadValue(f"{path}: `jet` takes the number of a jet here, 0 for the leading one.")
        k = n_constituents or MOST_CONSTITUENTS
        number = check.whole(jet or 0, f"{path}: jet", 0, jets.shape[1] - 1)
        return cls(
            path=path,
            layout=f"jets with constituents at '{CONSTITUENTS}' (HDF5)",
            n_events=len(jets),
            bytes_per_event=k * (4 * len(FEATURE_NAMES) + 1) + 8 * (len(_NUMBERS) + 3),
            jet=number,
            n_constituents=k,
            width=_width(path, lists[:_LOOKED_AT, number]),
        )

    def _read(self, start: int, stop: int) -> Events:
        with open_hdf5(self.path) as file:
            lists = file[CONSTITUENTS][start:stop, self.jet]
            jets = np.asarray(file[_JETS][start:stop, self.jet], np.float64)
        sizes = np.array([len(values) for values in lists], dtype=np.int64)
        if (sizes % self.width).any():
            row = start + int(np.flatnonzero(sizes % self.width)[0])
            raise BadLayout(
                f"{self.path}: expected {self.width} numbers per constituent, got "
                f"{sizes[row - start]} numbers for the jet of event {row}."
            )
        flat = np.concatenate([np.empty(0), *lists]).reshape(-1, self.width)
        energy, px, py, pz = np.asarray(flat[:, :4], np.float64).T
        offsets = np.concatenate([[0], np.cumsum(sizes // self.width)])
        there = px**2 + py**2 > 0
        offsets = np.concatenate([[0], np.cumsum(there)])[offsets]
        where = f"{self.path}: '{_JETS}'"
        check.finite(jets, where)
        jets[:, 3] = clean_masses(jets[:, 3], f"{self.path}: jet mass")
        constituents = Particles.cartesian(
            px[there], py[there], pz[there], energy[there], offsets, source=str(self.path)
        )
        numbers = dict(zip(_NUMBERS, jets.T.astype(np.float32), strict=False))
        return jet_events(
            relative_to(constituents, jets[:, 1], jets[:, 2]),
            self.n_constituents,
            columns={"event": np.arange(start, stop), **numbers},
        )


def _width(path: Path, lists: NDArray[Any]) -> int:
    """How many numbers there are per constituent, told by E, p and their length."""
    filled = [values for values in lists if len(values)]
    for width in _WIDTHS:
        if all(len(values) % width == 0 for values in filled):
            flat = np.concatenate([np.empty(0), *filled]).reshape(-1, width).astype(np.float64)
            energy2, p2 = flat[:, 0] ** 2, (flat[:, 1:4] ** 2).sum(axis=1)
            if (energy2 >= p2 * (1 - _ROUNDING)).all() and (flat[:, 0] >= 0).all():
                return width
    raise BadLayout(
        f"{path}: expected '{CONSTITUENTS}' to hold E, px, py and pz of each constituent (and "
        f"perhaps a fifth number) in GeV, but the first {len(lists)} jets have no such momenta: "
        "their lengths do not fit, or E is below |p|."
    )
