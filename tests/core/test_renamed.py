from dataclasses import dataclass

import pytest

from anomalon.core.errors import BadValue
from anomalon.core.renamed import gathered, renamed


@renamed(n_pseudo="n_toys")
def hunt(n_toys: int, *, seed: int = 0) -> tuple[int, int]:
    """Something."""
    return n_toys, seed


def test_the_former_name_works_with_a_warning():
    with pytest.warns(DeprecationWarning, match="hunt: n_pseudo is now n_toys"):
        assert hunt(n_pseudo=3, seed=1) == (3, 1)
    assert hunt(n_toys=3) == hunt(3) == (3, 0)
    assert hunt.__name__ == "hunt"


def test_both_names_are_refused():
    with pytest.raises(BadValue, match="n_toys: got it twice, also by its former name n_pseudo"):
        hunt(n_toys=1, n_pseudo=2)


@dataclass(frozen=True)
class Windows:
    """A settings value."""

    widths: tuple[int, ...] = (1,)
    step: int = 1


@gathered("windows", Windows, "widths", "step")
def scan(n: int, *, windows: Windows | tuple[int, ...] = (1,)) -> tuple[int, object]:
    """Something."""
    return n, windows


def test_arguments_that_became_fields_work_with_a_warning():
    with pytest.warns(DeprecationWarning, match=r"scan: widths, step now belong to windows=Win"):
        assert scan(3, widths=(2, 3), step=2) == (3, Windows((2, 3), 2))
    with pytest.warns(DeprecationWarning, match="step now belongs to windows="):
        assert scan(3, windows=(4,), step=2) == (3, Windows((4,), 2))
    assert scan(3, windows=(4,)) == (3, (4,))  # as it is
    assert scan.__name__ == "scan"


def test_fields_beside_their_value_are_refused():
    with pytest.raises(BadValue, match="windows: got it beside step, which it says already"):
        scan(3, windows=Windows(), step=2)


def test_the_former_names_of_statistics_are_found():
    import anomalon.stats
    from anomalon.stats.scans.found_bump import FoundBump

    with pytest.warns(DeprecationWarning, match="is now FoundBump"):
        assert anomalon.stats.BumpHunt is FoundBump
    with pytest.warns(DeprecationWarning, match="n_pseudo is now n_toys"):
        found = anomalon.stats.bump_hunt(([9.0, 4.0], [0, 1, 2]), [5.0, 5.0], n_pseudo=20)
    assert isinstance(found, FoundBump)
    assert len(found.t_toys) == 20
