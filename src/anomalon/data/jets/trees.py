"""`RootJets`: ROOT trees with jagged branches, one jet or one event per entry.

Three layouts are told apart by what the options name:

one jet per entry     a branch of constituents has one list per entry (as in JetClass)
lists of lists        a branch has one list per jet and entry
index                 constituents are lists per event, and two more lists say which belongs to
                      which jet, as in NanoAOD with particle-flow candidates
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue
from anomalon.data.jets.parquet import common_offsets
from anomalon.data.jets.ragged import Ragged
from anomalon.data.jets.roles import JetRoles, Lists
from anomalon.data.root import RNTUPLE_TYPES, RootTable, branches, open_tree

__all__ = ["RootJets"]

_ENTRIES = 20_000
_NO_CONSTITUENTS = (
    " NanoAOD as CMS publishes it has jets, but no constituents: it needs the particle-flow "
    "candidates that the PFNano tools add."
)
_DELPHES = (
    " The constituents of jets in Delphes trees are references that cannot be read: load what jets "
    "are made of with `particles`, e.g. particles=['EFlowTrack', 'EFlowPhoton', "
    "'EFlowNeutralHadron'], and cluster it with anomalon.features.clustered_jets."
)


@dataclass(frozen=True)
class RootJets(Ragged):
    """The jets of a tree.

    Args:
        tree: Its name.
        starts: Shape (entry + 1,): which jet is the first of each entry; None: one jet per entry.
    """

    tree: str = ""
    starts: NDArray[np.int64] | None = None

    @classmethod
    def of(
        cls, table: RootTable, options: Mapping[str, Any]
    ) -> "tuple[RootJets, Mapping[str, Any]]":
        """The jets, and the options with prefixes replaced by the branches that they stand for.

        Raises:
            BadValue: If options do not say where the number of jets of an event is.
            ColumnMissing: If a branch is not there.
        """
        path, tree = table.path, table.tree
        with open_tree(path, tree) as opened:
            found = {name: b for name, b in branches(opened).items() if _depth(b) is not None}
            depths = {name: _depth(b) for name, b in found.items()}
            options = {**options, **_spelled(options, found)}
            roles = JetRoles.of(options, str(path))
            lists = {n: f"a branch of {found[n].typename}" for n, d in depths.items() if d}
            numbers = {n: f"a branch of {found[n].typename}" for n, d in depths.items() if d != 2}
            n = int(opened.num_entries)
            made = cls(path, f"a ROOT tree '{tree}'", n, lists, numbers, _hint(found), tree=tree)
            made.check(roles)
            counter = _counter(roles, depths, str(path), made.hint)
            if counter is not None:
                starts = _starts(found[counter], n)
                made = replace(made, n_jets=int(starts[-1]), starts=starts)
        return made, options

    def read(self, roles: JetRoles, start: int, stop: int) -> Lists:
        """The jets start <= jet < stop, which are of some entries."""
        if self.starts is None:
            first, last, skipped = start, stop, 0
            jets_of = np.ones(stop - start, np.int64)
        else:
            first = int(np.searchsorted(self.starts, start, side="right")) - 1
            last = int(np.searchsorted(self.starts, stop, side="left"))
            last = max(last, first)
            skipped = start - int(self.starts[first])
            jets_of = np.diff(self.starts[first : last + 1])
        with open_tree(self.path, self.tree) as opened:
            found = branches(opened)
            part = {"entry_start": first, "entry_stop": last, "library": "ak"}
            names = {name for _, name in (*roles.constituents, *roles.index)} | set(roles.numbers)
            arrays = {name: found[name].array(**part) for name in sorted(names)}
        columns, offsets = self._constituents(roles, arrays, jets_of)
        kept = slice(skipped, skipped + stop - start)
        inner = slice(int(offsets[kept.start]), int(offsets[kept.stop]))
        entry = np.repeat(np.arange(first, last), jets_of)
        return Lists(
            {role: values[inner] for role, values in columns.items()},
            offsets[kept.start : kept.stop + 1] - inner.start,
            {
                name: _per_jet(arrays[name], jets_of, name, self.path)[kept]
                for name in roles.numbers
            },
            entry[kept],
        )

    def _constituents(
        self, roles: JetRoles, arrays: Mapping[str, Any], jets_of: NDArray[np.int64]
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
        """All constituents of these entries, jet by jet."""
        import awkward as ak

        where = f"{self.path}, tree '{self.tree}'"
        names = [name for _, name in roles.constituents]
        if self.starts is not None and not roles.index:
            jets = {name: ak.to_numpy(ak.num(arrays[name], axis=1)) for name in names}
            jets["(jets)"] = jets_of
            common_offsets(jets, where)
            inner = {name: ak.flatten(arrays[name], axis=1) for name in names}
        else:
            inner = {name: arrays[name] for name in names}
        sizes = {name: ak.to_numpy(ak.num(inner[name], axis=1)) for name in names}
        offsets = common_offsets(sizes, where)
        flat = {role: ak.to_numpy(ak.flatten(inner[n], axis=1)) for role, n in roles.constituents}
        if not roles.index:
            return flat, offsets
        return _linked(flat, offsets, jets_of, _links(roles, arrays, where), where)


def _depth(branch: Any) -> int | None:
    """How many lists a number of a branch is in: 0, 1 or 2; None if it holds no numbers."""
    from uproot.interpretation.jagged import AsJagged
    from uproot.interpretation.numerical import AsDtype

    name = str(branch.typename).replace("std::", "").replace(" ", "")
    how = getattr(branch, "interpretation", None)
    if how is None:  # of an RNTuple
        depth = name.count("vector<")
        inner = str(branch.typename).replace("std::vector<", "").rstrip(">")
        return depth if depth <= 2 and inner in RNTUPLE_TYPES else None
    if isinstance(how, AsDtype):
        return 0 if how.inner_shape == () and how.to_dtype.names is None else None
    if isinstance(how, AsJagged) and isinstance(how.content, AsDtype):
        return 1 if how.content.inner_shape == () and how.content.to_dtype.names is None else None
    if name.startswith("vector<vector<") and name.count("<") == 2:
        return 2
    return None


def _hint(found: Mapping[str, Any]) -> str:
    """What to do if something is not there, in trees as everyone has them."""
    if any("EFlow" in name for name in found):
        return _DELPHES
    return _NO_CONSTITUENTS if "nFatJet" in found or "nJet" in found else ""


def _spelled(options: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Options that name a collection as tables of branches, as NanoAOD and Delphes call them."""
    spelled: dict[str, Any] = {}
    words = {
        "constituents": ("pt", "eta", "phi", "mass"),
        "jets": ("pt", "eta", "phi", "mass", "tau1", "tau2", "tau3"),
        "index": ("jet", "constituent"),
    }
    ends = {"jet": ("_jetIdx",), "constituent": ("_pFCandsIdx", "_candIdx")}
    for option, roles in words.items():
        prefix = options.get(option)
        if not isinstance(prefix, str):
            continue
        required = ("pt", "eta", "phi", "jet", "constituent")
        table = {}
        for role in roles:
            tried = [prefix + end for end in ends.get(role, (f"_{role}", f".{role.upper()}"))]
            tried += [f"{prefix}.{role.capitalize()}"] * (option != "index")
            there = [name for name in tried if name in found]
            if there or role in required:
                table[role] = (there or tried)[0]
        spelled[option] = table
    return spelled


def _counter(
    roles: JetRoles, depths: Mapping[str, int | None], where: str, hint: str
) -> str | None:
    """The branch whose lists have as many entries as an event has jets; None: one jet per entry."""
    deep = [name for _, name in roles.constituents if depths[name] == 2]
    lists = [name for _, name in roles.jets if depths[name] == 1]
    if deep and not roles.index:
        return (lists or deep)[0]
    if roles.index:
        if not lists:
            raise BadValue(
                f"{where}: `index` needs `jets` too, with lists of one number per jet, e.g. "
                'jets="FatJet": they say how many jets an event has.'
            )
        return lists[0]
    if lists:
        raise BadValue(
            f"{where}: '{lists[0]}' has a list of jets per entry, and the constituents have one "
            "list per entry too. Say with `index` which constituent belongs to which jet, e.g. "
            'index={"jet": "FatJetPFCands_jetIdx", "constituent": "FatJetPFCands_pFCandsIdx"}.'
            + (hint if hint == _DELPHES else "")
        )
    return None


def _starts(branch: Any, n_entries: int) -> NDArray[np.int64]:
    """Which jet is the first of each entry."""
    import awkward as ak

    counts = [np.zeros(1, np.int64)]
    for first in range(0, n_entries, _ENTRIES):
        last = min(first + _ENTRIES, n_entries)
        part = branch.array(entry_start=first, entry_stop=last, library="ak")
        counts.append(ak.to_numpy(ak.num(part, axis=1)).astype(np.int64))
    return np.cumsum(np.concatenate(counts))


@dataclass(frozen=True, eq=False)
class _Links:
    """Which constituent belongs to which jet, both counted within their event.

    Args:
        names: Of the two lists, for messages.
        jet: One number per link.
        constituent: One number per link.
        of_event: How many links each event has.
    """

    names: tuple[str, str]
    jet: NDArray[np.int64]
    constituent: NDArray[np.int64]
    of_event: NDArray[np.int64]


def _links(roles: JetRoles, arrays: Mapping[str, Any], where: str) -> _Links:
    import awkward as ak

    named = dict(roles.index)
    names = (named["jet"], named["constituent"])
    sizes = {name: ak.to_numpy(ak.num(arrays[name], axis=1)) for name in names}
    common_offsets(sizes, where)
    jet, constituent = (
        ak.to_numpy(ak.flatten(arrays[name], axis=1)).astype(np.int64) for name in names
    )
    return _Links(names, jet, constituent, sizes[names[0]])


def _linked(
    flat: dict[str, NDArray[Any]],
    offsets: NDArray[np.int64],
    jets_of: NDArray[np.int64],
    links: _Links,
    where: str,
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
    """The constituents of events, jet by jet; some may belong to no jet, or to several.

    Raises:
        BadLayout: If a link is beyond the jets or the constituents of its event.
    """
    used = (links.jet >= 0) & (links.constituent >= 0)
    beyond = links.jet >= np.repeat(jets_of, links.of_event)
    beyond |= links.constituent >= np.repeat(np.diff(offsets), links.of_event)
    if (beyond & used).any():
        raise BadLayout(
            f"{where}: expected '{links.names[0]}' and '{links.names[1]}' to count the jets and "
            "the constituents of their event, but some are beyond them. Name the lists that belong "
            "together with `index`, `jets` and `constituents`."
        )
    first_jet = np.repeat(np.cumsum(jets_of) - jets_of, links.of_event)
    first_row = np.repeat(offsets[:-1], links.of_event)
    jet = (first_jet + links.jet)[used]
    order = np.argsort(jet, kind="stable")
    rows = (first_row + links.constituent)[used][order]
    ends = np.cumsum(np.bincount(jet, minlength=int(jets_of.sum())))
    return {role: values[rows] for role, values in flat.items()}, np.concatenate([[0], ends])


def _per_jet(values: Any, jets_of: NDArray[np.int64], name: str, path: Path) -> NDArray[Any]:
    """One number per jet: of a list of them, or that of the entry for each of its jets."""
    import awkward as ak

    if values.ndim == 1:
        return np.repeat(ak.to_numpy(values), jets_of)
    common_offsets({name: ak.to_numpy(ak.num(values, axis=1)), "(jets)": jets_of}, str(path))
    return np.asarray(ak.to_numpy(ak.flatten(values, axis=1)))
