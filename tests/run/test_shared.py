"""What all pieces need goes to each process once, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from anomalon.core import Sample
from anomalon.core.errors import BadValue, DataError
from anomalon.run import Processes
from anomalon.run.shared import Shared, parts_of


@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int8, np.bool_]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    st.integers(0, 63),
)
def test_arrays_come_out_as_they_went_in(array, shift):
    given = {"array": array, "turned": np.asfortranarray(array), "every other": array[..., ::2]
             if array.ndim else array, "word": "m", "none": None}  # fmt: skip
    blob = b"".join(parts_of(given))
    found = Shared(memoryview(bytes(shift) + blob)[shift:]).value  # wherever it lies
    assert found.keys() == given.keys()
    for name in ("array", "turned", "every other"):
        assert found[name].dtype == given[name].dtype
        np.testing.assert_array_equal(found[name], given[name])
    assert found["array"].flags.aligned


def test_large_arrays_are_not_copied_and_read_only():
    sample = Sample(np.ones((1000, 3)), ("a", "b", "c"), np.full(1000, 3e3))
    memory = b"".join(parts_of(sample))
    found = Shared(memory).value
    assert found.digest() == sample.digest()
    assert not any(a.flags.writeable for a in (found.x, found.mass, found.weight, found.event))
    assert sum(len(part) for part in parts_of(sample)) < 1.05 * (6 * 8000)


def test_what_does_not_pickle_is_named():
    with pytest.raises(BadValue, match="what all pieces of work need cannot be handed"):
        list(Processes(2).map_unordered(len, [1], lambda x: x))


def test_a_full_disk_is_said(monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: Full())
    with pytest.raises(DataError, match=r"No space left.*TMPDIR"):
        list(Processes(2).map_unordered(len, [1], np.ones(3)))


WORKERS = """
import os, pathlib, sys, time
import numpy as np
from anomalon.run import Processes
def sleep(i, shared):
    pathlib.Path(sys.argv[1], f"{os.getpid()}-{shared.sum():.0f}").touch()
    time.sleep(600)
if __name__ == "__main__":
    list(Processes(2).map_unordered(sleep, [0, 1], np.ones(1_000_000)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX signals")
def test_a_killed_parent_leaves_no_file(tmp_path):
    for name in ("pids", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "workers.py").write_text(WORKERS)
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "workers.py", tmp_path / "pids"],
        env=os.environ | {"TMPDIR": str(tmp_path / "tmp")},
    )
    deadline = time.monotonic() + 120
    while len(list((tmp_path / "pids").iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    names = [path.name for path in (tmp_path / "pids").iterdir()]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert [name.split("-")[1] for name in names] == ["1000000"] * 2
    assert not [path for path in (tmp_path / "tmp").rglob("*") if path.is_file()]
