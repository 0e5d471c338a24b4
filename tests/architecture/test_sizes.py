"""A function fits on a screen, its arguments into the head, a file into an afternoon."""

import ast
from collections.abc import Iterator
from pathlib import Path

import anomalon

PACKAGE = Path(anomalon.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

MOST_LINES = 60  # of a function, blank ones and its docstring too
MOST_ARGUMENTS = 8  # without self
MOST_LINES_OF_A_FILE = 400

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> Iterator[Function]:
    """All but kernels: what numba compiles cannot hand on values with names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and not any(map(compiles, node.decorator_list)):
            yield node


def compiles(decorator: ast.expr) -> bool:
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(name).rpartition(".")[2] in ("njit", "compiled", "intrinsic")


def n_lines(function: Function) -> int:
    return function.end_lineno - function.lineno + 1


def n_arguments(function: Function) -> int:
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def too_much(source: str, where: str) -> list[str]:
    """What is too long or takes too many arguments, a line each."""
    found = []
    for function in functions(source):
        at = f"{where}:{function.lineno} {function.name}"
        if n_lines(function) > MOST_LINES:
            found.append(f"{at}: {n_lines(function)} lines, at most {MOST_LINES}")
        if n_arguments(function) > MOST_ARGUMENTS:
            found.append(f"{at}: {n_arguments(function)} arguments, at most {MOST_ARGUMENTS}")
    return found


def test_functions_fit_on_a_screen_and_take_few_arguments():
    found = [
        line
        for path in SOURCES
        for line in too_much(path.read_text("utf-8"), str(path.relative_to(PACKAGE)))
    ]
    assert not found, (
        "look for the second idea in a long function, for what the module should say instead "
        "of its docstring, and for the value that arguments which belong together are:\n"
        + "\n".join(found)
    )


def test_files_are_short():
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    found = [
        f"{path.relative_to(PACKAGE)}: {n} lines, at most {MOST_LINES_OF_A_FILE}"
        for path, n in lines.items()
        if n > MOST_LINES_OF_A_FILE
    ]
    assert not found, "a file is about one concept; give the other its own:\n" + "\n".join(found)


def test_what_is_too_much_is_found():
    body = "\n".join(["    x = 1"] * (MOST_LINES - 3))  # beside the docstring
    long = f'def f(a):\n    """Words\n\n    and more."""\n{body}\n'
    assert too_much(long, "here") == ["here:1 f: 61 lines, at most 60"]
    assert too_much(long.replace("    x = 1\n", "", 1), "here") == []
    nine = "class A:\n    async def g(self, a, b, c, d, e, *, f, g, h, i): ...\n"
    assert too_much(nine, "here") == ["here:2 g: 9 arguments, at most 8"]
    assert too_much(nine.replace(", i", ""), "here") == []
    for kernel in ("@njit", "@numba.njit(cache=True)", "@compiled", "@compiled()"):
        assert too_much(f"{kernel}\n{long}", "here") == []
    assert too_much(f"@jax.jit\n{long}", "here") != []
