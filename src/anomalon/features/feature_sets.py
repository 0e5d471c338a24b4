"""Feature sets of dijet searches that the literature has names for.

The baseline is that of the LHC Olympics methods (CATHODE, arXiv:2109.00546); the extended sets are
those of Finke et al., arXiv:2309.13111. A search takes names and lists side by side,

```toml
features = ["baseline", "ext1", ["mJ1", "tau21_J1"]]
```

and each set is a search of its own. `anomalon.features.dijet(events, features=...)` and
`anomalon data convert --feature-set ext1` make the features.
"""

from collections.abc import Iterable, Mapping, Sequence

from anomalon.core import check
from anomalon.core.errors import UnknownKey, suggest

__all__ = ["FEATURE_SETS", "feature_set", "how_to_make", "joined", "name_of_set"]

_MASSES = ("mJ1", "dmJ")


def _of_both(*quantities: str, suffixes: Sequence[str] = ("",)) -> tuple[str, ...]:
    return tuple(f"{q}_J{jet}{s}" for s in suffixes for q in quantities for jet in (1, 2))


FEATURE_SETS: Mapping[str, tuple[str, ...]] = {
    "masses": _MASSES,
    "baseline": (*_MASSES, *_of_both("tau21")),
    "prongs": (*_MASSES, *_of_both("tau21", "tau32")),
    "ext1": (*_MASSES, *_of_both("tau21", "tau32", "tau43", "tau54")),
    "ext2": (*_MASSES, *_of_both(*(f"tau{n}" for n in range(1, 6)))),
    "ext3": (
        *_MASSES,
        *_of_both(*(f"tau{n}" for n in range(1, 10)), suffixes=("_b0.5", "", "_b2")),
    ),
}
"""Features by the name of their set: 2, 4, 6, 10, 12 and 56 of them."""


def feature_set(name: str, where: str) -> tuple[str, ...]:
    """The features of a set by its name.

    Args:
        name: A key of `FEATURE_SETS`.
        where: What is being read, for messages.

    Raises:
        BadValue: If it is no text.
        UnknownKey: If there is no such set; the nearest one is suggested.

    Example:
        >>> feature_set("baseline", "search.features[0]")
        ('mJ1', 'dmJ', 'tau21_J1', 'tau21_J2')
    """
    if check.text(name, where) not in FEATURE_SETS:
        raise UnknownKey(
            f"{where}: there is no feature set '{name}'; {suggest(name, FEATURE_SETS)} (Features "
            f"of your own are a list of lists of names: [['{name}']].)"
        )
    return FEATURE_SETS[name]


def name_of_set(features: Sequence[str]) -> str | None:
    """What a set with these features, in this order, is called; None if it has no name."""
    known = (name for name, of_set in FEATURE_SETS.items() if of_set == tuple(features))
    return next(known, None)


def joined(names: Iterable[str], where: str) -> tuple[str, ...]:
    """The features of several sets by their names, each feature once.

    Raises:
        UnknownKey: If there is no such set.
    """
    every = (feature for name in names for feature in feature_set(name, where))
    return tuple(dict.fromkeys(every))


def how_to_make(features: Sequence[str]) -> str:
    """What a message about missing features may add: the command that makes them, if one does.

    Example:
        >>> how_to_make(["my_feature"])
        ''
    """
    options = [name] if (name := name_of_set(features)) else _sets_with(features)
    if not options:
        return ""
    return (
        f" Features of {' and '.join(options)} are made of particles, and of jets that have the "
        "tau_N for it: anomalon data convert RAW OUT "
        + " ".join(f"--feature-set {name}" for name in options)
        + "; in Python anomalon.features.dijet(events, features=[...])."
    )


def _sets_with(features: Sequence[str]) -> list[str]:
    """Few sets that have these features between them; none if some are in no set."""
    found: list[str] = []
    for feature in features:
        if any(feature in FEATURE_SETS[name] for name in found):
            continue
        first = next((name for name, of_set in FEATURE_SETS.items() if feature in of_set), None)
        if first is None:
            return []
        found.append(first)
    return found
