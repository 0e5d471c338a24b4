"""`quantise`: the encoder of a variational autoencoder with few bits, trained to say the same.

Quantisation-aware training with HGQ2 (Sun et al., arXiv:2405.00645): every weight and every value
has bits of its own, whose number is trained along, at a price per bit operation. It starts from the
float weights, and learns the means mu of the float encoder on background (a regression: the float
model is the truth, no event is called anomalous). The score, sum mu^2, is part of the graph, so a
threshold is an integer.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import TooFewEvents
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.seen import refuse_leaks
from anomalon.core.shown import Shown
from anomalon.detectors.base import FittedDetector, flattened
from anomalon.export.firmware.inputs import FirmwareInputs, fit_for_firmware
from anomalon.export.firmware.keras import quantised_layers, quietly
from anomalon.export.firmware.settings import Firmware

__all__ = ["Quantised", "quantise"]

_PREDICTED = 16_384  # events at a time
_WHOLE = 4  # bits of hidden values above one, at the start of the training


@final
@dataclass(frozen=True, eq=False, repr=False)
class Quantised(Shown):
    """An encoder with few bits.

    Args:
        inputs: What it takes of events.
        model: The keras model, from inputs (event, input) to the score (event, 1).
        bit_operations: Its cost as HGQ2 estimates it, in bit operations.
    """

    inputs: FirmwareInputs
    model: Any
    bit_operations: float

    def facts(self) -> tuple[Any, ...]:
        """Its size."""
        from anomalon.core.result import Number

        return (
            Number("inputs", self.model.inputs[0].shape[1], form="count"),
            Number("bit operations", self.bit_operations, form="count"),
        )

    def score(self, events: Events) -> NDArray[np.float64]:
        """One number per event, shape (event,), exact."""
        return self.scores_of(self.inputs(events))

    def scores_of(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """The same from what firmware takes."""
        with quietly():
            found = self.model.predict(inputs, batch_size=_PREDICTED, verbose=0)
        return np.asarray(found, np.float64).reshape(-1)


def quantise(
    fitted: FittedDetector,
    background: Events,
    settings: Firmware | None = None,
    *,
    seed: Seed | int = 0,
) -> Quantised:
    """Train the quantised encoder of a detector.

    Args:
        fitted: `Variational(FeedForward(activation="relu"), score="mean_square")` on
            `TriggerObjects(powers_of_two=True)`.
        background: To learn from; what the detector was fitted on will do.
        settings: Bits, training, clock.
        seed: Order of events in training.

    Raises:
        BadValue: If firmware cannot do what the detector does.
        Leak: If there is true signal among them, or events that are kept for the test.
        TooFewEvents: If there are none.
        MissingExtra: If keras or HGQ2 is not installed.
    """
    fit_for_firmware(check.of_kind(fitted, "firmware: model", FittedDetector))
    settings = Firmware() if settings is None else settings
    refuse_leaks(background, "firmware")
    if len(background) == 0:
        raise TooFewEvents("firmware: expected events to learn from, got none.")
    inputs = FirmwareInputs(fitted, settings)
    x = inputs(background)
    weights = _weights(fitted)
    model, encoder = _models(x.shape[1], weights, settings)
    target = _means(fitted, background, weights)
    _train(encoder, x, target, settings, Seed.of(seed).child("firmware"))
    with quietly():
        _, hgq = quantised_layers()
        cost = hgq.utils.trace_minmax(model, np.concatenate([x, inputs.extremes()]))
    return Quantised(inputs, model, float(cost))


Weights = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


def _weights(fitted: FittedDetector) -> Weights:
    """Of each layer, without the logarithms of variances behind the means."""
    detector: Any = fitted.detector
    layers = detector.model_of(fitted.state, fitted.inputs).encoder.dense.layers
    found = [(np.asarray(one.weight), np.asarray(one.bias)) for one in layers]
    n = detector.n_latent
    return [*found[:-1], (found[-1][0][:, :n], found[-1][1][:n])]


def _means(fitted: FittedDetector, events: Events, weights: Weights) -> NDArray[np.float32]:
    """What the float encoder says."""
    x = flattened(fitted.inputs(events))
    for weight, bias in weights[:-1]:
        x = np.maximum(x @ weight + bias, 0)
    return x @ weights[-1][0] + weights[-1][1]


def _models(n_in: int, weights: Weights, settings: Firmware) -> tuple[Any, Any]:
    """To the score, and to the means, with the same layers."""
    keras, hgq = quantised_layers()
    scope, layers = hgq.config.QuantizerConfigScope, hgq.layers
    whole = settings.integer_bits
    given = hgq.config.QuantizerConfig(
        "kif", "datalane", k0=1, i0=whole, f0=settings.fraction_bits, overflow_mode="WRAP",
        round_mode="TRN",
    )  # fmt: skip
    with (
        quietly(),
        scope(place=("weight", "bias"), b0=settings.weight_bits, overflow_mode="SAT_SYM"),
        scope(
            # saturated: what is most anomalous must not wrap around
            place="datalane",
            i0=_WHOLE,
            f0=settings.value_bits,
            overflow_mode="SAT",
            round_mode="TRN",
        ),  # fmt: skip
        hgq.config.LayerConfigScope(enable_ebops=True, beta0=settings.cost),
    ):
        start = value = keras.Input((n_in,), name="inputs")
        for i, (weight, _) in enumerate(weights):
            last = i == len(weights) - 1
            value = layers.QDense(
                weight.shape[1],
                activation=None if last else "relu",
                iq_conf=given if i == 0 else None,
                name="means" if last else f"hidden{i}",
            )(value)
        score = layers.QDot(axes=1, name="score")([value, value])
    model, encoder = keras.Model(start, score), keras.Model(start, value)
    dense = [layer for layer in encoder.layers if hasattr(layer, "kq")]
    for layer, (weight, bias) in zip(dense, weights, strict=True):
        layer._kernel.assign(weight)  # `kernel` is a value of it
        layer.bias.assign(bias)
    return model, encoder


def _train(encoder: Any, x: Any, target: Any, settings: Firmware, seed: Seed) -> None:
    """Make the means those of the float encoder."""
    keras, _ = quantised_layers()
    n, size = len(x), min(settings.batch_size, len(x))
    steps = max(1, n // size)
    with quietly():
        rate = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate, max(1, settings.epochs * steps), alpha=0.05
        )
        encoder.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
        for epoch in range(settings.epochs):
            rows = seed.child(epoch=epoch).generator().permutation(n)[: steps * size]
            encoder.fit(x[rows], target[rows], batch_size=size, shuffle=False, epochs=1, verbose=0)
