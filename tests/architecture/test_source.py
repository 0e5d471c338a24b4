"""What the source must not do, whoever wrote it."""

import ast
import subprocess
from pathlib import Path

import pytest

import anomalon

PACKAGE = Path(anomalon.__file__).parent
ROOT = PACKAGE.parents[1]
SOURCES = sorted(PACKAGE.rglob("*.py"))

# The legacy functions of numpy.random share one global state.
ALLOWED_RANDOM = {"Generator", "default_rng", "SeedSequence", "PCG64", "BitGenerator"}


# What estimators of other packages draw from that state is seeded, and the state put back.
GUARD = {"get_state", "seed", "set_state"}


def prints(node: ast.AST, path: Path) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def takes_global_random_numbers(node: ast.AST, path: Path) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == "random" for alias in node.names)
    guard = GUARD if path.parts[-2:] == ("detectors", "foreign.py") else set()
    return (
        isinstance(node, ast.Attribute)
        and node.attr not in ALLOWED_RANDOM | guard
        and ast.unparse(node.value) in ("np.random", "numpy.random")
    )


def makes_a_generator(node: ast.AST, path: Path) -> bool:
    return (
        isinstance(node, ast.Call)
        and path.name != "seed.py"
        and ast.unparse(node.func).endswith("default_rng")
    )


def pickles(node: ast.AST, path: Path) -> bool:
    """What goes to our own worker processes is: it never is on disk longer than they live."""
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    shared = path.parts[-2:] == ("run", "shared.py")
    return not shared and bool({"pickle", "joblib", "dill", "cloudpickle"} & set(names))


def swallows_errors(node: ast.AST, path: Path) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    silent = all(isinstance(line, ast.Pass) for line in node.body)
    return silent or node.type is None or ast.unparse(node.type) == "BaseException"


MUST_NOT = (prints, takes_global_random_numbers, makes_a_generator, pickles, swallows_errors)


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """Where the source does what it must not, gone through once."""
    places: dict[str, list[str]] = {does.__name__: [] for does in MUST_NOT}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for does in MUST_NOT:
                if does(node, path):
                    places[does.__name__].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return places


@pytest.mark.parametrize("does", MUST_NOT, ids=lambda does: does.__name__)
def test_the_library_does_none_of_it(does, found):
    assert found[does.__name__] == []


@pytest.mark.parametrize(
    ("does", "line"),
    [
        (prints, "print(1)"),
        (takes_global_random_numbers, "import random"),
        (takes_global_random_numbers, "np.random.normal()"),
        (makes_a_generator, "np.random.default_rng(1)"),
        (pickles, "import pickle"),
        (pickles, "from joblib import dump"),
        (swallows_errors, "try: f()\nexcept ValueError: pass"),
        (swallows_errors, "try: f()\nexcept: g()"),
        (swallows_errors, "try: f()\nexcept BaseException: g()"),
    ],
)
def test_what_it_must_not_do_is_found(does, line):
    assert any(does(node, PACKAGE / "any.py") for node in ast.walk(ast.parse(line)))


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout: there is no list of tracked files")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_machine():
    # In two parts each, so that this file does not find itself.
    parts = (
        ("/ho", "me/"),
        ("/ro", "ot/"),
        ("/wo", "rk/"),
        ("/t", "mp/"),
        ("file:/", "//"),
        ("extra-index", "-url"),
    )
    forbidden = tuple(map("".join, parts))
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # Parquet and images
        if any(words in text for words in forbidden):
            found += [
                f"{path.relative_to(ROOT)}:{n}"
                for n, line in enumerate(text.splitlines(), 1)
                if any(words in line for words in forbidden)
            ]
    assert found == []
