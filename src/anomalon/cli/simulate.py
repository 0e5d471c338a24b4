"""`anomalon simulate`: events from Pythia, so that a search can be tried without data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from anomalon.cli.file_job import file_job, file_job_options
from anomalon.cli.numbers import Number, Whole
from anomalon.cli.outcome import say_json

__all__ = ["simulate", "simulation_options"]

PROCESSES = ("qcd", "wprime", "a0")
JETS = ("qcd", "top", "w", "hbb", "b", "quark", "gluon")
FORTY_MHZ = ("background", "w", "z", "ttbar", "qcd", "lq", "a", "h0", "hplus")

CROSSINGS = (
    "enhanced_bias", "zero_bias", "jz0", "jz1", "jz2", "jz3", "jz4", "jz5",
    "zz4l", "hahm", "ttbar", "hh4b", "vbf_tautau", "vbf_inv",
)  # fmt: skip


@click.group()
def simulate() -> None:
    """Simulate events with Pythia 8 and a light detector model."""


def simulation_options(command: Callable[..., None]) -> Callable[..., None]:
    """What every simulation takes: the settings of `Simulation`, and where they may come from."""
    for option in (
        file_job_options,
        click.option("--compact", is_flag=True, help="Round to 1.3e-4 (the mass 8e-6), relative."),
        click.option("--out", type=click.Path(path_type=Path), help="File to write."),
        click.option("--seed", type=Whole(0), default=0, show_default=True, help="Root seed."),
        click.option("--events", type=Whole(1), default=1000, show_default=True, help="How many."),
        click.argument("config", required=False, type=click.Path(dir_okay=False, path_type=Path)),
    ):
        command = option(command)
    return command


@simulate.command("dijet")
@click.option("--process", type=click.Choice(PROCESSES), help="What to generate.")
@click.option(
    "--masses",
    help="Parent and its two daughters in GeV, as 3500,500,100; signals only. The parent is below "
    "13000; daughters are from 10 (a0: 15) to 0.2 of the parent, so that each makes one jet.",
)
@click.option("--point", help="A named signal instead (--list-points).")
@click.option(
    "--variation",
    type=click.Choice(["data", "simulation"]),
    default="data",
    show_default=True,
    help="Which of two generator settings.",
)
@click.option(
    "--mjj-min",
    type=Number("(0, inf)"),
    default=2500.0,
    show_default=True,
    help="Smallest dijet mass in GeV, below 13000; for qcd from 200.",
)
@click.option(
    "--feature-set",
    "feature_sets",
    multiple=True,
    metavar="NAME",
    help="Which features the file has, a feature set of the literature: masses, baseline, prongs, "
    "ext1, ext2 or ext3; repeatable.  [default: prongs]",
)
@click.option("--mpi/--no-mpi", default=True, help="Multiparton interactions; off is 4x faster.")
@click.option("--list-points", is_flag=True, help="List the named signals and stop.")
@simulation_options
def dijet(
    config: Path | None,
    list_points: bool,  # noqa: FBT001 - click passes by name
    **options: Any,
) -> None:
    """Simulate dijet events: QCD, or a resonance that decays to two new particles.

    The file has mjj, the features of a dijet search, and the truth; `anomalon search` and
    `anomalon.load` read it as it is. An interrupted run goes on where it was. CONFIG is a TOML file
    with the options, and more: [selection] and [detector].
    """
    if list_points:
        _list_points(as_json=options["as_json"])
        return
    from anomalon.simulate.dijet_job import DijetSimulation

    if options["masses"] is not None:
        options["masses"] = _numbers(options["masses"])
    missing = "Missing option '--out': where to write the events, as --out FILE.parquet"
    if config is not None:
        missing += f', or a line out = "FILE.parquet" in {config}'
    file_job(
        DijetSimulation,
        config,
        options,
        _facts,
        out_missing=f"{missing}.",
        keys={
            "mjj_min": "selection.mjj_min",
            "feature_sets": "selection.feature_sets",
        },
    )


@simulate.command("forty-mhz")
@click.option(
    "--process",
    type=click.Choice(FORTY_MHZ),
    help="What to generate: the mixture of backgrounds, a part of it, or a signal.",
)
@click.option(
    "--pileup",
    type=Number("[0, 1000]"),
    default=20.0,
    show_default=True,
    help="Mean number of other collisions.",
)
@click.option("--mpi/--no-mpi", default=True, help="Multiparton interactions; off is 4x faster.")
@simulation_options
def forty_mhz(config: Path | None, **options: Any) -> None:
    """Simulate events with a lepton in the layout of the 40 MHz data set (arXiv:2107.02157).

    An emulation, not the public data: W, Z, top pairs and QCD in the published proportions, or one
    of four signals, with pile-up. The file is HDF5 with MET, 4 electrons, 4 muons and 10 jets per
    event, and beside them process, n_pv, run, passes_l1, split and the truth; `anomalon.load` reads
    it. An interrupted run goes on where it was. CONFIG is a TOML file with the options, and more:
    [selection], [detector] and [pileup].
    """
    from anomalon.simulate.forty_mhz_job import FortyMhzSimulation

    missing = "Missing option '--out': where to write the events, as --out FILE.h5"
    if config is not None:
        missing += f', or a line out = "FILE.h5" in {config}'
    file_job(
        FortyMhzSimulation,
        config,
        options,
        _mixed_facts,
        out_missing=f"{missing}.",
        keys={"pileup": "pileup.mean"},
    )


@simulate.command("jets")
@click.option("--process", type=click.Choice(JETS), help="What makes the jets.")
@click.option(
    "--pt-min",
    type=Number("(0, inf)"),
    default=550.0,
    show_default=True,
    help="Smallest pt of a jet in GeV.",
)
@click.option(
    "--pt-max",
    type=Number("(0, inf)"),
    default=650.0,
    show_default=True,
    help="Largest pt of a jet in GeV.",
)
@click.option(
    "--variation",
    type=click.Choice(["data", "simulation"]),
    default="data",
    show_default=True,
    help="Which of two generator settings.",
)
@click.option("--mpi/--no-mpi", default=True, help="Multiparton interactions; off is 4x faster.")
@simulation_options
def jets(config: Path | None, **options: Any) -> None:
    """Simulate single jets with their constituents: QCD, top quarks, W or Higgs bosons, or partons.

    Anti-kT jets of R = 1.0 within |eta| < 2, of events with two of them at most; signal jets are
    matched to their particle. The file is HDF5 with the constituents relative to the axis of the
    jet, and beside them jet_pt, jet_eta, jet_phi, jet_mass, tau1 to tau3, split and the truth;
    `anomalon.load` reads it. An interrupted run goes on where it was. CONFIG is a TOML file with
    the options, and more: [selection] and [detector].
    """
    from anomalon.simulate.jets_job import JetSimulation

    missing = "Missing option '--out': where to write the jets, as --out FILE.h5"
    if config is not None:
        missing += f', or a line out = "FILE.h5" in {config}'
    file_job(
        JetSimulation,
        config,
        options,
        _facts,
        out_missing=f"{missing}.",
        keys={"pt_min": "selection.pt_min", "pt_max": "selection.pt_max"},
    )


@simulate.command("trigger")
@click.option(
    "--process",
    type=click.Choice(CROSSINGS),
    help="What to generate: enhanced or zero bias, a slice of dijets, or a signal.",
)
@click.option(
    "--pileup",
    type=Number("(0, 1000]"),
    default=60.0,
    show_default=True,
    help="Mean number of collisions in a crossing.",
)
@click.option("--mpi/--no-mpi", default=True, help="Multiparton interactions; off is 4x faster.")
@simulation_options
def trigger(config: Path | None, **options: Any) -> None:
    """Simulate bunch crossings as a first-level and a high-level trigger see them.

    An emulation, not data: enhanced bias by prescaled items with weights in Hz, dijets in slices of
    pt_hat, or one of six signals. The file is HDF5 with missing momentum, 3 electrons, 3 muons, 3
    photons (first level: taus) and 10 jets per event and level, and beside them weight, process,
    n_pv, run, lumi, passes_l1, passes_hlt, fired_… of the items, split and the truth;
    `anomalon.load` reads it. An interrupted run goes on where it was. CONFIG is a TOML file with
    the options, and more: [selection], [detector] and [crossing].
    """
    from anomalon.simulate.trigger_job import TriggerSimulation

    missing = "Missing option '--out': where to write the events, as --out FILE.h5"
    if config is not None:
        missing += f', or a line out = "FILE.h5" in {config}'
    file_job(
        TriggerSimulation,
        config,
        options,
        _mixed_facts,
        out_missing=f"{missing}.",
        keys={"pileup": "crossing.mean"},
    )


def _mixed_facts(job: Any, result: Any) -> dict[str, Any]:
    return {
        "out": str(job.out),
        "process": job.process,
        "n_events": result.file.n_events,
        "recipes": {
            part.name: {
                "n_events": part.n_written,
                "n_generated": part.n_generated,
                "acceptance": part.efficiency,
                "luminosity_fb": part.luminosity,
            }
            for part in result.processes
        },
        "generator": result.generator,
    }


def _facts(job: Any, result: Any) -> dict[str, Any]:
    (process,) = result.processes
    return {
        "out": str(job.out),
        "recipe": process.name,
        "variation": result.variation,
        "n_events": result.file.n_events,
        "n_generated": process.n_generated,
        "acceptance": process.efficiency,
        "luminosity_fb": process.luminosity,
        "generator": result.generator,
    }


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError as error:
        raise click.UsageError(
            f"--masses: expected three numbers in GeV, as 3500,500,100; got {text!r}."
        ) from error


def _list_points(*, as_json: bool) -> None:
    from anomalon.simulate.recipe import TALK_POINTS

    if as_json:
        say_json({n: {"process": f, "masses": m} for n, (f, m) in TALK_POINTS.items()})
        return
    for name in TALK_POINTS:
        click.echo(name)
