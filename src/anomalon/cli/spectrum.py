"""`anomalon bump` and `anomalon limit`: for people who have a histogram and no events."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.options import as_json_option, out_option

if TYPE_CHECKING:
    from anomalon.search.histogram_result import BumpResult, LimitResult
    from anomalon.search.smooth import SmoothBackground
    from anomalon.stats import Spectrum

__all__ = ["bump", "limit"]


def _spectrum_options(command: Callable[..., None]) -> Callable[..., None]:
    """FILE and what both commands ask about it."""
    for option in reversed(
        (
            click.argument("file", type=click.Path(dir_okay=False, path_type=Path)),
            click.option("--histogram", metavar="NAME", help="Histogram in a ROOT file."),
            click.option(
                "--range", "mass_range", nargs=2, type=float, metavar="LOW HIGH",
                help="Use the bins between these masses, in GeV.",
            ),
            click.option(
                "--shape", default="dijet", show_default=True,
                help="Family of the background function.",
            ),
            click.option(
                "--parameters", type=click.IntRange(1, 6), nargs=2, default=(2, 4),
                show_default=True, metavar="MIN MAX",
                help="Numbers of parameters among which an F-test chooses.",
            ),
            click.option(
                "--sqrt-s", type=float, default=13_000.0, show_default=True,
                help="Centre-of-mass energy in GeV, for shapes in m/sqrt(s).",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@_spectrum_options
@click.option(
    "--resolution",
    type=float,
    metavar="SHARE",
    help="Also scan for a narrow resonance with this standard deviation over its mass, e.g. 0.03.",
)
@click.option(
    "--background",
    metavar="COLUMN",
    help="Column of FILE (or histogram) with exact expectations, instead of a fit.",
)
@click.option(
    "--reference",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A finite background sample in the same bins, instead of a fit.",
)
@click.option("--tau", type=float, help="Exposure of the reference over that of the data.")
@click.option("--widths", type=int, nargs=2, metavar="MIN MAX", help="Widths of windows in bins.")
@click.option(
    "--toys", type=click.IntRange(1), default=10_000, show_default=True, help="Pseudo-experiments."
)
@click.option("--deficit", is_flag=True, help="Look for a deficit.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Root seed.")
@out_option("runs/bump-NAME, NAME being that of FILE")
@as_json_option
def bump(file: Path, out: Path | None, as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Find the most significant window of the spectrum in FILE, locally and globally.

    FILE is CSV, Parquet or ROOT. The background is fitted to it (and to every pseudo-experiment),
    or given as --background or --reference.
    """
    from anomalon.search.histogram import hunt_bump

    spectrum = _read(file, options["histogram"], options["mass_range"])
    widths = options["widths"]
    result = hunt_bump(
        spectrum,
        _background(file, options),
        widths=range(widths[0], widths[1] + 1) if widths else None,
        resolution=options["resolution"],
        n_toys=options["toys"],
        deficit=options["deficit"],
        seed=options["seed"],
        name=f"Bump hunt in {file.name}",
        source=str(file),
    )
    folder = Path("runs") / f"bump-{file.stem}" if out is None else out
    _finish(result, folder, {"file": str(file), **options}, as_json=as_json)


@click.command()
@_spectrum_options
@click.option(
    "--resolution",
    type=float,
    default=0.03,
    show_default=True,
    metavar="SHARE",
    help="Standard deviation of the signal over its mass.",
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Confidence level.",
)
@out_option("runs/limit-NAME, NAME being that of FILE")
@as_json_option
def limit(file: Path, out: Path | None, as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Upper limits on a narrow resonance at each mass of the spectrum in FILE."""
    from anomalon.search.limit_scan import scan_limits

    result = scan_limits(
        _read(file, options["histogram"], options["mass_range"]),
        _fitted(options),
        resolution=options["resolution"],
        level=options["level"],
        name=f"Upper limits from {file.name}",
        source=str(file),
    )
    folder = Path("runs") / f"limit-{file.stem}" if out is None else out
    _finish(result, folder, {"file": str(file), **options}, as_json=as_json)


def _read(
    path: Path,
    histogram: str | None,
    mass_range: tuple[float, float] | None,
    column: str | None = None,
) -> "Spectrum":
    from anomalon.data import read_spectrum
    from anomalon.stats import Spectrum

    table = read_spectrum(path, histogram=histogram, column=column)
    spectrum = Spectrum(table.counts, table.edges, table.variances)
    return spectrum if mass_range is None else spectrum.between(*mass_range)


def _background(file: Path, options: dict[str, Any]) -> Any:
    """What the windows are compared with: a fit, a reference sample, or numbers in the file."""
    from anomalon.stats import Reference

    if options["background"] and options["reference"]:
        raise click.UsageError("give --background or --reference, not both.")
    if options["tau"] and not options["reference"]:
        raise click.UsageError("--tau is the exposure of a --reference; there is none.")
    if options["background"]:
        given = _read(file, options["histogram"], options["mass_range"], options["background"])
        return given.counts
    if options["reference"]:
        sample = _read(options["reference"], options["histogram"], options["mass_range"])
        return Reference(sample, options["tau"])
    return _fitted(options)


def _fitted(options: dict[str, Any]) -> "SmoothBackground":
    from anomalon.search.smooth import SmoothBackground

    low, high = options["parameters"]
    if low > high:
        raise click.BadParameter(f"expected MIN <= MAX, got {low} {high}.", param_hint="parameters")
    return SmoothBackground(options["shape"], low, high, sqrt_s=options["sqrt_s"])


def _finish(
    result: "BumpResult | LimitResult", folder: Path, options: dict[str, Any], *, as_json: bool
) -> None:
    from anomalon.report import write_spectrum_run
    from anomalon.report.spectrum_page import said

    plain = {k: str(v) if isinstance(v, Path) else v for k, v in options.items() if v is not None}
    page = write_spectrum_run(result, folder, settings=plain)
    summary = said(result)
    if as_json:
        tree = {"folder": str(page.parent), "report": str(page), "summary": summary}
        click.echo(json.dumps(tree, ensure_ascii=False, allow_nan=False))
        return
    click.echo(summary["headline"])
    for row in summary["numbers"]:
        click.echo(f"  {row['what']}: {row['value']}")
    for text in summary["warnings"]:
        click.echo(f"  warning: {text}")
    click.echo(f"\nreport: {page}")
