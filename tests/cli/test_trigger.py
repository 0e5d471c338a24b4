import json
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pyarrow.parquet as pq
import pytest
from forty_mhz_events import forty_mhz_events

from anomalon.cli import main
from anomalon.core.errors import BadValue, UnknownKey
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.trigger import TriggerJob

TOML = """
rate = 3e6
incoming = 3e7
halvings = 60
trainings = 2
background = "sm.h5"
[signals]
a = "a.h5"
[[models]]
kind = "autoencoder"
name = "small"
n_latent = 2
power = 0.5
network = {kind = "feed_forward", hidden = [8]}
learning = {epochs = 1}
emphasis = {background = 1.0}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trigger")
    for name, seed, n in (("sm", 1, 1500), ("a", 2, 200)):
        events = forty_mhz_events(n, seed, label=False, columns=False)
        write_forty_mhz(events, folder / f"{name}.h5")
    (folder / "t.toml").write_text(TOML)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    """A run folder, and what the command said."""
    out, said = folder / "run", StringIO()
    with redirect_stdout(said):
        words = ("--out", str(out), "--processes", "1")
        assert main(["trigger", str(folder / "t.toml"), *words]) in (0, 1)
    return out, said.getvalue()


def test_a_run_leaves_a_page_scores_and_models(folder, run):
    out, said = run
    assert "keeps" in said
    tree = json.loads((out / "result.json").read_text("utf-8"))
    assert tree["kind"] == "trigger"
    page = (out / "report.html").read_text("utf-8")
    for words in ("Signals at", "Rates and thresholds", "Leading pT and the score"):
        assert words in page
    assert (out / "models" / "small-2.npz").exists()
    assert "small-1" in pq.read_table(out / "scores.parquet").schema.names
    from anomalon.data import load
    from anomalon.learn import load_scorer

    table = pq.read_table(out / "scores.parquet")
    rows = np.asarray(table["file"]) == "a"
    again = load_scorer(out / "models" / "small-1.npz").score(load(folder / "a.h5"))
    assert np.array_equal(np.asarray(table["small-1"])[rows], again)


def test_the_page_is_made_again_from_the_run_folder(run):
    out, _ = run
    page = (out / "report.html").read_text("utf-8")
    (out / "report.html").unlink()
    main(["report", str(out)])
    assert (out / "report.html").read_text("utf-8") == page


def test_a_table_is_a_job_and_back(folder):
    import tomllib

    job = TriggerJob.of(tomllib.loads(TOML), folder=folder)
    assert job.models[0].power == 0.5
    assert TriggerJob.of(job.table(folder), folder=folder) == job


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"rat": 3.0}, UnknownKey, "rate"),
        ({"rate": 0.0}, BadValue, "rate"),
        ({"rate": None}, BadValue, "rate: expected a value"),
        ({"counting": "puer"}, BadValue, "pure"),
        ({"models": [{"kind": "autoencoder", "emphasis": 3}]}, BadValue, r"models\[0\].emphasis"),
        ({"models": [{"kind": "autoencodr"}]}, UnknownKey, r"models\[0\].kind"),
        ({"models": [{"kind": "autoencoder", "powr": 1}]}, UnknownKey, "power|powr"),
        ({"models": []}, BadValue, "models"),
        ({"samples": "b.h5"}, BadValue, "samples: expected a table"),
    ],
)
def test_mistakes_are_told(folder, change, error, words):
    import tomllib

    table = tomllib.loads(TOML) | change
    table = {key: value for key, value in table.items() if value is not None}
    with pytest.raises(error, match=words):
        TriggerJob.of(table, folder=folder)
