"""The files of the LHC Olympics 2020 (arXiv:2101.08320): raw particles and jet features.

The raw files (Zenodo 4536377 and the black boxes) hold one pandas frame of 2101 columns: pt, eta
and phi of up to 700 particles, padded with zeros, and the truth; a black box has 2100. The feature
files hold two jets per event: px, py, pz, m and tau_1 to tau_3. A third file of jets,
`objects/jets/obs` (Zenodo 4641460 and its relatives), has pt, eta, phi, m and tau_1 to tau_5.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout
from anomalon.data.columns import clean_masses
from anomalon.data.frame import Frame
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.source import Source

__all__ = ["JetArraySource", "LhcoFeatureSource", "LhcoRawSource"]

N_PARTICLES = 700
JET_PARTS = ("px", "py", "pz", "m", "tau1", "tau2", "tau3")
JET_FEATURES = ("pt", "eta", "phi", "mass", "tau1", "tau2", "tau3")
LABEL_NAMES = ("label", "truth_label", "labels", "truth")


@dataclass(frozen=True)
class LhcoRawSource(Source):
    """Particles: 700 x (pt, eta, phi) per event, massless, in float64 as the files have them."""

    frame: Frame = None  # type: ignore[assignment]
    label: str | None = None

    @classmethod
    def recognise(cls, path: Path, file: h5py.File, frame: Frame) -> "LhcoRawSource | None":
        """The source, if the frame has 2100 numbered columns and perhaps one of labels."""
        names = list(frame.columns)
        width = 3 * N_PARTICLES
        if names[:width] != [str(j) for j in range(width)] or len(names) > width + 1:
            return None
        label = names[width] if len(names) == width + 1 else None
        if label is None:
            label = _label_beside(file, frame)
        return cls(
            path=path,
            layout="LHC Olympics 2020 particles (pandas HDF5)",
            n_events=frame.n_rows,
            bytes_per_event=8 * width + 2 * N_PARTICLES,
            frame=frame,
            label=label,
        )

    def _read(self, start: int, stop: int) -> Events:
        width = 3 * N_PARTICLES
        with open_hdf5(self.path) as file:
            truth = None
            if self.label in self.frame.columns:
                values = self.frame.matrix(file, width + 1, start, stop)
                values, truth = values[:, :width], values[:, width]
            else:
                values = self.frame.matrix(file, width, start, stop)
                if self.label is not None:
                    truth = file[self.label][start:stop].reshape(stop - start)
        objects = values.reshape(len(values), N_PARTICLES, 3)
        pt = objects[:, :, 0]
        check.finite(pt, f"{self.path}: particle pt")
        check.non_negative(pt, f"{self.path}: particle pt")
        return Events(
            objects=objects,
            object_names=tuple(f"particle{i}" for i in range(N_PARTICLES)),
            feature_names=("pt", "eta", "phi"),
            mask=pt > 0,
            label=_truth(truth, f"{self.path}: label '{self.label}'"),
            columns={"event": np.arange(start, stop)},
            source=str(self.path),
            object_kinds=("particle",) * N_PARTICLES,
        )


@dataclass(frozen=True)
class LhcoFeatureSource(Source):
    """The two leading jets of each event."""

    frame: Frame = None  # type: ignore[assignment]

    @classmethod
    def recognise(cls, path: Path, frame: Frame) -> "LhcoFeatureSource | None":
        """The source, if the frame has the columns pxj1 … tau3j2."""
        if not {"pxj1", "pxj2"} <= set(frame.columns):
            return None
        missing = [name for name in _jet_columns() if name not in frame.columns]
        if missing:
            raise BadLayout(
                f"{path}: expected the LHC Olympics features {list(_jet_columns())}, but "
                f"{missing} are not there. To read other columns of this table give `mass` and "
                "`features`."
            )
        rest = [n for n in frame.columns if n not in (*_jet_columns(), "label")]
        return cls(
            path=path,
            layout="LHC Olympics 2020 jet features (pandas HDF5)",
            n_events=frame.n_rows,
            bytes_per_event=8 * 2 * len(JET_FEATURES) + 32,
            unread=(*rest, *frame.unread),
            frame=frame,
        )

    def _read(self, start: int, stop: int) -> Events:
        names = [*_jet_columns(), *(["label"] if "label" in self.frame.columns else [])]
        with open_hdf5(self.path) as file:
            data = self.frame.read(file, names, start, stop)
        for name in names:
            check.finite(data[name], f"{self.path}: column '{name}'")
        jets = [_polar(data, jet, str(self.path)) for jet in ("j1", "j2")]
        objects = np.stack(jets, axis=1)
        truth = data.get("label")
        return Events(
            objects=objects,
            object_names=("jet1", "jet2"),
            feature_names=JET_FEATURES,
            mask=objects[:, :, 0] > 0,
            label=_truth(truth, f"{self.path}: label"),
            columns={"event": np.arange(start, stop)},
            source=str(self.path),
            object_kinds=("jet", "jet"),
        )


@dataclass(frozen=True)
class JetArraySource(Source):
    """Jets as an array (event, jet, 9): pt, eta, phi, mass and tau_1 to tau_5."""

    KEY = "objects/jets/obs"
    FEATURES = ("pt", "eta", "phi", "mass", "tau1", "tau2", "tau3", "tau4", "tau5")

    @classmethod
    def recognise(cls, path: Path, file: h5py.File) -> "JetArraySource | None":
        """The source, if the file has such an array."""
        jets = file.get(cls.KEY)
        if not isinstance(jets, h5py.Dataset) or jets.ndim != 3 or jets.shape[2] != 9:
            return None
        return cls(
            path=path,
            layout=f"jets with substructure at '{cls.KEY}' (HDF5)",
            n_events=len(jets),
            bytes_per_event=8 * jets.shape[1] * 9 + 32,
        )

    def _read(self, start: int, stop: int) -> Events:
        with open_hdf5(self.path) as file:
            objects = np.asarray(file[self.KEY][start:stop], dtype=np.float64)
        check.finite(objects, f"{self.path}: '{self.KEY}'")
        objects[:, :, 3] = clean_masses(objects[:, :, 3], f"{self.path}: jet mass")
        return Events(
            objects=objects,
            object_names=tuple(f"jet{i + 1}" for i in range(objects.shape[1])),
            feature_names=self.FEATURES,
            mask=objects[:, :, 0] > 0,
            columns={"event": np.arange(start, stop)},
            source=str(self.path),
            object_kinds=("jet",) * objects.shape[1],
        )


def _jet_columns() -> tuple[str, ...]:
    return tuple(part + jet for jet in ("j1", "j2") for part in JET_PARTS)


def _polar(data: dict[str, NDArray[Any]], jet: str, source: str) -> NDArray[np.float64]:
    """One jet as (event, feature): pt, eta, phi, mass and tau_1 to tau_3."""
    px, py, pz = (np.asarray(data[part + jet], np.float64) for part in ("px", "py", "pz"))
    pt = np.hypot(px, py)
    eta = np.arcsinh(np.divide(pz, pt, out=np.zeros_like(pz), where=pt > 0))
    mass = clean_masses(data["m" + jet], f"{source}: column 'm{jet}'")
    taus = [data[f"tau{n}{jet}"] for n in (1, 2, 3)]
    return np.stack([pt, eta, np.arctan2(py, px), mass, *taus], axis=1)


def _truth(values: NDArray[Any] | None, what: str) -> NDArray[np.int8] | None:
    return None if values is None else check.truth(values, what)


def _label_beside(file: h5py.File, frame: Frame) -> str | None:
    """A dataset of labels outside the frame, one per event."""
    for name in LABEL_NAMES:
        item = file.get(name)
        if isinstance(item, h5py.Dataset) and item.shape in ((frame.n_rows,), (frame.n_rows, 1)):
            return name
    return None
