"""A search that uses a validation: what it leaves out, what it is uncertain by, what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from found_validation import WINDOWS, found_validation
from toy_search import NAMES, background, search

from anomalon.core.errors import BadValue, DataError
from anomalon.core.plain import from_plain, to_plain
from anomalon.report import write_run
from anomalon.run import Store
from anomalon.search import FitSettings, InjectionLimits, Signal
from anomalon.search.events.job import DataSource, SearchJob
from anomalon.search.results.validation import ValidationResult

DATA = background(6000)
DATA = DATA.with_x(
    np.column_stack([DATA.x, np.random.default_rng(1).normal(size=len(DATA))]), (*NAMES, "s")
)
OWN = search(
    features=(),
    score="s",
    windows=WINDOWS,
    efficiencies=(0.1, 0.02),
    fit=FitSettings(range=(2400, 5000), choice="test", n_max=2),
)


def validation(**changes):
    """Of the search above."""
    found = found_validation(features=("s",), **changes)
    return replace(found, settings=OWN.settings)


@pytest.fixture(scope="module")
def bare():
    return OWN.run(DATA)


def test_a_window_that_failed_is_left_out_and_named(bare):
    scan = replace(OWN, validation=validation(bad=(1, 0.1, 6.0))).run(DATA)
    assert [w.window for w in scan.windows] == [WINDOWS[0], WINDOWS[2]]
    assert len(scan.ledger) == len(bare.ledger) - 3
    (left,) = [note for note in scan.notes if note.startswith("Left out")]
    assert str(WINDOWS[1]) in left
    assert "10" in left
    assert left in scan.summary().notes


def test_without_an_answer_in_a_sample_it_is_left_out_too():
    found = validation(failed_fit=2)
    assert {p.verdict for p in found.places if p.window == WINDOWS[2]} == {"passed", "no answer"}
    scan = replace(OWN, validation=found).run(DATA)
    assert WINDOWS[2] not in {w.window for w in scan.windows}


def test_the_non_closure_is_in_the_uncertainty_and_z_is_never_larger(bare):
    found = validation(seed=5)
    wide = replace(
        found,
        places=tuple(
            replace(p, pulls=tuple(
                replace(one, closure=replace(one.closure, taken=0.07 * (k + 1)))
                for k, one in enumerate(p.pulls)
            ))
            for p in found.places
        ),
    )  # fmt: skip
    scan = replace(OWN, validation=wide).run(DATA)
    for before, after in zip(bare.windows, scan.windows, strict=True):
        for one, other in zip(before.cuts, after.cuts, strict=True):
            assert (other.n, other.expected) == (one.n, one.expected)
            grown = np.hypot(one.sigma.closure, 0.14 * one.expected)
            assert other.sigma.closure == pytest.approx(grown)
            assert abs(other.z_local) < abs(one.z_local)
            assert other.sigma.total > one.sigma.total


def test_a_validation_that_saw_nothing_changes_no_number(bare):
    found = validation()
    nothing = replace(
        found,
        places=tuple(
            replace(p, pulls=tuple(
                replace(o, closure=replace(o.closure, taken=0.0)) for o in p.pulls
            ))
            for p in found.places
        ),
    )  # fmt: skip
    scan = replace(OWN, validation=nothing).run(DATA)
    assert json.dumps(to_plain(scan.windows)) == json.dumps(to_plain(bare.windows))
    assert scan.ledger == bare.ledger


def test_what_was_stored_without_a_validation_is_not_taken_for_one(tmp_path, bare):
    store = Store(tmp_path)
    OWN.run(DATA, store=store)
    found = validation(seed=5)
    p = found.places[0]
    closure = replace(p.pulls[0].closure, taken=0.3)
    first = replace(p, pulls=(replace(p.pulls[0], closure=closure), *p.pulls[1:]))
    found = replace(found, places=(first, *found.places[1:]))
    scan = replace(OWN, validation=found).run(DATA, store=store)
    assert scan.windows[0].cuts[0].sigma.closure >= 0.3 * scan.windows[0].cuts[0].expected
    assert json.dumps(to_plain(OWN.run(DATA, store=store).windows)) == json.dumps(
        to_plain(bare.windows)
    )


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_it_is_read_from_a_run_folder_or_its_result(tmp_path, what):
    found = validation(bad=(1, 0.1, 6.0))
    write_run(found, tmp_path / "run")
    place = tmp_path / "run" / ("result.json" if what == "file" else "")
    named = replace(OWN, validation=place)
    of_file, of_memory = named.run(DATA), replace(OWN, validation=found).run(DATA)
    assert of_file.ledger == of_memory.ledger
    assert of_file.settings["validation"] == place.name
    job = SearchJob(named, DataSource(tmp_path / "run" / "run.toml"))
    assert SearchJob.of(job.table(tmp_path), folder=tmp_path).search.validation == place


def test_what_was_not_validated_is_an_error_that_says_what_to_do():
    for changes, message in (
        ({"efficiencies": (0.1, 0.05)}, r"no entry for window .* 5.*Run `anomalon validate`"),
        ({"windows": (*WINDOWS, replace(WINDOWS[0], low=3010.0))}, "no entry for window 3010"),
        ({"score": "-s"}, "score"),
        ({"cuts": ("a > 1",)}, "no entry .* a > 1, no cut"),
    ):
        with pytest.raises(BadValue, match=message):
            replace(OWN, validation=validation(), **changes).run(DATA)


def test_another_method_is_refused_and_other_settings_are_said():
    found = replace(validation(), settings={**OWN.settings, "decorrelate": None})
    scan = replace(OWN, validation=found).run(DATA)
    assert any("decorrelate = null" in note for note in scan.notes)
    with pytest.raises(BadValue, match='score = "t"'):
        replace(OWN, validation=replace(found, settings={**OWN.settings, "score": "t"})).run(DATA)


def test_if_nothing_is_left_the_search_says_so():
    found = validation()
    failed = tuple(replace(p, verdict="failed", why="x") for p in found.places)
    with pytest.raises(BadValue, match="all windows have failed"):
        replace(OWN, validation=replace(found, places=failed)).run(DATA)


@pytest.mark.usefixtures("no_figures")
def test_other_files_are_refused(tmp_path, bare):
    write_run(bare, tmp_path / "run")
    (tmp_path / "no.json").write_text("{")
    for place, message in (
        (tmp_path / "run", "is a run of 'search'"),
        (tmp_path / "no.json", "is no JSON"),
        (tmp_path / "nowhere", "No such file"),
    ):
        with pytest.raises(DataError, match=message):
            replace(OWN, validation=place).run(DATA)
    with pytest.raises(BadValue, match="repeated from files"):
        SearchJob(replace(OWN, validation=validation()), DataSource(tmp_path / "no.json"))


def test_it_survives_json():
    found = validation(bad=(1, 0.1, 6.0), failed_fit=2)
    again = from_plain(ValidationResult, json.loads(json.dumps(to_plain(found))))
    assert again.summary() == found.summary()
    assert found.summary().failed
    assert found.summary().ok


def test_injections_with_another_validation_are_other_injections():
    signal = DATA[:400].with_mass(np.random.default_rng(2).normal(3300, 60, 400))

    def keys(found):
        limits = InjectionLimits(replace(OWN, validation=found), (20.0, 40.0), injections=1)
        plans = limits.inject(DATA, [Signal("a", signal, 3300.0)]).plans
        return [run.key for plan in plans for run in plan.runs]

    first = keys(validation())
    assert first == keys(validation())
    assert not set(first) & set(keys(validation(bad=(2, 0.1, 6.0))))
    assert not set(first) & set(keys(None))
