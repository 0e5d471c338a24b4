"""What the source must not do, whoever wrote it."""

import ast
import re
import subprocess
from collections.abc import Iterator
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


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def test_the_library_does_not_print():
    found = [
        where(path, node)
        for path in SOURCES
        for node in calls(path)
        if isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert found == []


def test_no_global_random_numbers():
    found = []
    for path in SOURCES:
        guard = GUARD if path.parts[-2:] == ("detectors", "foreign.py") else set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value) in ("np.random", "numpy.random")
                and node.attr not in ALLOWED_RANDOM | guard
            ):
                found.append(where(path, node))
            if isinstance(node, ast.Import) and any(a.name == "random" for a in node.names):
                found.append(where(path, node))
    assert found == []


def test_random_generators_come_from_a_named_seed():
    found = [
        where(path, node)
        for path in SOURCES
        for node in calls(path)
        if ast.unparse(node.func).endswith("default_rng") and path.name != "seed.py"
    ]
    assert found == []


def test_nothing_is_pickled():
    """What goes to our own worker processes is: it never is on disk longer than they live."""
    found = []
    for path in SOURCES:
        if path.parts[-2:] == ("run", "shared.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if {"pickle", "joblib", "dill", "cloudpickle"} & set(names):
                found.append(where(path, node))
    assert found == []


def test_no_error_is_swallowed():
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                silent = all(isinstance(line, ast.Pass) for line in node.body)
                broad = node.type is None or ast.unparse(node.type) == "BaseException"
                if silent or broad:
                    found.append(where(path, node))
    assert found == []


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
    forbidden = re.compile("|".join(map("".join, parts)))
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # Parquet and images
        found += [
            f"{path.relative_to(ROOT)}:{n}"
            for n, line in enumerate(text.splitlines(), 1)
            if forbidden.search(line)
        ]
    assert found == []
