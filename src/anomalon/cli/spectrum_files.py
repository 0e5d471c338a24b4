"""What `anomalon bump` and `anomalon limit` read, and how they say it: options, files, roles."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.numbers import Number
from anomalon.core.config import digest
from anomalon.core.errors import BadLayout, BadNumbers, BadRows, BadValue, ColumnMissing

if TYPE_CHECKING:
    from anomalon.stats import Spectrum

__all__ = ["digest_of", "read_background", "read_file", "reading_options"]

Read = tuple["Spectrum", tuple[str, ...]]

_OPTIONS = (
    click.option("--histogram", metavar="NAME", help="Histogram in a ROOT or YODA file."),
    click.option(
        "--table", metavar="NAME",
        help="Table in a text with several, by its name or its number.",
    ),
    click.option(
        "--column", metavar="NAME",
        help="Column of the counts in CSV or Parquet, if there are several.",
    ),
    click.option(
        "--errors", multiple=True, metavar="NAME",
        help="Column of the errors of the counts, if names and numbers do not say it; repeatable, "
        "then added in quadrature. 'none': plain events.",
    ),
    click.option(
        "--per-width/--no-per-width", default=None,
        help="Values are divided by the widths of their bins, and are multiplied by them; or they "
        "are not, although they look like it.",
    ),
    click.option(
        "--unit", metavar="UNIT", help="Unit of the masses (TeV, MeV, ...), whatever FILE says.",
    ),
    click.option(
        "--range", "mass_range", nargs=2, type=Number(), metavar="LOW HIGH",
        help="Use the bins between these masses, in GeV.",
    ),
)  # fmt: skip


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """What is asked about a file of a spectrum."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_file(path: Path, options: dict[str, Any]) -> Read:
    """The spectrum in FILE, with what was read of it; that is said on stderr, too."""
    errors = options["errors"] or None
    return _read(path, options, column=options["column"], errors=errors, said=f"read {path.name}")


def read_background(
    file: Path, reference: Path | None, options: dict[str, Any]
) -> tuple[Any, dict[str, str], tuple[str, ...]]:
    """A reference sample or exact numbers in the file, with digest and roles.

    None, and nothing, if the background is to be fitted.
    """
    from anomalon.stats import Reference

    if options["background"] is not None:
        given, roles = _read(
            file, options, column=options["background"], exact=True,
            said=f"read {file.name}, the background",
        )  # fmt: skip
        digests = {"background_digest": digest_of(given)}
        return given.counts, digests, (f"background: {roles[0]}",)
    if reference is not None:
        with _options_of_the_reference():
            sample, roles = _read(
                reference, options, forgiving=True, said=f"read {reference.name}, the reference",
                column=options["reference_column"] or options["column"],
                errors=options["reference_errors"] or None,
            )  # fmt: skip
        told = tuple(f"reference {reference.name}: {role}" for role in roles)
        return Reference(sample, options["tau"]), {"reference_digest": digest_of(sample)}, told
    return None, {}, ()


@contextmanager
def _options_of_the_reference() -> Iterator[None]:
    """Errors name the options of the reference instead of those of FILE."""
    try:
        yield
    except (BadLayout, BadNumbers, BadValue, ColumnMissing) as error:
        if isinstance(error, BadRows):
            raise
        text = str(error)
        for option in ("--column", "--errors"):
            text = text.replace(option, f"--reference-{option[2:]}")
        raise type(error)(text) from error


def _read(path: Path, options: dict[str, Any], *, said: str, **choices: Any) -> Read:
    from anomalon.data import read_spectrum
    from anomalon.stats import Spectrum

    of_file = ("histogram", "table", "per_width", "luminosity", "unit")
    table = read_spectrum(path, **{name: options[name] for name in of_file}, **choices)
    spectrum, roles = Spectrum.of(table), table.roles
    if options["mass_range"] is not None:
        whole, spectrum = spectrum, spectrum.between(*options["mass_range"])
        roles += (_what_is_left(whole, spectrum, *options["mass_range"]),)
    click.echo(f"{said}: {'; '.join(roles)}", err=True)
    return spectrum, roles


def _what_is_left(whole: "Spectrum", used: "Spectrum", low: float, high: float) -> str:
    """The bins of a range, and those that it cuts through."""
    ends = used.edges[[0, -1]]
    text = (
        f"--range {low:g} {high:g}: {used.n_bins} of {whole.n_bins} bins, "
        f"from {ends[0]:g} to {ends[1]:g} GeV"
    )
    inside = (low, ends[0]), (ends[1], high)  # from the range to the bins at either end
    apart = [b - a > 1e-6 * (ends[1] - ends[0]) for a, b in inside]
    there = [whole.edges[0] < low, high < whole.edges[-1]]
    cut = sum(a and b for a, b in zip(apart, there, strict=True))
    if cut:
        text += f"; it cuts through {'a bin' if cut == 1 else 'two bins'}, left out"
    return text


def digest_of(spectrum: "Spectrum") -> str:
    """SHA-256 of the numbers, whatever file they were in."""
    return digest(spectrum.edges, spectrum.counts, spectrum.variance)
