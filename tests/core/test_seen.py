"""What was seen is known again; what nothing may learn from is refused."""

import numpy as np
import pytest
from toy_events import FEATURES, NAMES, toy_background, toy_signal

from anomalon.core import Events
from anomalon.core.errors import ColumnMissing, Leak
from anomalon.core.seen import Seen, fingerprint, part, refuse_leaks, with_split


def test_a_fingerprint_knows_what_is_in_an_event_and_nothing_else():
    events = toy_background(500)
    swapped = np.array([0, 2, 1, 4, 3, 8, 7, 6, 5])
    other = Events(
        events.objects[:, swapped].astype(np.float64), NAMES, FEATURES, events.mask[:, swapped],
        columns={"event": np.arange(500)[::-1]}, source="another file",
    )  # fmt: skip
    assert np.array_equal(fingerprint(events), fingerprint(other))
    assert len(np.unique(fingerprint(events))) == 500
    changed = events.objects.copy()
    changed[:, 0, 0] = np.nextafter(changed[:, 0, 0], np.float32(np.inf))
    moved = Events(changed, NAMES, FEATURES, events.mask)
    assert not np.isin(fingerprint(moved), fingerprint(events)).any()


def test_an_electron_is_no_muon():
    pt = np.full((1, 1, 3), 5.0)
    electron, muon = (
        Events(np.concatenate([pt, pt], axis=1), ("met", kind), FEATURES)
        for kind in ("electron", "muon")
    )
    assert fingerprint(electron)[0] != fingerprint(muon)[0]


def test_minus_zero_is_zero():
    plus, minus = (Events(np.full((1, 1, 3), x), ("jet",), FEATURES) for x in (0.0, -0.0))
    assert fingerprint(plus)[0] == fingerprint(minus)[0]


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_share_that_was_seen_is_estimated(share):
    seen, fresh = toy_background(20_000, 1), toy_background(20_000, 2)
    n = int(20_000 * share)
    mixed = Events.concatenate([seen[:n], fresh[n:]])
    sketch = Seen.of([seen[:7000], seen[7000:]])
    assert sketch.n_events == 20_000
    assert len(sketch.smallest) < 20_000
    # a random fifth of the fingerprints decides
    assert abs(sketch.share(mixed) - share) < 4 * np.sqrt(share * (1 - share) / 4000) + 1e-9


def test_pieces_make_the_same_sketch():
    events = toy_background(9000)
    whole, pieces = Seen.of([events]), Seen.of([events[i : i + 1000] for i in range(0, 9000, 1000)])
    assert np.array_equal(whole.smallest, pieces.smallest)


def test_events_of_one_object_on_a_coarse_grid_are_no_sign_of_a_leak():
    pt = np.random.default_rng(1).integers(5, 15, (2, 500, 2, 3)).astype(float)
    mask = np.array([True, False])
    one, other = (
        Events(np.where(mask[:, None], x, 0.0), ("jet", "muon"), FEATURES, np.tile(mask, (500, 1)))
        for x in pt
    )
    assert np.isin(fingerprint(one), fingerprint(other)).any()
    assert Seen.of([one]).share(other) == 0
    jets = [Events(x[:, :1], ("jet",), FEATURES) for x in pt]  # all that there can be
    assert Seen.of(jets[:1]).share(jets[0]) == 1


def test_nothing_was_seen_of_nothing():
    assert Seen.of([]).share(toy_background(10)) == 0
    assert Seen.of([toy_background(10)]).share(toy_background(0)) == 0


def test_parts_have_their_shares_and_copies_stay_together():
    events = toy_background(20_000)
    split = with_split(events, validation=0.2, test=0.3, seed=5)
    for name, share in (("train", 0.5), ("validation", 0.2), ("test", 0.3)):
        n = len(part(split, name))
        assert abs(n / 20_000 - share) < 4 * np.sqrt(share * (1 - share) / 20_000)
    again = with_split(events[::-1], validation=0.2, test=0.3, seed=5)
    assert np.array_equal(again.column("split")[::-1], split.column("split"))
    other = with_split(events, validation=0.2, test=0.3, seed=6)
    assert not np.array_equal(other.column("split"), split.column("split"))


def test_leaks_are_refused_by_name():
    split = with_split(toy_background(100))
    refuse_leaks(part(split, "train"), "this")
    refuse_leaks(part(split, "validation"), "this")
    with pytest.raises(Leak, match=r"this: expected events to be fitted on, got \d+ of 100"):
        refuse_leaks(split, "this")
    with pytest.raises(Leak, match=r"this: expected background .* 7 of 7 events of true signal"):
        refuse_leaks(toy_signal(7), "this")
    refuse_leaks(toy_signal(7).blind(), "this")  # data of which nobody knows
    with pytest.raises(ColumnMissing):
        part(toy_background(5), "train")
