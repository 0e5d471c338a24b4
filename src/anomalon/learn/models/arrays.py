"""A module as plain arrays, and again: the rest of it is known to who builds it."""

from collections.abc import Mapping
from typing import Any, TypeVar

import equinox as eqx
import jax
import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout

__all__ = ["arrays_of", "below", "filled"]

Module = TypeVar("Module")


def arrays_of(module: Any) -> dict[str, NDArray[Any]]:
    """The arrays of a module, by their position in it."""
    leaves = jax.tree.leaves(eqx.filter(module, _is_array))
    return {str(i): np.asarray(leaf) for i, leaf in enumerate(leaves)}


def filled(module: Module, arrays: Mapping[str, NDArray[Any]]) -> Module:
    """The module with what `arrays_of` gave in the place of its own arrays.

    Raises:
        BadLayout: If these are not those of such a module.
    """
    own, rest = eqx.partition(module, _is_array)
    leaves, structure = jax.tree.flatten(own)
    shapes = [np.shape(leaf) for leaf in leaves]
    given = [arrays.get(str(i)) for i in range(len(leaves))]
    if [None if a is None else a.shape for a in given] != shapes or len(arrays) != len(leaves):
        raise BadLayout(
            f"module: expected {len(leaves)} arrays of shapes {shapes}, got "
            f"{[a.shape for a in arrays.values()]}."
        )
    return eqx.combine(jax.tree.unflatten(structure, given), rest)


def below(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Those whose names begin so, without it."""
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _is_array(leaf: Any) -> bool:
    """Of JAX or of NumPy: what comes out of a training is NumPy's."""
    return isinstance(leaf, jax.Array | np.ndarray)
