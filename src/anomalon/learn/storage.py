"""Fitted scorers as files: a JSON header and plain arrays in one `.npz`; loading runs no code.

A new kind of scorer gets one entry in `_KINDS`: how to take it apart and how to put it together.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from anomalon.core.atomic import write_atomically
from anomalon.core.config import lookup
from anomalon.core.errors import AnomalonError, BadLayout, BadValue
from anomalon.core.seed import Seed
from anomalon.learn.base import Scorer
from anomalon.learn.boosted_trees import BoostedTreesScorer
from anomalon.learn.ensemble import EnsembleScorer
from anomalon.learn.k_fold import KFoldScorer
from anomalon.learn.mlp import MLP
from anomalon.learn.network import NetworkScorer, Standardisation

__all__ = ["load_scorer", "save_scorer"]

_FORMAT = 1
_HEADER = "header"

Arrays = dict[str, NDArray[Any]]
Header = dict[str, Any]


def save_scorer(scorer: Scorer, path: Path | str) -> None:
    """Write a fitted scorer to a `.npz` file; it is there whole or not at all.

    Raises:
        BadValue: If the path does not end in .npz or the scorer is of a kind that has no file form.
        DataError: If the file cannot be written.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise BadValue(f"save_scorer: expected a path that ends in .npz, got {path}.")
    arrays: Arrays = {}
    header = {"format": _FORMAT, "scorer": _take_apart(scorer, "scorer", arrays)}
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with write_atomically(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **{_HEADER: text}, **arrays)


def load_scorer(path: Path | str) -> Scorer:
    """Read a scorer that `save_scorer` wrote; it gives the same scores, bit by bit.

    Raises:
        BadLayout: If the file is not a scorer of a known format.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop(_HEADER).tobytes())
        version = header["format"]
        if version == _FORMAT:
            return _put_together(header["scorer"], "scorer", arrays)
    except AnomalonError:
        raise
    except FileNotFoundError as error:
        raise BadLayout(f"{path}: there is no such file.") from error
    except Exception as error:  # archives and what is in them can be wrong in many ways
        raise BadLayout(f"{path}: not a scorer that save_scorer wrote ({error}).") from error
    raise BadLayout(f"{path}: expected format {_FORMAT}, got {version}. Update anomalon.")


@dataclass(frozen=True)
class _Kind:
    scorer: type[Scorer]
    take_apart: Callable[[Any, str, Arrays], Header]
    put_together: Callable[[Header, str, Mapping[str, NDArray[Any]]], Scorer]


def _take_apart(scorer: Scorer, where: str, arrays: Arrays) -> Header:
    for name, kind in _KINDS.items():
        if isinstance(scorer, kind.scorer):
            head = {"kind": name, "names": list(scorer.names)}
            return head | kind.take_apart(scorer, where, arrays)
    raise BadValue(
        f"save_scorer: no file form for {type(scorer).__name__}; known: {', '.join(_KINDS)}."
    )


def _put_together(header: Header, where: str, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
    kind: _Kind = lookup(_KINDS, header["kind"], where)
    return kind.put_together(header, where, arrays)


def _trees_apart(scorer: BoostedTreesScorer, where: str, arrays: Arrays) -> Header:
    arrays[where] = np.frombuffer(scorer.booster.model_to_string().encode(), np.uint8)
    return {}


def _trees(header: Header, where: str, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
    booster = lightgbm.Booster(model_str=arrays[where].tobytes().decode())
    return BoostedTreesScorer(booster, tuple(header["names"]))


def _network_apart(scorer: NetworkScorer, where: str, arrays: Arrays) -> Header:
    for i, (weight, bias) in enumerate(scorer.layers):
        arrays[f"{where}/weight{i}"], arrays[f"{where}/bias{i}"] = map(np.asarray, (weight, bias))
    arrays[f"{where}/mean"] = scorer.standardisation.mean
    arrays[f"{where}/std"] = scorer.standardisation.std
    return {"hidden": list(scorer.model.hidden), "dropout": scorer.model.dropout}


def _network(header: Header, where: str, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
    n_layers = len(header["hidden"]) + 1
    return NetworkScorer(
        MLP(tuple(header["hidden"]), header["dropout"]),
        tuple((arrays[f"{where}/weight{i}"], arrays[f"{where}/bias{i}"]) for i in range(n_layers)),
        Standardisation(arrays[f"{where}/mean"], arrays[f"{where}/std"]),
        tuple(header["names"]),
    )


def _parts_apart(parts: tuple[Scorer, ...], where: str, arrays: Arrays) -> list[Header]:
    return [_take_apart(part, f"{where}/{i}", arrays) for i, part in enumerate(parts)]


def _parts(
    headers: list[Header], where: str, arrays: Mapping[str, NDArray[Any]]
) -> tuple[Scorer, ...]:
    return tuple(_put_together(h, f"{where}/{i}", arrays) for i, h in enumerate(headers))


def _ensemble_apart(scorer: EnsembleScorer, where: str, arrays: Arrays) -> Header:
    return {
        "members": _parts_apart(scorer.members, where, arrays),
        "seed": _seed_apart(scorer.seed),
        "subsample": scorer.subsample,
    }


def _ensemble(header: Header, where: str, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
    return EnsembleScorer(
        _parts(header["members"], where, arrays),
        tuple(header["names"]),
        _seed(header["seed"]),
        header["subsample"],
    )


def _k_fold_apart(scorer: KFoldScorer, where: str, arrays: Arrays) -> Header:
    return {
        "models": _parts_apart(scorer.models, where, arrays),
        "seed": _seed_apart(scorer.seed),
    }


def _k_fold(header: Header, where: str, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
    return KFoldScorer(
        _parts(header["models"], where, arrays), tuple(header["names"]), _seed(header["seed"])
    )


def _seed_apart(seed: Seed) -> Header:
    return {"root": seed.root, "path": list(seed.path)}


def _seed(header: Header) -> Seed:
    return Seed(header["root"], tuple(header["path"]))


_KINDS: dict[str, _Kind] = {
    "boosted_trees": _Kind(BoostedTreesScorer, _trees_apart, _trees),
    "network": _Kind(NetworkScorer, _network_apart, _network),
    "ensemble": _Kind(EnsembleScorer, _ensemble_apart, _ensemble),
    "k_fold": _Kind(KFoldScorer, _k_fold_apart, _k_fold),
}
