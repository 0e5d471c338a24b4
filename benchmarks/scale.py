"""What a second worker is worth, what is sent to it, and how much memory a large search takes.

    python benchmarks/scale.py [--rounds 3] [--toys 80000] [--events 2000000]

The work is a bump hunt whose pseudo-experiments are fitted anew, one thread for each process. It
is done by this process, by two processes and by two Dask workers in turn, because what else the
machine does changes meanwhile. Rates count from the first finished piece on; what comes before it,
the start of the workers, stands beside them. A search in events would say less: its classifiers
use all cores of one process already. Where others use the machine too, two workers get less than
two cores, and the ratio says little.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
from verdict import finish, row, spread

from anomalon.core import Sample
from anomalon.run import Dask, Executor, Processes, Serial
from anomalon.run.parcel import pack
from anomalon.search import SmoothBackground, hunt_bump
from anomalon.stats import Dijet

EDGES = np.geomspace(1100.0, 7000.0, 81)
EXPECTED = Dijet(4).integrate([-8.0, 9.0, -5.0, -0.1], EDGES)
EXPECTED *= 1e6 / EXPECTED.sum()


class Timing:
    """Notes when pieces are finished."""

    def __init__(self, inner: Executor) -> None:
        self.inner, self.at_once, self.times = inner, inner.at_once, []

    def map_unordered(self, function, items, shared=None):
        self.times = [time.perf_counter()]
        for found in self.inner.map_unordered(function, items, shared):
            self.times.append(time.perf_counter())
            yield found

    @property
    def start(self) -> float:
        """Seconds until the first piece is finished."""
        return self.times[1] - self.times[0]

    @property
    def rate(self) -> float:
        """Pieces a second from then on."""
        return (len(self.times) - 2) / (self.times[-1] - self.times[1])


def hunt(executor: Executor, n_toys: int) -> float:
    """Global p-value."""
    counts = np.random.default_rng(3).poisson(EXPECTED).astype(float)
    return hunt_bump(
        (counts, EDGES), SmoothBackground("dijet", 2, 4), n_toys=n_toys, n_closure=0, seed=1,
        executor=executor,
    ).significance.p  # fmt: skip


def toy_sample(n: int) -> Sample:
    """A falling spectrum and four features."""
    rng = np.random.default_rng(0)
    mass = 2400.0 * (1.0 - 0.99 * rng.random(n)) ** (-1 / 5)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    return Sample(x, tuple("abcd"), np.minimum(mass, 5999.0))


class Weighing:
    """Does the work here, and weighs what another process would be sent for each piece."""

    at_once = 1

    def __init__(self, inner: Executor) -> None:
        self.inner, self.largest = inner, 0

    def map_unordered(self, function, items, shared=None):
        self.largest = max(self.largest, *(len(pack(function, item)) for item in items))
        yield from self.inner.map_unordered(function, items, shared)


def memory(n_events: int) -> None:
    """A search in so many events by two processes; its figures as JSON, from its own process."""
    from anomalon.learn import BoostedTrees
    from anomalon.search import FitSettings, Search, Window

    data = toy_sample(n_events)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    weighing = Weighing(Processes(2))
    start = time.perf_counter()
    Search(
        windows=(Window(3000, 3600, 2700, 4200), Window(3300, 3900, 3000, 4500)),
        features=(tuple("abcd"),),
        classifier=BoostedTrees(n_trees=3),
        n_members=1,
        n_folds=2,
        efficiencies=(0.1,),
        fit=FitSettings(range=(2400, 5500)),
    ).run(data, seed=1, executor=weighing)
    kib = 1024 / 1e6
    print(
        json.dumps(
            {
                "data": (data.x.nbytes + 3 * 8 * n_events) / 1e6,
                "before": before * kib,
                "parent": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kib,
                "worker": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * kib,
                "piece": weighing.largest,
                "seconds": time.perf_counter() - start,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--toys", type=int, default=80_000)
    parser.add_argument("--events", type=int, default=2_000_000, help="0 for no such search")
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        memory(options.events)
        return
    executors = {"one process": Serial(), "two processes": Processes(2), "two of Dask": Dask(n=2)}
    hunt(Serial(), 1000)  # compiles
    starts: dict[str, list[float]] = {name: [] for name in executors}
    rates: dict[str, list[float]] = {name: [] for name in executors}
    p = set()
    for _ in range(options.rounds):
        for name, executor in executors.items():
            timing = Timing(executor)
            p.add(hunt(timing, options.toys))
            starts[name].append(timing.start)
            rates[name].append(timing.rate)
            print(f"{name}: {timing.start:.1f} s, {timing.rate:.2f} pieces/s", file=sys.stderr)
    assert len(p) == 1, p  # the numbers do not depend on who does it
    for name in executors:
        print(f"{name}: first piece after {spread(starts[name])} s; {spread(rates[name])} a second")
    one = float(np.median(rates["one process"]))
    rows = []
    for name in ("two processes", "two of Dask"):
        ours = float(np.median(rates[name]))
        rows.append(
            row(f"pieces a second, {name}", ours, peer=round(one, 2), peer_name="one process",
                ratio=ours / one, bar="ratio >= 1.7", ok=ours / one >= 1.7,
                seconds_to_first=round(float(np.median(starts[name])), 2))
        )  # fmt: skip
    finish("scale", [*rows, *of_memory(options.events)] if options.events else rows)


def of_memory(n_events: int) -> list[dict[str, Any]]:
    """What a search in so many events takes, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--memory", "--events", str(n_events)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    millions = f"{n_events / 1e6:g} million events"
    rows = []
    print(f"a search in {millions}: {found}", file=sys.stderr)
    for who in ("parent", "worker"):
        most = 12 * found["data"] + 1000
        rows.append(
            row(f"MB at most, search in {millions}, {who}", found[who], peer=round(found["data"]),
                peer_name="the data", bar=f"< {most:.0f}", ok=found[who] < most)
        )  # fmt: skip
    sent = found["piece"]
    rows.append(row("bytes sent for each piece", sent, bar="< 20000", ok=sent < 20_000))
    return rows


if __name__ == "__main__":
    main()
