"""The relative excess that a cut may make without any signal, from all that is known of it."""

from dataclasses import dataclass
from math import hypot

from anomalon.search.results.window import MassLeak

__all__ = ["NOTHING_SEEN", "OWN_CUT", "NonClosure"]

OWN_CUT = -1.0
"""The efficiency that stands for a cut of the user's own, which has another in each data set."""


@dataclass(frozen=True)
class NonClosure:
    """What the features tell of the mass, and what was seen where there is no signal.

    Args:
        leak: How well features, a score or a cut tell the mass.
        validated: (background efficiency, relative uncertainty) of each cut, from a validation.
    """

    leak: MassLeak | None = None
    validated: tuple[tuple[float, float], ...] = ()

    def at(self, efficiency: float) -> float:
        """Relative uncertainty of the expectation at this background efficiency."""
        known = dict(self.validated)
        seen = known.get(efficiency, known.get(OWN_CUT, 0.0))
        return hypot(0.0 if self.leak is None else self.leak.non_closure(efficiency), seen)


NOTHING_SEEN = NonClosure()
"""Where nobody has looked, or nothing was found."""
