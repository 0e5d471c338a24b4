"""Settings of a training."""

import pytest

from anomalon.core.errors import BadValue
from anomalon.learn.engine import Adam, Schedule


@pytest.mark.parametrize(
    "setting",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"optimiser": 0.1},
        {"halve_after": -1},
        {"patience": -1},
        {"choose": "first"},
        {"keep": 0},
        {"passes": "fast"},
    ],
)
def test_settings_are_checked(setting):
    [(name, value)] = setting.items()
    with pytest.raises(BadValue, match=f"{name}: expected .* got {value!r}"):
        Schedule(**setting)
    with pytest.raises(BadValue, match=r"learning_rate: expected a .* got 0"):
        Adam(0)
