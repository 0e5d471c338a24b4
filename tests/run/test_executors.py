import pytest

from anomalon.core.errors import BadValue
from anomalon.run import Processes, Serial, default_executor

EXECUTORS = [Serial(), Processes(1), Processes(2)]


def square(x):
    return x * x


def fail_on_two(x):
    if x == 2:
        raise ValueError("two")
    return x


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_every_item_once(executor):
    found = dict(executor.map_unordered(square, range(5)))
    assert found == {i: i * i for i in range(5)}


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_errors_come_through(executor):
    with pytest.raises(ValueError, match="two"):
        list(executor.map_unordered(fail_on_two, [2, 1, 3]))


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_nothing_to_do(executor):
    assert list(executor.map_unordered(square, [])) == []


def test_choice():
    assert default_executor(1) == Serial()
    assert default_executor(3) == Processes(3)
    with pytest.raises(BadValue, match="at least 1"):
        Processes(0)
