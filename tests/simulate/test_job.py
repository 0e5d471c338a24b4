"""Another simulation is a selection, a recipe, and a job of a few lines."""

from dataclasses import dataclass
from typing import ClassVar

import click
import numpy as np
import pytest

from anomalon.cli import main
from anomalon.cli.file_job import file_job
from anomalon.cli.simulate import simulate, simulation_options
from anomalon.core import Events
from anomalon.core.errors import BadValue
from anomalon.core.kinematics import pt_eta_phi_mass
from anomalon.data import load
from anomalon.jets import leading_jets
from anomalon.report import read_run
from anomalon.simulate import Recipe, Simulation


@dataclass(frozen=True)
class OneJet:
    """Events with a jet above a pT."""

    pt_min: float = 150.0

    mass: ClassVar[str | None] = None
    features: ClassVar[tuple[str, ...]] = ("pt", "mass")

    def events(self, particles, *, first=0):
        jets = leading_jets(particles, radius=0.4, pt_min=self.pt_min, n_jets=1)
        rows = np.flatnonzero(jets.n >= 1)
        objects = np.stack(pt_eta_phi_mass(jets.p4[rows]), axis=-1)
        names = ("pt", "eta", "phi", "mass")
        return Events(objects, ("jet1",), names, columns={"event": first + rows})

    def columns(self, events):
        return {name: events.feature(name)[:, 0].astype(np.float32) for name in self.features}


@dataclass(frozen=True, kw_only=True)
class JetSimulation(Simulation):
    kind: ClassVar[str] = "simulate one-jet"

    selection: OneJet = OneJet()

    @property
    def recipe(self):
        settings = ("Beams:eCM = 13000.", "PartonLevel:MPI = off", "HardQCD:all = on",
                    "PhaseSpace:pTHatMin = 150.")  # fmt: skip
        return Recipe("one_jet", settings, label=0, selection=self.selection)


@pytest.fixture(autouse=True)
def command(monkeypatch):
    @click.command("one-jet")
    @simulation_options
    def one_jet(config, **options):
        file_job(JetSimulation, config, options, lambda job, _: {"out": str(job.out)})

    monkeypatch.setattr(simulate, "commands", simulate.commands | {"one-jet": one_jet})


def run(*words):
    return main(["simulate", "one-jet", "--processes", "1", *(str(word) for word in words)])


def test_it_is_a_command_with_a_file_and_a_run_folder(tmp_path, capsys):
    out = tmp_path / "jets.parquet"
    options = ("--events", 30, "--set", "chunk_size=20", "--set", "selection.pt_min=180")
    assert run("--out", out, *options) == 0
    assert capsys.readouterr().out.startswith("jets.parquet: 30 events of one_jet, ")
    sample = load(out)
    assert sample.names == ("pt", "mass")
    assert not sample.has_mass
    assert sample.column("pt").min() > 180
    folder = tmp_path / "jets.parquet.run"
    (section,) = read_run(folder).sections
    assert section.result.file.mass is None
    assert section.result.file.digest == sample.digest()
    assert section.result.summary().ok
    assert (folder / "report.html").read_text("utf-8").count("<svg") == 1
    again = tmp_path / "again.parquet"
    assert run(folder / "run.toml", "--out", again) == 0
    assert again.read_bytes() == out.read_bytes()


def test_a_missing_recipe_is_no_simulation(tmp_path):
    with pytest.raises(TypeError, match="abstract"):
        Simulation(out=tmp_path / "x.parquet")
    with pytest.raises(BadValue, match="events"):
        JetSimulation(out=tmp_path / "x.parquet", events=0)
