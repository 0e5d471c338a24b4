"""`LimitScan`: the settings of upper limits against mass; `LimitJob`: with its file and seed."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.renamed import gathered
from anomalon.core.seed import Seed
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.settings import flat
from anomalon.search.histogram.bump import parameter_range
from anomalon.search.histogram.limit_scan import LimitSettings, scan_limits
from anomalon.search.histogram.narrow import masses_between
from anomalon.search.histogram.source import SpectrumFile
from anomalon.search.results.about import NOTHING_SAID, About
from anomalon.search.results.limit import LimitResult
from anomalon.search.smooth import ALTERNATIVES, Choice, SmoothBackground
from anomalon.stats import SignalNuisances, Spectrum
from anomalon.stats.fits.order import Test

__all__ = ["LimitJob", "LimitScan"]


@dataclass(frozen=True)
class LimitScan:
    """Upper limits on a narrow resonance against mass, from a whole spectrum.

    Args:
        shape: Family of the background function, a name in `anomalon.stats.SHAPES`.
        parameters: Smallest and largest number of its parameters.
        test: What chooses between them, "f" or "likelihood_ratio".
        sqrt_s: Centre-of-mass energy in GeV, for shapes in m/sqrt(s).
        resolution: Standard deviation of the signal over its mass.
        masses: Masses between which limits are set, in GeV; from three standard deviations above
            the lowest edge to three below the highest if None.
        level: Confidence level.
        choice: "profile": the function of the background is a nuisance parameter; "test": a test
            chooses it, and it is then taken for known.
        alternatives: Families that are profiled beside `shape`.
        luminosity: Integrated luminosity in fb^-1, for limits on cross sections.
        acceptance: Share of the signal that is in the spectrum: acceptance times efficiency.
        luminosity_error, efficiency_error, mass_scale_error, resolution_error: Relative
            uncertainties of the signal.
        prior: Their constraint, "log_normal" or "gaussian".
        closure: Pseudo-experiments that test the limits; 0 for none.

    Raises:
        BadValue: If a value is outside what is allowed.
    """

    shape: str = "dijet"
    parameters: tuple[int, int] = (2, 4)
    test: Test = "f"
    sqrt_s: float = 13_000.0
    resolution: float = 0.03
    masses: tuple[float, float] | None = None
    level: float = 0.95
    choice: Choice = "profile"
    alternatives: tuple[str, ...] = ALTERNATIVES
    luminosity: float | None = None
    acceptance: float = 1.0
    luminosity_error: float = 0.0
    efficiency_error: float = 0.0
    mass_scale_error: float = 0.0
    resolution_error: float = 0.0
    prior: Literal["log_normal", "gaussian"] = "log_normal"
    closure: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", parameter_range(self.parameters))
        if self.masses is not None:
            low, high = (check.number(m, "masses", "(0, inf)") for m in self.masses)
            if not low < high:
                raise BadValue(f"masses: expected LOW < HIGH, got {low:g} and {high:g}.")
            object.__setattr__(self, "masses", (low, high))
        _ = self.background, self.nuisances

    @property
    def background(self) -> SmoothBackground:
        """The functions that are fitted."""
        low, high = self.parameters
        return SmoothBackground(
            self.shape, low, high, sqrt_s=self.sqrt_s, test=self.test, choice=self.choice,
            alternatives=self.alternatives,
        )  # fmt: skip

    @property
    def nuisances(self) -> SignalNuisances:
        """What is not known of the signal."""
        names = ("luminosity", "efficiency", "mass_scale", "resolution")
        sizes = {name: getattr(self, f"{name}_error") for name in names}
        return SignalNuisances(**sizes, prior=self.prior)

    @gathered("about", About, "name", "source", "roles", "digest")
    def run(
        self,
        spectrum: Any,
        *,
        seed: Seed | int = 0,
        place: Workplace = HERE,
        about: About = NOTHING_SAID,
    ) -> LimitResult:
        """The limits, observed and expected.

        Args:
            spectrum: One `Spectrum`, what `read_spectrum` returns, or else what `Spectrum.of`
                takes.
            seed: Root of all random numbers.
            place: Who does the work and hears of it.
            about: What the result says of the spectrum.
        """
        masses = None
        if self.masses is not None:
            edges = Spectrum.of(spectrum).edges
            masses = masses_between(edges, self.resolution, *self.masses)
        settings = LimitSettings(
            resolution=self.resolution,
            masses=masses,
            level=self.level,
            nuisances=self.nuisances,
            luminosity=self.luminosity,
            acceptance=self.acceptance,
            n_closure=self.closure,
        )
        return scan_limits(spectrum, self.background, settings, seed=seed, place=place, about=about)


@dataclass(frozen=True)
class LimitJob(Job):
    """Upper limits from a file, as `anomalon limit` sets them.

    Args:
        source: The file.
        scan: How limits are set.
        seed: Root of all random numbers.
    """

    kind: ClassVar[str] = "limit"
    help: ClassVar[str] = "Upper limits on a resonance in a histogram."

    source: SpectrumFile = field(metadata=flat)
    scan: LimitScan = field(default_factory=LimitScan, metadata=flat)
    seed: int = 0

    @property
    def title(self) -> str:
        """What it is called while it runs, and on its page."""
        return f"Upper limits from {self.source.file.name}"

    @property
    def place(self) -> str:
        """The name of its run folder in `runs`, if none is given."""
        return f"limit-{self.source.file.stem}"

    def run(self, place: Workplace = HERE) -> LimitResult:
        """Read the file, and set the limits."""
        read = self.source.read(luminosity=self.scan.luminosity)
        place.say(f"read {self.source.file.name}: {'; '.join(read.roles)}")
        return self.scan.run(
            read.spectrum,
            seed=self.seed,
            place=place,
            about=About(self.title, self.source.file.name, read.roles, read.digest),
        )
