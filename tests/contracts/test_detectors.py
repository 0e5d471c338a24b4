"""What every detector promises. A new one costs one line in `SMALL`."""

import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from quick_flows import FLOW
from toy_events import FEATURES, NAMES, toy_background, toy_signal, toy_split

import anomalon
from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, Leak, TooFewEvents
from anomalon.core.seen import part
from anomalon.detectors import (
    BASELINES,
    DETECTORS,
    Autoencoder,
    Baseline,
    Contrastive,
    Convolutional,
    DeepSets,
    Density,
    Detector,
    Estimator,
    FeedForward,
    IsolationForest,
    Learning,
    NearestNeighbours,
    OutlierExposure,
    Reconstruction,
    Transformer,
    Variational,
)
from anomalon.features.event_summary import EventSummary
from anomalon.learn import BoostedTrees, load_scorer, save_scorer
from anomalon.learn.density.matching import FlowMatching
from anomalon.run.settings import decode, encode

# one step of all events, whatever their number: one program for all fits of a detector
LEARNING = Learning(epochs=12, batch_size=1024, learning_rate=1e-2)
TREES = BoostedTrees(n_trees=15, min_leaf=20)
MATCHING = FlowMatching(hidden=(16,), epochs=8, n_steps=4, batch_size=1024)
FEW = EventSummary(only=("met", "ht", "n_electron", "n_muon", "n_jet", "st"))

SMALL = {
    **{f"baseline, {name}": Baseline(name) for name in BASELINES},
    "feed-forward": Autoencoder(FeedForward((16,)), 4, learning=LEARNING),
    "feed-forward, sparse": Autoencoder(
        FeedForward((16,), "silu"), 4, learning=LEARNING, noise=0.1, sparsity=0.1,
        score=Reconstruction(pt="absolute", reduce="sum"),
    ),
    "feed-forward, with norms and dropout": Autoencoder(
        FeedForward((16,), norm="layer", dropout=0.1), 4, learning=LEARNING
    ),
    "feed-forward, of a summary": Autoencoder(FeedForward((8,)), 2, FEW, learning=LEARNING),
    "convolutional": Autoencoder(Convolutional((4, 8)), 4, learning=LEARNING),
    "transformer": Autoencoder(Transformer(8, 2, 1, (16,)), 4, learning=LEARNING),
    "deep sets": Autoencoder(
        DeepSets((16,)), 4, learning=LEARNING, loss=Reconstruction(equal="kinds", pt="huber")
    ),
    "variational": Variational(FeedForward((16,)), 2, learning=LEARNING, bounded=True),
    "variational, radius": Variational(
        FeedForward((16,), dropout=0.1), 2, learning=LEARNING, score="radius"
    ),
    "flow": Density(FLOW, FEW),
    "flow matching": Density(MATCHING, FEW),
    "contrastive": Contrastive(DeepSets((16,)), 6, learning=LEARNING, density=MATCHING),
    "outlier exposure": OutlierExposure(TREES, inputs=FEW),
    "isolation forest": IsolationForest(20, 64),
    "nearest neighbours": NearestNeighbours(3, 500),
}  # fmt: skip
every_detector = pytest.mark.parametrize("detector", SMALL.values(), ids=SMALL.keys())


@cache
def background():
    return toy_split(1500)


@cache
def train():
    return part(background(), "train")


@cache
def test():
    return part(background(), "test")


test.__test__ = False  # type: ignore[attr-defined]


@cache
def fitted(detector):
    """With the first seed: what several laws start from."""
    return detector.fit(train(), seed=1)


def test_all_registered_ones_are_here():
    assert {type(detector) for detector in SMALL.values()} == set(DETECTORS.values())


@every_detector
def test_gives_one_finite_number_per_event(detector):
    scores = fitted(detector).score(test())
    assert scores.shape == (len(test()),)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 5


@every_detector
def test_finds_what_is_hard_and_crowded(detector):
    scorer = fitted(detector)
    auc = anomalon.evaluate(scorer.score(test()), scorer.score(toy_signal(300))).auc.value
    worst = 0.5 if detector.kind == "contrastive" else 0.6
    assert auc > worst


@every_detector
def test_a_seed_determines_it(detector):
    again = detector.fit(train(), seed=1).score(test())
    assert np.array_equal(again, fitted(detector).score(test()))


@every_detector
def test_neither_the_order_of_objects_nor_padding_matters(detector):
    scorer, events = fitted(detector), test()
    shuffled = np.array([0, 2, 1, 4, 3, 8, 6, 5, 7])
    other = Events(
        events.objects[:, shuffled], NAMES, FEATURES, events.mask[:, shuffled],
        columns=events.columns,
    )  # fmt: skip
    padded = Events(
        np.concatenate([events.objects, np.zeros((len(events), 2, 3), np.float32)], axis=1),
        (*NAMES, "jet5", "muon3"),
        FEATURES,
        np.concatenate([events.mask, np.zeros((len(events), 2), bool)], axis=1),
    )
    for changed in (other, padded):
        assert np.array_equal(scorer.score(changed), scorer.score(events))


@every_detector
def test_an_event_scores_the_same_in_any_company(detector):
    scorer, events = fitted(detector), test()
    pieces = [scorer.score(events[i : i + 37]) for i in range(0, len(events), 37)]
    assert np.array_equal(np.concatenate(pieces), scorer.score(events))
    back = scorer.score(events[::-1])[::-1]
    assert np.array_equal(back, scorer.score(events))
    assert scorer.score(events[:0]).shape == (0,)


@every_detector
def test_a_common_turn_changes_nothing(detector):
    """Azimuths count from the leading object, but for rounding."""
    events = test()
    objects = events.objects.astype(np.float64)
    objects[:, :, 2] = np.where(
        events.mask, (objects[:, :, 2] + 1 + np.pi) % (2 * np.pi) - np.pi, 0
    )
    turned = fitted(detector).score(Events(objects, NAMES, FEATURES, events.mask))
    straight = fitted(detector).score(events)
    # ties are broken by what is in an event, so a flow of whole numbers is not quite the same
    within = 0.15 if detector.kind in ("density", "contrastive") else 1e-3
    away = np.abs(turned - straight) / np.maximum(np.abs(straight), straight.std())
    assert np.quantile(away, 0.95) < within


@every_detector
def test_labels_of_background_and_their_absence_are_the_same(detector):
    events = train()
    labelled = Events(
        events.objects, NAMES, FEATURES, events.mask, label=np.zeros(len(events), np.int8),
        columns=events.columns,
    )  # fmt: skip
    assert np.array_equal(
        detector.fit(labelled, seed=1).score(test()), fitted(detector).score(test())
    )


@every_detector
def test_refuses_signal_and_the_events_of_the_test(detector):
    with pytest.raises(Leak, match="true signal"):
        detector.fit(toy_signal(200), seed=1)
    with pytest.raises(Leak, match="kept for the test"):
        detector.fit(background(), seed=1)


@every_detector
def test_remembers_what_it_has_seen(detector):
    seen = fitted(detector).seen
    assert seen.n_events == len(train())
    assert seen.share(train()) == 1
    assert seen.share(test()) == 0


@every_detector
def test_comes_back_from_a_file(detector, tmp_path):
    save_scorer(fitted(detector), tmp_path / "d.npz")
    again = load_scorer(tmp_path / "d.npz")
    assert again.detector == detector
    assert again.seen.share(train()) == 1
    assert np.array_equal(again.score(test()), fitted(detector).score(test()))


@every_detector
def test_settings_come_back_from_their_table(detector):
    table = encode(detector)
    assert table["kind"] == detector.kind
    rest = {key: value for key, value in table.items() if key != "kind"}
    assert decode(type(detector), rest) == detector


@every_detector
def test_learns_from_weights(detector):
    """An event of weight zero is not there."""
    events = train()
    weight = np.ones(len(events))
    weight[::3] = 0
    weighted = Events(
        events.objects, NAMES, FEATURES, events.mask, weight=weight, columns=events.columns
    )
    without = events[weight > 0]
    a, b = detector.fit(weighted, seed=2), detector.fit(without, seed=2)
    assert np.array_equal(a.score(test()), b.score(test()))


@every_detector
def test_pieces_are_as_good_as_one_set(detector):
    events = train()
    pieces = [events[i : i + 200] for i in range(0, len(events), 200)]
    there, here = detector.fit(pieces, seed=1).score(test()), fitted(detector).score(test())
    # sums of means are taken in another order; surrogates are made of events of a piece
    assert np.corrcoef(there, here)[0, 1] > 0.7


@every_detector
def test_refuses_what_is_no_background(detector):
    with pytest.raises(TooFewEvents):
        detector.fit(train()[:0], seed=1)
    with pytest.raises(TooFewEvents):
        detector.fit(train()[:5], seed=1)
    with pytest.raises(BadNumbers, match="weight"):
        detector.fit(replace(train()[:50], weight=np.full(50, -1.0)), seed=1)
    bare = Events(np.zeros((20, 0, 1)), (), ("pt",))
    with pytest.raises(BadLayout):
        detector.fit(bare, seed=1)
    strange = Events(np.ones((20, 1, 3)), ("photon",), FEATURES)
    with pytest.raises(BadLayout, match="photon"):
        fitted(detector).score(strange)


@every_detector
def test_leaves_its_events_and_the_global_state_alone(detector):
    np.random.seed(3)  # noqa: NPY002 - that nobody touches it is what is tested
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    objects = train().objects.copy()
    detector.fit(train(), seed=9)
    assert np.array_equal(train().objects, objects)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_another_process_gives_the_same_bytes(tmp_path):
    names = ("feed-forward", "isolation forest", "outlier exposure")
    for name in names:
        save_scorer(fitted(SMALL[name]), tmp_path / f"{name}.npz")
    program = (
        "import sys, numpy as np\n"
        f"sys.path.insert(0, {str(__import__('toy_events').__file__.rsplit('/', 1)[0])!r})\n"
        "from toy_events import toy_split\n"
        "from anomalon.core.seen import part\n"
        "from anomalon.learn import BoostedTrees, load_scorer\n"
        "events = part(toy_split(1500), 'test')\n"
        f"for name in {names!r}:\n"
        f"    scores = load_scorer({str(tmp_path)!r} + '/' + name + '.npz').score(events)\n"
        "    sys.stdout.write(scores.tobytes().hex() + '\\n')\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    for name, line in zip(names, out.stdout.split(), strict=True):
        assert line == fitted(SMALL[name]).score(test()).tobytes().hex()


def test_a_reconstruction_has_the_shape_of_what_was_seen():
    seen, back = fitted(SMALL["feed-forward"]).reconstructed(test())
    assert seen.x.shape == back.shape == (len(test()), len(NAMES), 3)
    assert fitted(SMALL["isolation forest"]).reconstructed(test()) is None


def test_anybodys_estimator_is_a_detector(tmp_path):
    from sklearn.neighbors import LocalOutlierFactor

    scorer = Estimator(LocalOutlierFactor(novelty=True)).fit(train(), seed=1)
    auc = anomalon.evaluate(scorer.score(test()), scorer.score(toy_signal(300))).auc.value
    assert auc > 0.6
    with pytest.raises(BadValue, match="no file form"):
        save_scorer(scorer, tmp_path / "lof.npz")
    with pytest.raises(BadValue, match="outlier detector"):
        Estimator(object())


def test_a_network_for_objects_refuses_rows_of_numbers():
    with pytest.raises(BadValue, match="feed_forward"):
        Autoencoder(Transformer(), inputs=FEW)
    with pytest.raises(BadValue):
        Contrastive(FeedForward(), inputs=FEW)
    with pytest.raises(BadValue, match="smear"):
        Contrastive(FeedForward(dropout=0.1))


def test_a_detector_of_others_is_found_out():
    class Broken(Detector):
        kind = "broken"
        inputs = FEW

        def _fit(self, task):
            return {}

        def _ready(self, state, inputs):
            return lambda seen: np.full(len(seen) + 1, 1.0)

    scorer = Broken().fit(toy_background(50), seed=0)
    with pytest.raises(anomalon.core.errors.BrokenPromise, match="one number for each"):
        scorer.score(toy_background(20))
