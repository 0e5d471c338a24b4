"""What each command loads, and how long that takes: from what Python says of its own imports."""

import resource
import subprocess
import sys
import time

import pytest

from anomalon.cli.main import COMMANDS

HELP = 0.3  # seconds for all modules of `--help`
UNINVITED = ("jax", "equinox", "optax", "lightgbm", "sklearn", "torch", "dask", "distributed")
SPECTRUM = "low,high,Data\n" + "".join(
    f"{m},{m + 100},{round(5000 * 0.9 ** (m // 100 - 10))}\n" for m in range(1000, 5000, 100)
)


def imported(*arguments: str, cwd=None) -> tuple[set[str], float]:
    """Top-level modules that Python loads, and the seconds that all imports take.

    Of a processor: where others use it as well, the clock runs on while the command waits.
    """
    start = _spent()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()
            if line.startswith("import time:") and "self [us]" not in line]  # fmt: skip
    processor, clock = (after - before for after, before in zip(_spent(), start, strict=True))
    seconds = sum(int(row[0]) for row in rows) / 1e6 * min(1.0, processor / clock)
    return {row[2].strip().partition(".")[0] for row in rows}, seconds


def _spent() -> tuple[float, float]:
    """Seconds so far of the processor, by all commands that were called, and of the clock."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime, time.perf_counter()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_answers_at_once_and_loads_nothing_heavy(command):
    heavy = {*UNINVITED, "numba", "scipy", "matplotlib", "h5py", "pyarrow", "uproot", "awkward"}
    # The fastest of up to three: what else the machine does is not in question.
    for _ in range(3):
        loaded, seconds = imported("-m", "anomalon", command, "--help")
        assert not heavy & loaded
        if seconds < HELP:
            break
    assert seconds < HELP


BOTH = """
from anomalon.cli import main
few = ["--closure", "0", "--resolution", "0.05"]
assert main(["bump", "spectrum.csv", "--toys", "20", *few, "--out", "bump"]) == 0
assert main(["limit", "spectrum.csv", "--masses", "2000", "2200", *few, "--out", "limit"]) == 0
"""


def test_searches_in_a_histogram_load_no_classifier(tmp_path):
    (tmp_path / "spectrum.csv").write_text(SPECTRUM)
    loaded, _ = imported("-c", BOTH, cwd=tmp_path)
    assert not set(UNINVITED) & loaded
    for command in ("bump", "limit"):
        assert (tmp_path / command / "result.json").exists()
