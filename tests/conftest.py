"""Fixtures that several rooms share."""

import os

# One thread for each of the processes that share the tests, before a numerical library asks.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from collections.abc import Callable

import pytest
from fake_scans import fake_scan

from anomalon.search.results.scan import Scan


@pytest.fixture(scope="session")
def make_scan() -> Callable[..., Scan]:
    """The factory of scans that look like real ones."""
    return fake_scan
