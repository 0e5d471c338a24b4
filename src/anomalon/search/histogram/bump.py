"""`BumpHunt`: the settings of a bump hunt; `BumpJob`: the same with its files and its seed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadRows, BadValue, ColumnMissing
from anomalon.core.renamed import gathered
from anomalon.core.seed import Seed
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.settings import flat
from anomalon.search.histogram.hunt import HuntSettings, hunt_bump
from anomalon.search.histogram.source import Read, SpectrumFile, digest_of
from anomalon.search.results.about import NOTHING_SAID, About
from anomalon.search.results.bump import BumpResult
from anomalon.search.smooth import SmoothBackground
from anomalon.stats import Reference
from anomalon.stats.fits.order import Test

__all__ = ["BumpHunt", "BumpJob", "parameter_range"]

Floats = NDArray[np.floating[Any]]

_OF_A_FIT = ("shape", "parameters", "test", "sqrt_s", "keep_order", "resolution", "closure")


@dataclass(frozen=True)
class BumpHunt:
    """A bump hunt: where has a spectrum its most significant excess, and how often is that chance?

    Args:
        shape: Family of the background function, a name in `anomalon.stats.SHAPES`.
        parameters: Smallest and largest number of its parameters.
        test: What chooses between them, "f" or "likelihood_ratio".
        sqrt_s: Centre-of-mass energy in GeV, for shapes in m/sqrt(s).
        keep_order: Pseudo-experiments keep the number of parameters of the data instead of
            choosing anew.
        resolution: Also scan for a narrow resonance with this standard deviation over its mass.
        widths: Smallest and largest width of a window in bins; half of the bins if None.
        toys: Pseudo-experiments.
        deficit: Look for a deficit.
        closure: Pseudo-experiments that test the search itself; 0 for none.

    Raises:
        BadValue: If a value is outside what is allowed.

    Example:
        >>> from anomalon.stats import Spectrum
        >>> spectrum = Spectrum([90, 70, 55, 70, 33, 26, 20, 16], range(1000, 1900, 100))
        >>> hunt = BumpHunt(shape="exponential", parameters=(2, 2), toys=100, closure=0)
        >>> hunt.run(spectrum).window.low
        1300.0
    """

    shape: str = "dijet"
    parameters: tuple[int, int] = (2, 4)
    test: Test = "f"
    sqrt_s: float = 13_000.0
    keep_order: bool = False
    resolution: float | None = None
    widths: tuple[int, int] | None = None
    toys: int = 10_000
    deficit: bool = False
    closure: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", parameter_range(self.parameters))
        check.fields(self, "", keep_order=bool, deficit=bool, toys=(1, check.MOST))
        if self.widths is not None:
            narrow, wide = (check.whole(w, "widths", 1, check.MOST) for w in self.widths)
            if narrow > wide:
                raise BadValue(f"widths: expected 1 <= MIN <= MAX bins, got {narrow} and {wide}.")
            object.__setattr__(self, "widths", (narrow, wide))
        _ = self.background

    @property
    def background(self) -> SmoothBackground:
        """The functions that are fitted."""
        low, high = self.parameters
        return SmoothBackground(self.shape, low, high, sqrt_s=self.sqrt_s, test=self.test)

    @gathered("about", About, "name", "source", "roles", "digest")
    def run(
        self,
        spectrum: Any,
        background: Reference | Floats | None = None,
        *,
        seed: Seed | int = 0,
        place: Workplace = HERE,
        about: About = NOTHING_SAID,
    ) -> BumpResult:
        """The most significant window, locally and globally.

        Args:
            spectrum: One `Spectrum`, what `read_spectrum` returns, or else what `Spectrum.of`
                takes.
            background: A finite reference sample or exact expectations, shape (bin,), instead of a
                fit.
            seed: Root of all random numbers.
            place: Who does the work and hears of it.
            about: What the result says of the spectrum.
        """
        fitted = background is None
        settings = HuntSettings(
            widths=None if self.widths is None else range(self.widths[0], self.widths[1] + 1),
            resolution=self.resolution if fitted else None,
            n_toys=self.toys,
            repeat_choice=not self.keep_order,
            n_closure=self.closure if fitted else 0,
            deficit=self.deficit,
        )
        return hunt_bump(
            spectrum,
            self.background if background is None else background,
            settings,
            seed=seed,
            place=place,
            about=about,
        )


@dataclass(frozen=True)
class BumpJob(Job):
    """A bump hunt in a file, as `anomalon bump` does it.

    Args:
        source: The file.
        hunt: How it is searched.
        background: Column (or histogram) of the file with exact expectations, instead of a fit.
        reference: A finite background sample in the same bins, instead of a fit.
        reference_column, reference_errors: Its columns; as for the file if not given.
        tau: Its exposure over that of the data.
        luminosity: Integrated luminosity in fb^-1, by which cross sections are multiplied.
        seed: Root of all random numbers.

    Raises:
        BadValue: If there is a background and a reference.
    """

    kind: ClassVar[str] = "bump"
    help: ClassVar[str] = "Find the most significant bump of a histogram."

    source: SpectrumFile = field(metadata=flat)
    hunt: BumpHunt = field(default_factory=BumpHunt, metadata=flat)
    background: str | None = None
    reference: Path | None = None
    reference_column: str | None = None
    reference_errors: tuple[str, ...] = ()
    tau: float | None = None
    luminosity: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.background is not None and self.reference is not None:
            raise BadValue("background, reference: expected one of them, got both.")

    @property
    def title(self) -> str:
        """What it is called while it runs, and on its page."""
        return f"Bump hunt in {self.source.file.name}"

    @property
    def place(self) -> str:
        """The name of its run folder in `runs`, if none is given."""
        return f"bump-{self.source.file.stem}"

    def table(self, folder: str | Path | None = None) -> dict[str, Any]:
        """The settings that count: those of a fit only if there is one."""
        table = super().table(folder)
        fitted = self.background is None and self.reference is None
        return {k: v for k, v in table.items() if fitted or k not in _OF_A_FIT}

    def run(self, place: Workplace = HERE) -> BumpResult:
        """Read the file, and search it."""
        read = self.source.read(luminosity=self.luminosity)
        place.say(f"read {self.source.file.name}: {'; '.join(read.roles)}")
        background, roles = self._given(place)
        return self.hunt.run(
            read.spectrum,
            background,
            seed=self.seed,
            place=place,
            about=About(self.title, self.source.file.name, (*read.roles, *roles), read.digest),
        )

    def _given(self, place: Workplace) -> tuple[Any, tuple[str, ...]]:
        """A reference sample or exact numbers, with what was read; None if it is to be fitted."""
        if self.background is not None:
            given = self.source.read(
                luminosity=self.luminosity, column=self.background, errors=None, exact=True
            )
            name = f"{self.source.file.name}, the background"
            place.say(f"read {name}: {'; '.join(given.roles)}")
            about = f"background: {given.roles[0]}; digest {digest_of(given.spectrum)[:12]}"
            return given.spectrum.counts, (about,)
        if self.reference is None:
            return None, ()
        read = self._read_reference(self.reference)
        place.say(f"read {self.reference.name}, the reference: {'; '.join(read.roles)}")
        roles = tuple(f"reference {self.reference.name}: {role}" for role in read.roles)
        return Reference(read.spectrum, self.tau), roles

    def _read_reference(self, file: Path) -> Read:
        source = replace(self.source, file=file)
        with _options_of_the_reference():
            return source.read(
                luminosity=self.luminosity,
                forgiving=True,
                column=self.reference_column or self.source.column,
                errors=self.reference_errors or None,
            )


@contextmanager
def _options_of_the_reference() -> Iterator[None]:
    """Errors name the options of the reference instead of those of the file."""
    try:
        yield
    except (BadLayout, BadNumbers, BadValue, ColumnMissing) as error:
        if isinstance(error, BadRows):
            raise
        text = str(error)
        for option in ("--column", "--errors"):
            text = text.replace(option, f"--reference-{option[2:]}")
        raise type(error)(text) from error


def parameter_range(given: Any) -> tuple[int, int]:
    """Smallest and largest number of parameters.

    Raises:
        BadValue: If they are none.
    """
    ends = check.several(given, "parameters")
    if len(ends) != 2:
        raise BadValue(f"parameters: expected two numbers, MIN and MAX, got {len(ends)}.")
    low, high = (check.whole(n, "parameters", 1, check.MOST) for n in ends)
    if low > high:
        raise BadValue(f"parameters: expected MIN <= MAX, got {low} and {high}.")
    return low, high
