"""Which N-subjettiness of jets is wanted, and what the features made of it are called.

`tau2_J1` is tau_2 of the lighter jet, `tau21_J1` is tau_2 / tau_1; for an exponent other than one
with a suffix, as in `tau21_J1_b0.5`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from anomalon.core import check
from anomalon.core.errors import BadValue

__all__ = ["LARGEST_N", "Subjettiness", "needed", "suffix"]

LARGEST_N = 9
"""The largest N that is computed."""

_NAME = re.compile(r"tau(?P<n>\d)(?P<over>\d?)_J[12](_b(?P<beta>\d+(\.\d+)?(e[+-]?\d+)?))?")


@dataclass(frozen=True)
class Subjettiness:
    """Which N-subjettiness of a jet, and how it is computed (`anomalon.jets.nsubjettiness`).

    Args:
        betas: Angular exponents.
        n_tau: Largest N, up to 9.
        axes: How the subjet axes are found, "wta_kt" or "kt".

    Raises:
        BadValue: If an exponent or N is out of range, or exponents are the same.
    """

    betas: tuple[float, ...] = (1.0,)
    n_tau: int = 3
    axes: str = "wta_kt"

    def __post_init__(self) -> None:
        betas = tuple(check.number(b, "dijet: betas", "(0, 1000]") for b in self.betas)
        object.__setattr__(self, "betas", betas)
        object.__setattr__(self, "n_tau", check.whole(self.n_tau, "dijet: n_tau", 1, LARGEST_N))
        if not betas or len(set(betas)) < len(betas):
            raise BadValue(f"dijet: expected distinct exponents `betas`, got {betas}.")


def suffix(beta: float) -> str:
    """What the name of a feature with this exponent ends with.

    Example:
        >>> suffix(1.0), suffix(0.5), suffix(2)
        ('', '_b0.5', '_b2')
    """
    return "" if beta == 1 else f"_b{beta:g}"


def needed(features: Iterable[str], axes: str = "wta_kt") -> Subjettiness:
    """The least from which features with these names can be made; other names need nothing.

    Args:
        features: Names.
        axes: How the subjet axes are found.

    Example:
        >>> needed(["mJ1", "tau54_J2", "tau1_J1_b0.5"])
        Subjettiness(betas=(0.5, 1.0), n_tau=5, axes='wta_kt')
    """
    found = [match for name in features if (match := _NAME.fullmatch(name))]
    betas = {float(match["beta"] or 1) for match in found}
    n_tau = max([1, *(int(match["n"]) for match in found)])
    return replace(Subjettiness(axes=axes), betas=tuple(sorted(betas or {1.0})), n_tau=n_tau)
