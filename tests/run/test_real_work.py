"""Real work by all executors: the same bytes, and small pieces. See also test_work.py."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from raw_events import write_raw
from toy_search import background, search, signal

from anomalon.core.plain import to_plain
from anomalon.features.conversion import Conversion
from anomalon.learn import BoostedTrees
from anomalon.run import Processes, Serial
from anomalon.run.job import Workplace
from anomalon.run.parcel import pack
from anomalon.search import (
    HuntSettings,
    InjectionLimits,
    LimitSettings,
    Signal,
    SmoothBackground,
    hunt_bump,
    scan_limits,
    sliding_windows,
)
from anomalon.simulate import DijetSimulation
from anomalon.stats import Exponential

EDGES = np.linspace(1000.0, 5000.0, 41)
COUNTS = np.random.default_rng(1).poisson(Exponential(2).integrate([5.0, -1.2], EDGES))
SMOOTH = SmoothBackground("exponential", 2, 3, alternatives=("dijet",))

pytestmark = pytest.mark.slow


def bump(executor):
    return hunt_bump(
        (COUNTS, EDGES),
        SMOOTH,
        HuntSettings(resolution=0.03, n_toys=2500, n_closure=12),
        seed=3,
        place=Workplace(executor=executor),
    )


def limits(executor):
    return scan_limits(
        (COUNTS, EDGES),
        SMOOTH,
        LimitSettings(resolution=0.1, masses=(2000.0, 2500.0, 3000.0), n_closure=12),
        place=Workplace(executor=executor),
    )


def scan(executor):
    quick = search(windows=sliding_windows(2400, 4200), n_members=1, n_folds=2, n_toys=1,
                   classifier=BoostedTrees(n_trees=2))  # fmt: skip
    return quick.run(background(4000), background(5000, seed=9), seed=5, executor=executor)


def injected(executor):
    quick = search(features=(), score="a + b", efficiencies=(0.1,))
    limits = InjectionLimits(quick, (20.0, 200.0), injections=1)
    return limits.run(background(4000), [Signal("s", signal(900), 3300.0)], executor=executor)


def simulated(executor):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "s.parquet"
        job = DijetSimulation(process="wprime", masses=(3500, 500, 100), mpi=False, events=8,
                              chunk_size=10, out=out)  # fmt: skip
        return job.run(Workplace(executor)), out.read_bytes().hex()


def converted(executor):
    with tempfile.TemporaryDirectory() as folder:
        raw, out = write_raw(Path(folder) / "raw.h5"), Path(folder) / "c.parquet"
        return Conversion(raw=raw, out=out, size=2, stop=8).run(Workplace(executor))


def as_bytes(job, executor):
    return json.dumps(to_plain(job(executor)), default=lambda array: array.tolist()).encode()


@pytest.mark.parametrize(
    "job", [bump, limits, scan, injected, simulated, converted], ids=lambda job: job.__name__
)
def test_the_same_bytes_whoever_does_it(job, cluster):
    """In processes that know nothing but what they are sent; these are started only once."""
    assert as_bytes(job, cluster) == as_bytes(job, Serial())


def test_the_same_bytes_in_processes_that_map_what_is_shared():
    """One job, in one: how the pieces are packed, `Processes` has in common with the cluster."""
    assert as_bytes(scan, Processes(1)) == as_bytes(scan, Serial())


class Weighed:
    """Weighs what would be sent, and sends nothing."""

    at_once = 2

    def __init__(self):
        self.bytes, self.shared = [], None

    def map_unordered(self, function, items, shared=None):
        self.bytes = [len(pack(function, item)) for item in items]
        self.shared = shared
        raise KeyboardInterrupt
        yield


def test_a_piece_of_a_search_in_a_hundred_thousand_events_is_small():
    weighed = Weighed()
    data = background(100_000)
    with pytest.raises(KeyboardInterrupt):
        search(windows=sliding_windows(2400, 4800), n_toys=2).run(data, data, executor=weighed)
    assert len(weighed.bytes) == 9
    assert max(weighed.bytes) < 20_000
    assert weighed.shared.data is data


def test_a_piece_of_a_bump_hunt_is_small():
    weighed = Weighed()
    with pytest.raises(KeyboardInterrupt):
        bump(weighed)
    assert len(weighed.bytes) > 10
    assert max(weighed.bytes) < 20_000
