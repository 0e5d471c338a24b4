"""Random numbers named by what they are for, never by when they are drawn.

`Seed(7).child("cathode", window=3, fold=2)` is the same seed in one process, in eight, or on a
cluster, because it is derived from the words and not from the order of calls.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from anomalon.core.errors import BadValue

__all__ = ["Seed"]


@dataclass(frozen=True)
class Seed:
    """The root number and the path of names that leads to one stream of random numbers.

    Args:
        root: Any non-negative integer; the only thing a user chooses.
        path: What the numbers are for; extended by `child`, not by hand.

    Raises:
        BadValue: If `root` is not a non-negative integer.

    Example:
        >>> Seed(7).child("cathode", window=3) == Seed(7).child("cathode", window=3)
        True
        >>> Seed(7).child("cathode", window=3).integer() == Seed(7).child("cathode").integer()
        False
    """

    root: int
    path: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.root, bool) or not isinstance(self.root, int | np.integer):
            raise BadValue(f"seed: expected a non-negative integer, got {self.root!r}")
        if self.root < 0:
            raise BadValue(f"seed: expected a non-negative integer, got {self.root}")
        object.__setattr__(self, "root", int(self.root))

    @classmethod
    def of(cls, seed: "Seed | int") -> "Seed":
        """A seed from a seed or an integer, so that every public call takes both."""
        return seed if isinstance(seed, Seed) else cls(seed)

    def child(self, *names: str, **indices: object) -> "Seed":
        """The seed for one named part of the work."""
        steps = [str(name) for name in names]
        steps += [f"{key}={indices[key]}" for key in sorted(indices)]
        return Seed(self.root, (*self.path, *steps))

    def _digest(self) -> bytes:
        # A separator that cannot be part of a step's repr keeps ("a", "b") apart from ("ab",).
        text = "\x1f".join((str(self.root), *self.path))
        return hashlib.sha256(text.encode()).digest()

    def generator(self) -> np.random.Generator:
        """A NumPy generator of this stream."""
        return np.random.default_rng(np.frombuffer(self._digest(), dtype=np.uint32))

    def integer(self, below: int = 2**31 - 1) -> int:
        """One integer in [0, below) for libraries that want a number."""
        return int.from_bytes(self._digest()[:16], "big") % below

    def __str__(self) -> str:
        return "/".join((str(self.root), *self.path))
