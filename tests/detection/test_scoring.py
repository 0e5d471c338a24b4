import numpy as np
import pyarrow.parquet as pq
import pytest
from forty_mhz_events import forty_mhz_events

from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.detection import score_file
from anomalon.detection.scoring import scores_of
from anomalon.detectors import Baseline, IsolationForest
from anomalon.learn import save_scorer


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("score")
    events = forty_mhz_events(300, label=False)
    write_forty_mhz(events, folder / "events.h5")
    scorer = IsolationForest(10).fit(forty_mhz_events(200, 6, columns=False, label=False), seed=1)
    save_scorer(scorer, folder / "model.npz")
    return folder, events, scorer


def table(path):
    return {name: column.to_numpy() for name, column in zip(
        pq.read_table(path).schema.names, pq.read_table(path).columns, strict=True)}  # fmt: skip


@pytest.mark.parametrize("size", [7, 10_000])
def test_a_file_has_the_scores_of_its_events_in_pieces_of_any_size(files, tmp_path, size):
    folder, events, scorer = files
    told = []
    out = tmp_path / "s.parquet"
    found = score_file(
        folder / "model.npz", folder / "events.h5", out, size=size,
        progress=lambda *now: told.append(now[:2]),
    )  # fmt: skip
    rows = table(out)
    np.testing.assert_array_equal(rows["row"], np.arange(300))
    np.testing.assert_array_equal(rows["event"], events.column("event"))
    np.testing.assert_array_equal(rows["score"], scores_of(scorer, [events]))
    assert told[-1] == (300, 300)
    assert len(told) == -(-300 // size)
    order = np.argsort(-rows["score"], kind="stable")[:5]
    np.testing.assert_array_equal(found.top_score, rows["score"][order])
    np.testing.assert_array_equal(found.top_row, order)
    assert found.quantiles[0.5] == np.median(rows["score"])
    assert found.plain()["n_events"] == 300


def test_a_threshold_keeps_what_is_at_least_as_anomalous(files, tmp_path):
    folder, events, scorer = files
    scores = scores_of(scorer, [events])
    threshold = float(np.sort(scores)[-20])
    out = tmp_path / "s.parquet"
    found = score_file(
        folder / "model.npz", folder / "events.h5", out, threshold=threshold, size=50
    )
    assert found.n_written == (scores >= threshold).sum()
    np.testing.assert_array_equal(table(out)["score"], scores[scores >= threshold])
    np.testing.assert_array_equal(table(out)["row"], np.flatnonzero(scores >= threshold))


def test_nothing_is_left_behind_where_no_event_is_kept(files, tmp_path):
    folder, *_ = files
    with pytest.raises(TooFewEvents, match="lower threshold"):
        score_file(folder / "model.npz", folder / "events.h5", tmp_path / "s.parquet", threshold=9)
    assert list(tmp_path.iterdir()) == []


def test_what_is_read_is_not_written_over_and_other_names_are_refused(files, tmp_path):
    folder, *_ = files
    for out, words in ((folder / "events.h5", "one that is read"), (tmp_path / "s.csv", "parquet")):
        with pytest.raises(BadValue, match=words):
            score_file(folder / "model.npz", folder / "events.h5", out)


def test_a_file_without_objects_is_refused(files, tmp_path):
    folder, *_ = files
    (tmp_path / "t.csv").write_text("mjj,mJ1\n" + "3000,50\n" * 20)
    with pytest.raises(BadLayout, match="objects"):
        score_file(folder / "model.npz", tmp_path / "t.csv", tmp_path / "s.parquet")


def test_scores_do_not_depend_on_how_events_are_cut():
    events = forty_mhz_events(200, label=False)
    scorer = Baseline("ht").fit(forty_mhz_events(100, 6, columns=False, label=False))
    np.testing.assert_array_equal(
        scores_of(scorer, [events]), scores_of(scorer, [events[:33], events[33:]])
    )
