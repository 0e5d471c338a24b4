"""Groups of trainings that share a program."""

from anomalon.learn.engine.groups import n_steps, side_by_side


def test_steps_are_round_numbers():
    for rows in (1, 511, 512, 513, 10_000, 95_600, 95_900, 1_000_000):
        exact = -(-rows // 512)
        assert exact <= n_steps(rows, 512) <= max(exact * 17 / 16, exact)
    assert len({n_steps(rows, 512) for rows in range(94_500, 98_000, 100)}) == 1


def test_side_by_side_keeps_the_order():
    seen = []

    def run(group):
        seen.extend(group)
        return [10 * i for i in group]

    assert side_by_side([5, 5000, 6, 5001], 3, 512, run) == [0, 10, 20, 30]
    assert sorted(seen) == [0, 1, 2, 3]
