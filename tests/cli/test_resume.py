"""A run that is killed goes on where it was, and nobody can tell from the result."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from toy_search import background

from anomalon.cli import main
from anomalon.data import write

CONFIG = """
name = "Killed"
seed = 4
[data]
path = "data.parquet"
[windows]
start = 2400
stop = 4800
[search]
features = [["a", "b"]]
efficiencies = [0.1]
n_members = 2
n_folds = 2
classifier = { kind = "boosted_trees", n_trees = 40 }
"""


def arguments(out):
    return ["search", "search.toml", "--out", out, "--processes", "1"]


def finished(store, ending="json"):
    kept = store.glob(f"[!.]*.{ending}")  # what begins with a dot is being written
    return len(list(kept)) if store.exists() else 0


LONG = "anomalon.search.histogram.pieces._LONG"
HUNT = """
import sys
from anomalon.cli import main
from anomalon.search.histogram import pieces
pieces._LONG = 8000
sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX process groups")
def test_kill_9_and_start_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(background(8000), tmp_path / "data.parquet")
    (tmp_path / "search.toml").write_text(CONFIG)
    victim = subprocess.Popen(
        [sys.executable, "-m", "anomalon", *arguments("killed")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    store, deadline = tmp_path / "killed" / "store", time.monotonic() + 120
    while finished(store) < 1 and victim.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(victim.pid, signal.SIGKILL)
    assert victim.wait() == -signal.SIGKILL, "it was done before it could be killed"
    done = finished(store)
    assert 1 <= done < 3
    assert not (tmp_path / "killed" / "result.json").exists()
    before = {path: path.stat().st_mtime_ns for path in store.glob("*.json")}
    # once more from where it was, and once in a go
    assert main(arguments("killed")) == 0
    assert main(arguments("whole")) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    killed, whole = (tmp_path / name / "result.json" for name in ("killed", "whole"))
    assert killed.read_bytes() == whole.read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_ctrl_c_in_a_long_bump_hunt_and_start_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    edges = np.linspace(1000.0, 5000.0, 41)
    counts = np.random.default_rng(1).poisson(3e4 * np.exp(-edges[:-1] / 600.0))
    rows = [f"{a},{b},{n}" for a, b, n in zip(edges, edges[1:], counts, strict=False)]
    (tmp_path / "mjj.csv").write_text("\n".join(["low,high,count", *rows]))

    def hunt(out):
        fast = ("--shape", "exponential", "--toys", "4000", "--closure", "0")
        return ["bump", "mjj.csv", *fast, "--out", out]

    victim = subprocess.Popen(
        [sys.executable, "-c", HUNT, *hunt("stopped")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    store, deadline = tmp_path / "stopped" / "store", time.monotonic() + 120
    while finished(store, "npz") < 1 and victim.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    victim.send_signal(signal.SIGINT)
    _, said = victim.communicate()
    assert victim.returncode == 128 + signal.SIGINT, "it was done before it could be stopped"
    assert "Interrupted. What is finished is kept in stopped;" in said
    done = finished(store, "npz")
    assert 1 <= done < 8
    before = {path: path.stat().st_mtime_ns for path in store.iterdir()}
    assert len(before) == done  # nothing half-written
    # on from where it was, and once in a go that is too short to be kept
    monkeypatch.setattr(LONG, 8000)
    assert main(hunt("stopped")) == 0
    assert finished(store, "npz") == 8
    assert {path: path.stat().st_mtime_ns for path in before} == before
    monkeypatch.setattr(LONG, 8001)
    assert main(hunt("whole")) == 0
    assert finished(tmp_path / "whole" / "store", "npz") == 0
    stopped, whole = (tmp_path / name / "result.json" for name in ("stopped", "whole"))
    assert stopped.read_bytes() == whole.read_bytes()
