"""Files of events at two levels: what is written is read again, and what is wrong is said."""

import h5py
import numpy as np
import pytest

from anomalon.core import Events
from anomalon.core.errors import (
    BadLayout,
    BadNumbers,
    BadRows,
    BadValue,
    TooFewEvents,
)
from anomalon.data import chunks, load
from anomalon.data.trigger import (
    FEATURE_NAMES,
    HLT_NAMES,
    L1_NAMES,
    biased_sample,
    write_trigger,
    write_trigger_chunks,
)


def made(names, n=50, seed=1, **more):
    rng = np.random.default_rng(seed)
    objects = np.stack(
        [
            rng.exponential(40.0, (n, 20)) + 1,
            rng.uniform(-2.5, 2.5, (n, 20)),
            rng.uniform(-np.pi, np.pi, (n, 20)),
        ],
        axis=-1,
    ).astype(np.float32)
    objects[:, 0, 1] = 0
    mask = rng.random((n, 20)) < 0.6
    return Events(
        np.where(mask[:, :, None], objects, 0).astype(np.float32),
        names,
        FEATURE_NAMES,
        mask,
        **more,
    )


def both(n=50):
    rng = np.random.default_rng(2)
    columns = {
        "event": np.arange(n) + 7_000_000_000,
        "process": rng.integers(1, 3, n).astype(np.int16),
        "run": np.ones(n, np.int32),
        "lumi": rng.integers(1, 9, n).astype(np.int32),
        "n_pv": rng.integers(30, 80, n).astype(np.int16),
        "split": rng.integers(0, 3, n).astype(np.int8),
        "passes_l1": rng.random(n) < 0.5,
        "passes_hlt": rng.random(n) < 0.1,
        "fired_random": np.ones(n, bool),
        "fired_J100": rng.random(n) < 0.5,
    }
    weight = rng.exponential(1e4, n)
    label = rng.integers(0, 2, n)
    return made(HLT_NAMES, n, 3, columns=columns, weight=weight, label=label), made(L1_NAMES, n, 4)


def test_what_is_written_is_read_at_either_level(tmp_path):
    hlt, l1 = both()
    path = write_trigger(hlt, l1, tmp_path / "a.h5")
    for found, level in ((load(path), hlt), (load(path, level="l1"), l1)):
        np.testing.assert_array_equal(found.objects, level.objects)
        np.testing.assert_array_equal(found.mask, level.mask)
        assert found.object_names == level.object_names
        assert found.object_kinds == level.object_kinds
        np.testing.assert_array_equal(found.weight, hlt.weight)
        np.testing.assert_array_equal(found.label, hlt.label)
        assert set(found.columns) == set(hlt.columns)
        for name, values in hlt.columns.items():
            np.testing.assert_array_equal(found.column(name), values)
            assert found.column(name).dtype == values.dtype
    assert load(path).object_kinds.count("photon") == 3
    assert load(path, level="l1").object_kinds.count("tau") == 3


def test_pieces_are_the_whole_and_chunks_make_the_same_file(tmp_path):
    hlt, l1 = both()
    path = write_trigger(hlt, l1, tmp_path / "a.h5")
    pieces = list(chunks(path, size=7, level="l1"))
    np.testing.assert_array_equal(np.concatenate([p.objects for p in pieces]), l1.objects)
    np.testing.assert_array_equal(load(path, start=10, stop=20).objects, hlt.objects[10:20])
    pairs = ((hlt[i : i + 9], l1[i : i + 9]) for i in range(0, 50, 9))
    other = write_trigger_chunks(pairs, tmp_path / "b.h5")
    assert other.read_bytes() == path.read_bytes()


def test_compact_numbers_are_near_and_first_level_keeps_its_steps(tmp_path):
    hlt, l1 = both()
    path = write_trigger(hlt, l1, tmp_path / "a.h5", compact=True)
    found = load(path)
    np.testing.assert_allclose(found.feature("pt"), hlt.feature("pt"), rtol=5e-4)
    np.testing.assert_allclose(found.feature("eta"), hlt.feature("eta"), atol=1.01 / 1024)
    np.testing.assert_allclose(found.feature("phi"), hlt.feature("phi"), atol=1.01 / 512)
    np.testing.assert_allclose(found.weight, hlt.weight, rtol=1e-7)
    first = load(path, level="l1")
    np.testing.assert_array_equal(first.feature("pt"), l1.feature("pt"))
    np.testing.assert_allclose(first.feature("eta"), l1.feature("eta"), atol=0.0055)
    np.testing.assert_allclose(first.feature("phi"), l1.feature("phi"), atol=0.0055)
    steps = l1.objects.copy()
    steps[:, :, 1] = np.rint(steps[:, :, 1] / 0.0435) * 0.0435
    steps[:, :, 2] = np.rint(steps[:, :, 2] * 72 / np.pi) * (np.pi / 72)
    exact = Events(steps, L1_NAMES, FEATURE_NAMES, l1.mask)
    found = load(write_trigger(hlt, exact, tmp_path / "b.h5", compact=True), level="l1")
    np.testing.assert_allclose(found.objects, steps, rtol=1e-6, atol=1e-7)
    assert found.column("fired_J100").tolist() == hlt.column("fired_J100").tolist()


def test_events_of_both_levels_take_seventy_bytes(tmp_path):
    """Objects of a few GeV and jets in a number that crossings have, drawn like them."""
    rng, n = np.random.default_rng(1), 20_000
    path = tmp_path / "a.h5"
    levels = []
    for names, jets in ((HLT_NAMES, 2.0), (L1_NAMES, 5.0)):
        objects = np.zeros((n, 20, 3), np.float32)
        count = np.minimum(rng.poisson(jets, n), 10)
        filled = np.zeros((n, 20), bool)
        filled[:, 0], filled[:, 10:] = True, np.arange(10) < count[:, None]
        objects[:, :, 0] = np.where(filled, np.rint(2 * (15 + rng.exponential(15, (n, 20)))) / 2, 0)
        eta = np.rint(rng.uniform(-4, 4, (n, 20)) / 0.0435) * 0.0435
        objects[:, 1:, 1] = np.where(filled, eta, 0)[:, 1:]
        phi = np.rint(rng.uniform(-71, 71, (n, 20))) * (np.pi / 72)
        objects[:, :, 2] = np.where(filled, phi, 0)
        levels.append(Events(objects, names, FEATURE_NAMES, filled))
    write_trigger(*levels, path, compact=True)
    assert path.stat().st_size / n < 70


def broken(tmp_path, change):
    path = write_trigger(*both(), tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def test_bad_files_say_what_is_wrong(tmp_path):
    def put(name, index, value):
        def change(file):
            file[name][index] = value

        return change

    cases = [
        (put("hlt/pt", (3, 2), -1.0), BadRows, "negative"),
        (put("hlt/phi", (3, 2), 4.0), BadRows, "from -pi to pi"),
        (put("hlt/eta", (3, 0), 0.5), BadRows, "eta of the missing momentum"),
        (put("hlt/eta", (3, 4), np.nan), BadNumbers, "pt, eta and phi"),
        (put("split", 0, 3), BadNumbers, "split"),
        (put("weight", 0, np.inf), BadNumbers, "weight"),
    ]
    for change, error, words in cases:
        with pytest.raises(error, match=words):
            load(broken(tmp_path, change))

    def drop(file):
        del file["l1/eta"]

    with pytest.raises(BadLayout, match="l1/eta"):
        load(broken(tmp_path, drop))

    def short(file):
        del file["weight"]
        file["weight"] = np.ones(3)

    with pytest.raises(BadLayout, match="'weight' to be a number for each of 50"):
        load(broken(tmp_path, short))
    with pytest.raises(BadValue, match="level"):
        load(broken(tmp_path, lambda _: None), level="l2")


def test_bad_events_are_not_written(tmp_path):
    hlt, l1 = both()
    with pytest.raises(BadLayout, match="level 'hlt'"):
        write_trigger(l1, hlt, tmp_path / "a.h5")
    with pytest.raises(BadLayout, match="50 at hlt and 49 at l1"):
        write_trigger(hlt, l1[:49], tmp_path / "a.h5")
    with pytest.raises(BadLayout, match="got none"):
        write_trigger_chunks([], tmp_path / "a.h5")
    with pytest.raises(BadValue, match=r"\.h5"):
        write_trigger(hlt, l1, tmp_path / "a.csv")
    objects = l1.objects.copy()
    objects[4, 3], mask = (-2.0, 0, 0), l1.mask.copy()
    mask[4, 3] = True
    bad = Events(objects, L1_NAMES, FEATURE_NAMES, mask)
    with pytest.raises(BadRows, match="l1: pt"):
        write_trigger(hlt, bad, tmp_path / "a.h5")
    assert not list(tmp_path.iterdir())


def test_a_file_says_how_it_was_drawn(tmp_path):
    hlt, l1 = both()
    strata = [
        {"name": "soft", "process": 1, "rate": 3e7, "n_generated": 100.0, "n_events": 20},
        {"name": "hard", "process": 2, "rate": 1e5, "n_generated": 40.0, "n_events": 30},
    ]
    about = {"strata": strata, "prescales": {"random": 4.0, "J100": 2.0}}
    path = write_trigger(hlt, l1, tmp_path / "a.h5", about=about)
    sample, events = biased_sample(path), load(path)
    assert sample.rate == 3.01e7
    fired = events.column("fired_J100")
    np.testing.assert_allclose(sample.chance(events), np.where(fired, 1 - 0.75 * 0.5, 0.25))
    unit = np.where(events.column("process") == 1, 3e5, 2500.0)
    np.testing.assert_allclose(sample.weights(events), unit / sample.chance(events))
    with pytest.raises(TooFewEvents, match="stratum soft"):
        sample.closure(events)
    with pytest.raises(BadLayout, match="prescales"):
        biased_sample(write_trigger(hlt, l1, tmp_path / "b.h5"))
