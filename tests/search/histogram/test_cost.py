"""Large histograms: what a search costs is said first, and its result stays small."""

import json
import re
import time

import numpy as np
import pytest

from anomalon.core.plain import to_plain
from anomalon.run import Store
from anomalon.run.job import Workplace
from anomalon.search import HuntSettings, SmoothBackground, hunt_bump
from anomalon.search.histogram.cost import Cost, beginning, hunt_cost, limit_cost
from anomalon.stats import Exponential, bump_hunt

EDGES = np.linspace(1000.0, 6000.0, 5001)
COUNTS = np.random.default_rng(0).poisson(Exponential(2).integrate([7.4, -1.4], EDGES))


def test_thousands_of_bins_are_told_first_and_kept_small(tmp_path, monkeypatch):
    monkeypatch.setattr("anomalon.search.histogram.cost._SHORT", 5e7)  # so fewer toys are long
    told, store = [], Store(tmp_path)
    result = hunt_bump(
        (COUNTS[:2500], EDGES[:2501]),
        SmoothBackground("exponential", 2, 2),
        HuntSettings(n_toys=16, n_closure=0),
        place=Workplace(store=store, progress=lambda *now: told.append(now)),
    )
    assert len(list(tmp_path.glob("*.npz"))) == 2  # it takes long: what is finished is kept
    assert told[0][:2] == (0, 32)
    said = r"2500 bins, 2344375 windows, 32 pseudo-experiments: about \d:\d\d:\d\d and 0\.\d GB"
    assert re.match(said, told[0][2])
    assert told[-1][:2] == (32, 32)
    assert result.windows.n == 2_344_375
    assert len(result.windows.z) == 10_000
    assert len(json.dumps(to_plain(result))) < 5e6


def test_the_windows_that_are_kept_are_the_most_significant():
    hunt = bump_hunt((COUNTS[:60], EDGES[:61]), Exponential(2), n_toys=10)
    some, every = hunt.tomography_of(25), hunt.tomography
    assert len(some["z"]) == 25
    assert some["z"].min() == np.sort(every["z"])[-25]
    assert some["z"].max() == hunt.z_local
    best = np.argmax(some["z"])
    assert (some["low"][best], some["high"][best]) == (hunt.low, hunt.high)


def test_the_estimate_is_what_it_takes():
    def hunt(n):
        time.sleep(0.02 + 0.01 * n)

    cost = hunt_cost(hunt, 100, 1_000_000, 3000, 10)
    assert 20 < cost.seconds < 60  # 10 x 0.02 + 3000 x 0.01 on a machine that may be busy
    assert hunt_cost(hunt, 100, 1000, 3000, 10) is None  # too short to be told


def test_limits_count_their_masses_and_toys():
    cost = limit_cost(lambda: time.sleep(0.05), 5000, 200, 12, 3000, 200)
    assert 20 < cost.seconds < 60  # 200 x 0.05, and a ninth of that for each toy
    assert "5000 bins, 200 masses, 3000 pseudo-experiments: about 0:00:" in str(cost)
    assert limit_cost(lambda: None, 50, 20, 12, 0, 0) is None


def test_a_long_hunt_goes_on_after_an_interruption(tmp_path, monkeypatch):
    monkeypatch.setattr("anomalon.search.histogram.pieces._LONG", 100)  # pseudo-experiments
    smooth = SmoothBackground("exponential", 2, 2)

    def hunted(stop_at, store):
        told = []

        def tell(*now):
            told.append(now)
            if now[0] == stop_at:
                raise KeyboardInterrupt

        return hunt_bump(
            (COUNTS[:500], EDGES[:501]),
            smooth,
            HuntSettings(n_toys=55, n_closure=0),
            place=Workplace(store=store, progress=tell),
        ), told

    with pytest.raises(KeyboardInterrupt):
        hunted(55, Store(tmp_path))
    assert len(list(tmp_path.glob("*.npz"))) == 1
    resumed, told = hunted(None, Store(tmp_path))
    assert told[0] == (55, 110, "1 finished earlier")
    assert len(list(tmp_path.iterdir())) == 2
    whole, _ = hunted(None, None)
    assert to_plain(resumed) == to_plain(whole)


@pytest.mark.parametrize(("long", "kept"), [(2000, 2), (2001, 0)])
def test_pieces_are_kept_from_a_number_of_pseudo_experiments_on(long, kept, tmp_path, monkeypatch):
    monkeypatch.setattr("anomalon.search.histogram.pieces._LONG", long)
    smooth = SmoothBackground("exponential", 2, 2)
    hunt_bump(
        (COUNTS[:60], EDGES[:61]),
        smooth,
        HuntSettings(n_toys=1000, n_closure=0),
        place=Workplace(store=Store(tmp_path / "store")),
    )
    assert len(list(tmp_path.rglob("*.npz"))) == kept


def test_what_several_share_takes_less_time_and_more_memory():
    cost = Cost("5000 bins", 5400.0, 8.1e8)
    assert (
        str(beginning(cost, 4))
        == "5000 bins: about 0:22:30 and 0.9 GB of memory in each of 4 processes"
    )
    assert beginning(cost, 4).forecast == 1350.0
    assert beginning(cost, None).forecast is None
    assert beginning(None) == "beginning"
