"""`Ragged`: files with lists of constituents, one list per jet; and the `Source` of their jets.

Writing a reader for another kind of file: derive from `Ragged`, say what there is, and read it.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anomalon.core import Events
from anomalon.core.errors import ColumnMissing, suggest
from anomalon.data.jets.layout import FEATURE_NAMES
from anomalon.data.jets.roles import JetRoles, Lists
from anomalon.data.source import Source

__all__ = ["ConstituentSource", "Ragged", "nearest"]


@dataclass(frozen=True)
class Ragged(ABC):
    """Lists of one number per constituent, and numbers per jet.

    Args:
        path: The file.
        layout: What it is, for people.
        n_jets: How many jets it holds.
        lists: Names of what has a number for each constituent, and what it is, for people.
        numbers: Names of what has a number for each jet or event, and what it is.
        hint: What to do if something is not there.
        unfit: Names of what is neither (texts, numbers of another shape), and what it is.
    """

    path: Path
    layout: str
    n_jets: int
    lists: Mapping[str, str]
    numbers: Mapping[str, str]
    hint: str = ""
    unfit: Mapping[str, str] = field(default_factory=dict)

    @abstractmethod
    def read(self, roles: JetRoles, start: int, stop: int) -> Lists:
        """What there is of the jets start <= jet < stop."""

    def check(self, roles: JetRoles) -> None:
        """Refuse names that are not there, or are not what they are named for.

        Raises:
            ColumnMissing: With what was expected, the nearest name, and what to do.
        """
        for role, name in roles.constituents:
            self._check(f"constituents.{role}", name, "constituent", self.lists, self.numbers)
        for role, name in roles.jets:
            self._check(f"jets.{role}", name, "jet", self.numbers, self.lists)
        for option in ("weight", "label", "event"):
            if (name := getattr(roles, option)) is not None:
                self._check(option, name, "jet", self.numbers, self.lists)

    def _check(
        self,
        option: str,
        name: str,
        per: str,
        known: Mapping[str, str],
        others: Mapping[str, str],
    ) -> None:
        if name in known:
            return
        expected = f"{self.path}: `{option}`: expected a name of one number per {per}, got '{name}'"
        what = others.get(name, self.unfit.get(name))
        if what is not None:
            raise ColumnMissing(f"{expected}, which is {what}.{self.hint}")
        hint = nearest(name, known, f"nothing has one number per {per}.")
        raise ColumnMissing(f"{expected}, which is not there; {hint}{self.hint}")


_SHOWN = 8


def nearest(name: str, known: Collection[str], none: str) -> str:
    """The nearest name, or a few of what there is: trees have a thousand branches.

    Args:
        name: What was asked for.
        known: What there is.
        none: What to say if there is nothing.
    """
    if not known:
        return none
    found = suggest(name, known)
    if len(known) <= _SHOWN or not found.startswith("known"):
        return found
    return f"there are {len(known)}, among them {', '.join(sorted(known)[:_SHOWN])}."


@dataclass(frozen=True)
class ConstituentSource(Source):
    """Jets of the lists of a file."""

    ragged: Ragged = None  # type: ignore[assignment]
    roles: JetRoles = None  # type: ignore[assignment]
    n_constituents: int = 0

    @classmethod
    def of(cls, ragged: Ragged, roles: JetRoles, n_constituents: int) -> "ConstituentSource":
        """The source.

        Raises:
            ColumnMissing: If something is not there.
        """
        ragged.check(roles)
        used = {name for _, name in (*roles.constituents, *roles.index)} | set(roles.numbers)
        return cls(
            path=ragged.path,
            layout=f"jets with constituents, {ragged.layout}",
            n_events=ragged.n_jets,
            bytes_per_event=n_constituents * (4 * len(FEATURE_NAMES) + 1)
            + 8 * (len(roles.numbers) + 6),
            unread=tuple(n for n in (*ragged.lists, *ragged.numbers) if n not in used),
            ragged=ragged,
            roles=roles,
            n_constituents=n_constituents,
        )

    def _read(self, start: int, stop: int) -> Events:
        lists = self.ragged.read(self.roles, start, stop)
        return self.roles.events(lists, self.n_constituents, str(self.path))
