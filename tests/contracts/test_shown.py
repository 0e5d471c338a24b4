"""What every public value with arrays promises: a short `repr`, and a table in a notebook."""

import importlib
import inspect
import pkgutil
import warnings
from dataclasses import dataclass, fields, is_dataclass
from typing import get_type_hints

import numpy as np
import pytest

import anomalon
from anomalon.core.shown import Shown
from anomalon.data import read_spectrum


def public_dataclasses():
    """By the names that packages offer."""
    packages = ["anomalon"] + [
        m.name for m in pkgutil.walk_packages(anomalon.__path__, "anomalon.") if m.ispkg
    ]
    found = set()
    for name in packages:
        package = importlib.import_module(name)
        offered = [getattr(package, word) for word in getattr(package, "__all__", ())]
        found |= {x for x in offered if inspect.isclass(x) and is_dataclass(x)}
    return sorted(found, key=lambda x: x.__qualname__)


def has_arrays(kind):
    hints = get_type_hints(kind)
    said = [str(hints[f.name]) for f in fields(kind)]
    return any("ndarray" in text and "Callable" not in text for text in said)


def of_dataclass(kind):
    """Whether the representation is that which `dataclass` writes: every number of every array."""
    return hasattr(kind.__repr__, "__wrapped__")


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    WITH_ARRAYS = [kind for kind in public_dataclasses() if has_arrays(kind)]


def test_many_are_found():
    assert {"SpectrumTable", "Spectrum", "Sample", "Coverage"} < {x.__name__ for x in WITH_ARRAYS}
    assert len(WITH_ARRAYS) > 30


@pytest.mark.parametrize("kind", WITH_ARRAYS, ids=lambda kind: kind.__name__)
def test_a_value_with_arrays_shows_itself_in_few_words(kind):
    assert not of_dataclass(kind)
    assert callable(kind._repr_html_)


def test_the_law_is_broken_by_a_plain_dataclass():
    @dataclass(frozen=True)
    class Plain:
        x: np.ndarray

    assert has_arrays(Plain)
    assert of_dataclass(Plain)


def test_facts_of_fields_are_short_whatever_is_in_them():
    @dataclass(frozen=True, eq=False, repr=False)
    class Everything(Shown):
        a: np.ndarray
        b: np.ndarray
        names: tuple[str, ...]
        by_name: dict[str, np.ndarray]
        inner: object
        n: int
        rate: float
        flag: bool
        none: None = None

    x = np.arange(99.0)
    names = tuple(map(str, range(1000)))
    inner = Everything(x, x > 3, names, {"x": x}, None, 3, 0.25, flag=True)
    value = Everything(x, x > 3, names, {"x": x, "y": x}, inner, 1234, 0.25, flag=True)
    lines = repr(value).replace("\u202f", " ").splitlines()
    assert lines[:3] == ["Everything", "  a: 0 to 98, shape (99,)", "  b: shape (99,)"]
    assert "  by name: x, y" in lines
    assert "  n: 1 234" in lines
    assert "  rate: 0.25" in lines
    assert "  flag: True" in lines
    assert len(repr(value)) < 1000
    assert len(value._repr_html_()) < 3000
    assert "<td" in value._repr_html_()


def test_what_read_spectrum_returns_is_short(tmp_path):
    rows = [f"{m},{m + 10},{m % 7}" for m in range(1000, 3000, 10)]
    (tmp_path / "s.csv").write_text("\n".join(["low,high,events", *rows]))
    found = read_spectrum(tmp_path / "s.csv")
    assert "bins: 200" in repr(found)
    assert "mass: 1 000 to 3 000 GeV" in repr(found).replace("\u202f", " ")
    assert len(repr(found)) < 1000
    assert "<caption>SpectrumTable" in found._repr_html_()
