"""`Labels`: what figures say of where the data come from, and what quantities are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anomalon.core import check

__all__ = ["Labels"]


@dataclass(frozen=True)
class Labels:
    """Words of the user on pages and figures; nothing is computed from them.

    Args:
        title: Of the page, instead of that of the job.
        experiment: At the top of every figure, e.g. "ATLAS Simulation".
        energy: Centre-of-mass energy in TeV, or "" for none.
        luminosity: Integrated luminosity in fb^-1.
        mass: The mass on the axes, e.g. "m_jj"; with the unit in brackets it replaces GeV as well.
        features: What features are called on the axes, by their names, e.g. tau21_J1 = "τ₂₁(J₁)".

    Raises:
        BadValue: If a number is not positive.

    Example:
        >>> Labels(experiment="ATLAS", energy=13, luminosity=139).line
        'ATLAS   √s = 13 TeV, 139 fb⁻¹'
    """

    title: str = ""
    experiment: str = ""
    energy: float | None = None
    luminosity: float | None = None
    mass: str = ""
    features: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check.fields(self, "labels", title=str, experiment=str, mass=str)
        for name in ("energy", "luminosity"):
            if getattr(self, name) is not None:
                check.number(getattr(self, name), f"labels.{name}", "(0, inf)")

    @property
    def line(self) -> str:
        """What stands at the top of a figure; "" for nothing."""
        numbers = [
            *([] if self.energy is None else [f"√s = {self.energy:g} TeV"]),
            *([] if self.luminosity is None else [f"{self.luminosity:g} fb⁻¹"]),
        ]
        return "   ".join(part for part in (self.experiment, ", ".join(numbers)) if part)

    def axis(self, text: str, mass: str) -> str:
        """The label of an axis in these words.

        Args:
            text: As it is, e.g. "resonant mass [GeV]" or "tau21_J1".
            mass: How the mass is called without labels, with its unit.
        """
        if self.mass and mass in text:
            unit = "" if "[" in self.mass else mass[mass.index(" [") :]
            return text.replace(mass, self.mass + unit)
        name, space, unit = text.partition(" [")
        return self.features.get(name, name) + space + unit
