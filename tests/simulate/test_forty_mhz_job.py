"""The emulation of the 40 MHz data set from its settings to its file."""

import json
from dataclasses import replace

import h5py
import hdf5plugin  # noqa: F401 - lets h5py read Zstandard
import numpy as np
import pytest
from parcels import Parcels

from anomalon.cli import main
from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.core.kinematics import energy_momentum
from anomalon.data import load
from anomalon.run.job import Workplace
from anomalon.simulate import FortyMhzSimulation, Mixture, events
from anomalon.simulate.fakes import Fakes
from anomalon.simulate.forty_mhz import FortyMhzSelection
from anomalon.simulate.forty_mhz_recipes import BACKGROUND, PROCESSES, forty_mhz, shares
from anomalon.simulate.order import Order
from anomalon.simulate.pileup import PileUp
from anomalon.simulate.pythia import Generator

pytest.importorskip("pythia8mc", reason="events are made with Pythia 8: install anomalon[simulate]")

NONE = PileUp(mean=0)


def quick(name, **settings):
    return forty_mhz(name, pileup=NONE, mpi=False, **settings)


def job(path, process="z", **settings):
    return FortyMhzSimulation(
        process=process, out=path, mpi=False, pileup=NONE, **{"chunk_size": 40} | settings
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("forty_mhz") / "z.h5"
    return path, job(path, events=40, seed=4).run()  # of two chunks


def test_the_file_is_what_was_made(made):
    path, result = made
    found, wanted = load(path), events(quick("z"), 40, seed=4, chunk_size=40)
    np.testing.assert_array_equal(found.objects, wanted.objects)
    np.testing.assert_array_equal(found.mask, wanted.mask)
    assert set(found.columns) == {"event", "process", "n_pv", "run", "passes_l1", "split"}
    for name, values in wanted.columns.items():
        np.testing.assert_array_equal(found.column(name), values)
    assert (found.label == 0).all()
    assert len(np.unique(found.column("event"))) == 40
    assert np.unique(found.column("run")).tolist() == [1, 2]
    assert np.unique(found.column("process")).tolist() == [PROCESSES["z"]]
    assert result.file.n_events == 40
    assert result.summary().ok
    assert "emulation" in result.summary().how


def test_the_layout_is_the_public_one_and_says_that_it_is_an_emulation(made):
    path, _ = made
    with h5py.File(path) as file:
        assert file["Particles"].shape == (40, 19, 4)
        beside = {"weight", "process", "n_pv", "run", "passes_l1", "split", "EvtId", "label"}
        assert beside < set(file)
        about = json.loads(file.attrs["anomalon"])
    assert about["kind"].startswith("emulation")
    assert about["process_names"] == {"2": "z"}
    assert "WeakSingleBoson:ffbar2gmZ = on" in about["recipe"]["settings"]


def test_who_makes_it_changes_nothing(made, tmp_path):
    path, _ = made
    other = tmp_path / "z.h5"
    job(other, events=40, seed=4).run(Workplace(executor=Parcels()))
    assert other.read_bytes() == path.read_bytes()
    job(other, events=20, seed=5).run()
    assert not np.isin(load(other).objects[:, 0, 0], load(path).objects[:, 0, 0]).any()


def test_no_process_is_missing_and_shares_are_as_published():
    mixture = forty_mhz("background")
    assert isinstance(mixture, Mixture)
    assert sum(share for _, share in mixture.parts) == pytest.approx(1)
    of = {recipe.name: share for recipe, share in mixture.parts}
    assert of["w"] == BACKGROUND["w"] == 0.592
    assert of["qcd_bb"] + of["qcd_fake"] == pytest.approx(0.338)
    more = shares("qcd", Fakes(rate=1e-4))["qcd_fake"]
    assert more > shares("qcd", Fakes())["qcd_fake"] == pytest.approx(0.8, abs=0.02)
    with pytest.raises(BadValue, match="process"):
        forty_mhz("zprime")


def test_a_mixture_draws_its_parts_and_more_events_begin_with_the_same():
    mixture = forty_mhz("background")
    counts = {}
    for part, places in Order(mixture, 20_000, Seed(1)).parts():
        counts[part.recipe.name] = len(places)
        assert part.n_events == len(places)
    assert sum(counts.values()) == 20_000
    for recipe, share in mixture.parts:
        sigma = np.sqrt(20_000 * share * (1 - share))
        assert counts[recipe.name] == pytest.approx(20_000 * share, abs=4 * sigma)
    few = {p.recipe.name: w for p, w in Order(mixture, 500, Seed(1)).parts()}
    for part, places in Order(mixture, 900, Seed(1)).parts():
        np.testing.assert_array_equal(places[places < 500], few.get(part.recipe.name, []))


def test_a_mixed_file(tmp_path):
    (w, _), (z, _) = quick("w").parts[0], quick("z").parts[0]
    half = Mixture("half", ((w, 0.5), (z, 0.5)))
    mixed = events(half, 40, seed=2, chunk_size=40)
    process = mixed.column("process")
    assert np.unique(process).tolist() == [1, 2]
    few = events(half, 20, seed=2, chunk_size=40)
    np.testing.assert_array_equal(few.objects, mixed.objects[:20])
    for recipe in (w, z):
        mine = mixed[process == recipe.process]
        alone = events(recipe, len(mine), seed=2, chunk_size=40)
        np.testing.assert_array_equal(mine.column("event"), alone.column("event"))


def test_splits_belong_to_identities():
    made = events(quick("w"), 150, seed=1, chunk_size=140)  # of two chunks
    again = events(quick("w"), 40, seed=1, chunk_size=140, first_chunk=1)
    shared, a, b = np.intersect1d(made.column("event"), again.column("event"), return_indices=True)
    assert len(shared) > 10
    np.testing.assert_array_equal(made.column("split")[a], again.column("split")[b])
    fractions = np.bincount(made.column("split"), minlength=3) / 150
    assert fractions == pytest.approx([0.6, 0.15, 0.25], abs=5 * np.sqrt(0.24 / 150))


def test_a_to_four_leptons_has_its_mass():
    made = events(quick("a"), 40, seed=1, chunk_size=150)
    four = [
        energy_momentum(*np.moveaxis(leptons.objects, -1, 0)).astype(float)
        * leptons.mask[..., None]
        for leptons in (made.of_kind("electron"), made.of_kind("muon"))
    ]
    total = sum(p.sum(axis=1) for p in four)
    n = sum(part.mask.sum(axis=1) for part in (made.of_kind("electron"), made.of_kind("muon")))
    mass = np.sqrt(np.maximum(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1), 0))
    assert (n == 4).sum() > 5
    assert np.median(mass[n == 4]) == pytest.approx(50.0, abs=1.0)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("lq", {42: 2, 15: 2, 5: 2}), ("h0", {25: 1, 15: 2}), ("hplus", {37: 1, 15: 1, 16: 1})],
)
def test_signals_are_what_they_say(name, wanted):
    recipe = replace(forty_mhz(name), decays=None)
    generator = Generator((*recipe.settings, "PartonLevel:all = off"), 1)
    pythia = generator._pythia
    for _ in range(5):
        pythia.next()
        ids = [abs(p.id()) for p in pythia.process]
        charges = sum(p.charge() for p in pythia.process if p.isFinal())
        assert {pdg: ids.count(pdg) for pdg in wanted} == wanted
        assert charges == pytest.approx(sum(pythia.process[i].charge() for i in (3, 4)))
        assert recipe.label == 1
        masses = [p.m() for p in pythia.process if p.idAbs() in (25, 37, 42)]
        assert masses == pytest.approx([recipe.masses[0]] * len(masses), abs=2.0)


@pytest.mark.parametrize("name", ["qcd_fake", "qcd_bb"])
def test_qcd_with_a_lepton_says_how_rare_it_is(name):
    recipe = {r.name: r for r, _ in quick("qcd").parts}[name]
    made = events(recipe, 8, seed=1, chunk_size=100)
    leptons = made.of_kind("electron", "muon")
    assert (leptons.feature("pt").max(axis=1) > 23).all()
    assert recipe.enhancement > 10


def test_fakes_are_where_they_belong():
    selection = FortyMhzSelection(fakes=Fakes(rate=1e-4))
    parts = {r.name: r for r, _ in forty_mhz("background", selection=selection).parts}
    assert parts["w"].selection.fakes is None
    assert parts["qcd_fake"].selection.fakes == Fakes(rate=1e-4)
    assert parts["qcd_fake"].enhancement == pytest.approx(5000)


@pytest.mark.usefixtures("no_figures")
def test_it_is_a_command(tmp_path, capsys):
    out = tmp_path / "a.h5"
    words = [
        "simulate",
        "forty-mhz",
        "--process",
        "a",
        "--events",
        "5",
        "--no-mpi",
        "--pileup",
        "0",
    ]
    words += ["--set", "chunk_size=40", "--processes", "1", "--out", str(out), "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_events"] == 5
    assert told["recipes"]["a"]["acceptance"] > 0.1
    assert len(load(out)) == 5
    assert main([*words[:-3], "--out", str(tmp_path / "a.parquet")]) == 2
    assert "ends in .h5" in capsys.readouterr().err
