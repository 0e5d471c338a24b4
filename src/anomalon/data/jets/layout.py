"""A jet as an event: constituents of falling pt, with eta and phi relative to the axis of the jet.

The axis is a column of the jet (`jet_eta`, `jet_phi`), so that nothing is lost. Differences are of
pseudorapidity, and of azimuth, wrapped into (-pi, pi].
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.core.kinds import are_constituents

__all__ = [
    "FEATURE_NAMES",
    "KIND",
    "MOST_CONSTITUENTS",
    "check_jets",
    "jet_events",
    "names_of",
    "relative_to",
    "said_of_lost",
    "wrapped",
]

FEATURE_NAMES = ("pt", "eta", "phi")
"""GeV, and differences to the axis of the jet."""

KIND = "constituent"
MOST_CONSTITUENTS = 100
"""Constituents of a jet that are kept if nobody says how many: those of highest pt."""

_MOST_GEV = 10_000.0  # more than the beams of the largest collider have; half of all jets


def names_of(n_constituents: int) -> tuple[str, ...]:
    """The slots of a jet: "constituent1", "constituent2" and so on."""
    return tuple(f"{KIND}{i + 1}" for i in range(n_constituents))


def said_of_lost(sizes: NDArray[np.integer[Any]], k: int) -> str:
    """What a source says of jets with more constituents than slots."""
    lost = int((sizes > k).sum())
    if not lost:
        return ""
    return f" ({lost} of {len(sizes)} jets beyond {k} constituents, the softest left out)"


def check_jets(events: Events, where: str) -> Events:
    """Refuse events that are no jets with constituents; gives them back.

    Raises:
        BadLayout: If slots hold something else, or have no pt, eta and phi.
        BadNumbers: If half of the jets have a momentum that no collider gives, in GeV.
    """
    features = set(FEATURE_NAMES) <= set(events.feature_names)
    if not (are_constituents(events.object_kinds) and features):
        raise BadLayout(
            f"{where}: expected jets with pt, eta and phi of their constituents, got {events!r}. "
            "Read constituents with anomalon.load(path, constituents=...), or make jets of whole "
            "events with anomalon.features.clustered_jets."
        )
    total = np.where(events.mask, events.feature("pt"), 0).sum(axis=1)
    if len(total) and (middle := float(np.median(total))) > _MOST_GEV:
        raise BadNumbers(
            f"{where}: expected the pT of constituents in GeV, got jets of {middle:.6g} "
            f"({events.source}). If they are in MeV, divide them by 1000."
        )
    return events


def wrapped(phi: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Angles between -pi and pi; those that are there already stay as they are, to the last bit."""
    if np.abs(phi).max(initial=0.0) <= np.pi:
        return phi
    turned = np.pi - np.mod(np.pi - phi, 2 * np.pi)
    return np.where(np.abs(phi) <= np.pi, phi, turned)


def relative_to(constituents: Particles, eta: ArrayLike, phi: ArrayLike) -> Particles:
    """The constituents of jets with eta and phi as differences to the axes of their jets.

    Args:
        constituents: Of the jets, which take the place of events.
        eta: Pseudorapidities of the axes, shape (jet,).
        phi: Azimuths of the axes in radians, shape (jet,).

    Raises:
        BadLayout: If there is not one axis for each jet.
    """
    n = len(constituents)
    axis_eta, axis_phi = (np.asarray(a, dtype=np.float64) for a in (eta, phi))
    for name, axis in (("eta", axis_eta), ("phi", axis_phi)):
        check.length(axis, n, f"{constituents.source}: {name} of the jets")
    sizes = constituents.n_particles
    return Particles.polar(
        constituents.pt,
        constituents.eta - np.repeat(axis_eta, sizes),
        wrapped(constituents.phi - np.repeat(axis_phi, sizes)),
        constituents.offsets,
        source=constituents.source,
    )


def jet_events(
    constituents: Particles,
    n_constituents: int | None = MOST_CONSTITUENTS,
    *,
    columns: Mapping[str, NDArray[Any]] | None = None,
    weight: NDArray[Any] | None = None,
    label: NDArray[Any] | None = None,
) -> Events:
    """Jets as events, one jet each.

    Args:
        constituents: Of the jets, which take the place of events; eta and phi relative to the axes
            (see `relative_to`). Those with pt 0 are left out.
        n_constituents: How many slots a jet has. Of a jet with more those of highest pt are kept,
            and the `source` says how many jets have lost some. None: as many as the fullest has.
        columns: Numbers per jet, each of shape (jet,); "event" and "n_constituents" are added
            where they are missing.
        weight: Of the jets, shape (jet,).
        label: Truth of the jets, shape (jet,).

    Returns:
        Objects of shape (jet, constituent, 3), float32: pt, eta and phi, in order of falling pt.

    Raises:
        BadValue: If `n_constituents` is no positive number.
        BadNumbers: If a pt is negative.
    """
    pt = np.asarray(constituents.pt)
    check.non_negative(pt, f"{constituents.source}: pt of constituents")
    n_jets = len(constituents)
    jet = np.repeat(np.arange(n_jets), constituents.n_particles)
    order = np.lexsort((-pt, jet))
    order = order[pt[order] > 0]
    jet = jet[order]
    sizes = np.bincount(jet, minlength=n_jets)
    most = int(sizes.max(initial=0))
    k = most if n_constituents is None else check.whole(n_constituents, "n_constituents", 1)
    slot = np.arange(len(jet)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = slot < k
    objects = np.zeros((n_jets, k, len(FEATURE_NAMES)), dtype=np.float32)
    for j, values in enumerate((pt, constituents.eta, constituents.phi)):
        objects[jet[kept], slot[kept], j] = values[order][kept]
    given: dict[str, NDArray[Any]] = {
        "event": np.arange(n_jets),
        "n_constituents": sizes.astype(np.int32),
        **(columns or {}),
    }
    return Events(
        objects=objects,
        object_names=names_of(k),
        feature_names=FEATURE_NAMES,
        mask=np.arange(k) < sizes[:, None],
        weight=weight,  # type: ignore[arg-type]
        label=label,
        columns=given,
        source=constituents.source + said_of_lost(sizes, k),
    )
