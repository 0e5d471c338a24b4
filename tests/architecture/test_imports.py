"""Imports go down only, third parties stay in their room, and nothing heavy comes uninvited."""

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


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_the_contracts_of_the_rooms_hold():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize(
    "code",
    [
        "import anomalon; anomalon.Events; anomalon.Sample; anomalon.Seed; anomalon.__version__",
        "from anomalon.cli import main; main(['--help'])",
        "from anomalon.cli import main; main(['--version'])",
        "from anomalon.cli import main; main(['search', '--help'])",
        "from anomalon.cli import main; main(['demo', '--help'])",
        "from anomalon.cli import main; main(['data', 'convert', '--help'])",
        "from anomalon.cli import main; main(['simulate', '--help'])",
    ],
)
def test_nothing_heavy_is_loaded(code):
    done = run(
        f"{code}\nimport sys; loaded = [m for m in {HEAVY} if m in sys.modules]\n"
        "assert not loaded, loaded"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("room", ["core", "run", "stats", "jets", "data", "cli"])
def test_rooms_without_learning_or_drawing_load_neither(room):
    done = run(
        f"import anomalon.{room}, sys\n"
        "loaded = [m for m in ('jax', 'lightgbm', 'sklearn', 'matplotlib') if m in sys.modules]\n"
        "assert not loaded, loaded"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_can_be_imported_alone(room):
    done = run(f"import warnings; warnings.simplefilter('error'); import anomalon.{room}")
    assert done.returncode == 0, done.stderr


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
