"""How far a table is from another: by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from anomalon.learn.autoencoders.distance import Distance

X = np.array([[[1.0, 2.0], [3.0, 0.0]]])
Y = np.array([[[1.5, 2.0], [0.0, 2.0]]])
BOTH, FIRST = np.array([[True, True]]), np.array([[True, False]])


@pytest.mark.parametrize(
    ("distance", "mask", "value"),
    [
        (Distance(), BOTH, (0.25 / 2 + (9 + 4) / 2) / 2),
        (Distance(), FIRST, 0.25 / 2),
        (Distance(masked=False), FIRST, (0.25 / 2 + (9 + 4) / 2) / 2),
        (Distance(reduce="sum"), BOTH, 0.25 + 9 + 4),
        (Distance(first="absolute", reduce="sum"), BOTH, 0.5 + 3 + 4),
        (Distance(first="huber", reduce="sum"), BOTH, 0.125 + 2.5 + 4),
    ],
)
def test_by_hand(distance, mask, value):
    assert float(jax.jit(distance)(X, Y, mask)[0]) == pytest.approx(value)


def test_angles_go_around():
    """A full turn apart is no distance; small ones are those of a line."""
    turn = 4.0  # in units of the table
    distance = jax.jit(Distance(turns=(turn,), reduce="sum"))
    x = np.zeros((3, 1, 1))
    y = np.array([[[turn]], [[0.01]], [[turn / 2]]])
    far = np.asarray(distance(x, y, np.ones((3, 1), bool)))
    assert far[0] == pytest.approx(0, abs=1e-5)
    assert far[1] == pytest.approx(1e-4, rel=1e-3)
    assert far[2] == pytest.approx((turn / 2) ** 2, rel=1e-5)


def test_the_gradient_goes_the_shorter_way():
    distance = Distance(turns=(4.0,), reduce="sum")
    there = np.ones((1, 1), bool)

    def far(y):
        return distance(jnp.zeros((1, 1, 1)), y.reshape(1, 1, 1), there)[0]

    assert float(jax.jit(jax.grad(far))(np.float32(3.5))) == pytest.approx(
        -1.0
    )  # 0.5 short of a turn


def test_groups_count_the_same_whatever_their_number():
    distance = jax.jit(Distance(groups=(0, 1, 1)))
    x, y = np.zeros((1, 3, 1)), np.array([[[2.0], [1.0], [1.0]]])
    everything = np.ones((1, 3), bool)
    assert float(distance(x, y, everything)[0]) == pytest.approx((4 + 1) / 2)
    none_of_the_first = np.array([[False, True, True]])
    assert float(distance(x, y, none_of_the_first)[0]) == pytest.approx(1)


def test_an_event_of_nothing_has_no_distance():
    nothing = np.zeros((1, 2), bool)
    assert float(jax.jit(Distance())(X, Y, nothing)[0]) == 0
    assert float(jax.jit(Distance(groups=(0, 1)))(X, Y, nothing)[0]) == 0
