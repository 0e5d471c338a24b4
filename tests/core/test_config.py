from dataclasses import dataclass

import numpy as np
import pytest

from anomalon.core.config import digest, lookup, to_plain
from anomalon.core.errors import UnknownKey


@dataclass(frozen=True)
class Part:
    kind = "part"
    size: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Whole:
    part: Part = Part()
    name: str = "x"


def test_plain():
    expected = {"part": {"kind": "part", "size": [1, 2]}, "name": "x"}
    assert to_plain(Whole()) == expected
    assert to_plain({"a": np.float64(1.5), "b": np.arange(2)}) == {"a": 1.5, "b": [0, 1]}


def test_digest_changes_with_any_setting():
    assert digest(Whole()) == digest(Whole())
    assert digest(Whole()) != digest(Whole(name="y"))
    assert digest(Whole()) != digest(Whole(part=Part((1, 3))))


def test_lookup_suggests():
    with pytest.raises(UnknownKey, match="did you mean 'cwola'"):
        lookup({"cwola": 1, "ideal": 2}, "cwolla", "background.kind")
