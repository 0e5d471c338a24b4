import pytest
from forty_mhz_events import forty_mhz_events

from anomalon.core.errors import BadValue, DataError, UnknownKey
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.detection import AuditResult, DetectJob, EventSource, Named
from anomalon.detectors import Autoencoder, Baseline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("job")
    for name, seed in (("sm", 1), ("a", 2)):
        events = forty_mhz_events(300, seed, label=False, columns=False)
        write_forty_mhz(events, folder / f"{name}.h5")
    return folder


TABLE = {
    "background": "sm.h5",
    "trainings": 1,
    "signals": {"a": "a.h5"},
    "detectors": [{"kind": "baseline", "quantity": "st", "name": "sum"}],
}


def test_a_table_is_a_job(folder):
    job = DetectJob.of(TABLE, folder=folder)
    assert job.background == EventSource(folder / "sm.h5")
    assert job.detectors == (Named(Baseline("st"), "sum"),)
    assert job.reads() == {"background": folder / "sm.h5", "signals.a": folder / "a.h5"}
    assert DetectJob.of(job.table(folder), folder=folder) == job


def test_a_path_and_a_detector_will_do_in_python(folder):
    job = DetectJob(background=folder / "sm.h5", detectors=(Autoencoder(), Autoencoder()))
    names = [one.name for one in job.detectors]
    assert names == ["autoencoder feed forward 8", "autoencoder feed forward 8 (2)"]


def test_it_compares_detectors_on_files(folder):
    found = DetectJob.of(TABLE, folder=folder).run()
    assert found.signals == ("a",)
    assert found.detectors[0].name == "sum"
    assert [f.n_events for f in found.files] == [300, 300]


def test_it_audits(folder):
    events = forty_mhz_events(2000, 3, label=False, columns=False)
    write_forty_mhz(events, folder / "many.h5")
    table = TABLE | {"background": "many.h5", "audit": True}
    found = DetectJob.of(table, folder=folder).run()
    assert isinstance(found, AuditResult)
    assert found.passed
    assert found.procedures[0] == "sum"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"detectors": []}, BadValue, "at least one"),
        ({"detectors": [{"kind": "autoencoder", "n_latemt": 3}]}, UnknownKey, "n_latent"),
        ({"detectors": ["forest"]}, UnknownKey, r"detectors\[0\].kind: .*isolation_forest"),
        (
            {"detectors": [{"n_latent": 3}]},
            BadValue,
            r"detectors\[0\]: expected a table with a `kind",
        ),
        ({"detectors": [{"kind": "baseline", "name": "a/b"}]}, BadValue, "letters"),
        ({"detectors": [{"kind": "baseline", "name": "a"}] * 2}, BadValue, "a"),
        ({"background": "none.h5"}, DataError, "no file"),
        ({"background": {}}, BadValue, "`path` or a `sample`"),
        ({"trainings": 0}, BadValue, "trainings"),
        ({"traings": 1}, UnknownKey, "trainings"),
        ({"signals": "a.h5"}, BadValue, "table"),
        ({"split": {"tests": 0.5}}, UnknownKey, "test"),
    ],
)
def test_mistakes_are_told(folder, change, error, words):
    with pytest.raises(error, match=words):
        DetectJob.of(TABLE | change, folder=folder)


def test_a_sample_that_does_not_exist_is_told(folder):
    job = DetectJob.of(TABLE | {"background": {"sample": "forty_mhz"}}, folder=folder)
    with pytest.raises(UnknownKey, match="forty_mhz"):
        job.run()
