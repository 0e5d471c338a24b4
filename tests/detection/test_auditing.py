"""The audit passes what knows events alone, and fails what knows files."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from toy_objects import quick_autoencoder, toy_objects

from anomalon.core import Events
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.plain import from_plain, to_plain
from anomalon.detection import AuditResult, audit, audit_detector
from anomalon.detectors import Baseline, IsolationForest

EVENTS = toy_objects(800, 5)
MODEL = PCA(2).fit(StandardScaler().fit_transform(EVENTS.objects.reshape(800, -1)))


def failed(result):
    return {check.what for check in result.checks if check.passed is False}


def rows(events):
    return events.objects.reshape(len(events), -1).astype(np.float64)


def pca_error(x):
    return np.mean((MODEL.inverse_transform(MODEL.transform(x)) - x) ** 2, axis=1)


def scaled_per_file(files):
    """A scaler is fitted on each file that it scales."""
    return [pca_error(StandardScaler().fit_transform(rows(file))) for file in files]


def divided_by_the_size_of_the_file(files):
    return [pca_error(rows(file)) / len(file) for file in files]


def of_objects(files):
    """A score for each object, as if each were an event."""
    return [(file.objects[:, :, 0].astype(np.float64) ** 2).ravel() for file in files]


def leaky(files):
    """All three at once: a scaler per file, objects as events, divided by the number of events."""
    found = []
    for file in files:
        x = StandardScaler().fit_transform(rows(file))
        error = (MODEL.inverse_transform(MODEL.transform(x)) - x) ** 2
        found.append(error.reshape(len(file), 7, 3).mean(axis=2).ravel() / len(file))
    return found


def honest(files):
    return [file.objects[:, 0, 0].astype(np.float64) for file in files]


def test_a_function_of_the_event_passes():
    result = audit(honest, EVENTS)
    assert failed(result) == set()
    assert result.passed
    assert result.summary().verdict == "No leak found"


def test_a_scaler_per_file_fails():
    what = failed(audit(scaled_per_file, EVENTS))
    assert "splitting a file changes no score" in what
    assert "the size of pieces changes no score" in what


def test_division_by_the_size_of_the_file_fails_in_the_auc_too():
    result = audit(divided_by_the_size_of_the_file, EVENTS)
    what = "events of one distribution, in files of different size, have an AUC of 1/2"
    assert what in failed(result)
    (check,) = [c for c in result.checks if c.what == what]
    assert check.size > 0.3  # an AUC above 0.8, from nothing


def test_scores_of_objects_fail():
    assert "each event has one score, a finite number" in failed(audit(of_objects, EVENTS))


def test_all_of_it_at_once_fails_everything_that_can_be_seen():
    result = audit(leaky, EVENTS, name="deck")
    assert len(failed(result)) >= 6
    assert result.leaking == ("deck",)
    summary = result.summary()
    assert not summary.ok
    assert summary.headline.startswith("Leaks in 1 of 1: deck")


def test_scores_that_are_no_numbers_fail():
    def broken(files):
        return [np.where(np.arange(len(file)) == 3, np.nan, 1.0) for file in files]

    assert "each event has one score, a finite number" in failed(audit(broken, EVENTS))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (lambda one: one.astype(str), "no real numbers"),
        (lambda one: one.astype(object), "dtype object, no real numbers"),
        (lambda one: one + 1j, "dtype complex128, no real numbers"),
        (lambda one: np.where(one > 10, None, one), "dtype object"),
        (lambda one: np.ma.masked_less(one, np.median(one)), "some are masked"),
        (lambda one: one.astype("datetime64[s]"), "no real numbers"),
    ],
    ids=["text", "objects", "complex", "None", "masked", "dates"],
)
def test_scores_of_another_kind_fail(changed, found):
    result = audit(lambda files: [changed(one) for one in honest(files)], EVENTS)
    (check,) = [c for c in result.checks if "a finite number" in c.what]
    assert check.passed is False
    assert found in check.found


@pytest.mark.parametrize(
    "changed",
    [list, lambda one: one > 10, lambda one: one.astype(np.int16), np.ma.masked_invalid],
    ids=["list", "decisions", "integers", "nothing masked"],
)
def test_numbers_of_any_kind_pass(changed):
    assert audit(lambda files: [changed(one) for one in honest(files)], EVENTS).passed


def test_a_memory_of_earlier_files_fails():
    def with_memory(files):
        mean = np.mean([honest([file])[0].mean() for file in files])
        return [one - mean for one in honest(files)]

    assert "a file with others beside it has the same scores" in failed(audit(with_memory, EVENTS))


@pytest.mark.parametrize("detector", [Baseline("norm"), IsolationForest(10)])
def test_detectors_pass(detector):
    result = audit_detector(detector, toy_objects(300, 6), EVENTS)
    assert failed(result) == set()
    assert len(result.checks) == 13


def test_a_network_passes():
    result = audit_detector(quick_autoencoder(), toy_objects(200, 6), EVENTS[:300])
    assert failed(result) == set()


def test_a_training_that_takes_anything_fails():
    def train(events):
        mean = events.objects[:, 0, 0].mean() if events.label is None else 0.0
        return lambda files: [one - mean for one in honest(files)]

    result = audit(honest, EVENTS, train=train, fitted_on=toy_objects(200, 7))
    assert failed(result) == {
        "labels change nothing in the training",
        "it refuses to learn from signal",
        "it refuses to learn from test events",
    }


def test_the_result_survives_json():
    result = audit(leaky, EVENTS)
    assert from_plain(AuditResult, to_plain(result)).checks == result.checks


def test_a_layout_that_is_refused_is_no_leak():
    def strict(files):
        for file in files:
            if file.objects.shape[1] != 7:
                raise ValueError("seven objects")
        return honest(files)

    (check,) = [c for c in audit(strict, EVENTS).checks if c.passed is None]
    assert check.what == "empty slots change no score"
    assert "ValueError: seven objects" in check.found


def test_too_few_events_are_refused():
    with pytest.raises(TooFewEvents, match="at least 100"):
        audit(honest, EVENTS[:50])


@pytest.mark.parametrize("leak", ["label", "weight", "source", "process", "constant", "tagged"])
def test_what_this_file_does_not_have_is_planted(leak):
    """No truth, weights of one, one process: a score that looks at them has to be found too."""
    rng = np.random.default_rng(1)
    columns = {
        "process": rng.integers(1, 5, 400),
        "constant": np.full(400, 12),
        "tagged": np.zeros(400, bool),
    }
    events = Events(rng.exponential(20, (400, 1, 1)), ("jet",), ("pt",), columns=columns)

    def known(file):
        if leak == "label":
            return 0 if file.label is None else file.label
        if leak == "source":
            return len(file.source)
        return file.weight if leak == "weight" else file.column(leak)

    def procedure(files):
        return [honest([file])[0] + 1000 * known(file) for file in files]

    assert failed(audit(procedure, events))
    assert not failed(audit(honest, events))


def test_columns_that_are_measured_may_be_known():
    rng = np.random.default_rng(1)
    columns = {"mass": rng.exponential(80, 400), "process": rng.integers(1, 5, 400)}
    events = Events(rng.exponential(20, (400, 1, 1)), ("jet",), ("pt",), columns=columns)

    def procedure(files):
        return [file.column("mass") for file in files]

    assert failed(audit(procedure, events)) == {
        "columns beside the objects change no score (mass, process)"
    }
    assert audit(procedure, events, measured=["mass"]).passed
    for wrong in (["masss"], "mass", 5):
        with pytest.raises(BadValue, match="audit: measured: expected"):
            audit(procedure, events, measured=wrong)


@pytest.mark.parametrize("leak", ["label", "weight", "event"])
def test_what_is_beside_the_objects_is_no_score(leak):
    rng = np.random.default_rng(1)
    events = Events(
        rng.exponential(20, (400, 1, 1)), ("jet",), ("pt",),
        weight=rng.uniform(0.5, 1.5, 400), label=rng.integers(0, 2, 400),
        columns={"event": rng.permutation(400)},
    )  # fmt: skip

    def procedure(files):
        if leak == "event":
            return [file.column("event") * 1.0 for file in files]
        return [getattr(file, leak) * 1.0 for file in files]

    failed = [c.what for c in audit(procedure, events).checks if c.passed is False]
    what = "truth, weights, numbers of events and names of files change no score"
    assert what in failed
