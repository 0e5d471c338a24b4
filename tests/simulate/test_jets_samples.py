"""The shipped jets are what their recipes make, and what they claim to be."""

import json
from importlib.resources import as_file, files

import h5py
import hdf5plugin  # noqa: F401 - lets h5py read Zstandard
import numpy as np
import pytest

from anomalon import evaluate
from anomalon.data import available, load, sample
from anomalon.jets import jet_images
from anomalon.simulate import events
from anomalon.simulate.jets_recipes import JET_PROCESSES, jet_recipe

NAMES = ("qcd", "top", "w")
FOLDER = files("anomalon.data") / "samples" / "jets"


@pytest.fixture(scope="module")
def jets():
    return {name: sample(f"jets_{name}") for name in NAMES}


def auc(background, signal):
    return evaluate(background, signal).auc.value


def test_they_are_there_and_small(jets):
    assert {f"jets_{name}" for name in NAMES} <= set(available())
    assert sum(item.stat().st_size for item in FOLDER.iterdir()) < 8e6
    assert {name: len(part) for name, part in jets.items()} == {
        "qcd": 15_000, "top": 5_000, "w": 5_000,
    }  # fmt: skip
    for name, part in jets.items():
        assert (part.label == (name != "qcd")).all()


@pytest.mark.parametrize("name", NAMES)
def test_recipes_of_the_file_are_those_in_the_code(name):
    with h5py.File(FOLDER / f"jets_{name}.h5") as file:
        made = json.loads(file.attrs["anomalon"])
    assert made["kind"].startswith("emulation")
    recipe = jet_recipe(name)
    assert tuple(made["recipe"]["settings"]) == recipe.settings
    assert "PartonLevel:MPI = on" in recipe.settings
    assert made["recipe"]["selection"]["particle_pt_min"] == recipe.selection.particle_pt_min
    assert made["process_names"] == {str(JET_PROCESSES[name]): name}


@pytest.mark.parametrize("name", NAMES)
def test_fresh_jets_are_the_same(name):
    """A chunk begins with the same events, however many it has."""
    pytest.importorskip(
        "pythia8mc", reason="jets are made with Pythia 8: install anomalon[simulate]"
    )
    fresh = events(jet_recipe(name), 10, seed=1, chunk_size=50)
    with as_file(FOLDER / f"jets_{name}.h5") as path:
        shipped = load(path, stop=10)
    np.testing.assert_array_equal(shipped.mask, fresh.mask)
    np.testing.assert_allclose(shipped.feature("pt"), fresh.feature("pt"), rtol=1e-3)
    np.testing.assert_allclose(shipped.objects[:, :, 1:], fresh.objects[:, :, 1:], atol=3e-4)
    np.testing.assert_allclose(shipped.column("tau2"), fresh.column("tau2"), rtol=2e-4)
    np.testing.assert_array_equal(shipped.column("event"), fresh.column("event"))


@pytest.mark.parametrize("name", NAMES)
def test_jets_are_sound(jets, name):
    part = jets[name]
    n = len(part)
    assert part.objects.shape == (n, 100, 3)
    assert len(np.unique(part.objects.reshape(n, -1), axis=0)) == n
    pt, eta = part.column("jet_pt"), part.column("jet_eta")
    assert (np.abs(pt - 600) < 50 * (1 + 1e-2)).all()
    assert (np.abs(eta) < 2 * (1 + 1e-3)).all()
    assert (np.diff(part.feature("pt"), axis=1)[part.mask[:, 1:]] <= 0).all()
    split = np.bincount(part.column("split"), minlength=3) / n
    assert split == pytest.approx([0.6, 0.15, 0.25], abs=8 * np.sqrt(0.24 / n))
    event, first = np.unique(part.column("event"), return_index=True)
    assert 0.7 * n < len(event) < n  # some have two jets, on one side of the split
    of_event = dict(zip(event, part.column("split")[first], strict=True))
    assert all(
        of_event[e] == s for e, s in zip(part.column("event"), part.column("split"), strict=True)
    )


def test_masses_and_substructure_are_those_of_their_particles(jets):
    mass = {name: np.median(part.column("jet_mass")) for name, part in jets.items()}
    assert mass["top"] == pytest.approx(173, abs=8)
    assert 80 < mass["w"] < 100
    tau21 = {name: p.column("tau2") / p.column("tau1") for name, p in jets.items()}
    tau32 = {name: p.column("tau3") / p.column("tau2") for name, p in jets.items()}
    assert auc(-tau32["qcd"], -tau32["top"]) > 0.80
    assert auc(-tau21["qcd"], -tau21["w"]) > 0.70


def test_images_have_few_pixels(jets):
    images = jet_images(jets["qcd"][:2000])
    filled = (images > 0).mean()
    assert 0.015 < filled < 0.04
