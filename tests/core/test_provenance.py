"""Keys of stored results know the code that made them."""

from pathlib import Path

import pytest

from anomalon.core import provenance


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A checkout of its own."""
    home = tmp_path / "anomalon"
    (home / "core").mkdir(parents=True)
    (home / "core" / "provenance.py").write_text("a = 1\n")
    (home / "search.py").write_text("b = 1\n")
    monkeypatch.setattr(provenance, "__file__", str(home / "core" / "provenance.py"))
    provenance.code_version.cache_clear()
    yield home
    provenance.code_version.cache_clear()


def version():
    provenance.code_version.cache_clear()
    return provenance.code_version()


def test_in_a_checkout_every_change_counts(package):
    first = version()
    assert first.startswith(f"{provenance.anomalon_version()}+")
    assert version() == first
    (package / "search.py").write_text("b = 2\n")
    second = version()
    (package / "search.py").rename(package / "find.py")
    assert len({first, second, version()}) == 3


def test_a_wheel_is_what_its_version_says(package, monkeypatch):
    class Wheel:
        def locate_file(self, name):
            return Path(package.parent, name)

    monkeypatch.setattr(provenance, "distribution", lambda _: Wheel())
    assert version() == provenance.anomalon_version()
