"""How well events come back, on the scale that features have in the background."""

import numpy as np
import pytest
from toy_events import toy_background

from anomalon.core.kinematics import delta_phi
from anomalon.detection.batches import Batches
from anomalon.detection.quality import quality
from anomalon.detectors import (
    Autoencoder,
    Divisors,
    FeedForward,
    IsolationForest,
    Learning,
    Objects,
    PerKind,
    TriggerObjects,
)

QUICK = Learning(epochs=3, batch_size=512, learning_rate=1e-2)
EVENTS = toy_background(2000)


def fitted(inputs):
    return Autoencoder(FeedForward((8,)), 3, inputs, learning=QUICK).fit(EVENTS, seed=1)


def found(inputs):
    rows = quality(fitted(inputs), [EVENTS])
    return {(kind, feature): (absolute, rms) for kind, feature, absolute, rms in rows}


@pytest.mark.parametrize("inputs", [Objects("linear"), TriggerObjects()])
def test_it_is_in_standard_deviations_of_objects_that_are_there(inputs):
    scorer, rows = fitted(inputs), found(inputs)
    seen, back = scorer.reconstructed(EVENTS)
    jets = list(scorer.inputs.layout.slots("jet"))
    there = seen.mask[:, jets]
    for j, name in enumerate(("pt", "eta", "phi")):
        x = np.asarray(seen.x[:, jets, j], float)[there]
        d = np.asarray(back[:, jets, j], float)[there] - x
        if name == "phi":
            unit = scorer.inputs.scale.unit[jets[0], j]
            d = delta_phi(d * unit, 0 * d) / unit
        width = 1.0 if isinstance(inputs, Objects) else x.std()
        assert rows["jet", name] == pytest.approx(
            (np.abs(d).mean() / width, np.sqrt((d**2).mean()) / width)
        )


def test_units_of_a_trigger_do_not_matter_to_what_the_mean_would_give():
    """A network that gives zeros: the RMS of eta is about one, whatever it is divided by."""
    for divisor in (0.01, 1.0, 100.0):
        inputs = TriggerObjects(divide=Divisors(eta=PerKind(divisor)))
        scorer = fitted(inputs)
        object.__setattr__(scorer, "_reconstructs", lambda seen: 0 * seen.x)
        rows = {(k, f): rms for k, f, _, rms in quality(scorer, [EVENTS])}
        assert rows["jet", "eta"] == pytest.approx(1, abs=0.05)
        assert rows["met", "eta"] == 0  # a constant


def test_what_gives_nothing_back_has_no_quality():
    events: Batches = [EVENTS]
    assert quality(IsolationForest(5, 64).fit(EVENTS), events) == []
