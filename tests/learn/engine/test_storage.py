"""Files that are not scorers, and scorers that have no file. (The round trip is a contract.)"""

import json
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from anomalon.core import Events, Sample
from anomalon.core.errors import BadLayout, BadValue, DataError, UnknownKey
from anomalon.core.scorer import EventScorer
from anomalon.learn import BoostedTrees, Scorer, load_scorer, register, save_scorer
from anomalon.learn.engine import storage
from anomalon.learn.engine.storage import scorer_bytes


class Stranger(Scorer):
    names = ("a",)

    def _score(self, sample):
        return np.zeros(len(sample))


def scorer():
    x = np.random.default_rng(0).normal(size=(100, 1))
    sample = Sample(x=x, names=("a",), mass=np.ones(100))
    return BoostedTrees(n_trees=2, min_leaf=5).fit(sample, sample.with_x(x + 1), seed=0)


def rewrite(path, **changes):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays.pop("header").tobytes()) | changes
    np.savez(path, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)


def test_unknown_scorers_and_paths_are_refused(tmp_path):
    with pytest.raises(BadValue, match="no file form for Stranger"):
        save_scorer(Stranger(), tmp_path / "a.npz")
    with pytest.raises(BadValue, match=r"ends in \.npz"):
        save_scorer(scorer(), tmp_path / "a.pkl")


def test_other_files_are_refused(tmp_path):
    """In words of ours: NumPy's advise to load what is no model as a pickle, which runs it."""
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps({"a": 1}))
    (tmp_path / "empty.npz").touch()
    (tmp_path / "cut.npz").write_bytes(scorer_bytes(scorer())[:-500])
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    np.savez(tmp_path / "objects.npz", header=np.array([{}], dtype=object))
    np.savez(tmp_path / "header.npz", header=np.zeros(3))
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "folder").mkdir()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 9
    for path in files:
        with pytest.raises(BadLayout, match="expected a model that anomalon has saved") as refused:
            load_scorer(path)
        assert "pickle" not in str(refused.value).replace(str(path), "")
        assert "trust" not in str(refused.value)


def test_other_formats_and_kinds_are_refused(tmp_path):
    path = tmp_path / "scorer.npz"
    save_scorer(scorer(), path)
    rewrite(path, format=99)
    with pytest.raises(BadLayout, match="expected format 1, got 99"):
        load_scorer(path)
    rewrite(path, format=1, scorer={"kind": "boosted_treez", "names": ["a"]})
    with pytest.raises(UnknownKey, match="did you mean 'boosted_trees'"):
        load_scorer(path)


@dataclass(frozen=True, eq=False)
class Slope(EventScorer):
    """A scorer of another room: of events, with an array and a setting of its own."""

    object_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    slope: np.ndarray
    power: float

    def _score(self, events):
        return (events.objects**self.power @ self.slope).sum(axis=1)

    def to_arrays(self):
        return {"power": self.power}, {"slope": self.slope}

    @classmethod
    def from_arrays(cls, header, arrays):
        names = header["object_names"], header["feature_names"]
        return cls(*names, arrays["slope"], header["power"])


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(storage, "_KINDS", dict(storage._KINDS))


def test_a_kind_of_another_room_comes_back(tmp_path, registry):
    register("slope", Slope)
    register("slope", Slope)  # a module may be imported twice
    events = Events(np.arange(12.0).reshape(2, 3, 2), ("a", "b", "c"), ("pt", "eta"))
    scorer = Slope(events.object_names, events.feature_names, np.array([0.1, 0.7]), 1.5)
    save_scorer(scorer, tmp_path / "slope.npz")
    again = load_scorer(tmp_path / "slope.npz")
    assert isinstance(again, Slope)
    assert again.score(events).tobytes() == scorer.score(events).tobytes()


def test_what_cannot_be_registered_is_refused(registry):
    register("slope", Slope)
    with pytest.raises(BadValue, match="'slope' is the name of Slope"):
        register("slope", type(scorer()))
    with pytest.raises(BadValue, match="with `to_arrays` and `from_arrays`, got Stranger"):
        register("stranger", Stranger)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "scorer.npz"
    save_scorer(scorer(), path)
    before = path.read_bytes()

    def full_disk(file, **_):
        file.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(DataError, match=r"cannot be written \(no space"):
        save_scorer(scorer(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_of_a_scorer_are_those_of_its_file(tmp_path):
    save_scorer(scorer(), tmp_path / "scorer.npz")
    assert scorer_bytes(scorer()) == (tmp_path / "scorer.npz").read_bytes()
