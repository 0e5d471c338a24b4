"""Bunch crossings from their settings to their file, with tiny runs of Pythia."""

import json
import math
from dataclasses import replace

import h5py
import hdf5plugin  # noqa: F401 - lets h5py read Zstandard
import numpy as np
import pytest
from parcels import Parcels

import anomalon.simulate.crossing
from anomalon.cli import main
from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, DataError
from anomalon.core.kinematics import energy_momentum
from anomalon.data import load
from anomalon.data.trigger import HLT_NAMES, L1_NAMES, biased_sample
from anomalon.run.job import Workplace
from anomalon.simulate import TriggerSimulation, events
from anomalon.simulate.chunk import make_chunk
from anomalon.simulate.crossing import BunchCrossing
from anomalon.simulate.pythia import Generator
from anomalon.simulate.recipe import Mixture
from anomalon.simulate.trigger_recipes import SIGNALS, SLICES, trigger
from anomalon.simulate.two_levels import TwoLevels

pytest.importorskip("pythia8mc", reason="events are made with Pythia 8: install anomalon[simulate]")


@pytest.fixture(autouse=True, scope="module")
def quick_pool():
    """Pile-up without multiparton interactions, whose preparation takes a second each time."""
    with pytest.MonkeyPatch.context() as patch:
        quick = ("HardQCD:all = on", "PhaseSpace:pTHatMin = 5.", "PartonLevel:MPI = off")
        patch.setattr(anomalon.simulate.crossing, "SETTINGS", ("Beams:eCM = 13000.", *quick))
        yield


FEW = BunchCrossing(mean=3.0, pool=20)


def quick(name, **settings):
    return trigger(name, crossing=FEW, mpi=False, **settings)


def job(path, process, **settings):
    given = {"chunk_size": 40, "mpi": False, "crossing": FEW} | settings
    return TriggerSimulation(process=process, out=path, **given)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("trigger") / "jz3.h5"
    return path, job(path, "jz3", events=60, seed=4).run()


def test_the_file_has_both_levels_and_says_what_it_is(made):
    path, result = made
    hlt, l1 = load(path), load(path, level="l1")
    beside = {"event", "process", "n_pv", "run", "lumi", "split", "passes_l1", "passes_hlt"}
    assert beside < set(hlt.columns)
    assert {name for name in hlt.columns if name.startswith("fired_")} > {"fired_random"}
    np.testing.assert_array_equal(hlt.column("event"), l1.column("event"))
    assert len(np.unique(hlt.column("event"))) == 60
    assert np.unique(hlt.column("run")).tolist() == [1, 2]
    assert (hlt.label == 0).all()
    assert result.file.n_events == 60
    with h5py.File(path) as file:
        about = json.loads(file.attrs["anomalon"])
    assert about["kind"].startswith("emulation")
    assert about["process_names"] == {"23": "jz3"}
    assert "PhaseSpace:pTHatMax = 400" in about["recipe"]["settings"]
    # the leading jets of both levels are the same jets
    lead = [e.of_kind("jet").feature("pt")[:, 0] for e in (hlt, l1)]
    assert np.median(lead[1] / lead[0]) == pytest.approx(1, abs=0.1)


def test_weights_of_a_slice_are_its_rate(made):
    path, _ = made
    (stratum,) = biased_sample(path).strata
    found = load(path)
    assert stratum.rate == pytest.approx(quick("jz3").stratum.rate)
    assert found.weight.sum() == pytest.approx(stratum.rate, rel=1e-9)
    np.testing.assert_allclose(biased_sample(path).weights(found), found.weight)


def test_weights_that_are_none_have_no_closure(made):
    path, _ = made
    found = load(path)
    for weight, error in (
        (np.full(len(found), np.nan), BadNumbers), (-found.weight, BadNumbers),
        (found.weight[:3], BadLayout),
    ):  # fmt: skip
        with pytest.raises(error, match="closure: weight"):
            biased_sample(path).closure(found, weight)


def test_a_file_of_the_first_level_alone_is_read_as_such(tmp_path):
    path = tmp_path / "zb.h5"
    alone = {"detector": TwoLevels(l1_only=True), "shares": {"eb_jz5": 50.0}}
    result = job(path, "zero_bias", events=30, seed=1, **alone).run()
    assert result.file.n_events == 30
    found = load(path)
    assert found.object_names == load(path, level="l1").object_names == L1_NAMES
    assert found.of_kind("jet").mask.any()
    with pytest.raises(BadLayout, match=r"'hlt' was measured, got one of 'l1' alone"):
        load(path, level="hlt")
    with h5py.File(path, "a") as file:
        file.attrs["anomalon"] = "made by hand"
    assert load(path).object_names == HLT_NAMES


def test_who_makes_it_changes_nothing(made, tmp_path):
    path, _ = made
    other = tmp_path / "jz3.h5"
    job(other, "jz3", events=60, seed=4).run(Workplace(executor=Parcels()))
    assert other.read_bytes() == path.read_bytes()
    job(other, "jz3", events=20, seed=5).run()
    assert not np.isin(load(other).objects[:, 0, 0], load(path).objects[:, 0, 0]).any()


def test_leading_jets_rise_from_slice_to_slice(made):
    medians = []
    for name in ("jz1", "jz3", "jz5"):
        found = make_chunk(quick(name), Seed(2), 0, 60).events
        names = found.object_names
        medians.append(
            [np.median(found.objects[:, names.index(j), 0]) for j in ("jet1", "l1_jet1")]
        )
    assert (np.diff(medians, axis=0) > 50).all()


def test_enhanced_bias_is_a_mixture_of_strata_with_rates(tmp_path):
    mixture = quick("enhanced_bias")
    assert isinstance(mixture, Mixture)
    wanted = ("eb_jz1_high", "eb_jz3_low", "eb_ttbar")
    parts = tuple((r, 1 / 3) for r, _ in mixture.parts if r.name in wanted)
    found = events(Mixture("three", parts), 90, seed=1, chunk_size=60)
    process = found.column("process")
    for recipe, _ in parts:
        mine = found.weight[process == recipe.process]
        assert len(mine) > 10
        # 1 / P of those that were taken, times the rate of one that was generated: each stratum
        # sums up to its rate within the error of the draw
        assert mine.sum() == pytest.approx(recipe.stratum.rate, rel=6 / math.sqrt(len(mine)))
    assert found.column("fired_random").all()


def test_the_rate_of_an_item_is_that_of_crossings_that_are_all_kept():
    """Enhanced bias beside direct generation: the same rate of jets above 30 GeV."""
    (biased,) = (r for r, _ in quick("enhanced_bias").parts if r.name == "eb_jz1_high")
    drawn = events(biased, 150, seed=3, chunk_size=300)
    (direct,) = (r for r, _ in quick("enhanced_bias").parts if r.name == "eb_jz1_high")
    selection = type(direct.selection)()
    kept = events(replace(direct, selection=selection), 150, seed=8, chunk_size=160)
    rates = []
    for sample in (drawn, kept):
        passed = sample.weight[sample.column("fired_J40")]
        rates.append((passed.sum(), math.sqrt(float(np.sum(passed**2)))))
    (a, da), (b, db) = rates
    assert abs(a - b) < 3 * math.hypot(da, db)
    assert b > 0


def mass_of(found, name):
    """Mass of the leptons of a level, of events with four of them."""
    part = found.of_kind("electron", "muon")
    slots = [i for i, n in enumerate(part.object_names) if not n.startswith("l1_")]
    objects, mask = part.objects[:, slots], part.mask[:, slots]
    rows = mask.sum(axis=1) >= 4
    p4 = energy_momentum(*np.moveaxis(objects[rows], -1, 0), 0.0)
    total = np.where(mask[rows][:, :, None], p4, 0).sum(axis=1)
    assert rows.sum() > 5, name
    return np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))


def test_dark_photons_have_the_mass_of_the_higgs_boson():
    found = make_chunk(quick("hahm"), Seed(1), 0, 120).events
    assert np.median(mass_of(found, "hahm")) == pytest.approx(125, rel=0.04)
    assert (found.label == 1).all()


def test_z_pairs_have_four_leptons_above_their_mass():
    found = make_chunk(quick("zz4l"), Seed(1), 0, 150).events
    assert 150 < np.median(mass_of(found, "zz4l")) < 300


@pytest.mark.parametrize("name", [*SIGNALS, *SLICES])
def test_every_process_generates(name):
    recipe = quick(name)
    (batch,) = Generator(recipe.settings, Seed(3)).batches(5)
    assert len(batch) == 5
    if name in SLICES:
        low, high = SLICES[name]
        assert ((batch.pt_hat >= low) & (batch.pt_hat <= high)).all()


def test_pile_up_is_of_the_mean_and_softer_than_it_may_be():
    crossing = BunchCrossing(mean=20.0, pool=30)
    pool = crossing.made_pool(Seed(1))
    recipe = quick("jz4")
    (batch,) = Generator(recipe.settings, Seed(3)).batches(30)
    rng = np.random.default_rng(1)
    limit = np.where(np.arange(30) < 15, np.inf, 0.0)
    both, n = crossing.overlay(batch.particles, pool, rng, limit, own_counts=False)
    assert n[:15].mean() == pytest.approx(20, abs=5)
    assert n[15:].sum() == 0
    added = both.column("pileup") == 1
    event = np.repeat(np.arange(30), both.n_particles)
    assert not added[event >= 15].any()
    assert (np.bincount(event[~added]) == batch.particles.n_particles).all()
    none = BunchCrossing(mean=0.001, pool=5)
    _, n = none.overlay(batch.particles, pool, rng, np.full(30, np.inf), own_counts=True)
    assert n.sum() == 0


def test_the_command(tmp_path, capsys):
    path = tmp_path / "z.h5"
    words = "simulate trigger --process vbf_tautau --events 5 --no-mpi --pileup 2 --json --out"
    extra = ["--set", "chunk_size=10", "--set", "crossing.pool=5"]
    assert main([*words.split(), str(path), *extra]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["process"] == "vbf_tautau"
    assert len(load(path, level="l1")) == 5
    with pytest.raises(BadValue, match="process"):
        job(path, "zprime")
    with pytest.raises(BadValue, match=r"\.h5"):
        job(tmp_path / "a.parquet", "jz1")


def test_a_file_that_is_not_there_is_not_damaged(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        biased_sample(tmp_path / "none.h5")
