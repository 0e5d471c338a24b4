"""A run that is killed goes on where it was, and nobody can tell from the result."""

import os
import signal
import subprocess
import sys
import time

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
classifier = { kind = "boosted_trees", n_trees = 80 }
"""


def arguments(out):
    return ["search", "search.toml", "--out", out, "--processes", "1"]


def finished(store):
    return len(list(store.glob("*.json"))) if store.exists() else 0


@pytest.mark.slow
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
