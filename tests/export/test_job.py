"""`anomalon export`: files, a page, the agreement, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events
from found_export import found_export
from toy_objects import QUICK, toy_objects

from anomalon.cli import main
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.core.plain import from_plain, to_plain
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.detectors import Autoencoder, Baseline, FeedForward
from anomalon.export import ExportJob, ExportResult, agreement
from anomalon.export.job import accepting
from anomalon.learn import save_scorer

REASON = "of the extra `trigger`, is not installed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    events = forty_mhz_events(600, label=False, columns=False)
    write_forty_mhz(events, folder / "events.h5")
    fitted = Autoencoder(FeedForward((8,)), 3, learning=QUICK).fit(events, seed=1)
    save_scorer(fitted, folder / "model.npz")
    save_scorer(Baseline("st").fit(events), folder / "sum.npz")
    return folder


def needs_onnx() -> None:
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package, reason=f"{package}, {REASON}")


def test_the_command_writes_the_graph_the_numbers_and_a_page(folder, capsys):
    needs_onnx()
    out, events = folder / "run", str(folder / "events.h5")
    words = ["--out", str(out), "--events", events, "--accepted", "0.1"]
    assert main(["export", str(folder / "model.npz"), *words]) == 0
    assert "All decisions agree" in capsys.readouterr().out
    result = json.loads((out / "result.json").read_text())["sections"][0]
    onnx = next(value for value in result.values() if isinstance(value, dict))["onnx"]
    assert onnx["n_differ"] == 0
    assert onnx["relative"] < 1e-5
    assert 10 < onnx["n_accepted"] < 60
    assert (out / "model.onnx").stat().st_size > 1000
    assert "decisions that differ" in (out / "report.html").read_text()
    assert main(["export", str(out / "run.toml"), "--out", str(folder / "again")]) == 0
    assert (folder / "again/result.json").read_bytes() == (out / "result.json").read_bytes()


def test_a_threshold_of_the_users_own(folder):
    needs_onnx()
    job = ExportJob(folder / "model.npz", folder / "events.h5", threshold=0.25)
    assert job.run().onnx.threshold == 0.25
    assert ExportJob.of(job.table(folder), folder=folder) == job


@pytest.mark.parametrize(
    ("model", "words", "message"),
    [
        ("sum.npz", (), "autoencoder, variational"),
        ("model.npz", ("--firmware", "da4ml"), "mean_square"),
        ("events.h5", (), "events.h5"),
        ("model.npz", ("--threshold", "nan"), "threshold"),
        ("model.npz", ("--accepted", "1"), "accepted"),
        ("model.npz", ("--firmware", "vhdl"), "vhdl"),
        ("model.npz", ("--set", "firmware.clok=3"), "clock"),
    ],
)
def test_what_cannot_be_exported_gets_one_message(folder, model, words, message, capsys):
    events = ("--events", str(folder / "events.h5"), "--out", str(folder / "refused"))
    assert main(["export", str(folder / model), *events, *words]) in (1, 2)
    assert message in capsys.readouterr().err
    assert not (folder / "refused/result.json").exists()


def test_settings_are_checked(folder):
    for wrong in ({"forms": ()}, {"forms": ("hdl",)}, {"accepted": 0.0}, {"threshold": np.inf}):
        with pytest.raises(BadValue, match="export"):
            ExportJob(folder / "model.npz", **wrong)


def test_a_difference_fails_the_result_and_few_bits_do_not():
    found = found_export()
    told = found.summary()
    assert told.ok
    assert found.firmware.quantisation.n_differ == 1
    assert any("1 of 100 decisions" in note for note in told.notes)
    with_files = replace(found.firmware, files={"a.v": "x"})
    assert found_export(firmware=with_files).exports() == {"a.v": "x"}
    score = np.arange(100.0)
    onnx = agreement(score, score + 1, 90, names=("detector", "onnx"))
    wrong = found_export(onnx=onnx).summary()
    assert not wrong.ok
    assert "onnx" in wrong.verdict
    assert [check.what for check in wrong.failed] == ["onnx decides as the detector model"]


def test_the_plain_form_has_no_files_and_comes_back():
    found = found_export(firmware=replace(found_export().firmware, files={"a.v": "x"}))
    again = from_plain(ExportResult, json.loads(json.dumps(to_plain(found))))
    assert again.exact == found.exact
    assert again.firmware.estimate == found.firmware.estimate
    assert again.firmware.files == {}


def test_a_share_of_the_background_is_one_of_its_weights():
    rng = np.random.default_rng(2)
    scores, weights = rng.normal(size=20_000), rng.exponential(1.0, 20_000)
    weights[scores < 0] *= 50.0
    least = accepting(scores, weights, 0.02)
    assert weights[scores >= least].sum() / weights.sum() == pytest.approx(0.02, rel=0.01)
    even = accepting(scores, np.ones(20_000), 0.02)
    assert np.mean(scores >= even) == pytest.approx(0.02, abs=1e-4)


def test_weights_of_a_share_have_to_be_some():
    with pytest.raises(TooFewEvents, match="weights above zero"):
        accepting(np.arange(4.0), np.zeros(4), 0.3)
    with pytest.raises(BadNumbers, match="weights"):
        accepting(np.arange(4.0), np.array([1.0, -2.0, 1.0, 1.0]), 0.3)


@pytest.mark.parametrize("threshold", ["1e9", "-1"])
def test_a_threshold_that_divides_nothing_is_a_failed_check(folder, threshold, capsys):
    needs_onnx()
    words = ["--events", str(folder / "events.h5"), "--out", str(folder / "all")]
    words += [f"--threshold={threshold}"]
    assert main(["export", str(folder / "model.npz"), *words]) == 1
    assert "The threshold accepts " in capsys.readouterr().out


def test_the_shipped_background_is_for_models_of_such_events(tmp_path):
    fitted = Autoencoder(FeedForward((8,)), 3, learning=QUICK).fit(toy_objects(300), seed=1)
    save_scorer(fitted, tmp_path / "other.npz")
    with pytest.raises(BadLayout, match=r"--events.*the model knows 1 met"):
        ExportJob(tmp_path / "other.npz").run()


def test_events_of_another_layout_are_refused(folder, tmp_path):
    needs_onnx()
    fitted = Autoencoder(FeedForward((8,)), 3, learning=QUICK).fit(toy_objects(300), seed=1)
    save_scorer(fitted, tmp_path / "other.npz")
    with pytest.raises(BadLayout, match=r"the model knows, 1 met.*another layout"):
        ExportJob(tmp_path / "other.npz", folder / "events.h5").run()
