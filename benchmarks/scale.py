"""What a second worker is worth, what is sent to it, and how much memory a large search takes.

    python benchmarks/scale.py [--rounds 3] [--toys 80000] [--windows-rounds 1] [--events 2000000]

Two kinds of work are done by one process, by two processes and by two Dask workers in turn, because
what else the machine does changes meanwhile:

* a bump hunt whose pseudo-experiments are fitted anew, in many pieces of some 30 ms, one thread for
  each process. Rates count from the first finished piece on; what comes before it, the start of the
  workers, stands beside them.
* a search in the events that ship with the package, in eight windows of several seconds each. Its
  classifiers would use all cores of one process already, so one process is kept to one core, and
  two get two. Windows count that are finished after each worker has finished its first, which
  loads and compiles; each is worth the seconds that one process takes for it. The whole search
  stands beside.

Where others use the machine too, two workers get less than two cores, and the ratio says little.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from verdict import finish, row, spread

from anomalon.core import Sample
from anomalon.core.config import digest
from anomalon.core.plain import to_plain
from anomalon.data import sample
from anomalon.run import Dask, Executor, Processes, Serial
from anomalon.run.job import Workplace
from anomalon.run.parcel import pack
from anomalon.search import HuntSettings, SmoothBackground, hunt_bump
from anomalon.stats import Dijet

EDGES = np.geomspace(1100.0, 7000.0, 81)
EXPECTED = Dijet(4).integrate([-8.0, 9.0, -5.0, -0.1], EDGES)
EXPECTED *= 1e6 / EXPECTED.sum()
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
EXECUTORS = {"one process": Serial(), "two processes": Processes(2), "two of Dask": Dask(n=2)}


class Timing:
    """Notes when pieces are finished."""

    def __init__(self, inner: Executor) -> None:
        self.inner, self.at_once = inner, inner.at_once
        self.times: list[float] = []  # the first is that of the beginning
        self.order: list[int] = []

    def map_unordered(self, function, items, shared=None):
        self.times, self.order = [time.perf_counter()], []
        for found in self.inner.map_unordered(function, items, shared):
            self.times.append(time.perf_counter())
            self.order.append(found[0])
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
        (counts, EDGES),
        SmoothBackground("dijet", 2, 4),
        HuntSettings(n_toys=n_toys, n_closure=0),
        seed=1,
        place=Workplace(executor=executor),
    ).significance.p


def windows(name: str, n_trees: int) -> None:
    """A search in eight windows by one of the executors; its figures as JSON."""
    from anomalon.learn import BoostedTrees
    from anomalon.search import FitSettings, Search, sliding_windows

    data = sample("qcd_data").select(("mJ1", "dmJ", "tau21_J1", "tau21_J2"))
    search = Search(
        windows=sliding_windows(2500, 5100, width=400, sideband=400, step=200),
        features=(data.names,),
        classifier=BoostedTrees(n_trees=n_trees),
        n_members=4,
        efficiencies=(0.1, 0.02),
        fit=FitSettings(range=(2500, 7000)),
    )
    executor = Timing(EXECUTORS[name])
    start = time.perf_counter()
    scan = search.run(data, seed=1, executor=executor)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "order": executor.order,
                "times": [t - executor.times[0] for t in executor.times[1:]],
                "numbers": digest(to_plain(scan)),
            }
        )
    )


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
    parser.add_argument("--windows-rounds", type=int, default=1)
    parser.add_argument("--trees", type=int, default=60, help="of each classifier in a window")
    parser.add_argument("--events", type=int, default=2_000_000, help="0 for no such search")
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--windows", choices=EXECUTORS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        memory(options.events)
    elif options.windows:
        windows(options.windows, options.trees)
    else:
        rows = of_hunts(options.rounds, options.toys) if options.rounds else []
        rows += of_windows(options.windows_rounds, options.trees) if options.windows_rounds else []
        finish("scale", [*rows, *of_memory(options.events)] if options.events else rows)


def of_hunts(rounds: int, n_toys: int) -> list[dict[str, Any]]:
    """Small pieces: pseudo-experiments."""
    hunt(Serial(), 1000)  # compiles
    starts: dict[str, list[float]] = {name: [] for name in EXECUTORS}
    rates: dict[str, list[float]] = {name: [] for name in EXECUTORS}
    p = set()
    for _ in range(rounds):
        for name, executor in EXECUTORS.items():
            timing = Timing(executor)
            p.add(hunt(timing, n_toys))
            starts[name].append(timing.start)
            rates[name].append(timing.rate)
            print(f"{name}: {timing.start:.1f} s, {timing.rate:.2f} pieces/s", file=sys.stderr)
    assert len(p) == 1, p  # the numbers do not depend on who does it
    for name in EXECUTORS:
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
    return rows


def of_windows(rounds: int, n_trees: int) -> list[dict[str, Any]]:
    """Large pieces: windows of a search, each time in a process of its own."""
    cores = sorted(os.sched_getaffinity(0))
    seconds: dict[str, list[float]] = {name: [] for name in EXECUTORS}
    gains: dict[str, list[float]] = {name: [] for name in EXECUTORS}
    numbers = set()
    for _ in range(rounds):
        worth: dict[int, float] = {}
        for name, executor in EXECUTORS.items():
            n = executor.at_once
            found = _apart("--windows", name, "--trees", str(n_trees), on=cores[:n])
            times, order = found["times"], found["order"]
            if name == "one process":
                worth = dict(zip(order, np.diff(times, prepend=0.0), strict=True))
            seconds[name].append(found["seconds"])
            gains[name].append(sum(worth[i] for i in order[n:]) / (times[-1] - times[n - 1]))
            numbers.add(found["numbers"])
            print(
                f"{name}: {len(times)} windows in {found['seconds']:.1f} s, the first after "
                f"{times[0]:.1f} s; from then on {gains[name][-1]:.2f} of one process",
                file=sys.stderr,
            )
    assert len(numbers) == 1, numbers
    rows = []
    for name in ("two processes", "two of Dask"):
        gain = float(np.median(gains[name]))
        whole = {who: round(float(np.median(seconds[who])), 1) for who in ("one process", name)}
        rows.append(
            row(f"windows of a search, {name}", gain, peer=1.0, peer_name="one process",
                ratio=gain, bar="ratio >= 1.7", ok=gain >= 1.7, seconds_of_the_search=whole)
        )  # fmt: skip
    return rows


def _apart(*arguments: str, on: Sequence[int] = ()) -> dict[str, Any]:
    """What this program prints as its last line, in another process, on some cores alone.

    One thread for each numerical library: how a sum is shared among threads decides its last digit.
    """
    done = subprocess.run(
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True, check=True,
        env=os.environ | dict.fromkeys(_THREADS, "1"),
        preexec_fn=(lambda: os.sched_setaffinity(0, on)) if on else None,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def of_memory(n_events: int) -> list[dict[str, Any]]:
    """What a search in so many events takes, measured in a process of its own."""
    found = _apart("--memory", "--events", str(n_events))
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
