import pickle

import numpy as np
import pytest

from anomalon import Sample
from anomalon.core.errors import BadLayout, BadNumbers, ColumnMissing


def make(n=6, **changes):
    rng = np.random.default_rng(0)
    values = {
        "x": rng.normal(size=(n, 2)),
        "names": ("a", "b"),
        "mass": np.linspace(1000, 2000, n),
        "label": np.arange(n) % 2,
    } | changes
    return Sample(**values)


def test_defaults():
    s = make()
    assert len(s) == 6
    np.testing.assert_array_equal(s.weight, np.ones(6))
    np.testing.assert_array_equal(s.event, np.arange(6))


def test_slicing_keeps_identity_and_all_columns():
    s = make()[np.array([4, 1])]
    np.testing.assert_array_equal(s.event, [4, 1])
    np.testing.assert_array_equal(s.label, [0, 1])
    assert len(make()[-1]) == len(make()[2]) == 1
    assert make()[-1].event[0] == 5


def test_between_is_half_open():
    s = make()
    assert len(s.between(1000, 2000)) == 5


def test_blind_has_no_label_and_the_same_digest():
    assert make().blind().label is None
    assert make().blind().digest() == make().digest()


def test_digest_sees_all_else():
    base = make()
    changed = [
        make(x=base.x + 1e-9),
        make(mass=base.mass + 1),
        make(weight=np.full(6, 2.0)),
        make(event=np.arange(6)[::-1]),
        make(names=("a", "c")),
    ]
    assert len({s.digest() for s in [base, *changed]}) == 6


def test_select_and_column():
    s = make()
    np.testing.assert_array_equal(s.select(["b"]).x[:, 0], s.column("b"))
    with pytest.raises(ColumnMissing, match="did you mean 'tau21'"):
        make(names=("tau21", "b")).column("tau12")


def test_concatenate():
    s = Sample.concatenate([make(), make()])
    assert len(s) == 12
    assert s.label is not None
    assert Sample.concatenate([make(), make().blind()]).label is None
    with pytest.raises(BadLayout, match=r"\['a', 'b'\].*\['a', 'c'\]"):
        Sample.concatenate([make(), make(names=("a", "c"))])
    with pytest.raises(BadLayout):
        Sample.concatenate([])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"x": np.full((6, 2), np.nan)}, BadNumbers, r"feature 'a'.*6 of 6 rows \(first: 0, 1, 2"),
        ({"mass": np.full(6, np.inf)}, BadNumbers, "mass.*NaN or infinity"),
        (
            {"mass": np.array([1, 2, -3, 4, 5, 6])},
            BadNumbers,
            r"e\.g\. -3 in 1 of 6 rows \(first: 2",
        ),
        (
            {"label": [0, 1, 2, 0, 1, 2]},
            BadNumbers,
            r"label: .* got e\.g\. 2 in 2 of 6 rows \(first: 2",
        ),
        ({"label": [0.0, 0.5, 1, 1, 1, 1]}, BadNumbers, r"got e\.g\. 0\.5 in 1 of 6"),
        ({"names": ("a", "a")}, BadLayout, r"every name once, got \['a'\]"),
        ({"weight": np.ones(5)}, BadLayout, r"each of 6 events.*\(5,\)"),
        ({"label": np.ones(7)}, BadLayout, r"each of 6 events.*\(7,\)"),
        ({"names": ("a",)}, BadLayout, r"\(event, 1\).*\(6, 2\)"),
        ({"x": np.ones(6)}, BadLayout, r"\(event, 2\)"),
    ],
)
def test_bad_input_says_what_came(changes, error, message):
    with pytest.raises(error, match=message):
        make(**changes)


def test_pickles_for_worker_processes():
    s = pickle.loads(pickle.dumps(make()))
    assert s.digest() == make().digest()
