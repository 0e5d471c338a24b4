"""Dijet features: the invariant mass of the two leading jets, and what the jets are made of.

The inputs of the LHC Olympics searches (arXiv:2101.08320): the mass of the lighter jet, the mass
difference and the N-subjettiness ratios of both jets (CATHODE, arXiv:2109.00546), and the angular
distance of the jets (CURTAINs, arXiv:2203.09470).

J1 is the lighter of the two jets of highest pT, J2 the other. The features are, in this order:

- `mJ1` and `dmJ` = m_J2 - m_J1, in GeV;
- ratios `tau21_J1`, `tau21_J2`, `tau32_J1`, `tau32_J2`, … up to `n_tau` (zero where the denominator
  is), and/or `tau1_J1`, `tau1_J2`, `tau2_J1`, … ; for exponents other than 1 with a suffix, as in
  `tau21_J1_b0.5`;
- `pt_J1` and `pt_J2`, in GeV, if `momenta`;
- `dR`, the distance of the jets in pseudorapidity and azimuth, and `dY` = |y1 - y2|.

Or exactly those that are asked for by name, with `features`: a set of the literature
(`anomalon.features.FEATURE_SETS`) or any others; the names say which tau_N are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, Sample, check
from anomalon.core.errors import BadLayout, BadValue, ColumnMissing, TooFewEvents, suggest
from anomalon.core.kinematics import (
    delta_r,
    energy_momentum,
    invariant_mass,
    pt_eta_phi_mass,
    rapidity,
)
from anomalon.core.renamed import gathered
from anomalon.features.feature_sets import feature_set
from anomalon.features.subjettiness import Subjettiness, needed, suffix
from anomalon.jets import leading_jets, nsubjettiness

__all__ = ["Subjettiness", "dijet"]

Floats = NDArray[np.floating[Any]]


THREE = Subjettiness()
"""tau_1 to tau_3 with an exponent of one."""


@dataclass(frozen=True)
class _TwoJets:
    """Two jets of falling pT in each event.

    Args:
        p4: Shape (event, 2, 4): E, px, py, pz in GeV.
        mass: Shape (event, 2), in GeV.
        tau: Shape (beta, event, 2, n): tau_1 … tau_n; n = 0 where the input has none.
        found: Shape (event,): whether there are two.
    """

    p4: Floats
    mass: Floats
    tau: Floats
    found: NDArray[np.bool_]


@gathered("subjettiness", Subjettiness, "betas", "n_tau", "axes")
def dijet(
    events: Events,
    *,
    features: str | Sequence[str] | None = None,
    subjettiness: Subjettiness = THREE,
    substructure: Literal["ratios", "taus", "both"] = "ratios",
    radius: float = 1.0,
    pt_min: float = 20.0,
    on_missing: Literal["raise", "drop"] = "raise",
    momenta: bool = False,
) -> Sample:
    """The two leading jets of each event as a sample: m_jj and the features of the jets.

    The first lines of `anomalon.features.dijet` say which features these are, and their names.
    Particles are clustered with anti-kT (E-scheme), massless if they have no mass. Jets (slots of
    the kind "jet") are taken as they are, with the tau_N they have.

    Args:
        events: Particles with pt, eta, phi (and mass), or jets with these and tau1, tau1_b0.5, ….
        features: A set of `FEATURE_SETS`, or names: these and no others, whatever `substructure`,
            `momenta` and, but for its axes, `subjettiness` say.
        subjettiness: Which tau_N: exponents, largest N, and how axes are found.
        substructure: Ratios of neighbouring tau_N, the tau_N themselves, or both.
        radius: Jet radius.
        pt_min: Smallest transverse momentum of a jet, in GeV.
        on_missing: Of events with fewer than two jets: raise, or drop and say so in `source`.
        momenta: Whether the transverse momenta of the jets are features too.

    Returns:
        The sample; event identities are the column `event` of the events, or row numbers.

    Raises:
        BadLayout: If these are no events of particles or jets, or lack the tau_N asked for.
        BadValue: If a setting is out of range.
        ColumnMissing, UnknownKey: If a feature cannot be made, or there is no such set.
        TooFewEvents: If an event has fewer than two jets and is not to be dropped.
        MissingExtra: If particles need clustering and FastJet is not installed.
    """
    _check_events(events)
    radius = check.number(radius, "dijet: radius", "(0, 10]")
    pt_min = check.number(pt_min, "dijet: pt_min", "[0, inf)")
    check.one_of(substructure, "dijet: substructure", ("ratios", "taus", "both"))
    check.one_of(on_missing, "dijet: on_missing", ("raise", "drop"))
    if features is not None:
        features = _names(features)
        subjettiness = needed(features, subjettiness.axes)
        substructure, momenta = "both", True
    jets = _two_jets(events, subjettiness, radius, pt_min)
    events, jets, source = _complete(events, jets, on_missing)
    x = _features(jets, subjettiness.betas, substructure, momenta=momenta)
    x = {name: _made(name, x, events.source) for name in features or x}
    return Sample(
        x=np.stack(list(x.values()), axis=1),
        names=tuple(x),
        mass=invariant_mass(jets.p4.sum(axis=1)),
        weight=events.weight,
        label=events.label,
        event=events.columns.get("event", np.arange(len(events))),
        source=source,
    )


def _check_events(events: Any) -> None:
    if not isinstance(events, Events):
        raise BadLayout(
            f"dijet: expected events of particles or jets, got a {type(events).__name__}: "
            f"{events!r}. A table of features needs no conversion."
        )


def _names(features: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(features, str):
        return feature_set(features, "dijet: features")
    names = tuple(check.text(name, "dijet: features") for name in features)
    if not names:
        raise BadValue("dijet: features: expected at least one name, got none.")
    return check.once(names, "dijet: features")


def _made(name: str, x: dict[str, Floats], source: str) -> Floats:
    if name not in x:
        raise ColumnMissing(
            f"{source}: no feature '{name}' can be made of these events; {suggest(name, x)}"
        )
    return x[name]


def _two_jets(events: Events, asked: Subjettiness, radius: float, pt_min: float) -> _TwoJets:
    if "jet" in events.object_kinds:
        return _given_jets(events.of_kind("jet"), asked, pt_min)
    return _clustered_jets(events, asked, radius, pt_min)


def _clustered_jets(events: Events, asked: Subjettiness, radius: float, pt_min: float) -> _TwoJets:
    """The two leading anti-kT jets of events of particles."""
    missing = [name for name in ("pt", "eta", "phi") if name not in events.feature_names]
    if missing:
        raise BadLayout(
            f"{events.source}: dijet features need particles with pt, eta and phi, or jets with "
            f"pt, eta, phi and mass; got objects with {list(events.feature_names)}."
        )
    jets = leading_jets(Particles.of(events), radius=radius, pt_min=pt_min, n_jets=2)
    tau = nsubjettiness(
        jets.constituents, n=asked.n_tau, beta=asked.betas, R0=radius, axes=asked.axes
    )
    tau = tau.reshape(len(asked.betas), len(events), 2, asked.n_tau)
    return _TwoJets(jets.p4, invariant_mass(jets.p4), tau, jets.n >= 2)


def _given_jets(events: Events, asked: Subjettiness, pt_min: float) -> _TwoJets:
    """The two leading jets of events of jets."""
    known = events.feature_names
    missing = [name for name in ("pt", "eta", "phi", "mass") if name not in known]
    if missing or len(events.object_names) < 2:
        raise BadLayout(
            f"{events.source}: dijet features need at least two jets with pt, eta, phi and mass; "
            f"got {len(events.object_names)} with {list(known)}."
        )
    taus = _tau_columns(events, asked)
    pt = np.where(events.mask, events.feature("pt"), 0.0).astype(np.float64)
    two = np.argsort(-pt, axis=1, kind="stable")[:, :2]

    def of_two(name: str) -> Floats:
        values = np.where(events.mask, events.feature(name), 0.0).astype(np.float64)
        return np.take_along_axis(values, two, axis=1)

    mass = of_two("mass")
    p4 = energy_momentum(of_two("pt"), of_two("eta"), of_two("phi"), mass)
    tau = np.zeros((len(taus), len(events), 2, len(taus[0])))
    for b, names in enumerate(taus):
        for n, name in enumerate(names):
            tau[b, :, :, n] = of_two(name)
    found = np.all(of_two("pt") >= max(pt_min, np.finfo(float).tiny), axis=1)
    return _TwoJets(p4, mass, tau, found)


def _tau_columns(events: Events, asked: Subjettiness) -> list[list[str]]:
    """What the tau_N that are wanted are called among what is known of jets, (beta, n)."""
    known = events.feature_names
    if asked.betas == (1.0,) and "tau1" not in known:
        return [[]]
    for beta in asked.betas:
        if f"tau1{suffix(beta)}" not in known:
            raise BadValue(
                f"{events.source}: `betas` = {asked.betas} needs particles, or jets with "
                f"'tau1{suffix(beta)}'; the tau_N of jets are taken as they are, and these have "
                f"{[name for name in known if name.startswith('tau')]}."
            )
    wanted = [[f"tau{n}{suffix(beta)}" for n in range(1, asked.n_tau + 1)] for beta in asked.betas]
    lacking = [name for names in wanted for name in names if name not in known]
    if lacking:
        raise BadLayout(
            f"{events.source}: `n_tau` = {asked.n_tau} asks for {lacking}, which these jets do not "
            f"have; they have {list(known)}. Take a smaller `n_tau`, or start from particles."
        )
    return wanted


def _complete(events: Events, jets: _TwoJets, on_missing: str) -> tuple[Events, _TwoJets, str]:
    """The events with two jets, and where they come from."""
    found = jets.found
    if found.all():
        return events, jets, events.source
    rows = np.flatnonzero(~found)
    if on_missing == "raise":
        event = np.asarray(events.columns.get("event", np.arange(len(events))))
        shown = ", ".join(map(str, event[rows[:5]])) + (", …" if len(rows) > 5 else "")
        raise TooFewEvents(
            f"{events.source}: expected two jets in every event, but {len(rows)} of {len(events)} "
            f"events have fewer (first: {shown}). Use on_missing='drop' to leave them out "
            "(anomalon data convert --on-missing drop)."
        )
    source = (
        f"{events.source} ({len(rows)} of {len(found)} events with fewer than two jets dropped)"
    )
    kept = _TwoJets(jets.p4[found], jets.mass[found], jets.tau[:, found], found[found])
    return events[found], kept, source


def _features(
    jets: _TwoJets, betas: tuple[float, ...], substructure: str, *, momenta: bool
) -> dict[str, Any]:
    """Name -> values, in the order that `dijet` documents."""
    mass = jets.mass
    lighter = np.argmin(mass, axis=1)
    rows = np.arange(len(mass))
    m1, m2 = mass[rows, lighter], mass[rows, 1 - lighter]
    tau = jets.tau[:, rows[:, None], np.stack([lighter, 1 - lighter], axis=1)]
    x = {"mJ1": m1, "dmJ": m2 - m1}
    for b, beta in enumerate(betas):
        if substructure in ("taus", "both"):
            x |= _taus(tau[b], suffix(beta))
        if substructure in ("ratios", "both"):
            x |= _ratios(tau[b], suffix(beta))
    pt, eta, phi, _ = pt_eta_phi_mass(jets.p4)
    if momenta:
        x |= {"pt_J1": pt[rows, lighter], "pt_J2": pt[rows, 1 - lighter]}
    y = rapidity(jets.p4)
    x["dR"] = delta_r(eta[:, 0], phi[:, 0], eta[:, 1], phi[:, 1])
    x["dY"] = np.abs(y[:, 0] - y[:, 1])
    return x


def _taus(tau: Floats, ending: str) -> dict[str, Floats]:
    return {
        f"tau{n + 1}_J{j + 1}{ending}": tau[:, j, n] for n in range(tau.shape[2]) for j in (0, 1)
    }


def _ratios(tau: Floats, ending: str) -> dict[str, Floats]:
    ratios = {}
    for n in range(1, tau.shape[2]):
        for j in (0, 1):
            above, below = tau[:, j, n], tau[:, j, n - 1]
            ratio = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
            ratios[f"tau{n + 1}{n}_J{j + 1}{ending}"] = ratio
    return ratios
