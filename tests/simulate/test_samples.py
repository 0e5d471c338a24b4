"""The shipped samples are what their recipes make, and what they claim to be."""

import json
from importlib.resources import files

import numpy as np
import pyarrow.parquet
import pytest
from scipy.stats import ks_2samp

from anomalon.core import Seed
from anomalon.data import available, sample
from anomalon.simulate.chunk import make_chunk
from anomalon.simulate.dijet import dijet_table
from anomalon.simulate.recipe import qcd_dijet, w_prime
from anomalon.simulate.table import SIMULATE_METADATA

RECIPES = {
    "qcd_data": qcd_dijet(),
    "qcd_template": qcd_dijet(),
    "qcd_simulation": qcd_dijet(variation="simulation"),
    "signal_wprime_3500_500_100": w_prime(3500, 500, 100),
}


def table(name):
    return pyarrow.parquet.read_table(files("anomalon.data") / "samples" / f"{name}.parquet")


def test_all_are_there_and_small():
    assert set(RECIPES) <= set(available())
    folder = files("anomalon.data") / "samples"
    assert sum(item.stat().st_size for item in folder.iterdir()) < 12e6


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_of_the_file_is_the_one_in_the_code(name):
    recipe = RECIPES[name]
    made = json.loads(table(name).schema.metadata[SIMULATE_METADATA])
    assert tuple(made["recipe"]["settings"]) == recipe.settings
    assert made["recipe"]["selection"]["mjj_min"] == recipe.selection.mjj_min
    assert made["n_events"] == table(name).num_rows


@pytest.mark.parametrize("name", RECIPES)
def test_values_are_sound(name):
    events = table(name)
    columns = {c: events[c].to_numpy() for c in events.column_names if c != "label"}
    for values in columns.values():
        assert np.isfinite(values).all()
    assert columns["mjj"].min() >= 2500.0 * (1 - 1e-5)
    assert columns["dY"].max() <= 1.2 * (1 + 1.3e-4)
    assert columns["dmJ"].min() >= 0.0
    for c in ("tau21_J1", "tau21_J2", "tau32_J1", "tau32_J2"):
        assert columns[c].min() >= 0.0
        assert columns[c].max() < 1.2
    whole = np.stack(list(columns.values()), axis=1)
    assert len(np.unique(whole, axis=0)) == len(whole)


@pytest.mark.parametrize("name", ["qcd_data", "qcd_simulation"])
def test_spectrum_falls_from_its_first_bin(name):
    counts, _ = np.histogram(sample(name).mass, np.arange(2500, 5001, 100))
    slope = -np.diff(np.log(counts))
    error = np.sqrt(1 / counts[:-1] + 1 / counts[1:])
    # Falls by about a quarter in 100 GeV, everywhere, and never rises.
    assert (slope > -3 * error).all()
    assert (np.abs(slope[:8] - slope[:8].mean()) < 4 * error[:8] + 0.08).all()


@pytest.mark.parametrize("name", ["qcd_data", "signal_wprime_3500_500_100"])
def test_fresh_events_have_the_distributions_of_the_file(name):
    fresh = dijet_table(make_chunk(RECIPES[name], Seed(99), 0, 160).events)
    shipped = table(name)
    p_values = {c: ks_2samp(fresh[c], shipped[c].to_numpy()).pvalue for c in fresh}
    assert len(fresh["mjj"]) > 70
    assert min(p_values.values()) > 1e-4, p_values


def test_the_template_is_more_of_the_same_and_shares_no_event():
    data, template = sample("qcd_data"), sample("qcd_template")
    rows = [np.column_stack([s.mass, s.x]) for s in (data, template)]
    assert len(np.unique(np.concatenate(rows), axis=0)) == len(data) + len(template)
    assert not np.isin(template.event, data.event).any()
    p_values = [ks_2samp(*columns).pvalue for columns in zip(*(r.T for r in rows), strict=True)]
    assert min(p_values) > 1e-3


def test_simulation_differs_from_data():
    data, simulation = sample("qcd_data"), sample("qcd_simulation")
    column = data.names.index("mJ1")
    assert ks_2samp(data.x[:, column], simulation.x[:, column]).pvalue < 1e-6
    assert np.median(simulation.x[:, column]) < np.median(data.x[:, column])
