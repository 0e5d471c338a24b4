import numpy as np
import pytest
from toy_search import background

from anomalon.core.errors import (
    AnomalonError,
    BadValue,
    ConfigError,
    DataError,
    TruthRequired,
    UnknownKey,
)
from anomalon.core.window import Window
from anomalon.data import write
from anomalon.learn import BoostedTrees, Ensemble, Network
from anomalon.search import Search
from anomalon.search.events.job import SearchJob, read

NETWORK = '{ kind = "network", epochs = 3 }'
GOOD = """
name = "Test"
seed = 3

[data]
path = "data.parquet"

[windows]
start = 2400
stop = 4800

[search]
features = [["a", "b"]]
efficiencies = [0.1]
classifier = { kind = "network", epochs = 3 }

[search.fit]
range = [2400, 5000]
"""


@pytest.fixture
def folder(tmp_path):
    write(background(500), tmp_path / "data.parquet")
    return tmp_path


def job(folder, text=GOOD, **replaced):
    for old, new in replaced.items():
        text = text.replace(old, new)
    (folder / "search.toml").write_text(text)
    return read(folder / "search.toml")


def test_every_part_arrives(folder):
    found = job(folder)
    assert found.seed == 3
    assert found.search == Search(
        name="Test",
        windows=found.search.windows,
        features=(("a", "b"),),
        efficiencies=(0.1,),
        classifier=Network(epochs=3),
        fit=type(found.search.fit)(range=(2400.0, 5000.0)),
    )
    assert len(found.search.windows) == 3
    data, simulation = found.load()
    assert len(data) == 500
    assert simulation is None


def test_given_windows(folder):
    text = GOOD.replace("[windows]\nstart = 2400\nstop = 4800", "")
    text += "\n[[windows]]\nlow = 3000\nhigh = 3600\nsideband_low = 2400\nsideband_high = 4200\n"
    assert job(folder, text).search.windows == (Window(3000, 3600, 2400, 4200),)


def test_decorrelation_can_be_turned_off(folder):
    text = GOOD.replace("efficiencies = [0.1]", "decorrelate = false")
    assert job(folder, text).search.decorrelate is None
    text = GOOD.replace(
        "efficiencies = [0.1]", "decorrelate = { kind = 'conditional_quantiles', degree = 1 }"
    )
    assert job(folder, text).search.decorrelate.degree == 1


def test_classifiers_that_take_turns(folder):
    both = '["boosted_trees", { kind = "network", epochs = 3 }]'
    expected = BoostedTrees(), Network(epochs=3)
    text = GOOD.replace(NETWORK, both)
    assert job(folder, text).search.classifier == expected
    text = text.replace(both, f'{{ kind = "ensemble", n = 2, classifier = {both} }}')
    assert job(folder, text).search.classifier == Ensemble(expected, n=2)


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("[search.fit]", "[serch]\n[search.fit]", UnknownKey, "did you mean 'search'"),
        (
            "efficiencies",
            "efficiencis",
            UnknownKey,
            r"search\.efficiencis.*did you mean 'efficiencies'",
        ),
        ("epochs = 3", "epoch = 3", UnknownKey, r"search\.classifier\.epoch.*'epochs'"),
        ('kind = "network"', 'kind = "netwerk"', UnknownKey, r"classifier\.kind.*'network'"),
        (NETWORK, "['boosted_trees', 3]", BadValue, r"classifier\[1\]: .* a `kind`"),
        (NETWORK, "[{ kind = 'network', epoch = 3 }]", UnknownKey, r"\[0\]\.epoch: .*'epochs'"),
        (NETWORK, "false", BadValue, r"classifier: .* a `kind`"),
        (NETWORK, "[]", BadValue, r"classifier: expected .* take turns"),
        ("[0.1]", '"0.1"', BadValue, r"search\.efficiencies"),
        (
            "[0.1]",
            "[2.0]",
            BadValue,
            r"efficiencies\[0\]: .* in \(0, 1\), got 2",
        ),
        ("start = 2400", "start = true", BadValue, r"windows\.start"),
        ("start = 2400", "", BadValue, r"windows\.start: expected a value"),
        ("stop = 4800", "stop = 3000", BadValue, "spans 1800 GeV"),
        ("data.parquet", "dta.parquet", DataError, r"there is no file at .*dta\.parquet"),
        ("data.parquet", "$NOT_SET_ANYWHERE/x", BadValue, "NOT_SET_ANYWHERE is not set"),
        ("seed = 3", "seed = 1.5", BadValue, "seed"),
        ("[data]", "[dta]", UnknownKey, "did you mean 'data'"),
        ("seed = 3", "seed = ", ConfigError, "expected a TOML file"),
    ],
)
def test_a_mistake_is_named(folder, old, new, error, message):
    with pytest.raises(error, match=message):
        job(folder, GOOD.replace(old, new))


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_default_in_a_path(folder, monkeypatch):
    text = GOOD.replace("data.parquet", "${SOMEWHERE:-.}/data.parquet")
    assert len(job(folder, text).load()[0]) == 500
    monkeypatch.setenv("SOMEWHERE", str(folder / "missing"))
    with pytest.raises(DataError, match="missing"):
        job(folder, text)


def test_injection_keeps_all_background(folder):
    base = background(500)
    label = np.zeros(500)
    label[:50] = 1
    from dataclasses import replace

    write(replace(base, label=label), folder / "data.parquet")
    found = job(folder, GOOD + "\n[injection]\nn_signal = 10\n")
    data, _ = found.load()
    assert (data.label == 0).sum() == 450
    assert (data.label == 1).sum() == 10


def test_a_scan_says_what_was_injected(folder, make_scan):
    text, scan = GOOD + "\n[injection]\nn_signal = 10\n", make_scan(centres=(3000.0,))
    assert job(folder).describe(scan) is scan
    of_the_job = job(folder, text).describe(scan).data
    assert (of_the_job.injected_signal, of_the_job.injection_seed) == (10, 3)
    assert job(folder, text + "seed = 8\n").describe(scan).data.injection_seed == 8


def test_injection_needs_truth(folder):
    write(background(500).blind(), folder / "data.parquet")
    with pytest.raises(TruthRequired, match="no label"):
        job(folder, GOOD + "\n[injection]\nn_signal = 10\n").load()


def test_parse_takes_tables():
    with pytest.raises(AnomalonError, match=r"expected a \[search\] table"):
        SearchJob.of({"data": {"path": "x"}, "windows": {}})


def test_the_example_is_valid():
    from pathlib import Path

    text = (Path(__file__).parents[3] / "examples" / "lhco.toml").read_text()
    import tomllib

    table = tomllib.loads(text)
    table["data"]["path"] = __file__
    assert len(SearchJob.of(table).search.windows) == 5
