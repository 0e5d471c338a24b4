"""Eight numbers at a time: the vector instructions that numba does not find by itself.

A compiler may not reorder the minimum of floats (not a number, signed zeros), so that a loop over a
row of costs stays a chain of single comparisons. Each function here says `<8 x double>` itself;
LLVM splits that where a processor has narrower registers. Arrays are float64 in C order, padded to
eights; nothing is checked.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "LANES",
    "add_where",
    "best_of_block",
    "distances",
    "first_bit",
    "roots",
    "rows_paying",
    "smallest",
    "squares",
    "squares_around",
]

LANES = 8
"""Numbers in one vector, and columns in one block."""

_DOUBLE = ir.DoubleType()
_I64 = ir.IntType(64)
_I32 = ir.IntType(32)
_VECTOR = ir.VectorType(_DOUBLE, LANES)

# Each round of a minimum over eight vectors picks lanes of a pair of them; see `_minima`.
_ROUNDS = (
    ([0, 8, 2, 10, 4, 12, 6, 14], [1, 9, 3, 11, 5, 13, 7, 15]),
    ([0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]),
    ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]),
)

Generated = tuple[Any, Callable[..., Any]]


def _data(context: Any, builder: Any, signature: Any, args: Any, which: int) -> Any:
    """Where the numbers of an array argument lie."""
    return context.make_array(signature.args[which])(context, builder, args[which]).data


def _at(builder: Any, data: Any, index: Any) -> Any:
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _load(builder: Any, data: Any, index: Any) -> Any:
    return builder.load(_at(builder, data, index), align=8)


def _smaller(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)


def _picked(builder: Any, a: Any, b: Any, lanes: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, len(lanes)), lanes))


def _splat(builder: Any, number: Any) -> Any:
    empty = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(empty, number, ir.Constant(_I32, 0))
    return _picked(builder, one, one, [0] * LANES)


def _minima(builder: Any, vectors: list[Any]) -> Any:
    """The minimum of each of eight vectors, as one vector: pairs are interleaved and halved."""
    for left, right in _ROUNDS:
        vectors = [
            _smaller(builder, _picked(builder, a, b, left), _picked(builder, a, b, right))
            for a, b in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    return vectors[0]


def _bits(builder: Any, truths: Any) -> Any:
    """Eight truth values as the lowest bits of an integer."""
    return builder.zext(builder.bitcast(truths, ir.IntType(LANES)), _I64)


def _trailing_zeros(builder: Any, bits: Any) -> Any:
    return builder.cttz(bits, ir.Constant(ir.IntType(1), 1))


@contextmanager
def _by_lanes(builder: Any, n: Any) -> Iterator[Any]:
    """A loop over eights below n."""
    step = ir.Constant(_I64, LANES)
    with cgutils.for_range_slice(builder, ir.Constant(_I64, 0), n, step, _I64) as (k, _):
        yield k


def _of_lanes(builder: Any, name: str) -> Any:
    """A function of LLVM that works on all lanes."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR])
    return cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f64")


@intrinsic
def best_of_block(
    typing: Any, cost: Any, start: Any, width: Any, u: Any, parent: Any, paid: Any, node: Any
) -> Generated:
    """The smallest reduced cost in eight columns, and in which of them it is.

    Column k of the block is cost[start + k * width :][: width]; what its mass pays is
    `paid[node + k] - u[parent[node + k]]`, and its reduced cost min(cost - u) minus that.

    Returns:
        (reduced cost, k).
    """
    signature = types.Tuple((types.float64, types.int64))(
        cost, types.int64, types.int64, u, parent, paid, types.int64
    )

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = {k: _data(context, builder, signature, args, k) for k in (0, 3, 4, 5)}
        start, width, node = args[1], args[2], args[6]
        # Registers, as LLVM sees at once: one minimum per column.
        minima = [cgutils.alloca_once(builder, _VECTOR) for _ in range(LANES)]
        for one in minima:
            builder.store(ir.Constant(_VECTOR, [1e300] * LANES), one)
        starts = [
            builder.add(start, builder.mul(width, ir.Constant(_I64, k))) for k in range(LANES)
        ]
        with _by_lanes(builder, width) as t:
            potentials = _load(builder, data[3], t)
            for one, first in zip(minima, starts, strict=True):
                costs = _load(builder, data[0], builder.add(first, t))
                reduced = builder.fsub(costs, potentials)
                builder.store(_smaller(builder, reduced, builder.load(one)), one)
        pays = ir.Constant(_VECTOR, ir.Undefined)
        for k in range(LANES):
            row = builder.load(builder.gep(data[4], [builder.add(node, ir.Constant(_I64, k))]))
            of_row = builder.load(builder.gep(data[3], [builder.zext(row, _I64)]))
            pays = builder.insert_element(pays, of_row, ir.Constant(_I32, k))
        pays = builder.fsub(_load(builder, data[5], node), pays)
        reduced = builder.fsub(_minima(builder, [builder.load(one) for one in minima]), pays)
        best = reduced
        for half in (4, 2, 1):
            turned = _picked(builder, best, best, [(k + half) % LANES for k in range(LANES)])
            best = _smaller(builder, best, turned)
        lane = _bits(builder, builder.fcmp_ordered("==", reduced, best))
        best = builder.extract_element(best, ir.Constant(_I32, 0))
        return context.make_tuple(
            builder, signature.return_type, (best, _trailing_zeros(builder, lane))
        )

    return signature, generate


@intrinsic
def rows_paying(
    typing: Any, cost: Any, start: Any, width: Any, u: Any, t: Any, pays: Any, reduced: Any
) -> Generated:
    """Which of up to 64 numbers cost[start + k] - u[t + k] - pays are equal to a value, as bits.

    The same operations as in `best_of_block`, so that what was found there is found here.
    """
    signature = types.uint64(
        cost, types.int64, types.int64, u, types.int64, types.float64, types.float64
    )

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        costs, u = (_data(context, builder, signature, args, k) for k in (0, 3))
        pays, wanted = _splat(builder, args[5]), _splat(builder, args[6])
        found = cgutils.alloca_once_value(builder, ir.Constant(_I64, 0))
        with _by_lanes(builder, args[2]) as k:
            reduced = builder.fsub(
                _load(builder, costs, builder.add(args[1], k)),
                _load(builder, u, builder.add(args[4], k)),
            )
            same = builder.fcmp_ordered("==", builder.fsub(reduced, pays), wanted)
            bits = builder.shl(_bits(builder, same), k)
            builder.store(builder.or_(builder.load(found), bits), found)
        return builder.load(found)

    return signature, generate


@intrinsic
def smallest(typing: Any, cost: Any, start: Any, width: Any, u: Any) -> Generated:
    """The smallest of cost[start + k] - u[k] for k < width."""
    signature = types.float64(cost, types.int64, types.int64, u)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        costs, u = (_data(context, builder, signature, args, k) for k in (0, 3))
        minimum = cgutils.alloca_once(builder, _VECTOR)
        builder.store(ir.Constant(_VECTOR, [1e300] * LANES), minimum)
        with _by_lanes(builder, args[2]) as t:
            reduced = builder.fsub(
                _load(builder, costs, builder.add(args[1], t)), _load(builder, u, t)
            )
            builder.store(_smaller(builder, reduced, builder.load(minimum)), minimum)
        best = builder.load(minimum)
        for half in (4, 2, 1):
            turned = _picked(builder, best, best, [(k + half) % LANES for k in range(LANES)])
            best = _smaller(builder, best, turned)
        return builder.extract_element(best, ir.Constant(_I32, 0))

    return signature, generate


@intrinsic
def squares(
    typing: Any, to: Any, start: Any, width: Any, x: Any, y: Any, x0: Any, y0: Any
) -> Generated:
    """Squared distances of points (x, y)[k] from one point, to to[start + k]."""
    signature = types.void(to, types.int64, types.int64, x, y, types.float64, types.float64)
    return signature, _distances(lambda _, dx, dy, __: (dx, dy), root=False)


@intrinsic
def distances(
    typing: Any, to: Any, start: Any, width: Any, x: Any, y: Any, x0: Any, y0: Any
) -> Generated:
    """Distances of points (x, y)[k] from one point, to to[start + k]."""
    signature = types.void(to, types.int64, types.int64, x, y, types.float64, types.float64)
    return signature, _distances(lambda _, dx, dy, __: (dx, dy), root=True)


@intrinsic
def squares_around(
    typing: Any, to: Any, start: Any, width: Any, x: Any, y: Any, x0: Any, y0: Any, period: Any
) -> Generated:
    """Squared distances of points (x, y)[k] from one point, where y comes round."""
    signature = types.void(to, types.int64, types.int64, x, y, *[types.float64] * 3)

    def wrapped(builder: Any, dx: Any, dy: Any, period: Any) -> Any:
        turns = builder.call(_of_lanes(builder, "rint"), [builder.fdiv(dy, period)])
        return dx, builder.fsub(dy, builder.fmul(turns, period))

    return signature, _distances(wrapped, root=False)


def _distances(wrapped: Callable[..., Any], *, root: bool) -> Callable[..., Any]:
    """Code for (squared) distances, with differences as they are or wrapped."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        to, x, y = (_data(context, builder, signature, args, k) for k in (0, 3, 4))
        x0, y0, *period = (_splat(builder, number) for number in args[5:])
        with _by_lanes(builder, args[2]) as k:
            dx = builder.fsub(_load(builder, x, k), x0)
            dy = builder.fsub(_load(builder, y, k), y0)
            dx, dy = wrapped(builder, dx, dy, period[0] if period else None)
            found = builder.fadd(builder.fmul(dx, dx), builder.fmul(dy, dy))
            if root:
                found = builder.call(_of_lanes(builder, "sqrt"), [found])
            builder.store(found, _at(builder, to, builder.add(args[1], k)), align=8)
        return context.get_dummy_value()

    return generate


@intrinsic
def roots(typing: Any, values: Any, n: Any) -> Generated:
    """The square roots of the first n numbers, in place."""
    signature = types.void(values, types.int64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = _data(context, builder, signature, args, 0)
        root = _of_lanes(builder, "sqrt")
        with _by_lanes(builder, args[1]) as k:
            where = _at(builder, data, k)
            value = builder.call(root, [builder.load(where, align=8)])
            builder.store(value, where, align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_where(typing: Any, u: Any, t: Any, bits: Any, value: Any) -> Generated:
    """Add a value to those of eight numbers u[t + k] whose bit k is set."""
    signature = types.void(u, types.int64, types.uint64, types.float64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = _data(context, builder, signature, args, 0)
        lanes = builder.bitcast(
            builder.trunc(args[2], ir.IntType(LANES)), ir.VectorType(ir.IntType(1), LANES)
        )
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        added = builder.select(lanes, _splat(builder, args[3]), zero)
        where = _at(builder, data, args[1])
        builder.store(builder.fadd(builder.load(where, align=8), added), where, align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def first_bit(typing: Any, bits: Any) -> Generated:
    """The number of the lowest bit that is set; of an integer that is not zero."""
    signature = types.int64(types.uint64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _trailing_zeros(builder, args[0])

    return signature, generate
