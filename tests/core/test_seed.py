import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon import Seed
from anomalon.core.errors import BadValue


@given(st.integers(0, 2**40), st.text(max_size=5), st.integers(0, 5))
def test_same_name_same_numbers(root, name, index):
    one = Seed(root).child(name, fold=index).generator().random(3)
    two = Seed(root).child(name, fold=index).generator().random(3)
    np.testing.assert_array_equal(one, two)


def test_names_are_kept_apart():
    seeds = [
        Seed(1),
        Seed(2),
        Seed(1).child("a"),
        Seed(1).child("a", "b"),
        Seed(1).child("ab"),
        Seed(1).child(a=1),
        Seed(1).child(a=1, b=2),
        Seed(1).child(a=12),
    ]
    assert len({s.integer(2**63) for s in seeds}) == len(seeds)


def test_order_of_keyword_indices_does_not_matter():
    assert Seed(3).child(a=1, b=2) == Seed(3).child(b=2, a=1)


def test_numbers_do_not_depend_on_the_process():
    code = "from anomalon import Seed; print(Seed(7).child('x', i=3).integer())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(out.stdout) == Seed(7).child("x", i=3).integer()


def test_streams_are_independent():
    draws = np.array([Seed(0).child(i=i).generator().standard_normal() for i in range(2000)])
    assert abs(draws.mean()) < 5 / np.sqrt(2000)
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 5 / np.sqrt(2000)


@pytest.mark.parametrize("bad", [-1, 1.5, "7", True, None])
def test_refuses_what_is_no_seed(bad):
    with pytest.raises(BadValue, match="non-negative integer"):
        Seed(bad)
