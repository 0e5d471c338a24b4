"""Simulated jets from their settings to their file, and that they are the jets they claim to be."""

import json

import h5py
import hdf5plugin  # noqa: F401 - lets h5py read Zstandard
import numpy as np
import pytest
from parcels import Parcels

from anomalon.cli import main
from anomalon.core import Events, Particles
from anomalon.core.errors import BadValue, UnknownKey
from anomalon.core.kinematics import energy_momentum, pt_eta_phi_mass
from anomalon.data import load
from anomalon.run.job import Workplace
from anomalon.simulate import JetSimulation, events
from anomalon.simulate.jets import JetSelection
from anomalon.simulate.jets_recipes import JET_PROCESSES, jet_recipe
from anomalon.simulate.matching import Matching
from anomalon.simulate.pythia import LAST_COPY, Generator
from anomalon.simulate.veto import WindowVeto

pytest.importorskip("pythia8mc", reason="events are made with Pythia 8: install anomalon[simulate]")

COLUMNS = {
    "event", "n_constituents", "jet_pt", "jet_eta", "jet_phi", "jet_mass", "tau1", "tau2", "tau3",
    "process", "run", "n_pv", "split",
}  # fmt: skip


def job(path, process="w", **settings):
    return JetSimulation(process=process, out=path, mpi=False, **{"chunk_size": 60} | settings)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / "w.h5"
    return path, job(path, events=40, seed=4).run()  # of two chunks


@pytest.fixture(scope="module")
def few():
    """Some jets of each kind, without multiparton interactions."""
    return {
        name: events(jet_recipe(name, mpi=False), 60, seed=1, chunk_size=150)
        for name in JET_PROCESSES
    }


def test_the_file_is_what_was_made(made):
    path, result = made
    found, wanted = load(path), events(jet_recipe("w", mpi=False), 40, seed=4, chunk_size=60)
    np.testing.assert_array_equal(found.objects, wanted.objects)
    np.testing.assert_array_equal(found.mask, wanted.mask)
    assert set(found.columns) == COLUMNS
    for name, values in wanted.columns.items():
        np.testing.assert_array_equal(found.column(name), values)
    assert (found.label == 1).all()
    assert found.objects.shape == (40, 100, 3)
    assert result.file.n_events == 40
    assert result.summary().ok
    with h5py.File(path) as file:
        about = json.loads(file.attrs["anomalon"])
    assert about["kind"].startswith("emulation")
    assert about["process_names"] == {"23": "w"}
    assert about["recipe"]["matching"]["status"] == 62


def test_who_makes_it_changes_nothing(made, tmp_path):
    path, _ = made
    job(tmp_path / "w.h5", events=40, seed=4).run(Workplace(executor=Parcels()))
    assert (tmp_path / "w.h5").read_bytes() == path.read_bytes()


def test_jets_of_an_event_stay_together(few):
    jets = few["qcd"]
    event, split = jets.column("event"), jets.column("split")
    numbers, often = np.unique(event, return_counts=True)
    assert often.max() == 2
    for number in numbers[often == 2]:
        assert len(np.unique(split[event == number])) == 1


def test_constituents_are_those_of_their_jet(few):
    for jets in few.values():
        whole = jets[jets.column("n_constituents") <= 100]
        pt, eta, phi = np.moveaxis(whole.objects.astype(np.float64), -1, 0)
        axis = (whole.column(name)[:, None] for name in ("jet_eta", "jet_phi"))
        momenta = energy_momentum(pt, eta + next(axis), phi + next(axis))
        total = (momenta * whole.mask[..., None]).sum(axis=1)
        found = dict(zip(("pt", "eta", "phi", "mass"), pt_eta_phi_mass(total), strict=True))
        for name, most in (("pt", 0.06), ("eta", 1e-3), ("phi", 1e-3)):
            np.testing.assert_allclose(found[name], whole.column(f"jet_{name}"), atol=most, rtol=0)
        np.testing.assert_array_equal(whole.mask.sum(axis=1), whole.column("n_constituents"))
        lost = whole.column("jet_mass") - found["mass"]  # without the masses of protons and others
        assert lost.min() > -0.05
        assert 0 < np.median(lost) < 3
        assert (np.diff(pt, axis=1) <= 0).all()
        assert (pt[whole.mask] >= 0.5).all()
        assert np.hypot(eta, phi).max() < 1.5


def test_jets_are_inside_the_window(few):
    for name, jets in few.items():
        pt, eta = jets.column("jet_pt"), jets.column("jet_eta")
        assert ((pt > 550) & (pt < 650)).all()
        assert (np.abs(eta) < 2).all()
        assert (jets.column("process") == JET_PROCESSES[name]).all()
        assert (jets.label == (name in ("top", "w", "hbb"))).all()


def test_jets_are_what_they_say(few):
    mass = {name: np.median(jets.column("jet_mass")) for name, jets in few.items()}
    assert mass["w"] == pytest.approx(86, abs=8)
    assert mass["hbb"] == pytest.approx(122, abs=12)
    assert mass["top"] == pytest.approx(172, abs=15)
    assert mass["b"] < mass["w"]
    tau21 = {name: np.median(j.column("tau2") / j.column("tau1")) for name, j in few.items()}
    tau32 = {name: np.median(j.column("tau3") / j.column("tau2")) for name, j in few.items()}
    assert max(tau21["w"], tau21["hbb"]) < tau21["qcd"] - 0.1
    assert tau32["top"] < tau32["qcd"] - 0.1
    n = {name: np.median(jets.column("n_constituents")) for name, jets in few.items()}
    assert n["quark"] < n["gluon"]


def test_jets_are_matched_to_their_particle():
    jets = Events(
        np.zeros((4, 1, 3)), ("constituent1",), ("pt", "eta", "phi"), np.zeros((4, 1), bool),
        columns={
            "event": np.array([7, 7, 8, 9]),
            "jet_eta": np.array([0.0, 1.0, 0.0, 0.0]),
            "jet_phi": np.array([3.1, 0.0, 3.1, -3.1]),
        },
    )  # fmt: skip
    momenta = energy_momentum(500.0, np.zeros(4), np.array([3.1, 0.0, 0.0, 3.1]))
    names = dict(zip(("energy", "px", "py", "pz"), momenta.T, strict=True))
    beside = {"pdg": np.array([-6, 5, 6, 6]), "status": np.array([62, 62, 62, 62])}
    partons = Particles({**names, **beside}, np.array([0, 2, 3, 4]))
    found = Matching((6,), 62).matched(jets, partons, first=7)
    np.testing.assert_array_equal(found, [True, False, False, True])
    assert not Matching((6,), 23).matched(jets, partons, first=7).any()
    with pytest.raises(BadValue, match="distance"):
        Matching((6,), 62, 0)


def test_last_copies_are_found():
    generator = Generator(jet_recipe("top", mpi=False).settings, 3)
    [batch] = generator.batches(20)
    partons = batch.partons
    tops = (np.abs(partons.column("pdg")) == 6) & (partons.column("status") == LAST_COPY)
    event = np.repeat(np.arange(len(partons)), partons.n_particles)
    np.testing.assert_array_equal(np.bincount(event[tops], minlength=len(batch)), 2)
    assert np.median(partons.mass[tops]) == pytest.approx(173, abs=2)


def test_the_veto_keeps_what_may_be_in_the_window():
    def pair(first, second, y=0.0):
        sign = np.array([1.0, -1.0])
        pt = np.array([first, second])
        return np.stack([sign * pt, 0 * pt, pt * np.sinh(y), pt * np.cosh(y)], axis=1)

    veto = WindowVeto(pt_min=495, pt_max=715, eta_max=2.1)
    assert not veto.rejects(pair(800.0, 500.0))
    assert not veto.rejects(pair(600.0, 300.0))
    assert veto.rejects(pair(800.0, 490.0))
    assert veto.rejects(pair(490.0, 480.0))
    assert veto.rejects(pair(600.0, 600.0, 2.2))
    with pytest.raises(BadValue, match="pt_min"):
        WindowVeto(pt_min=-1)


def test_settings_are_checked(tmp_path):
    with pytest.raises(BadValue, match="below pt_max"):
        JetSelection(650, 550)
    with pytest.raises(BadValue, match="process"):
        job(tmp_path / "a.h5", "z")
    with pytest.raises(UnknownKey, match="process"):
        jet_recipe("z")
    with pytest.raises(BadValue, match=r"\.h5"):
        job(tmp_path / "a.parquet")
    recipe = jet_recipe("qcd", selection=JetSelection(300, 400))
    assert "PhaseSpace:pTHatMin = 218." in recipe.settings
    assert "PhaseSpace:pTHatMin = 400." in jet_recipe("qcd").settings


@pytest.mark.usefixtures("no_figures")
def test_it_is_a_command(tmp_path, capsys):
    out = tmp_path / "top.h5"
    words = ["simulate", "jets", "--process", "top", "--events", "5", "--no-mpi", "--pt-max", "700"]
    words += ["--set", "chunk_size=40", "--processes", "1", "--out", str(out), "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_events"] == 5
    assert told["recipe"] == "top"
    assert len(load(out)) == 5
