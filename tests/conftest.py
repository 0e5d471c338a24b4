"""Fixtures that several rooms share."""

import os
import signal
from importlib.metadata import version
from pathlib import Path

# A script that starts the tests in the background has interrupts ignored, by them and by all that
# they start: tests of Ctrl-C would wait for nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# One thread for each of the processes that share the tests, before a numerical library asks.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
# Most programs of the suite run for less time than it takes to compile them: LLVM in haste, and the
# old way to emit fused loops, take a quarter. With no optimisation at all, trainings would run for
# twice as long. Processes that tests start inherit it, so that they give the same bits. A jaxlib
# that does not know a flag ends the process: only those that do.
_IN_HASTE = ["--xla_backend_optimization_level=1"]
if (0, 7) <= tuple(int(part) for part in version("jaxlib").split(".")[:2]) <= (0, 10):
    _IN_HASTE += ["--xla_cpu_use_fusion_emitters=false", "--xla_llvm_disable_expensive_passes=true"]
os.environ.setdefault("XLA_FLAGS", " ".join(_IN_HASTE))
# And many of them are the same: what one test has compiled, others and the next run of the suite
# find. `pytest --cache-clear` forgets it.
_KEPT = Path(__file__).parents[1] / ".pytest_cache" / "d" / "jax"
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_KEPT))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

from collections.abc import Callable

import hypothesis
import pytest
from fake_scans import fake_scan
from found_spectra import found_bump, found_limit

from anomalon.search.results.bump import BumpResult
from anomalon.search.results.limit import LimitResult
from anomalon.search.results.scan import Scan

# No test asks for time: a machine that pauses for a moment fails nothing.
hypothesis.settings.register_profile("without deadlines", deadline=None)
hypothesis.settings.load_profile("without deadlines")


@pytest.fixture(scope="session")
def make_scan() -> Callable[..., Scan]:
    """The factory of scans that look like real ones."""
    return fake_scan


@pytest.fixture(scope="session")
def bump() -> BumpResult:
    """A bump hunt that found nothing."""
    return found_bump()


@pytest.fixture(scope="session")
def limit() -> LimitResult:
    """Limits against mass, in the spectrum of `bump`."""
    return found_limit()


@pytest.fixture
def no_figures(monkeypatch) -> None:
    """Pages without drawings, which take longer than a toy search."""
    monkeypatch.setattr("anomalon.report.document.drawings_of", lambda *_: iter(()))
