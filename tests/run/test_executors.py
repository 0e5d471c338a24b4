import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from anomalon.core.errors import BadValue
from anomalon.run import Processes, Serial, default_executor

EXECUTORS = [Serial(), Processes(1), Processes(2)]


def square(x):
    return x * x


def fail_on_two(x):
    if x == 2:
        raise ValueError("two")
    return x


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_every_item_once(executor):
    found = dict(executor.map_unordered(square, range(5)))
    assert found == {i: i * i for i in range(5)}


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_errors_come_through(executor):
    with pytest.raises(ValueError, match="two"):
        list(executor.map_unordered(fail_on_two, [2, 1, 3]))


def fail_while_the_next_is_at_work(item):
    index, folder = item
    (folder / f"begun-{index}").touch()
    if index == 0:
        while not (folder / "begun-1").exists():
            time.sleep(0.01)
        raise ValueError("zero")
    if index == 1:
        time.sleep(0.5)  # until the error has long been seen
    return index


def test_what_had_begun_is_handed_back_before_the_error(tmp_path):
    items, found = [(i, tmp_path) for i in range(50)], []
    with pytest.raises(ValueError, match="zero"):
        found.extend(Processes(2).map_unordered(fail_while_the_next_is_at_work, items))
    assert (1, 1) in found
    begun = len(list(tmp_path.iterdir()))
    assert begun == len(found) + 1
    assert begun < len(items)


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_nothing_to_do(executor):
    assert list(executor.map_unordered(square, [])) == []


def test_choice():
    assert default_executor(1) == Serial()
    assert default_executor(3) == Processes(3)
    with pytest.raises(BadValue, match="at least 1"):
        Processes(0)


SLEEPERS = """
import os, time, pathlib, sys
from anomalon.run import Processes
def sleep(i):
    pathlib.Path(sys.argv[1], str(os.getpid())).touch()
    time.sleep(600)
if __name__ == "__main__":
    list(Processes(2).map_unordered(sleep, [0, 1]))
"""


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_end_with_a_killed_parent(tmp_path):
    (tmp_path / "pids").mkdir()
    (tmp_path / "sleepers.py").write_text(SLEEPERS)
    parent = subprocess.Popen([sys.executable, tmp_path / "sleepers.py", tmp_path / "pids"])
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "pids").iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [int(path.name) for path in (tmp_path / "pids").iterdir()]
    assert len(workers) == 2
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))
