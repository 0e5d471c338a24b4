"""The shipped events at 40 MHz are what their recipes make, and what they claim to be."""

import json
from importlib.resources import files

import h5py
import hdf5plugin  # noqa: F401 - lets h5py read Zstandard
import numpy as np
import pytest

from anomalon.core.kinematics import energy_momentum
from anomalon.data import available, sample
from anomalon.data.forty_mhz import OBJECT_NAMES
from anomalon.simulate.forty_mhz_recipes import RECIPES, forty_mhz

SIGNALS = ("a", "lq", "h0", "hplus")
FOLDER = files("anomalon.data") / "samples" / "forty_mhz"


def about(name):
    with h5py.File(FOLDER / f"forty_mhz_{name}.h5") as file:
        return json.loads(file.attrs["anomalon"])


@pytest.fixture(scope="module")
def background():
    return sample("forty_mhz_background")


def test_they_are_there_and_small(background):
    assert {f"forty_mhz_{name}" for name in ("background", *SIGNALS)} <= set(available())
    assert sum(item.stat().st_size for item in FOLDER.iterdir()) < 6e6
    assert len(background) >= 60_000
    assert (background.label == 0).all()
    for name in SIGNALS:
        signal = sample(f"forty_mhz_{name}")
        assert len(signal) >= 5_000
        assert (signal.label == 1).all()


@pytest.mark.parametrize("name", ["background", *SIGNALS])
def test_recipes_of_the_file_are_those_in_the_code(name):
    made = about(name)
    assert made["kind"].startswith("emulation")
    for part in made.get("parts", [made]):
        recipe = RECIPES[part["recipe"]["name"]]()
        assert tuple(part["recipe"]["settings"]) == recipe.settings
        assert "PartonLevel:MPI = on" in recipe.settings
        assert part["recipe"]["pileup"]["mean"] == recipe.pileup.mean == 20
        assert part["recipe"].get("enhancement", 1.0) == recipe.enhancement
        assert made["process_names"][str(recipe.process)] == recipe.name


def test_the_mixture_is_the_published_one(background):
    n, process = len(background), background.column("process")
    for recipe, share in forty_mhz("background").parts:
        error = np.sqrt(share * (1 - share) / n)
        assert np.mean(process == recipe.process) == pytest.approx(share, abs=4 * error)


@pytest.mark.parametrize("name", ["background", *SIGNALS])
def test_events_are_sound(name):
    events = sample(f"forty_mhz_{name}")
    n = len(events)
    assert events.object_names == OBJECT_NAMES
    assert len(np.unique(events.column("event"))) == n
    assert len(np.unique(events.objects.reshape(n, -1), axis=0)) == n
    leptons = events.of_kind("electron", "muon")
    rounded = 1.3e-4
    assert leptons.feature("pt").max(axis=1).min() > 23 * (1 - rounded)
    for kind, pt_min, eta_max in (("electron", 3, 3), ("muon", 3, 2.1), ("jet", 15, 4)):
        part = events.of_kind(kind)
        assert part.feature("pt")[part.mask].min() > pt_min * (1 - rounded)
        assert np.abs(part.feature("eta")[part.mask]).max() < eta_max * (1 + rounded)
        pt = part.feature("pt")
        assert (pt[:, 1:] <= pt[:, :-1]).all()
    assert events.column("n_pv").mean() == pytest.approx(21, abs=5 * np.sqrt(20 / n))
    split = np.bincount(events.column("split"), minlength=3) / n
    assert split == pytest.approx([0.6, 0.15, 0.25], abs=5 * np.sqrt(0.24 / n))


def test_four_leptons_have_the_mass_of_a():
    leptons = sample("forty_mhz_a").of_kind("electron", "muon")
    four = leptons[leptons.mask.sum(axis=1) == 4]
    assert len(four) > 500
    pt, eta, phi = np.moveaxis(four.objects, -1, 0)
    total = (energy_momentum(pt, eta, phi) * four.mask[..., None]).sum(axis=1)
    mass = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    assert np.median(mass) == pytest.approx(50.0, abs=1.0)


def test_transverse_masses_of_w_end_at_its_mass(background):
    w = background[background.column("process") == 1]
    leptons = w.of_kind("electron", "muon")
    alone = leptons.mask.sum(axis=1) == 1
    (pt, _, phi), (met, _, met_phi) = (
        np.moveaxis(part.objects[alone], -1, 0) for part in (leptons, w.of_kind("met"))
    )
    row = np.arange(alone.sum())
    slot = pt.argmax(axis=1)
    lepton = pt[row, slot]
    cos = np.cos(phi[row, slot] - met_phi[:, 0])
    mass = np.sqrt(2 * lepton * met[:, 0] * (1 - cos))
    counts, edges = np.histogram(mass, np.arange(0, 200, 5))
    assert 60 < edges[counts.argmax()] < 90
