"""`anomalon bump` and `anomalon limit`: for people who have a histogram and no events."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.inputs import Input, opened
from anomalon.cli.job import do, free_folder, labels_option, with_labels
from anomalon.cli.numbers import Number, Whole
from anomalon.cli.options import (
    CONFIG,
    LABELS,
    as_json_option,
    file_argument,
    is_given,
    out_option,
    to_table,
    work_options,
)
from anomalon.cli.spectrum_files import reading_options

if TYPE_CHECKING:
    from anomalon.run import Executor
    from anomalon.run.job import Job

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
            labels_option,
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
        from anomalon.search.histogram.bump import BumpJob

        _do(BumpJob, files, options, out, executor, as_json=as_json)


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
        from anomalon.search.histogram.limit import LimitJob

        _do(LimitJob, {"file": given}, options, out, executor, as_json=as_json)


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


def _do(
    kind: "type[Job]",
    files: dict[str, Input],
    options: dict[str, Any],
    out: Path | None,
    executor: "Executor",
    *,
    as_json: bool,
) -> None:
    """Options to a job, and the job done."""
    words = options.pop("words")
    _, labels = with_labels({"labels": click.get_current_context().meta.get(LABELS, {})}, words)
    given = options | {key: file.path for key, file in files.items()}
    table = {key: str(v) if isinstance(v, Path) else v for key, v in to_table(given).items()}
    job = kind.of({key: list(v) if isinstance(v, tuple) else v for key, v in table.items()})
    folder = free_folder(job.place, job.table) if out is None else out

    def kept(done: "Job") -> "Job":
        # What came through a pipe is gone afterwards: `run.toml` names the copy.
        paths = {key: str(file.kept(folder)) for key, file in files.items()}
        return kind.of(done.table(Path.cwd()) | paths)

    copied = any(file.is_copy for file in files.values())
    do(
        job,
        folder,
        config=click.get_current_context().meta.get(CONFIG),
        executor=executor,
        as_json=as_json,
        labels=labels,
        kept=kept if copied else _same,
    )


def _same(job: "Job") -> "Job":
    return job
