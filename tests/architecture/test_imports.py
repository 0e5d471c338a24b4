"""Imports go down only, third parties stay in their room, and nothing heavy comes uninvited."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import anomalon

ROOT = Path(anomalon.__file__).parents[2]
ROOMS = sorted(p.parent.name for p in Path(anomalon.__file__).parent.glob("*/__init__.py"))
HEAVY = ("jax", "equinox", "optax", "flowjax", "matplotlib", "sklearn", "lightgbm", "numba",
         "awkward", "uproot", "pyarrow", "h5py", "fastjet", "pythia8mc", "iminuit",
         "scipy")  # fmt: skip


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_the_contracts_of_the_rooms_hold():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


LIGHT_HANDED = """
import sys
def nothing_after(what):
    loaded = [m for m in sys.argv[1:] if m in sys.modules]
    assert not loaded, f"{what}: {loaded}"
import anomalon; anomalon.Events; anomalon.Sample; anomalon.Seed; anomalon.__version__
nothing_after("import")
from anomalon.cli import main
for words in ("--help", "--version", "search --help", "demo --help", "data convert --help",
              "simulate --help"):
    assert main(words.split()) == 0
    nothing_after(words)
"""


def test_nothing_heavy_is_loaded():
    """One after the other in one process: what one loads, it would load alone."""
    done = run(LIGHT_HANDED, *HEAVY)
    assert done.returncode == 0, done.stderr


ALONE = """
import importlib, json, sys, traceback, warnings
warnings.simplefilter("error")
for room in sys.argv[1:]:
    for module in [m for m in sys.modules if m.partition(".")[0] == "anomalon"]:
        del sys.modules[module]
    try:
        importlib.import_module(f"anomalon.{room}")
        error = ""
    except Exception:
        error = traceback.format_exc()
    loaded = [m for m in ("jax", "lightgbm", "sklearn", "matplotlib") if m in sys.modules]
    print(json.dumps([room, error, loaded]))
"""
LIGHT = ("core", "run", "stats", "jets", "data", "cli")


@pytest.fixture(scope="module")
def alone():
    """Errors of each room that is imported without the others, and what is loaded after it.

    In one process, which forgets anomalon in between and keeps third parties, so that those are
    loaded once. Rooms that may load less come first.
    """
    done = run(ALONE, *LIGHT, *(room for room in ROOMS if room not in LIGHT))
    assert done.returncode == 0, done.stderr
    rows = map(json.loads, done.stdout.splitlines())
    return {room: (error, loaded) for room, error, loaded in rows}


@pytest.mark.parametrize("room", LIGHT)
def test_rooms_without_learning_or_drawing_load_neither(room, alone):
    _, loaded = alone[room]
    assert not loaded


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_can_be_imported_alone(room, alone):
    error, _ = alone[room]
    assert not error, error


def test_public_names_are_there():
    for name in anomalon.__all__:
        assert getattr(anomalon, name) is not None, name
    assert set(anomalon.__all__) <= set(dir(anomalon))


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        anomalon.nonsense  # noqa: B018


def test_all_says_what_modules_define():
    from importlib import import_module

    for room in ROOMS:
        module = import_module(f"anomalon.{room}")
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), f"anomalon.{room}.{name}"


@pytest.mark.parametrize("package", ["anomalon", "anomalon.stats", "anomalon.search"])
def test_names_that_are_loaded_when_used_are_all_there(package):
    from importlib import import_module

    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None, name
    assert set(module.__all__) <= set(dir(module))


def test_names_that_have_moved_are_found_with_a_warning():
    import anomalon.stats
    from anomalon.stats.scans import sidak_test

    with pytest.warns(DeprecationWarning, match=r"import it from anomalon\.stats\.scans"):
        assert anomalon.stats.sidak_test is sidak_test
