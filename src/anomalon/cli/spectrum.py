"""`anomalon bump` and `anomalon limit`: for people who have a histogram and no events."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.exit_status import FAILED
from anomalon.cli.inputs import Input, opened
from anomalon.cli.numbers import Number, Whole
from anomalon.cli.options import (
    as_json_option,
    file_argument,
    going_on_from,
    is_given,
    out_option,
    to_table,
    work_options,
)
from anomalon.cli.outcome import say_json
from anomalon.cli.progress import progress
from anomalon.cli.spectrum_files import digest_of, read_background, read_file, reading_options

if TYPE_CHECKING:
    from anomalon.report.spectrum_page import SpectrumSummary
    from anomalon.run import Executor
    from anomalon.search.results.histogram import BumpResult, LimitResult
    from anomalon.search.smooth import SmoothBackground
    from anomalon.stats import SignalNuisances, Spectrum

__all__ = ["bump", "limit"]

_OF_A_REFERENCE = {
    "tau": "the exposure",
    "reference_column": "the counts",
    "reference_errors": "the errors",
}
_OF_A_FIT = ("shape", "parameters", "test", "sqrt_s", "keep_order", "resolution", "closure")


def _closure_option(n: int) -> Callable[[Any], Any]:
    return click.option(
        "--closure",
        type=Whole(0),
        default=n,
        show_default=True,
        metavar="N",
        help="Pseudo-experiments that test the search itself; 0 for none, which is faster.",
    )


def _spectrum_options(command: Callable[..., None]) -> Callable[..., None]:
    """FILE and what both commands ask about it."""
    for option in reversed(
        (
            file_argument,
            reading_options,
            click.option(
                "--shape", default="dijet", show_default=True,
                help="Family of the background function.",
            ),
            click.option(
                "--parameters", type=Whole(1, 6), nargs=2, default=(2, 4),
                show_default=True, metavar="MIN MAX",
                help="Numbers of parameters that come into question.",
            ),
            click.option(
                "--test", type=click.Choice(["f", "likelihood_ratio"]), default="f",
                show_default=True, help="What chooses the number of parameters.",
            ),
            click.option(
                "--sqrt-s", type=Number("(0, inf)"), default=13_000.0, show_default=True,
                help="Centre-of-mass energy in GeV, for shapes in m/sqrt(s).",
            ),
            click.option(
                "--seed", type=Whole(0), default=0, show_default=True,
                help="Root seed.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@_spectrum_options
@click.option(
    "--keep-order",
    is_flag=True,
    help="Pseudo-experiments keep the number of parameters of the data instead of choosing anew.",
)
@click.option(
    "--resolution",
    type=Number("(0, 1)"),
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
@click.option(
    "--reference-column",
    metavar="NAME",
    help="Column (or histogram) of the counts in the reference; as for FILE if not given.",
)
@click.option(
    "--reference-errors",
    multiple=True,
    metavar="NAME",
    help="Column of the errors in the reference, as --errors in FILE.",
)
@click.option(
    "--luminosity",
    type=Number("(0, inf)"),
    metavar="FB",
    help="Integrated luminosity in fb^-1, by which cross sections in FILE are multiplied.",
)
@click.option("--tau", type=Number(), help="Exposure of the reference over that of the data.")
@click.option(
    "--widths", type=Whole(1), nargs=2, metavar="MIN MAX", help="Widths of windows in bins."
)
@click.option(
    "--toys", type=Whole(1), default=10_000, show_default=True, help="Pseudo-experiments."
)
@click.option("--deficit", is_flag=True, help="Look for a deficit.")
@_closure_option(200)
@out_option("runs/bump-NAME, NAME being that of FILE")
@work_options(few=True)
@as_json_option
def bump(
    file: Path,
    out: Path | None,
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
    **options: Any,
) -> None:
    """Find the most significant window of the spectrum in FILE, locally and globally.

    FILE is text (CSV), Parquet, ROOT or YODA, or - for standard input; or a TOML file, as a run
    writes it, with `file` and the options as keys. What was read of it is said first. The
    background is fitted to the spectrum (and to every pseudo-experiment), or given as --background
    or --reference.
    """
    _check_bump(options)
    with ExitStack() as stack:
        files = {"file": stack.enter_context(opened(file, "input"))}
        if options["reference"] is not None:
            files["reference"] = stack.enter_context(opened(options["reference"], "reference"))
        folder = Path("runs") / f"bump-{files['file'].path.stem}" if out is None else out
        _bump(files, options, folder, executor, as_json=as_json)


def _bump(
    files: dict[str, Input],
    options: dict[str, Any],
    folder: Path,
    executor: "Executor",
    *,
    as_json: bool,
) -> None:
    from anomalon.report.run_folder import STORE
    from anomalon.run import Store
    from anomalon.search.histogram.hunt import hunt_bump

    file = files["file"].path
    spectrum, roles = read_file(file, options)
    reference = files["reference"].path if "reference" in files else None
    given, of_given, roles_given = read_background(file, reference, options)
    if given is not None:
        options = {k: v for k, v in options.items() if k not in _OF_A_FIT}
    widths = options["widths"]
    name = f"Bump hunt in {file.name}"
    with going_on_from(folder / STORE, if_there=True), progress(name) as tell:
        result = hunt_bump(
            spectrum,
            _smooth(options) if given is None else given,
            widths=range(widths[0], widths[1] + 1) if widths else None,
            resolution=options.get("resolution"),
            n_toys=options["toys"],
            repeat_choice=not options.get("keep_order", False),
            n_closure=options.get("closure", 0),
            deficit=options["deficit"],
            seed=options["seed"],
            name=name,
            source=file.name,
            roles=(*roles, *roles_given),
            executor=executor,
            store=Store(folder / STORE),
            progress=tell,
        )
    digests = {"digest": digest_of(spectrum), **of_given}
    _finish(result, folder, files, options, digests, as_json=as_json)


@click.command()
@_spectrum_options
@click.option(
    "--resolution",
    type=Number("(0, 1)"),
    default=0.03,
    show_default=True,
    metavar="SHARE",
    help="Standard deviation of the signal over its mass.",
)
@click.option(
    "--masses",
    type=Number("(0, inf)"),
    nargs=2,
    metavar="LOW HIGH",
    help="Masses between which limits are set, in GeV; from three standard deviations above the "
    "lowest edge to three below the highest if not given.",
)
@click.option(
    "--level",
    type=Number("(0, 1)"),
    default=0.95,
    show_default=True,
    help="Confidence level.",
)
@click.option(
    "--choice",
    type=click.Choice(["profile", "test"]),
    default="profile",
    show_default=True,
    help="Whether the function of the background is a nuisance parameter, or chosen by the test "
    "and then taken for known.",
)
@click.option(
    "--alternatives",
    multiple=True,
    metavar="NAME",
    help="Families that are profiled beside --shape, repeatable; dijet, diphoton, exponential and "
    "ua2 if not given. The name of the shape itself for no other.",
)
@click.option(
    "--luminosity",
    type=Number("(0, inf)"),
    metavar="FB",
    help="Integrated luminosity in fb^-1, for limits on cross sections; those in FILE are "
    "multiplied by it.",
)
@click.option(
    "--acceptance",
    type=Number("(0, 1]"),
    default=1.0,
    show_default=True,
    help="Share of the signal that is in the spectrum: acceptance times efficiency.",
)
@click.option(
    "--luminosity-error",
    type=Number("[0, 1)"),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Relative uncertainty of the luminosity.",
)
@click.option(
    "--efficiency-error",
    type=Number("[0, 1)"),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Relative uncertainty of acceptance times efficiency.",
)
@click.option(
    "--mass-scale-error",
    type=Number("[0, 1)"),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Relative uncertainty of the mass at which a signal is reconstructed.",
)
@click.option(
    "--resolution-error",
    type=Number("[0, 1)"),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Relative uncertainty of the width of its peak.",
)
@click.option(
    "--prior",
    type=click.Choice(["log_normal", "gaussian"]),
    default="log_normal",
    show_default=True,
    help="Constraint of these four.",
)
@_closure_option(200)
@out_option("runs/limit-NAME, NAME being that of FILE")
@work_options(few=True)
@as_json_option
def limit(
    file: Path,
    out: Path | None,
    executor: "Executor",
    as_json: bool,  # noqa: FBT001  click passes by name
    **options: Any,
) -> None:
    """Upper limits on a narrow resonance at each mass of the spectrum in FILE.

    FILE is text (CSV), Parquet, ROOT or YODA, or - for standard input; or a TOML file, as a run
    writes it, with `file` and the options as keys. What was read of it is said first.
    """
    with opened(file, "input") as given:
        folder = Path("runs") / f"limit-{given.path.stem}" if out is None else out
        _limit({"file": given}, options, folder, executor, as_json=as_json)


def _limit(
    files: dict[str, Input],
    options: dict[str, Any],
    folder: Path,
    executor: "Executor",
    *,
    as_json: bool,
) -> None:
    from anomalon.report.run_folder import STORE
    from anomalon.run import Store
    from anomalon.search.histogram.limit_scan import scan_limits

    options["alternatives"] = options["alternatives"] or None
    file = files["file"].path
    spectrum, roles = read_file(file, options)
    masses = None
    if options["masses"] is not None:
        masses = _between(spectrum, options["resolution"], *options["masses"])
    name = f"Upper limits from {file.name}"
    with going_on_from(folder / STORE, if_there=True), progress(name) as tell:
        result = scan_limits(
            spectrum,
            _smooth(options),
            resolution=options["resolution"],
            masses=masses,
            level=options["level"],
            nuisances=_nuisances(options),
            luminosity=options["luminosity"],
            acceptance=options["acceptance"],
            n_closure=options["closure"],
            seed=options["seed"],
            name=name,
            source=file.name,
            roles=roles,
            executor=executor,
            store=Store(folder / STORE),
            progress=tell,
        )
    _finish(result, folder, files, options, {"digest": digest_of(spectrum)}, as_json=as_json)


def _nuisances(options: dict[str, Any]) -> "SignalNuisances":
    from anomalon.stats import SignalNuisances

    names = ("luminosity", "efficiency", "mass_scale", "resolution")
    sizes = {name: options[f"{name}_error"] for name in names}
    return SignalNuisances(**sizes, prior=options["prior"])


def _between(spectrum: "Spectrum", resolution: float, low: float, high: float) -> list[float]:
    """Masses in the usual steps from `low` to `high`."""
    from anomalon.search.histogram.narrow import masses_between

    if not low < high:
        raise click.BadParameter(f"expected LOW < HIGH, got {low} {high}.", param_hint="--masses")
    return masses_between(spectrum.edges, resolution, low, high).tolist()


def _check_bump(options: dict[str, Any]) -> None:
    """Options that do not go together; nothing is left out silently."""
    instead = [f"--{name}" for name in ("background", "reference") if options[name] is not None]
    if len(instead) == 2:
        raise click.UsageError("give --background or --reference, not both.")
    for name, what in _OF_A_REFERENCE.items():
        if options[name] not in (None, ()) and options["reference"] is None:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is {what} of a --reference; there is none.")
    idle = [f"--{name.replace('_', '-')}" for name in _OF_A_FIT if is_given(name)]
    if instead and idle:
        raise click.UsageError(
            f"{', '.join(idle)}: only for a background that is fitted, and {instead[0]} gives it. "
            "Leave out one or the other."
        )
    widths = options["widths"]
    if widths is not None and not 1 <= widths[0] <= widths[1]:
        raise click.BadParameter(
            f"expected 1 <= MIN <= MAX bins, got {widths[0]} {widths[1]}.", param_hint="--widths"
        )


def _smooth(options: dict[str, Any]) -> "SmoothBackground":
    from anomalon.search.smooth import SmoothBackground

    low, high = options["parameters"]
    if low > high:
        raise click.BadParameter(
            f"expected MIN <= MAX, got {low} {high}.", param_hint="--parameters"
        )
    named = ("shape", "sqrt_s", "test", "choice", "alternatives")
    given = {name: options[name] for name in named if options.get(name) is not None}
    return SmoothBackground(n_min=low, n_max=high, **given)


def _finish(
    result: "BumpResult | LimitResult",
    folder: Path,
    files: dict[str, Input],
    options: dict[str, Any],
    digests: dict[str, str],
    *,
    as_json: bool,
) -> None:
    """Write the run folder and say what was found."""
    from anomalon.report import write_spectrum_run
    from anomalon.report.spectrum_page import said

    options = options | {key: file.kept(folder) for key, file in files.items()}
    page = write_spectrum_run(
        result,
        folder,
        settings=to_table(options, None) | digests,
        run=to_table(options, folder),
    )
    summary = said(result)
    if as_json:
        say_json({"folder": str(page.parent), "report": str(page), "summary": summary})
    else:
        _show(summary, page)
    if summary["status"] == "checks failed":  # an excess that is none
        raise click.exceptions.Exit(FAILED)


def _show(summary: "SpectrumSummary", page: Path) -> None:
    click.echo(f"{summary['verdict']}. {summary['headline']}")
    for row in summary["numbers"]:
        click.echo(f"  {row['what']}: {row['value']}")
    for check in summary["checks"]:
        if check["passed"] is False:
            click.echo(f"  check failed: {check['what']}: {check['found']}")
    for text in summary["warnings"]:
        click.echo(f"  warning: {text}")
    click.echo(f"\nreport: {page}")
