"""Quantised encoders, and firmware of them, bit by bit."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from toy_objects import QUICK, toy_objects

from anomalon.core import Events
from anomalon.core.errors import BadValue, Leak, TooFewEvents
from anomalon.core.seen import part, to_learn_from, with_split
from anomalon.detectors import (
    Autoencoder,
    Divisors,
    FeedForward,
    Objects,
    Overlap,
    Steps,
    TriggerObjects,
    Variational,
)
from anomalon.export import Firmware, make_firmware, quantise
from anomalon.export.firmware.inputs import FirmwareInputs
from anomalon.export.firmware.making import WorkingPoint, thresholds_of
from anomalon.export.firmware.simulation import verilator
from anomalon.features.per_kind import PerKind

REASON = "of the extra `trigger`, is not installed"

INPUTS = TriggerObjects(
    phi="none", powers_of_two=True, divide=Divisors(PerKind(64.0), PerKind(64.0), PerKind(64.0)),
    step=Steps(PerKind(0.5), PerKind(0.0435), PerKind(2 * np.pi / 144)),
)  # fmt: skip
SMALL = FeedForward((6,), activation="relu")
DETECTOR = Variational(SMALL, 2, INPUTS, score="mean_square", learning=QUICK)
BITS = Firmware(weight_bits=6, value_bits=4, fraction_bits=4, epochs=3)


@pytest.fixture(scope="module")
def events() -> Events:
    return with_split(toy_objects(3000), test=0.5)


@pytest.fixture(scope="module")
def fitted(events):
    return DETECTOR.fit(to_learn_from(events), seed=1)


def needs(*packages: str) -> None:
    for package in packages:  # looked for, not imported: keras has to come with its backend
        if find_spec(package) is None:
            pytest.skip(f"{package}, {REASON}")


# --- what firmware takes, without any package


def test_inputs_are_counts_of_the_hardware_shifted_and_saturated(fitted):
    """(count >> 2) with four fractional bits of count / 64, by whole numbers."""
    events = toy_objects(300, 5, hard=40.0)
    inputs = FirmwareInputs(fitted, BITS)
    found = inputs(events)
    x, mask = fitted.inputs.layout.arranged(events)
    mask &= x[:, :, 0] > 0
    steps = np.array([0.5, 0.0435, 2 * np.pi / 144])
    counts = np.where(mask[:, :, None], np.rint(x / steps), 0).astype(np.int64)
    whole = np.clip(counts >> 2, -(2**8), 2**8 - 1).reshape(len(events), -1)
    assert np.array_equal(found * 16, whole)
    assert found.max() == 16 - 1 / 16
    assert inputs.extremes().min() == -16
    assert np.array_equal(inputs.extremes()[1], np.full(21, 16 - 1 / 16))


@pytest.mark.parametrize(
    ("detector", "words"),
    [
        (Autoencoder(SMALL, 2, INPUTS, learning=QUICK), "variational"),
        (replace(DETECTOR, score="radius"), "radius"),
        (replace(DETECTOR, network=FeedForward((6,))), "leaky_relu"),
        (replace(DETECTOR, network=FeedForward((6,), "relu", "layer")), "layer"),
        (replace(DETECTOR, inputs=Objects()), "powers_of_two"),
        (replace(DETECTOR, inputs=replace(INPUTS, powers_of_two=False)), "powers_of_two"),
        (replace(DETECTOR, inputs=replace(INPUTS, phi="leading")), "Rotated"),
        (
            replace(DETECTOR, inputs=replace(INPUTS, overlap=(Overlap("jet", "jet", 0.4),))),
            "Overlap",
        ),
    ],
)
def test_what_shifts_and_sums_cannot_do_is_refused(detector, words, events, fitted):
    """By its settings and inputs, whatever it has learned."""
    learn = to_learn_from(events)
    other = replace(fitted, detector=detector, inputs=detector.inputs.fit(learn))
    with pytest.raises(BadValue, match=words):
        quantise(other, learn)


def test_firmware_learns_neither_from_signal_nor_from_the_test_nor_from_nothing(fitted, events):
    with pytest.raises(Leak, match="firmware"):
        quantise(fitted, events)
    learn = to_learn_from(events)
    with pytest.raises(Leak, match="signal"):
        quantise(fitted, replace(learn, label=np.ones(len(learn), np.int8)))
    with pytest.raises(TooFewEvents, match="firmware"):
        quantise(fitted, learn[:0])


def test_another_model_accepts_as_many_events():
    rng = np.random.default_rng(1)
    score = rng.random(1000)
    for threshold in (0.5, 0.99, score.max()):
        other = thresholds_of(score, 3 * score + 1, threshold)
        assert np.sum(3 * score + 1 >= other) == np.sum(score >= threshold)
    assert thresholds_of(score, 2 * score, 10.0) == pytest.approx(20.0)


@pytest.mark.parametrize(
    "wrong", [{"clock": 0}, {"weight_bits": 0}, {"epochs": -1}, {"cost": np.nan}, {"levels": True}]
)
def test_settings_have_a_range(wrong):
    with pytest.raises(BadValue, match="firmware"):
        Firmware(**wrong)


# --- with the packages


@pytest.fixture(scope="module")
def made(fitted, events):
    needs("keras", "hgq", "da4ml", "hls4ml")
    learn = to_learn_from(events)
    least = float(np.quantile(fitted.score(learn), 0.95))
    point = WorkingPoint(learn, part(events, "test"), least)
    return make_firmware(fitted, point, ("da4ml", "hls4ml"), BITS, seed=1)


def test_emulations_decide_as_the_quantised_model_bit_by_bit(made):
    assert [one.other for one in made.emulations] == ["da4ml", "hls4ml"]
    for one in made.emulations:
        assert one.n_events > 1000
        assert one.n_accepted > 20
        assert one.same
        assert one.largest_difference == 0.0


def test_few_bits_follow_the_float_model(made):
    one = made.quantisation
    assert one.n_differ < one.n_accepted  # most of what both accept is the same
    assert abs(one.n_other_accepted - one.n_accepted) < 5 * np.sqrt(one.n_accepted)


def test_the_threshold_is_a_whole_number_of_the_score(made):
    assert isinstance(made.threshold, int)
    assert made.threshold * 2.0**-made.fraction_bits == made.emulations[0].threshold


def test_sources_and_estimates(made):
    verilog = [text for name, text in made.files.items() if name.endswith("anomaly.v")]
    assert len(verilog) == 1
    assert "module anomaly" in verilog[0]
    assert any(name.startswith("firmware/hls/firmware/") for name in made.files)
    assert 100 < made.estimate.luts < 10_000
    assert made.estimate.latency == made.estimate.cycles * 5.0
    assert made.estimate.cycles == pytest.approx(made.estimate.levels / 5, abs=1)


def test_training_again_gives_the_same(fitted, events):
    needs("keras", "hgq")
    learn = to_learn_from(events)[:600]
    one, two = (quantise(fitted, learn, replace(BITS, epochs=1), seed=3) for _ in range(2))
    assert np.array_equal(one.score(events), two.score(events))


def test_bits_that_are_enough_give_the_float_score(fitted, events):
    """No training, many bits: what is left is the rounding of the inputs to counts."""
    needs("keras", "hgq")
    learn = to_learn_from(events)
    many = Firmware(integer_bits=8, fraction_bits=12, weight_bits=16, value_bits=14, epochs=0)
    # events that are counts already
    x = learn.objects / np.float32([0.5, 0.0435, 2 * np.pi / 144])
    rounded = np.rint(x) * np.array([0.5, 0.0435, 2 * np.pi / 144])
    on_counts = Events(rounded, learn.object_names, learn.feature_names, learn.mask)
    found = quantise(fitted, learn, many).score(on_counts)
    assert found == pytest.approx(fitted.score(on_counts), rel=0.02, abs=0.002)


@pytest.mark.slow
def test_simulated_verilog_gives_the_same_bits(fitted, events):
    needs("keras", "hgq", "da4ml")
    if verilator() is None:
        pytest.skip("verilator is not installed: the Verilog is not simulated")
    learn, test = to_learn_from(events), part(events, "test")[:300]
    least = float(np.quantile(fitted.score(learn), 0.9))
    found = make_firmware(
        fitted, WorkingPoint(learn, test, least), ("verilog",), replace(BITS, epochs=1)
    ).emulations[0]
    assert found.n_accepted > 10
    assert found.largest_difference == 0.0
