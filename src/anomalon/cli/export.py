"""`anomalon export`: a saved detector as ONNX and firmware, with the proof that it agrees."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.cli.job import do
from anomalon.cli.numbers import Number, Whole
from anomalon.cli.options import as_json_option, out_option
from anomalon.cli.settings import overridden, settings_of

if TYPE_CHECKING:
    from anomalon.export.job import ExportJob

__all__ = ["export"]

_FORMS = ("da4ml", "hls4ml", "verilog")


@click.command()
@click.argument("model", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--onnx", is_flag=True, help="Write model.onnx; done if nothing else is asked for.")
@click.option(
    "--firmware",
    multiple=True,
    type=click.Choice(_FORMS),
    help="Quantise the encoder, write firmware, and emulate it: da4ml (logic), hls4ml (C++), "
    "verilog (simulated by verilator); repeatable.",
)
@click.option(
    "--events",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Background to learn from and to compare on.  [default: the shipped one at 40 MHz]",
)
@click.option("--accepted", type=Number("(0, 1)"), help="Share of it above the threshold.")
@click.option("--threshold", type=Number(), help="The threshold itself.")
@click.option("--seed", type=Whole(0), help="Of the quantised training and the parts.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE",
    help="Another setting, e.g. firmware.weight_bits=6; repeatable.",
)  # fmt: skip
@out_option("runs/export")
@as_json_option
def export(
    model: Path,
    onnx: bool,  # noqa: FBT001  click passes by name
    out: Path | None,
    settings: tuple[str, ...],
    as_json: bool,  # noqa: FBT001  click passes by name
    **options: Any,
) -> None:
    """Write MODEL, a detector that a run has saved, as an ONNX graph and as firmware.

    MODEL may also be the TOML file of an export. Decisions of every form are compared with those of
    the model event by event; the folder has the files, the numbers and a page. Needs the extra
    `trigger`.

    Exits with 1 if a decision differs; the folder is written all the same.
    """
    folder = Path("runs/export") if out is None else out
    config = model if model.suffix == ".toml" else None
    job = _job(model, onnx=onnx, options=options, settings=settings)
    do(job, folder, config=config, as_json=as_json)


def _job(
    model: Path, *, onnx: bool, options: dict[str, Any], settings: tuple[str, ...]
) -> "ExportJob":
    """The job that arguments describe; those that are given win over a TOML file."""
    from anomalon.export.job import ExportJob

    firmware = options.pop("firmware")
    given = {name: value for name, value in options.items() if value is not None}
    if "events" in given:
        given["events"] = str(given["events"].resolve())
    if onnx or firmware:
        given["forms"] = (["onnx"] if onnx else []) + list(firmware)
    if model.suffix == ".toml":
        table, folder = dict(settings_of(model, ExportJob.kind)), model.parent
    else:
        table, folder = {"model": str(model.resolve())}, Path()
    return ExportJob.of(overridden({**table, **given}, settings), folder=folder)
