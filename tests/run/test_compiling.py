"""Kernels that several threads need at once, before any of them is compiled."""

import os
import subprocess
import sys

TOGETHER = """
import sys, threading
import numpy as np
from anomalon.features.kernels import standardise

sys.setswitchinterval(1e-5)
start, wrong = threading.Barrier(8), []

def work(i):
    x, z = np.ones((64, 5, 3)), np.zeros((64, 5, 3), np.float64 if i % 2 else np.float32)
    scale = np.zeros((5, 3)), np.ones((5, 3))
    start.wait()
    try:
        standardise(x, np.ones((64, 5), bool), 0, np.array([True, False, False]), 2, True,
                    np.ones(5, bool), *scale, np.inf, z)
    except Exception as error:
        wrong.append(repr(error))

threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong, sorted({"awkward", "sympy", "vector"} & set(sys.modules)))
"""
THEIRS = """
import awkward, numba
print(numba.njit(lambda jets: len(jets[0]))(awkward.Array([[1, 2], [3]])))
"""


def test_threads_may_ask_for_a_kernel_that_nobody_has_compiled(tmp_path):
    """Without a lock two of three runs ended in a KeyError out of the depths of numba.

    Kernels that are compiled here load no extensions of numba by other packages, which are slow;
    a kernel of the user after them does.
    """
    places = {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER + THEIRS],
        env=os.environ | places, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["[] []", "2"], done.stderr
