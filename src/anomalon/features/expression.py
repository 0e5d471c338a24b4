"""Formulas in the columns of a sample, as a user writes them: `tau21_J1 < 0.4 and mJ1 > 50`.

What may be written: names of columns (in quotes where they are no plain names: `"m(jj)" / 2`),
numbers, + - * / ** and a sign, comparisons (also 50 < mJ1 < 200), `and`, `or`, `not`, parentheses,
and the functions of `FUNCTIONS`. The text is taken apart with Python's own parser, but never run:
whatever is not on this list is refused, with its place in the text.

A number that does not exist, as 0/0, makes a comparison that nobody knows the answer of. Where the
rest decides (`tau1 > 0 and tau2 / tau1 < 0.4` for tau1 = 0) that does not matter; elsewhere it is
an error, because an event would be dropped silently.
"""

import ast
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue, suggest
from anomalon.core.sample import Sample

__all__ = ["FUNCTIONS", "Expression"]

Floats = NDArray[np.floating[Any]]
Kind = Literal["number", "condition"]

FUNCTIONS: dict[str, tuple[Callable[..., Floats], int]] = {
    **{name: (getattr(np, name), 1) for name in ("abs", "sqrt", "exp", "log", "log10")},
    "min": (np.minimum, 2),
    "max": (np.maximum, 2),
}
"""Functions by name, and how many numbers each takes."""

_ARITHMETIC: dict[type[ast.operator], Callable[..., Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_COMPARED: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_PYTHON = {ast.BitAnd: "and", ast.BitOr: "or"}  # what others write &, |
_LONGEST = 1000  # characters
_DEEPEST = 100  # levels


@dataclass(frozen=True)
class Expression:
    """A formula in columns.

    Args:
        text: As it was written.
        where: What it is called in messages.

    Raises:
        BadValue: If it is no such formula; the message says at which character.

    Example:
        >>> cut = Expression("a < 0.4 and not b == 1")
        >>> cut.kind, cut.columns
        ('condition', ('a', 'b'))
    """

    text: str
    where: str = "formula"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", " ".join(check.text(self.text, self.where).splitlines()))
        if len(self.text) > _LONGEST:
            raise self._wrong(f"expected at most {_LONGEST} characters, got {len(self.text)}")
        if not self.columns:
            raise self._wrong("expected the name of a column, got none")

    @cached_property
    def kind(self) -> Kind:
        """Whether it gives a number for each event, or yes and no."""
        return self._kind(self._tree)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names, in its order."""
        assert self.kind
        called = {id(node.func) for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        named = [
            (node.col_offset, _name(node))
            for node in ast.walk(self._tree)
            if isinstance(node, ast.expr) and id(node) not in called and _is_column(node)
        ]
        return tuple(dict.fromkeys(name for _, name in sorted(named)))

    def on(self, sample: Sample) -> Floats:
        """Its value for each event, shape (event,), float64; of a condition 1 or 0.

        Raises:
            ColumnMissing: If the sample lacks one of its columns.
            BadNumbers: If the value of an event does not exist or is infinite.
        """
        with np.errstate(all="ignore"):
            values = np.broadcast_to(self._value(self._tree, sample), len(sample))
        what = f"{sample.source}: {self.where} '{self.text}'"
        check.finite(values, what)
        return np.asarray(values, dtype=np.float64)

    @cached_property
    def _tree(self) -> ast.expr:
        text = self.text
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what is refused below
                tree = ast.parse(text.strip(), mode="eval")
        except SyntaxError as error:
            moved = len(text) - len(text.lstrip())
            at = moved + (error.offset or len(text) + 1)
            raise self._wrong(f"not a formula: {error.msg}", at) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise self._wrong(f"not a formula: {error}") from None
        level: list[ast.AST] = [tree.body]
        for _ in range(_DEEPEST):
            level = [inner for node in level for inner in ast.iter_child_nodes(node)]
            if not level:
                return tree.body
        raise self._wrong(f"expected at most {_DEEPEST} levels of parentheses and signs")

    def _kind(self, node: ast.expr) -> Kind:
        """Number or condition; refuses what is neither."""
        if _is_column(node) or _is_number(node):
            return "number"
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            self._require("number", node.left, node.right)
            return "number"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            self._require("number", node.operand)
            return "number"
        if isinstance(node, ast.Call):
            self._check_call(node)
            return "number"
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARED for op in node.ops):
            self._require("number", node.left, *node.comparators)
            return "condition"
        if isinstance(node, ast.BoolOp):
            self._require("condition", *node.values)
            return "condition"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._require("condition", node.operand)
            return "condition"
        hint = ""
        if isinstance(node, ast.BinOp) and type(node.op) in _PYTHON:
            hint = f"; write `{_PYTHON[type(node.op)]}`"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            hint = "; write `not`"
        allowed = "columns, numbers, + - * / **, comparisons, and, or, not"
        raise self._wrong(f"expected {allowed}, got `{self._said(node)}`{hint}", self._place(node))

    def _check_call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else self._said(node.func)
        if name not in FUNCTIONS:
            raise self._wrong(
                f"no function `{name}`; {suggest(name, FUNCTIONS)}",
                self._place(node),
            )
        wanted = FUNCTIONS[name][1]
        if len(node.args) != wanted or node.keywords:
            raise self._wrong(f"`{name}` takes {wanted} number(s)", self._place(node))
        self._require("number", *node.args)

    def _require(self, kind: Kind, *nodes: ast.expr) -> None:
        for node in nodes:
            got = self._kind(node)
            if got != kind:
                hint = f"; compare it: `{self._said(node)} == 1`" if kind == "condition" else ""
                raise self._wrong(
                    f"expected a {kind}, got the {got} `{self._said(node)}`{hint}",
                    self._place(node),
                )

    def _value(self, node: ast.expr, sample: Sample) -> Floats:
        """Numbers; of a condition 1, 0 and NaN, which nobody knows."""

        def of(inner: ast.expr) -> Floats:
            return self._value(inner, sample)

        match node:
            case ast.BinOp():
                return _ARITHMETIC[type(node.op)](of(node.left), of(node.right))
            case ast.UnaryOp(op=ast.USub()):
                return -of(node.operand)
            case ast.UnaryOp(op=ast.Not()):
                return 1 - of(node.operand)
            case ast.UnaryOp():
                return of(node.operand)
            case ast.Call(func=ast.Name(id=name)):
                return FUNCTIONS[name][0](*map(of, node.args))
            case ast.Compare():
                ends = [of(end) for end in (node.left, *node.comparators)]
                pairs = zip(node.ops, ends, ends[1:], strict=False)
                return reduce(_and, (_compared(*pair) for pair in pairs))
            case ast.BoolOp(op=ast.And()):
                return reduce(_and, map(of, node.values))
            case ast.BoolOp():
                return 1 - reduce(_and, (1 - of(value) for value in node.values))
            case ast.Constant(value=float() | int() as number):
                return np.asarray(number, dtype=np.float64)
        return np.asarray(sample.column(_name(node)), dtype=np.float64)

    def _said(self, node: ast.expr) -> str:
        return check.shown(ast.get_source_segment(self.text.strip(), node) or "?")[1:-1]

    def _place(self, node: ast.expr) -> int:
        """The character where it begins, from 1 on."""
        before = self.text.strip().encode()[: node.col_offset].decode()
        return len(self.text) - len(self.text.lstrip()) + len(before) + 1

    def _wrong(self, why: str, place: int | None = None) -> BadValue:
        at = "" if place is None else f" (at character {place})"
        text = self.text if len(self.text) <= 100 else f"{self.text[:97]}..."
        return BadValue(f"{self.where}: '{text}'{at}: {why}.")


def _is_column(node: ast.AST) -> bool:
    """A name, or a text that is one."""
    if isinstance(node, ast.Name):
        return True
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else str(getattr(node, "value", ""))


def _is_number(node: ast.AST) -> bool:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    # an integer that no float holds is as much a number as 1e999, and of no use
    return isinstance(node.value, float | int) and abs(node.value) < 10**300


def _and(one: Floats, other: Floats) -> Floats:
    """Both; no if one of them is no, whatever the other."""
    return np.where((one == 0) | (other == 0), 0.0, one * other)


def _compared(op: ast.cmpop, one: Floats, other: Floats) -> Floats:
    known = ~(np.isnan(one) | np.isnan(other))
    return np.where(known, _COMPARED[type(op)](one, other).astype(np.float64), np.nan)
