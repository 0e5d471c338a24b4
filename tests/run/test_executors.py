import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from anomalon.core.errors import BadValue, MissingExtra, WorkerError, WorkerLost
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
    assert Processes(3.0).n == 3


@pytest.mark.parametrize("n", [0, -1, 2.5, "2", True, None, 10**9, float("nan")], ids=repr)
def test_no_number_of_processes(n):
    with pytest.raises(BadValue, match="processes: expected a whole number from 1 to 1000, got"):
        Processes(n)


# --- what cannot go from one process to another is said, and ends nothing but itself


class TwoArguments(Exception):
    """As of many libraries: it does not come out of pickle."""

    def __init__(self, code, text):
        super().__init__(f"{text} ({code})")


class HoldsALock(ValueError):
    def __init__(self, text):
        super().__init__(text)
        self.lock = threading.Lock()


class NoMessage(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def misbehave(item):
    what, folder = item
    if what == "fine":
        return what
    if what == "missing extra":
        raise MissingExtra("pythia8mc", "simulate", "event generation")
    if what == "two arguments":
        raise TwoArguments(7, "the disk is gone")
    if what == "lock":
        raise HoldsALock("with a lock")
    if what == "no message":
        raise NoMessage
    if what == "exit":
        sys.exit("enough")
    if what == "result":
        return threading.Lock()
    if what == "killed":
        while not (folder / "stored").exists():  # the other piece is done and stored
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError(what)


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("missing extra", MissingExtra, r"pip install 'anomalon\[simulate\]'"),
        ("two arguments", WorkerError, r"TwoArguments: the disk is gone \(7\)"),
        ("lock", WorkerError, "HoldsALock: with a lock"),
        ("no message", WorkerError, "NoMessage: no message: RuntimeError"),
        ("exit", WorkerError, "SystemExit: enough"),
        ("result", WorkerError, "result of a piece of work cannot be handed back.*lock"),
        ("killed", WorkerLost, "with 1 of 2 pieces finished.*memory.*fewer processes"),
    ],
)
def test_errors_come_with_their_words_and_nothing_finished_is_lost(tmp_path, what, error, message):
    found = []
    with pytest.raises(error, match=message) as caught:  # noqa: PT012
        for index, result in Processes(2).map_unordered(
            misbehave, [("fine", tmp_path), (what, tmp_path)]
        ):
            found.append((index, result))
            (tmp_path / "stored").touch()
    assert found == [(0, "fine")]
    if what not in ("killed", "result"):  # where it was raised stands beside it
        assert "in misbehave" in "".join(caught.value.__notes__)


def test_what_does_not_pickle_is_refused_before_any_work():
    with pytest.raises(BadValue, match=r"cannot be handed to another process.*top level"):
        list(Processes(2).map_unordered(lambda x: x, [1, 2]))
    with pytest.raises(BadValue, match=r"--processes 1"):
        list(Processes(2).map_unordered(square, [1, threading.Lock()]))


UNGUARDED = """
from anomalon.run import Processes
from anomalon.core.errors import WorkerLost
def square(x):
    return x * x
try:
    print(list(Processes(2).map_unordered(square, [1, 2])))
except WorkerLost as error:
    print(error)
"""


def test_a_class_of_an_interactive_session_is_said_to_be_unknown():
    done = subprocess.run(
        [sys.executable, "-c", UNGUARDED.replace("WorkerLost", "BadValue")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "another process cannot load this work" in done.stdout
    assert "notebook" in done.stdout


def test_a_script_without_a_guard_ends(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert 'needs `if __name__ == "__main__":`' in done.stdout


def test_no_more_work_is_packed_than_is_done_soon():
    taken = []

    class Items(list):
        def __iter__(self):
            for i in range(40):
                taken.append(i)
                yield i

    results = Processes(2).map_unordered(square, Items(range(40)))
    first = next(results)
    assert len(taken) <= 5
    assert dict([first, *results]) == {i: i * i for i in range(40)}


def sleep(item):
    (item / str(os.getpid())).touch()
    time.sleep(600)


def test_nobody_waits_for_work_that_nobody_wants(tmp_path):
    def interrupt():
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        list(Processes(2).map_unordered(sleep, [tmp_path] * 3))
    assert not any(alive(int(path.name)) for path in tmp_path.iterdir())


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
