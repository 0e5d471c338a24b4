import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet
import pytest
from parcels import Parcels

import anomalon.simulate.harvest
import anomalon.simulate.order as ordering
from anomalon.core import Seed
from anomalon.core.errors import BadValue, DataError, TooFewEvents
from anomalon.data import load
from anomalon.simulate import events
from anomalon.simulate.dijet import DijetSelection, dijet_table
from anomalon.simulate.generate import generate
from anomalon.simulate.order import Order
from anomalon.simulate.recipe import a_h_zprime, qcd_dijet, w_prime
from anomalon.simulate.table import SIMULATE_METADATA

SIGNAL = w_prime(3500, 500, 100, mpi=False)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """120 signal events in chunks of 80 tried."""
    path = tmp_path_factory.mktemp("generate") / "signal.parquet"
    return generate(SIGNAL, 120, path, seed=4, chunk_size=80)


def test_the_file_loads_as_a_sample(sample):
    events = load(sample.path)
    assert len(events) == sample.n_events == 120
    assert (events.label == 1).all()
    assert events.mass.min() > 2500.0
    assert not sample.path.with_name(sample.path.name + ".parts").exists()


def test_mass_peaks_are_where_they_were_asked(sample):
    table = pyarrow.parquet.read_table(sample.path)
    mjj, light, difference = (table[c].to_numpy() for c in ("mjj", "mJ1", "dmJ"))
    assert np.median(mjj) == pytest.approx(3500, rel=0.05)
    # Where the heavier jet holds all of X; a prong outside lowers the mass of some.
    heavy = (light + difference)[difference > 200]
    assert len(heavy) > 50
    assert np.median(heavy) == pytest.approx(500, rel=0.10)


def test_a0_keeps_its_mass(tmp_path):
    # Without a forced width Pythia runs, but puts the mass at the edge of its range.
    made = generate(
        a_h_zprime(3000, 300, 150, mpi=False), 30, tmp_path / "a.parquet", chunk_size=80
    )
    table = pyarrow.parquet.read_table(made.path)
    assert np.median(table["mjj"].to_numpy()) == pytest.approx(3000, rel=0.05)
    heavy = table["mJ1"].to_numpy() + table["dmJ"].to_numpy()
    assert np.median(heavy) == pytest.approx(300, rel=0.10)


def test_executors_do_not_change_the_events(sample, tmp_path):
    other = generate(SIGNAL, 120, tmp_path / "b.parquet", seed=4, chunk_size=80, executor=Parcels())
    assert sample.path.read_bytes() == other.path.read_bytes()


def test_more_events_begin_with_the_same_and_seeds_differ(sample, tmp_path):
    few = generate(SIGNAL, 30, tmp_path / "few.parquet", seed=4, chunk_size=80)
    assert pyarrow.parquet.read_table(few.path).equals(
        pyarrow.parquet.read_table(sample.path).slice(0, 30)
    )
    other = generate(SIGNAL, 30, tmp_path / "other.parquet", seed=5, chunk_size=80)
    both = np.isin(load(other.path).mass, load(sample.path).mass)
    assert not both.any()


def test_a_sample_goes_on_where_another_ended(sample, tmp_path):
    few = generate(SIGNAL, 20, tmp_path / "few.parquet", seed=4, chunk_size=80)
    n_chunks = few.tally.n_generated // 80
    more = generate(
        SIGNAL, 20, tmp_path / "more.parquet", seed=4, chunk_size=80, first_chunk=n_chunks
    )
    assert not np.isin(load(more.path).mass, load(few.path).mass).any()
    together = pyarrow.parquet.read_table(sample.path)
    begin = few.tally.n_accepted  # the file of 20 leaves out what its last chunk has beyond them
    assert pyarrow.parquet.read_table(more.path).equals(together.slice(begin, 20))


def test_progress_leaves_out_earlier_chunks(tmp_path, monkeypatch):
    make = ordering.make_chunk

    def only_the_first(recipe, seed, index, n):
        if index:
            raise KeyboardInterrupt
        return make(recipe, seed, index, n)

    def told(path):
        seen = []
        generate(SIGNAL, 40, path, chunk_size=40, first_chunk=2, progress=lambda *n: seen.append(n))
        return seen

    with monkeypatch.context() as patch:
        patch.setattr(ordering, "make_chunk", only_the_first)
        with pytest.raises(KeyboardInterrupt):
            generate(SIGNAL, 40, tmp_path / "begun.parquet", chunk_size=40)
    assert told(tmp_path / "begun.parquet") == told(tmp_path / "fresh.parquet")


def test_an_interrupted_run_goes_on(sample, tmp_path, monkeypatch):
    path = tmp_path / "c.parquet"
    make, made = ordering.make_chunk, []

    def fragile(recipe, seed, index, n):
        made.append(index)
        if index == 2 and made.count(2) == 1:
            raise KeyboardInterrupt
        return make(recipe, seed, index, n)

    monkeypatch.setattr(ordering, "make_chunk", fragile)
    with pytest.raises(KeyboardInterrupt):
        generate(SIGNAL, 120, path, seed=4, chunk_size=80)
    assert not path.exists()
    generate(SIGNAL, 20, path, seed=5, chunk_size=80)
    assert made.count(0) == 2, "another seed takes no chunk of these"
    generate(SIGNAL, 120, path, seed=4, chunk_size=80)
    assert (made.count(0), made.count(1)) == (2, 1), "what was finished is not made again"
    assert path.read_bytes() == sample.path.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("executor", "most"), [(None, 1), (Parcels(), 2)])
def test_no_chunk_is_made_that_an_order_does_not_need(executor, most, monkeypatch):
    """But where several are made at once, nobody waits for the first."""
    make, made = ordering.make_chunk, []
    monkeypatch.setattr(
        ordering, "make_chunk", lambda *order: made.append(order[2]) or make(*order)
    )
    events(SIGNAL, 2, seed=4, chunk_size=20, executor=executor)
    assert sorted(made) == list(range(most))


def test_a_broken_chunk_is_named(tmp_path):
    path = tmp_path / "d.parquet"
    ((part, _),) = Order(SIGNAL, 10, Seed(4), 80).parts()
    key = part.piece(0).key
    (tmp_path / "d.parquet.parts").mkdir()
    (tmp_path / "d.parquet.parts" / f"{key}.npz").write_bytes(b"half a file")
    with pytest.raises(DataError, match=rf"{key}\.npz: .*Delete this file"):
        generate(SIGNAL, 10, path, seed=4, chunk_size=80)


def test_the_file_says_how_it_was_made(sample):
    metadata = pyarrow.parquet.read_schema(sample.path).metadata
    made = json.loads(metadata[SIMULATE_METADATA])
    assert "34:m0 = 3500" in made["recipe"]["settings"]
    assert made["seed"] == "4"
    assert made["tally"]["generator"].startswith("Pythia 8.3")
    assert made["tally"]["n_accepted"] >= made["n_events"] == 120
    assert "seconds" not in made["tally"], "the same events are the same bytes"
    assert made["recipe"]["selection"]["dy_max"] == 1.2


def test_luminosity_is_events_over_cross_section(sample):
    tally = sample.tally
    assert 0.3 < sample.acceptance < 0.8
    per_pb = 120 / (tally.cross_section * tally.n_accepted / tally.n_generated)
    assert sample.luminosity == pytest.approx(per_pb / 1000)


def test_progress_ends_at_what_was_asked(tmp_path):
    seen = []
    generate(SIGNAL, 50, tmp_path / "e.parquet", chunk_size=60, progress=lambda *n: seen.append(n))
    assert seen[-1] == (50, 50)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_selection_that_takes_nothing_gives_up(tmp_path, monkeypatch):
    monkeypatch.setattr(anomalon.simulate.harvest, "_PATIENCE", 2)
    hopeless = w_prime(2000, 100, 100, mpi=False, selection=DijetSelection(mjj_min=9000.0))
    with pytest.raises(TooFewEvents, match="Loosen the selection"):
        generate(hopeless, 5, tmp_path / "f.parquet", chunk_size=2)
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_where_nothing_was_made(tmp_path):
    impossible = replace(SIGNAL, settings=("Beams:eCM = 13000.",))
    with pytest.raises(BadValue, match="with the 1 settings of this recipe: no process") as error:
        generate(impossible, 5, tmp_path / "f.parquet")
    assert "eCM" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_refused_first(tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "make_chunk", None)  # would be a TypeError
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"x\.parquet: cannot be written \(.*file is a file\)"):
        generate(SIGNAL, 5, tmp_path / "file" / "x.parquet")
    assert (tmp_path / "file").read_text() == ""


def test_compact_files_round_as_they_say(sample, tmp_path):
    small = generate(SIGNAL, 30, tmp_path / "g.parquet", seed=4, chunk_size=80, compact=True)
    full, compact = (pyarrow.parquet.read_table(s.path)[:30] for s in (sample, small))
    for name in set(full.column_names) - {"label"}:
        rtol = 8e-6 if name == "mjj" else 1.3e-4
        a, b = full[name].to_numpy(), compact[name].to_numpy()
        np.testing.assert_allclose(b, a, rtol=rtol)
        assert (a != b).mean() > 0.9


def test_refuses_numbers_out_of_range(tmp_path):
    with pytest.raises(BadValue, match="n_events"):
        generate(qcd_dijet(), 0, tmp_path / "h.parquet")
    with pytest.raises(BadValue, match="first_chunk"):
        generate(qcd_dijet(), 5, tmp_path / "h.parquet", first_chunk=-1)


def test_events_in_memory_are_those_of_the_file(sample):
    made = events(SIGNAL, 60, seed=4, chunk_size=80)  # of two chunks
    assert made.object_kinds == ("jet", "jet")
    assert made.source == "anomalon simulation: wprime_3500_500_100, data"
    assert (made.label == 1).all()
    assert len(np.unique(made.column("event"))) == 60
    table = pyarrow.parquet.read_table(sample.path)[:60]
    from_events = dijet_table(made)
    assert [*from_events, "label"] == table.column_names
    for name, values in from_events.items():
        np.testing.assert_array_equal(values, table[name].to_numpy())
    few = events(SIGNAL, 30, seed=4, chunk_size=80)
    np.testing.assert_array_equal(few.objects, made.objects[:30])
