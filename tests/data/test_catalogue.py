"""The shipped samples: whatever is there loads, and no two share an event."""

import numpy as np
import pytest

from anomalon.core import Sample
from anomalon.core.errors import UnknownKey
from anomalon.data import available, catalogue, sample, write


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A catalogue of two small samples instead of the shipped ones."""
    for name in ("qcd_one", "qcd_two"):
        part = Sample(x=np.ones((4, 1)), names=("mJ1",), mass=np.ones(4), event=[7, 7, 2**40, 0])
        write(part, tmp_path / "samples" / f"{name}.parquet")
    (tmp_path / "samples" / "README.md").write_text("not a sample")
    monkeypatch.setattr(catalogue, "files", lambda package: tmp_path)


def test_available(shelf):
    assert available() == ("qcd_one", "qcd_two")


def test_identities_are_distinct_between_and_kept_within(shelf):
    one, two = sample("qcd_one"), sample("qcd_two")
    assert not set(one.event) & set(two.event)
    assert one.event[0] == one.event[1]
    assert len(set(one.event)) == 3
    assert (one.event >= 0).all()


def test_unknown_name(shelf):
    with pytest.raises(UnknownKey, match=r"no shipped sample 'qcd_oen'; did you mean 'qcd_one'?"):
        sample("qcd_oen")


def test_shipped_samples_load():
    ids: set[int] = set()
    for name in available():
        part = sample(name)
        assert isinstance(part, Sample)
        assert len(part) > 0
        assert not ids & set(part.event.tolist())
        ids |= set(part.event.tolist())
