"""Fixtures that several rooms share."""

from collections.abc import Callable

import pytest
from fake_scans import fake_scan

from anomalon.search.result import Scan


@pytest.fixture(scope="session")
def make_scan() -> Callable[..., Scan]:
    """The factory of scans that look like real ones."""
    return fake_scan
