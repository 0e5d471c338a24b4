"""Fixtures that several rooms share."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from anomalon.search.result import Scan


@pytest.fixture(scope="session")
def make_scan() -> Callable[..., Scan]:
    """The factory `fake_scan` of tests/report/scans.py."""
    path = Path(__file__).parent / "report" / "scans.py"
    spec = importlib.util.spec_from_file_location("fake_scans", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fake_scan
