"""What every classifier promises. A new one costs one line in `SMALL`."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np
import pytest

from anomalon.core import Sample
from anomalon.core.config import to_plain
from anomalon.core.errors import BadLayout, BadNumbers, TooFewEvents
from anomalon.learn import (
    CLASSIFIERS,
    BoostedTrees,
    Classifier,
    Ensemble,
    Excess,
    KFold,
    Network,
    Scorer,
    load_scorer,
    save_scorer,
)

TREES = BoostedTrees(n_trees=15, min_leaf=20)
EXCESS = Excess(n_background=5, n_starts=2, iterations=30)
NETWORK = Network(hidden=(16,), epochs=30, n_average=2, batch_size=1024, learning_rate=1e-2)

SMALL = {
    "boosted_trees": TREES,
    "boosted_trees, stopped": replace(TREES, patience=3),
    "network": NETWORK,
    "network, best loss": replace(NETWORK, selection="best_loss", patience=2),
    "network, argos": replace(NETWORK, selection="argos"),
    "excess": EXCESS,
    "ensemble": Ensemble(TREES, n=2),
    "ensemble of two kinds": Ensemble((TREES, replace(TREES, random_thresholds=False)), n=3),
    "k_fold": KFold(TREES, k=3),
    "ensemble of folded networks": Ensemble(KFold(NETWORK, k=2), n=2),
    "folds of ensembles": KFold(Ensemble(TREES, n=2), k=2),
}
every_classifier = pytest.mark.parametrize("classifier", SMALL.values(), ids=SMALL.keys())


def background(n, rng, first=0):
    x = np.stack([rng.normal(size=n), rng.exponential(size=n), rng.uniform(size=n)], axis=1)
    return Sample(
        x=x,
        names=("a", "b", "c"),
        mass=np.full(n, 3500.0),
        label=np.zeros(n),
        event=first + np.arange(n),
    )


def signal(n, rng, first=0):
    sample = background(n, rng, first)
    x = sample.x + 0.0
    x[:, 0], x[:, 1] = rng.normal(1.5, 0.2, n), rng.normal(2.0, 0.2, n)
    return replace(sample, x=x, label=np.ones(n))


def regions():
    """Signal region with 10 % signal, and side bands."""
    rng = np.random.default_rng(5)
    inside = Sample.concatenate([background(900, rng), signal(100, rng, 900)])
    return inside, background(1200, rng, 1000)


@cache
def fitted(classifier):
    """To the regions, with the first seed: what several laws start from."""
    return classifier.fit(*regions(), seed=1)


def unseen(n=300):
    return background(n, np.random.default_rng(6), first=10_000)


def bits(scores):
    return hashlib.sha256(np.ascontiguousarray(scores).tobytes()).hexdigest()


def test_all_classifiers_are_under_contract():
    assert {classifier.kind for classifier in SMALL.values()} == set(CLASSIFIERS)
    assert all(CLASSIFIERS[c.kind] is type(c) for c in SMALL.values())


@every_classifier
def test_settings_are_values(classifier):
    rebuilt = eval(repr(classifier), {c.__name__: c for c in CLASSIFIERS.values()})
    assert rebuilt == classifier
    assert hash(rebuilt) == hash(classifier)
    assert json.loads(json.dumps(to_plain(classifier)))["kind"] == classifier.kind


@every_classifier
def test_scores_are_finite_probabilities(classifier):
    scorer = fitted(classifier)
    far = unseen().with_x(unseen().x * 1e6)
    for sample in (regions()[0], unseen(), far):
        scores = scorer.score(sample)
        assert scores.shape == (len(sample),)
        assert scores.dtype == np.float64
        assert np.isfinite(scores).all()
        assert ((scores >= 0) & (scores <= 1)).all()
    assert scorer.score(unseen()[:0]).shape == (0,)


@every_classifier
def test_a_seed_names_one_result(classifier):
    one = fitted(classifier).score(unseen())
    same, other = (classifier.fit(*regions(), seed=s).score(unseen()) for s in (1, 2))
    assert bits(one) == bits(same)
    assert np.abs(one - other).max() > 1e-6


@every_classifier
def test_score_depends_on_the_event_alone(classifier):
    scorer = fitted(classifier)
    sample = unseen(1000)
    scores = scorer.score(sample)
    order = np.random.default_rng(0).permutation(len(sample))
    assert bits(scorer.score(sample[order])) == bits(scores[order])
    assert bits(scorer.score(sample[37:44])) == bits(scores[37:44])
    assert bits(scorer.score(Sample.concatenate([sample] * 10))) == bits(np.tile(scores, 10))


@every_classifier
def test_beats_chance_on_a_bump(classifier):
    scorer = fitted(classifier)
    rng = np.random.default_rng(7)
    b = scorer.score(background(2000, rng, 20_000))
    s = scorer.score(signal(500, rng, 30_000))
    auc = np.mean(s[:, None] > b[None, :]) + 0.5 * np.mean(s[:, None] == b[None, :])
    assert auc > 0.75


@every_classifier
def test_labels_are_not_seen(classifier):
    inside, outside = regions()
    rng = np.random.default_rng(0)
    lies = [replace(s, label=rng.integers(0, 2, len(s))) for s in (inside, outside)]
    honest = fitted(classifier).score(unseen())
    assert bits(classifier.fit(*lies, seed=1).score(unseen())) == bits(honest)
    blind = [s.blind() for s in (inside, outside)]
    assert bits(classifier.fit(*blind, seed=1).score(unseen())) == bits(honest)


@every_classifier
def test_survives_save_and_load(classifier, tmp_path):
    scorer = fitted(classifier)
    save_scorer(scorer, tmp_path / "scorer.npz")
    again = load_scorer(tmp_path / "scorer.npz")
    assert type(again) is type(scorer)
    assert again.names == scorer.names
    assert bits(again.score(unseen())) == bits(scorer.score(unseen()))


@every_classifier
def test_inputs_are_left_alone(classifier):
    samples = [*regions(), unseen()]
    before = [sample.digest() for sample in samples]
    for sample in samples:
        for array in (sample.x, sample.weight, sample.mass, sample.event):
            array.flags.writeable = False
    classifier.fit(*samples[:2], seed=1).score(samples[2])
    assert [sample.digest() for sample in samples] == before


@every_classifier
def test_bad_input_is_refused(classifier):
    inside, outside = regions()
    with pytest.raises(BadLayout, match="different features"):
        classifier.fit(inside, outside.select(["a", "b"]), seed=1)
    with pytest.raises(BadLayout, match="at least one feature"):
        classifier.fit(inside.select([]), outside.select([]), seed=1)
    for empty in (outside[:0], outside.with_weight(np.zeros(len(outside)))):
        with pytest.raises(TooFewEvents, match="background-like"):
            classifier.fit(inside, empty, seed=1)
        with pytest.raises(TooFewEvents, match="signal-like"):
            classifier.fit(empty, outside, seed=1)
    with pytest.raises(BadNumbers, match="negative"):
        classifier.fit(inside, outside.with_weight(np.linspace(-1, 1, len(outside))), seed=1)
    with pytest.raises(BadNumbers, match="float32"):
        classifier.fit(inside.with_x(inside.x * 1e300), outside, seed=1)
    scorer = classifier.fit(inside, outside, seed=1)
    with pytest.raises(BadLayout, match="expected features"):
        scorer.score(unseen().select(["b", "a", "c"]))


@every_classifier
def test_events_without_weight_do_not_exist(classifier):
    inside, outside = regions()
    rng = np.random.default_rng(0)
    ghosts = background(200, rng, 50_000)
    ghosts = ghosts.with_x(ghosts.x + 100).with_weight(np.zeros(200))
    haunted = [Sample.concatenate([s, ghosts]) for s in (inside, outside)]
    expected = fitted(classifier).score(unseen())
    assert bits(classifier.fit(*haunted, seed=1).score(unseen())) == bits(expected)


@every_classifier
def test_only_ratios_of_weights_matter(classifier):
    inside, outside = regions()
    scaled = inside.with_weight(inside.weight * 4), outside.with_weight(outside.weight / 2)
    expected = fitted(classifier).score(unseen())
    assert bits(classifier.fit(*scaled, seed=1).score(unseen())) == bits(expected)


@every_classifier
def test_weight_counts_like_copies(classifier):
    inside, outside = regions()
    # The signal region prefers some by weight or by copies, a strong effect if it is honoured: half
    # of the events, or a compact part of them where nothing else is looked for.
    a, b = inside.column("a"), inside.column("b")
    more = (np.abs(a) < 0.5) & (b < 1) if isinstance(classifier, Excess) else a > 0
    weighted = inside.with_weight(np.where(more, 4.0, 1.0))
    copied = Sample.concatenate([inside, *[inside[more]] * 3])
    ensemble = Ensemble(classifier, n=3)  # less training noise
    plain, by_weight, by_copies = (
        ensemble.fit(sample, outside, seed=1).score(unseen())
        for sample in (inside, weighted, copied)
    )
    effect = by_weight - plain
    assert np.sqrt(np.mean(effect**2)) > 0.1
    assert np.sqrt(np.mean((by_copies - by_weight) ** 2)) < 0.4 * np.sqrt(np.mean(effect**2))
    assert abs(np.mean(by_copies - by_weight)) < 0.1 * np.mean(np.abs(effect))


# --- an event is never scored by a model that saw it, or a copy of it


@dataclass(frozen=True, eq=False)
class Memory(Scorer):
    names: tuple[str, ...]
    seen: frozenset[bytes]

    def _score(self, sample):
        return np.array([float(row.astype(np.float32).tobytes() in self.seen) for row in sample.x])


@dataclass(frozen=True)
class Memoriser(Classifier):
    """Gives 1 to all that it has seen, 0 to the rest."""

    kind: ClassVar[str] = "memoriser"

    def _fit_many(self, tasks, names):
        return [Memory(names, frozenset(r.tobytes() for r in t.x[t.rows])) for t in tasks]


FOLDED = {
    "k_fold": KFold(Memoriser(), k=3),
    "ensemble of folds": Ensemble(KFold(Memoriser(), k=5), n=3),
    "folds of ensembles": KFold(Ensemble(Memoriser(), n=3), k=5),
    "folds of folds": KFold(KFold(Memoriser(), k=2), k=3),
}


@pytest.mark.parametrize("classifier", FOLDED.values(), ids=FOLDED.keys())
def test_no_event_is_scored_by_a_model_that_saw_it(classifier):
    inside, outside = regions()
    # Copies within a sample, and the same events in both.
    inside = Sample.concatenate([inside, inside[::2], outside[:50]])
    for sample in (inside, outside, inside[::-1], outside[3:77]):
        assert classifier.fit(inside, outside, seed=1).score(sample).max() == 0
    assert Memoriser().fit(inside, outside, seed=1).score(inside).min() == 1
    strangers = replace(inside, event=np.arange(len(inside)))
    assert classifier.fit(strangers, outside, seed=1).score(strangers).max() > 0


@pytest.mark.parametrize("inner", [TREES, EXCESS, NETWORK, replace(NETWORK, selection="argos")])
def test_held_out_events_leave_no_trace(inner):
    inside, outside = regions()
    classifier = KFold(inner, k=2)
    clean = classifier.fit(inside, outside, seed=1)
    poisoned = [
        s.with_x(np.where(clean.fold_of(s)[:, None] == 0, -7 * s.x, s.x)) for s in (inside, outside)
    ]
    spoilt = classifier.fit(*poisoned, seed=1)
    assert bits(spoilt.models[0].score(unseen())) == bits(clean.models[0].score(unseen()))
    assert bits(spoilt.models[1].score(unseen())) != bits(clean.models[1].score(unseen()))


# --- one processor or many


# what each kind of program, and threads inside of it, come to; ensembles and folds are made of them
ALONE = ("boosted_trees", "network", "network, argos", "excess", "ensemble", "k_fold")


def digests():
    return {name: bits(fitted(SMALL[name]).score(unseen())) for name in ALONE}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot pin a process here")
def test_a_process_with_one_processor_gives_the_same_bits():
    one = min(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, __file__, str(one)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == digests()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    print(json.dumps(digests()))
