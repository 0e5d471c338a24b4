"""The shipped samples: whatever is there loads, and no two share an event."""

from typing import get_args

import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events
from toy_jets import toy_jets

from anomalon.core import Events, Sample
from anomalon.core.errors import BadValue, UnknownKey
from anomalon.data import available, catalogue, sample, sample_file, write
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.data.jets import write_jets
from anomalon.data.trigger import (
    FEATURE_NAMES,
    HLT_NAMES,
    L1_NAMES,
    biased_sample,
    write_trigger,
)

TRIGGER = ("trigger_one",)
STRATUM = {"name": "all", "process": 1, "rate": 5.0, "n_generated": 3.0, "n_events": 3}
DRAWN = {"prescales": None, "strata": [STRATUM]}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A catalogue of two small samples instead of the shipped ones."""
    for name in ("qcd_one", "qcd_two"):
        part = Sample(x=np.ones((4, 1)), names=("mJ1",), mass=np.ones(4), event=[7, 7, 2**40, 0])
        write(part, tmp_path / "samples" / f"{name}.parquet")
    (tmp_path / "samples" / "README.md").write_text("not a sample")
    (tmp_path / "samples" / "forty_mhz").mkdir()
    for k in (1, 2):
        events = forty_mhz_events(6, seed=k)
        write_forty_mhz(events, tmp_path / "samples" / "forty_mhz" / f"forty_mhz_{k}.h5")
    (tmp_path / "samples" / "jets").mkdir()
    write_jets(toy_jets(6), tmp_path / "samples" / "jets" / "jets_one.h5")
    (tmp_path / "samples" / "trigger").mkdir()
    levels = [
        Events(np.ones((3, 20, 3), np.float32) * [[[k, 0, 0]]], names, FEATURE_NAMES)
        for k, names in ((1, HLT_NAMES), (2, L1_NAMES))
    ]
    write_trigger(*levels, tmp_path / "samples" / "trigger" / "trigger_one.h5", about=DRAWN)
    monkeypatch.setattr(catalogue, "files", lambda package: tmp_path)


def test_available(shelf):
    assert available() == ("forty_mhz_1", "forty_mhz_2", "jets_one", "qcd_one", "qcd_two", *TRIGGER)


def test_events_are_events(shelf):
    one, two = sample("forty_mhz_1"), sample("forty_mhz_2")
    assert isinstance(one, Events)
    assert isinstance(sample("qcd_one"), Sample)
    joined = Events.concatenate([one, two])
    assert len(set(joined.column("event"))) == 12
    np.testing.assert_array_equal(one.objects, forty_mhz_events(6, seed=1).objects)
    assert not set(one.column("event")) & set(sample("qcd_one").event)
    jets = sample("jets_one")
    assert len(set(jets.column("event"))) == 3  # two jets of each event
    assert jets.object_kinds[0] == "constituent"


def test_events_of_a_trigger_have_two_levels_and_say_how_they_were_drawn(shelf):
    hlt, l1 = sample("trigger_one"), sample("trigger_one", level="l1")
    np.testing.assert_array_equal(hlt.column("event"), l1.column("event"))
    assert (hlt.objects[0, 0, 0], l1.objects[0, 0, 0]) == (1, 2)
    with sample_file("trigger_one") as path:
        assert biased_sample(path).rate == 5.0
    with pytest.raises(BadValue, match="option `level`"):
        sample("forty_mhz_1", level="l1")


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
        assert isinstance(
            part, Events if name.startswith(("forty_mhz", "jets", "trigger")) else Sample
        )
        assert len(part) > 0
        new = set((part.column("event") if isinstance(part, Events) else part.event).tolist())
        assert not ids & new
        ids |= new


def test_names_that_type_checkers_know_are_there():
    assert set(get_args(catalogue.Dijets)) <= set(available())
