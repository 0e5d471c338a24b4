"""`TreeParticles`: collections of particles in a ROOT tree, to be clustered into jets.

In Delphes trees these are tracks and towers of the energy flow, in NanoAOD with particle-flow
candidates those. What they are called for pt is found: PT, ET, pt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.errors import BadValue, ColumnMissing
from anomalon.data.jets.parquet import common_offsets
from anomalon.data.jets.ragged import nearest
from anomalon.data.root import RootTable, branches, open_tree
from anomalon.data.source import Source

__all__ = ["TreeParticles"]

_NAMES = {
    "pt": ("{}_pt", "{}.PT", "{}.ET", "{}_PT", "{}_et"),
    "eta": ("{}_eta", "{}.Eta", "{}_Eta"),
    "phi": ("{}_phi", "{}.Phi", "{}_Phi"),
}
_ENTRIES = 20_000


@dataclass(frozen=True)
class TreeParticles(Source):
    """The particles of all collections together, massless, as events of padded slots.

    Args:
        tree: The name of the tree.
        named: Of each collection the branches of pt, eta and phi.
        n_slots: Particles of the fullest event, or as many as are asked for, those of highest pt.
    """

    tree: str = ""
    named: tuple[tuple[str, str, str], ...] = ()
    n_slots: int = 0

    @classmethod
    def of(cls, table: RootTable, options: Mapping[str, Any]) -> "TreeParticles":
        """The particles that the option `particles` names, one collection or several.

        Raises:
            BadValue: If they are no names.
            ColumnMissing: If a collection has no branch of pt, eta or phi.
        """
        given = options["particles"]
        names = [given] if isinstance(given, str) else list(given)
        if not names or not all(isinstance(name, str) for name in names):
            raise BadValue(
                f"{table.path}: `particles` takes names of collections, e.g. 'EFlowTrack'; got "
                f"{given!r}."
            )
        asked = options.get("n_constituents")
        with open_tree(table.path, table.tree) as opened:
            found = branches(opened)
            named = tuple(_branches(name, found, str(table.path)) for name in names)
            n = int(opened.num_entries)
            most = max((int(_counts(found, named, f).max(initial=0)) for f in _parts(n)), default=0)
        k = asked or max(most, 1)
        return cls(
            path=table.path,
            layout=f"particles of the ROOT tree '{table.tree}' ({', '.join(names)})",
            n_events=n,
            bytes_per_event=13 * k + 16,
            tree=table.tree,
            named=named,
            n_slots=k,
        )

    def _read(self, start: int, stop: int) -> Events:
        import awkward as ak

        parts = []
        with open_tree(self.path, self.tree) as opened:
            found = branches(opened)
            part = {"entry_start": start, "entry_stop": stop, "library": "ak"}
            for names in self.named:
                arrays = {name: found[name].array(**part) for name in names}
                sizes = {name: ak.to_numpy(ak.num(a, axis=1)) for name, a in arrays.items()}
                offsets = common_offsets(sizes, str(self.path))
                flat = [ak.to_numpy(ak.flatten(a, axis=1)) for a in arrays.values()]
                parts.append((np.repeat(np.arange(stop - start), np.diff(offsets)), *flat))
        event, pt, eta, phi = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        for name, values in (("pt", pt), ("eta", eta), ("phi", phi)):
            check.finite(np.asarray(values, np.float64), f"{self.path}: {name} of particles")
        order = np.lexsort((-pt, event))
        order = order[pt[order] > 0]
        counts = np.bincount(event[order], minlength=stop - start)
        particles = Particles.polar(
            pt[order],
            eta[order],
            phi[order],
            np.concatenate([[0], np.cumsum(counts)]),
            source=str(self.path),
        )
        return particles.padded(
            self.n_slots,
            features=("pt", "eta", "phi"),
            columns={"event": np.arange(start, stop)},
        )


def _branches(name: str, found: Mapping[str, Any], where: str) -> tuple[str, str, str]:
    chosen = []
    for role, forms in _NAMES.items():
        tried = [form.format(name) for form in forms]
        there = [branch for branch in tried if branch in found]
        if not there:
            raise ColumnMissing(
                f"{where}: `particles`: expected a branch of {role} of '{name}', as "
                f"{', '.join(tried)}; {nearest(tried[0], found, 'there are no branches at all.')}"
            )
        chosen.append(there[0])
    return chosen[0], chosen[1], chosen[2]


def _parts(n: int) -> list[tuple[int, int]]:
    return [(first, min(first + _ENTRIES, n)) for first in range(0, n, _ENTRIES)]


def _counts(
    found: Mapping[str, Any], named: tuple[tuple[str, str, str], ...], part: tuple[int, int]
) -> NDArray[np.int64]:
    """How many particles events have."""
    import awkward as ak

    first, last = part
    total = np.zeros(last - first, np.int64)
    for pt, _, _ in named:
        values = found[pt].array(entry_start=first, entry_stop=last, library="ak")
        total += ak.to_numpy(ak.sum(values > 0, axis=1)).astype(np.int64)
    return total
