"""The whole validation, with scores that cost nothing: pulls, failures, refusals, resumption."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest
from toy_search import NAMES, background, search, signal

from anomalon.background import Salad
from anomalon.core import Seed
from anomalon.core.errors import BadValue, ColumnMissing, TooFewEvents
from anomalon.core.plain import to_plain
from anomalon.core.window import Window
from anomalon.learn.density import FlowMatching, SplineFlow
from anomalon.run import Store
from anomalon.run.job import Workplace
from anomalon.search import Control, FitSettings, Resampled, Simulated, Validation, inject
from anomalon.search.validation.judging import WindowPulls, judged
from anomalon.search.validation.prepared import prepared

TWO = (Window(2900, 3300, 2500, 3700), Window(3700, 4100, 3300, 4500))
QUICK = FitSettings(range=(2400, 5000), choice="test", n_max=2)
FLOW = FlowMatching(epochs=3, hidden=(16,), n_steps=4)
OWN = search(features=(), score="s", windows=TWO, efficiencies=(0.2,), fit=QUICK)


def with_score(sample, seed=0, extra=0.0):
    """A score that knows nothing, plus something; and a column to cut on."""
    rng = np.random.default_rng([seed, 7])
    s = rng.normal(size=len(sample)) + extra
    return sample.with_x(np.column_stack([sample.x, s, rng.uniform(-2, 2, len(sample))]),
                         (*NAMES, "s", "dY"))  # fmt: skip


DATA = with_score(background(6000, seed=20))


def toys(n, **changes):
    return tuple(
        Simulated(with_score(background(5000, seed=30 + i), i), name=f"toy {i}") for i in range(n)
    )


def sculpted(seed=0):
    """A score that knows the first signal region."""
    plain = background(6000, seed=40)
    return with_score(plain, seed, 0.3 * TWO[0].in_signal_region(plain.mass))


def test_pulls_of_a_calibrated_search_are_standard_normal():
    found = Validation(toys(25)).run(OWN, DATA, seed=1)
    assert len(found.places) == 4
    cut = [one for p in found.places if p.features for one in p.pulls]
    pulls = np.concatenate([one.known for one in cut])
    assert len(pulls) == 50
    assert kstest(pulls, "norm").pvalue > 1e-3
    assert abs(pulls.mean()) < 4 / np.sqrt(50)
    assert abs(pulls.std() - 1) < 4 / np.sqrt(100)
    # 25 samples, each of which is asked
    assert sum(p.verdict == "failed" for p in found.places) <= 1
    assert sum(one.closure.taken > 0 for one in cut) < 0.3 * len(cut)


def test_pulls_of_peaks_are_what_the_search_claims():
    peaked = replace(OWN, fit=replace(QUICK, resolution=0.03))
    found = Validation(toys(25)).run(peaked, DATA, seed=1)
    assert found.of_peaks
    assert "significance of the peak" in found.summary().how
    pulls = np.concatenate([one.known for p in found.places if p.features for one in p.pulls])
    assert len(pulls) == 50
    assert kstest(pulls, "norm").pvalue > 1e-3
    assert abs(pulls.std() - 1) < 4 / np.sqrt(100)
    cut = replace(peaked, windows=TWO[:1]).run(toys(1)[0].data, seed=5).windows[0].cuts[1]
    (first,) = (p for p in found.places if p.features and p.window == TWO[0])
    assert first.pulls[0].pull[0] == pytest.approx(cut.z_local)
    assert abs(cut.z_local - (cut.n - cut.expected) / cut.sigma.total) > 0.01  # not the count's
    plain = Validation(toys(1)).run(OWN, DATA, seed=1)
    assert not plain.of_peaks
    assert "(n − b)/σ" in plain.summary().how


def test_a_sample_that_sculpts_makes_its_window_fail_and_a_search_leaves_it_out():
    validation = Validation((Simulated(sculpted(), name="sculpted"), *toys(1)))
    found = validation.run(OWN, DATA, seed=1)
    verdicts = {(p.window, bool(p.features)): p.verdict for p in found.places}
    assert verdicts[TWO[0], True] == "failed"
    assert verdicts[TWO[1], True] == verdicts[TWO[0], False] == "passed"
    scan = replace(OWN, validation=found).run(DATA)
    assert {w.window for w in scan.windows} == {TWO[1]}
    assert any(note.startswith(f"Left out: window {TWO[0]}") for note in scan.notes)
    text = found.summary()
    assert text.verdict == "Some windows fail"
    assert any(str(TWO[0]) in warning for warning in text.warnings)


def test_a_bump_in_a_sample_makes_the_spectrum_without_a_cut_fail():
    bump = inject(background(6000, seed=41), signal(900), 350, seed=1)
    bump = bump.with_mass(np.where(bump.label == 1, bump.mass - 200, bump.mass))
    found = Validation((Simulated(with_score(bump), name="bump"),)).run(OWN, DATA, seed=1)
    assert found.of(TWO[0], ("s",))[0].verdict == "failed"
    assert found.left_out(TWO[0], ("s",))[0].efficiency == 1


def test_a_planted_non_closure_is_recovered_within_its_error():
    """Counts in the signal region are off by a random share, of another sign in each toy."""
    planted, rng = 0.3, np.random.default_rng(3)
    pulls, relative = [], []
    for i in range(25):
        toy = background(6000, seed=300 + i)
        inside = np.flatnonzero(TWO[0].in_signal_region(toy.mass))
        off = rng.normal(0, planted)
        some = rng.choice(inside, int(abs(off) * len(inside)), replace=abs(off) > 1)
        if off < 0:
            toy = toy[np.setdiff1d(np.arange(len(toy)), some)]
        else:
            more = replace(toy[some], event=np.arange(len(some)) - 10**6)
            toy = toy.concatenate([toy, more])
        scan = replace(OWN, windows=TWO[:1]).run(with_score(toy, i))
        cut = scan.windows[0].cuts[0]
        pulls.append((cut.n - cut.expected) / cut.sigma.total)
        relative.append(cut.sigma.total / cut.expected)
    window = WindowPulls(TWO[0], np.array(pulls), np.array(relative))
    (found,) = judged([window], 0.0, 0.1)
    error = (found.closure.high - found.closure.low) / 2
    assert error < 0.09  # planted / sqrt(2 x 25), and a half
    assert abs(found.closure.taken - planted) < 2.5 * error


def test_all_kinds_of_samples_together_and_what_is_said_of_them():
    samples = (Control("abs(dY) > 1.2"), *toys(1), Resampled(n=3, share=0.3, generator=FLOW))
    found = Validation(samples).run(OWN, DATA, seed=1)
    assert [(s.name, s.kind, s.n_sets) for s in found.samples] == [
        ("abs(dY) > 1.2", "control", 1), ("toy 0", "simulation", 1), ("resampled", "resampled", 3)
    ]  # fmt: skip
    assert found.samples[0].n_events == (np.abs(DATA.column("dY")) > 1.2).sum()
    assert "among those that are searched" in found.samples[0].notes[0]
    assert found.samples[2].n_events == len(DATA)
    assert "flow_matching" in found.samples[2].notes[0]
    assert "Lipman:2022fm" in found.citations
    assert [len(one.n) for one in found.places[0].pulls] == [1, 1, 3]
    assert all(p.verdict in ("passed", "failed") for p in found.places)


def test_a_run_that_was_interrupted_goes_on_to_the_same_numbers(tmp_path):
    validation = Validation((*toys(1), Resampled(n=2, share=0.3, generator=FLOW)))

    def stop(n, total, what):
        if n == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        validation.run(OWN, DATA, seed=1, place=Workplace(store=Store(tmp_path), progress=stop))
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert len(kept) == 3
    found = validation.run(OWN, DATA, seed=1, place=Workplace(store=Store(tmp_path)))
    assert all(file.stat().st_mtime_ns == before for file, before in kept.items())
    assert len(list(tmp_path.iterdir())) == 4
    fresh = validation.run(OWN, DATA, seed=1)
    assert json.dumps(to_plain(found)) == json.dumps(to_plain(fresh))


def test_mock_data_are_the_same_in_another_process():
    given = Resampled(n=2, share=0.3, generator=FLOW)
    here = prepared(given, OWN, DATA, None, Seed(1))
    mock = here.data_set(1, Seed(1))
    there = pickle.loads(pickle.dumps(here))
    assert (
        there.data_set(1, Seed(1)).digest() == mock.digest() != there.data_set(0, Seed(1)).digest()
    )
    assert there.key == here.key != prepared(given, OWN, DATA, None, Seed(2)).key


def test_the_simulation_of_the_search_is_refused_whole_or_in_parts():
    mc = with_score(background(4000, seed=50))
    method = search(background=Salad(), windows=TWO)
    for same in (mc, mc[::-1], mc[:1500], mc.with_weight(np.full(len(mc), 2.0))):
        with pytest.raises(BadValue, match="another simulation"):
            Validation((Simulated(same),)).run(method, DATA, mc)


def test_the_family_of_the_template_is_refused_before_any_work():
    from anomalon.background import Cathode

    asked = Validation((Resampled(generator=SplineFlow(epochs=1)),))
    with pytest.raises(BadValue, match="another family"):
        asked.run(search(background=Cathode(), windows=TWO), DATA)


def test_a_sample_that_does_not_reach_a_window_has_no_answer_there():
    short = with_score(background(6000, seed=60))
    short = short[short.mass < 3650]
    found = Validation((Simulated(short, name="short"),)).run(OWN, DATA, seed=1)
    assert {p.verdict for p in found.places if p.window == TWO[1]} == {"no answer"}
    assert "no answer" not in {p.verdict for p in found.places if p.window == TWO[0]}
    assert "short" in found.of(TWO[1], ("s",))[0].why


def test_what_is_wrong_with_samples_is_said():
    with pytest.raises(TooFewEvents, match="no event"):
        Validation((Control("dY > 100"),)).run(OWN, DATA)
    with pytest.raises(ColumnMissing, match="dy"):
        Validation((Control("dy > 1"),)).run(OWN, DATA)
    with pytest.raises(ColumnMissing, match="'s'"):
        Validation((Simulated(background(500)),)).run(OWN, DATA)
    for wrong, message in (
        (lambda: Validation(()), "at least one"),
        (lambda: Validation((Resampled(), Resampled(n=3))), "every entry once"),
        (lambda: Validation((3,)), "expected a sample"),
        (lambda: Control("dY + 1"), "condition"),
        (lambda: Resampled(share=0.9), "share"),
        (lambda: Simulated("a.csv"), "DataSource or a Sample"),
    ):
        with pytest.raises(BadValue, match=message):
            wrong()
