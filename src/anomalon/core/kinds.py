"""What a slot of an event holds: an electron, a jet, the missing momentum, or just a particle."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from anomalon.core import check
from anomalon.core.errors import BadLayout

__all__ = [
    "KINDS",
    "Kind",
    "are_constituents",
    "counted_kinds",
    "kind_of_name",
    "kinds_of",
    "refuse_other_kinds",
]

Kind = Literal[
    "electron", "muon", "tau", "photon", "jet", "met", "particle", "bjet", "constituent"
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)


def are_constituents(kinds: Iterable[str]) -> bool:
    """Whether slots hold the constituents of a jet, so that an event is one jet."""
    return set(kinds) == {"constituent"}


def counted_kinds(kinds: Iterable[str]) -> str:
    """How many slots of which kind, in words: "1 met, 3 jet"."""
    return ", ".join(f"{n} {kind}" for kind, n in Counter(kinds).items())


def refuse_other_kinds(
    has: Iterable[str], known: Iterable[str], what: str, owner: str, remedy: str
) -> None:
    """Refuse events of another layout: other kinds, or not as many slots of each.

    Args:
        has: Kinds of the slots of the events.
        known: Those that are expected, in any order.
        what: The events, for the message.
        owner: Who expects them, and a verb: "the model knows".
        remedy: What the message ends with.

    Raises:
        BadLayout: If they differ.
    """
    if Counter(has) != Counter(known):
        raise BadLayout(
            f"{what}: expected the objects that {owner}, {counted_kinds(known)}, got "
            f"{counted_kinds(has)}{remedy}"
        )


def kind_of_name(name: str) -> str:
    """The kind that a slot has if nobody says it: its name without case and number.

    A name that is no kind is one of a particle.

    Example:
        >>> [kind_of_name(name) for name in ("jet1", "Muon_2", "MET", "particle17", "lepton1")]
        ['jet', 'muon', 'met', 'particle', 'particle']
    """
    word = name.rstrip("0123456789").rstrip("_ ").lower()
    return word if word in KINDS else "particle"


def kinds_of(kinds: Sequence[str] | None, names: Sequence[str], source: str) -> tuple[str, ...]:
    """One kind per slot, from what was given or from the names of the slots.

    Raises:
        BadLayout: If there is not one for each slot.
        BadValue: If one is none of `KINDS`.
    """
    if kinds is None:
        return tuple(kind_of_name(name) for name in names)
    if len(kinds) != len(names) or isinstance(kinds, str):
        raise BadLayout(
            f"{source}: expected one kind for each of {len(names)} objects, got "
            f"{check.shown(kinds)}."
        )
    return tuple(check.one_of(kind, f"{source}: object_kinds", KINDS) for kind in kinds)
