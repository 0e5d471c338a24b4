"""`anomalon jets` on small jets, from files to the page."""

import json
from dataclasses import replace

import numpy as np
import pytest
from toy_jets import jets_of_prongs, split_jets

from anomalon.cli import main
from anomalon.data.jets import write_jets
from anomalon.detection.jets_job import DEFAULT_JET_DETECTORS, JetsJob
from anomalon.detection.results.jets import JetsResult
from anomalon.detectors import Baseline, Medoids
from anomalon.report.run_folder import read_run

TOML = """
background = "qcd.h5"
trainings = 1
most_anomalous = 2
[signals]
prongs = "prongs.h5"
[[detectors]]
kind = "medoids"
k = 2
n_sample = 60
n_samples = 1
n_held = 60
[[detectors]]
kind = "variational"
name = "VAE"
n_latent = 2
network = { kind = "feed_forward", hidden = [8] }
inputs = { kind = "jet_images", size = 8 }
learning = { epochs = 2 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jets")
    write_jets(split_jets(600), folder / "qcd.h5")
    write_jets(jets_of_prongs(80), folder / "prongs.h5")
    (folder / "c.toml").write_text(TOML)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    words = ("--out", str(folder / "run"), "--processes", "1")
    assert main(["jets", str(folder / "c.toml"), *words]) == 0
    return folder / "run"


def test_a_run_has_pictures_plans_and_latent_spaces(run):
    figures = {path.stem for path in (run / "figures").glob("*.svg")}
    assert {"pictures", "latent", "imagined", "event-1", "event-2", "auc"} <= figures
    page = (run / "report.html").read_text("utf-8")
    assert "From the most anomalous jets to their medoids" in page


def test_its_result_is_read_again(run):
    (section,) = read_run(run).sections
    result = section.result
    assert isinstance(result, JetsResult)
    assert [p.name for p in result.pictures if p.group == "medoids"] == ["medoid 1", "medoid 2"]
    assert {p.group for p in result.pictures} == {"average", "medoids", "generated", "between"}
    for plan in result.plans:
        length = np.hypot(*(plan.jet[plan.moved[:, 0].astype(int), 1:]
                            - plan.reference[plan.moved[:, 1].astype(int), 1:]).T)  # fmt: skip
        assert (length * plan.moved[:, 2]).sum() == pytest.approx(plan.distance, rel=1e-5)
        assert plan.moved[:, 2].sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.usefixtures("no_figures")
def test_the_same_page_is_made_again(run):
    before = json.loads((run / "result.json").read_text("utf-8"))["sections"]
    assert main(["report", str(run)]) == 0
    assert json.loads((run / "result.json").read_text("utf-8"))["sections"] == before


def test_events_that_are_no_jets_are_refused(folder, capsys):
    from forty_mhz_events import forty_mhz_events

    from anomalon.data.forty_mhz import write_forty_mhz

    write_forty_mhz(forty_mhz_events(100, 1, label=False, columns=False), folder / "sm.h5")
    (folder / "bad.toml").write_text(TOML.replace("qcd.h5", "sm.h5"))
    assert main(["jets", str(folder / "bad.toml"), "--out", str(folder / "bad")]) != 0
    assert "constituents" in capsys.readouterr().err


def test_jets_of_anybodys_arrays_with_options(folder):
    jets = split_jets(200, 3)
    np.savez(folder / "mine.npz", c=jets.objects)
    table = {"path": "mine.npz", "key": "c"}
    job = JetsJob.of({"background": table}, folder=folder)
    assert job.detectors == DEFAULT_JET_DETECTORS
    assert JetsJob.of(job.table(folder), folder=folder) == job
    (batch,) = job.background.open()
    assert len(batch) == 200
    assert set(batch.object_kinds) == {"constituent"}


@pytest.mark.usefixtures("no_figures")
def test_data_without_truth_are_drawn_and_have_to_be_jets(folder, capsys):
    write_jets(split_jets(300, 9), folder / "data.h5")
    (folder / "d.toml").write_text(TOML.replace('"qcd.h5"', '"qcd.h5"\ndata = "data.h5"'))
    words = ("--out", str(folder / "with-data"), "--processes", "1")
    assert main(["jets", str(folder / "d.toml"), *words]) == 0
    (section,) = read_run(folder / "with-data").sections
    names = [p.name for p in section.result.pictures if p.group == "average"]
    assert names == ["background", "data", "prongs"]
    (folder / "e.toml").write_text(TOML.replace('"qcd.h5"', '"qcd.h5"\ndata = "sm.h5"'))
    assert main(["jets", str(folder / "e.toml"), "--out", str(folder / "bad")]) != 0
    assert "data: expected jets" in capsys.readouterr().err


def test_each_of_the_most_anomalous_jets_has_a_plan_even_without_constituents(folder):
    jets = split_jets(600, 4)
    empty = np.flatnonzero(jets.column("split") == 2)[0]
    mask = jets.mask.copy()
    mask[empty] = False
    write_jets(replace(jets, objects=jets.objects * mask[:, :, None], mask=mask), folder / "e.h5")
    job = JetsJob(
        folder / "e.h5", (Baseline("tau32"), Medoids(2, n_sample=60, n_held=60)),
        trainings=1, most_anomalous=12,
    )  # fmt: skip
    result = job.run()
    assert [plan.event for plan in result.plans] == [event.event for event in result.events]
    assert min(len(event.kinds) for event in result.events) == 0


def test_two_jets_of_an_event_are_told_apart(tmp_path):
    of_events = np.arange(600) // 2
    columns = {"event": of_events, "split": (of_events % 3).astype(np.int8)}
    write_jets(split_jets(600, 4).with_columns(columns), tmp_path / "pairs.h5")
    detectors = (Baseline("tau32"), Medoids(2, n_sample=60, n_held=60))
    job = JetsJob(tmp_path / "pairs.h5", detectors, trainings=1)
    result = job.run()
    table = result.scores
    test = table["event"][::2]
    assert len(test) == 100
    np.testing.assert_array_equal(table["event"], np.repeat(test, 2))
    np.testing.assert_array_equal(table["jet"], np.tile([1, 2], len(test)))
    score = table[{one.name: one.column(0) for one in job.named}[result.chosen]]
    top = np.argsort(-score, kind="stable")[:12]
    assert [(e.event, e.jet) for e in result.events] == [
        (table["event"][i], table["jet"][i]) for i in top
    ]
    first = result.events[0]
    assert f"{first.event}, jet {first.jet}" in str(result.summary())


def test_which_jet_it_is_does_not_depend_on_its_part(tmp_path):
    jets = split_jets(600, 4)
    columns = {name: values for name, values in jets.columns.items() if name != "split"}
    events = np.random.default_rng(1).permutation(np.arange(600) // 2)
    write_jets(jets.with_columns({**columns, "event": events}), tmp_path / "pairs.h5")
    job = JetsJob(tmp_path / "pairs.h5", (Medoids(2, n_sample=60, n_held=60),), trainings=1)
    (whole,) = job._opened(job.background, "background")
    first = dict(zip(events[::-1], np.arange(600)[::-1], strict=True))
    expected = [1 if first[event] == row else 2 for row, event in enumerate(events)]
    np.testing.assert_array_equal(whole.column("jet"), expected)
    table = job.run().scores
    # both jets of an event are kept for the test, or none
    kept = np.unique(table["event"])
    assert 30 < len(kept) < 120
    known = {(event, jet) for event, jet in zip(events, expected, strict=True) if event in kept}
    assert set(zip(table["event"], table["jet"], strict=True)) == known
    assert len(table["event"]) == 2 * len(kept)


def test_an_event_number_that_all_jets_share_keeps_nothing_together(tmp_path):
    jets = split_jets(600, 4)
    columns = {name: values for name, values in jets.columns.items() if name != "split"}
    none = np.zeros(600, np.int64)
    write_jets(jets.with_columns({**columns, "event": none}), tmp_path / "nothing.h5")
    job = JetsJob(tmp_path / "nothing.h5", (Medoids(2, n_sample=60, n_held=60),), trainings=1)
    assert 100 < len(job.run().scores["jet"]) < 200
