"""Pieces of work by all executors: nothing is lost, whatever happens to those who do them."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from anomalon.core.errors import BadValue, MissingExtra, TooFewEvents, WorkerLost
from anomalon.run import Dask, Processes, Store, do

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Sum:
    """A piece of work: a sum of what is shared, and a number."""

    number: int

    @property
    def key(self):
        return f"sum-{self.number}"

    @property
    def what(self):
        return f"sum number {self.number}"

    def __call__(self, shared):
        return float(shared.sum()) + self.number


@dataclass(frozen=True)
class Fails(Sum):
    """Not this one."""

    def __call__(self, shared):
        raise TooFewEvents("no events in this sum")


@dataclass(frozen=True)
class KillsItsWorker(Sum):
    """As often as it is told to."""

    folder: Path
    times: int = 1

    def __call__(self, shared):
        died = len(list(self.folder.glob("died-*")))
        if died < self.times:
            (self.folder / f"died-{died}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(shared)


@dataclass(frozen=True)
class Sleeps(Sum):
    """Too long, if it is not stopped."""

    folder: Path

    def __call__(self, shared):
        (self.folder / f"pid-{os.getpid()}").touch()
        time.sleep(600)


SHARED = np.arange(6.0)


def test_dask_starts_workers_here_if_asked():
    assert do([Sum(i) for i in range(3)], shared=SHARED, executor=Dask(n=2)) == [15.0, 16.0, 17.0]


def test_an_error_names_its_piece_and_what_is_finished_is_kept(executor, tmp_path):
    store = Store(tmp_path)
    with pytest.raises(TooFewEvents, match="no events in this sum") as caught:
        do([Sum(0), Sum(1), Fails(2), Sum(3)], shared=SHARED, executor=executor, store=store)
    notes = "\n".join(caught.value.__notes__)
    assert "It was in this piece of work: sum number 2." in notes
    kept = [key for key in ("sum-0", "sum-1", "sum-3") if key in store]
    assert kept[:2] == ["sum-0", "sum-1"]
    assert f"{len(kept)} of the 4 pieces of work that were left are finished and kept in" in notes
    told = []
    again = [Sum(0), Sum(1), Sum(2), Sum(3)]
    values = do(again, shared=SHARED, executor=executor, store=store,
                progress=lambda *now: told.append(now))  # fmt: skip
    assert values == [15.0, 16.0, 17.0, 18.0]
    assert told[0] == (len(kept), 4, f"{len(kept)} finished earlier")


def test_a_killed_worker_loses_nothing(workers, tmp_path):
    pieces = [Sum(0), KillsItsWorker(1, tmp_path), *(Sum(i) for i in range(2, 8))]
    assert do(pieces, shared=SHARED, executor=workers) == [15.0 + i for i in range(8)]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_piece_that_no_worker_survives_is_an_error(workers, tmp_path):
    with pytest.raises(WorkerLost, match=r"ended before its work was done.*memory"):
        do([KillsItsWorker(0, tmp_path, times=99)], shared=SHARED, executor=workers)
    assert 2 <= len(list(tmp_path.iterdir())) < 20


@pytest.mark.parametrize("executor", [Processes(2), Dask(n=2)], ids=repr)
def test_an_interruption_ends_the_workers(executor, tmp_path):
    def interrupt(*_):
        if len(list(tmp_path.glob("pid-*"))) == 2:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    with pytest.raises(KeyboardInterrupt):
        do([Sleeps(i, tmp_path) for i in range(4)], shared=SHARED, executor=executor)
    pids = [int(path.name.removeprefix("pid-")) for path in tmp_path.iterdir()]
    assert len(pids) == 2
    deadline = time.monotonic() + 30
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(alive, pids))


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr("anomalon.run.dask._PATIENCE", 0.5)  # nobody ever will
    with pytest.raises(BadValue, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
        do([Sum(0)], shared=SHARED, executor=Dask("tcp://127.0.0.1:9"))


def test_without_dask_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"pip install 'anomalon\[dask\]'"):
        do([Sum(0)], shared=SHARED, executor=Dask())


@pytest.mark.parametrize(
    ("address", "n", "message"),
    [("locl", None, "expected 'local' or the address"), ("local", 0, "from 1 to 1000"),
     ("tcp://10.0.0.1:8786", 2, "has its own workers")],
)  # fmt: skip
def test_no_cluster(address, n, message):
    with pytest.raises(BadValue, match=message):
        Dask(address, n)


def test_progress_counts_in_sizes_and_says_what_is_under_way():
    told = []
    do([Sum(0), Sum(1)], shared=SHARED, sizes=[3, 4], progress=lambda *now: told.append(now))
    assert told == [(0, 7, "start"), (3, 7, "sum number 0"), (7, 7, "sum number 1")]
    assert told[0][2].under_way == 0.0
