"""How an event is compared with what comes back: entries and transport, and what is refused."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toy_events import toy_background
from toy_jets import jets_of_one_prong

from anomalon.core.errors import BadValue
from anomalon.detectors import (
    Autoencoder,
    Convolutional,
    Divisors,
    FeedForward,
    JetImages,
    JetSubstructure,
    Learning,
    Objects,
    PerKind,
    Reconstruction,
    TriggerObjects,
    Variational,
)
from anomalon.learn.models.slots import Normalised
from anomalon.transport import emd

JETS = jets_of_one_prong(80, 1)
INPUTS = JetImages(8, 0.8)
# no event is held back to judge epochs, for which another program would be compiled
QUICK = Learning(epochs=3, batch_size=256, learning_rate=1e-2, validation=1e-9)


def as_points(image):
    """Pixels at their centres; what is negative is nothing."""
    centres = 0.8 * ((2 * np.arange(8) + 1) / 8 - 1)
    row, column = np.nonzero(np.asarray(image) > 0)
    return np.stack([np.asarray(image, float)[row, column], centres[column], centres[row]], axis=1)


@pytest.mark.parametrize("power", [1.0, 2.0])
@pytest.mark.parametrize("variational", [True, False])
def test_by_transport_it_is_the_exact_distance_to_the_clipped_reconstruction(variational, power):
    score = Reconstruction(by="transport", power=power)
    if variational:
        detector = Variational(
            FeedForward((8,)), 2, INPUTS, score="reconstruction", judged=score, learning=QUICK
        )
    else:
        detector = Autoencoder(Convolutional((4,)), 3, INPUTS, score=score, learning=QUICK)
    scorer = detector.fit(JETS, seed=1)
    seen, back = scorer.reconstructed(JETS)
    assert (back < 0).any()
    expected = [
        emd(as_points(a), as_points(b), power, periodic=False)
        for a, b in zip(seen.x, back, strict=True)
    ]
    np.testing.assert_allclose(scorer.score(JETS), expected, rtol=1e-5)


@pytest.mark.parametrize(("pt", "of"), [("squared", np.square), ("absolute", np.abs)])
@pytest.mark.parametrize(("reduce", "total"), [("mean", np.mean), ("sum", np.sum)])
def test_pixels_are_compared_all_alike(pt, of, reduce, total):
    score = Reconstruction(pt=pt, reduce=reduce)
    detector = Autoencoder(Convolutional((4,)), 3, INPUTS, score=score, learning=QUICK)
    scorer = detector.fit(JETS, seed=1)
    seen, back = scorer.reconstructed(JETS)
    expected = total(of(seen.x - back), axis=(1, 2))
    np.testing.assert_allclose(scorer.score(JETS), expected, rtol=1e-4)


def test_the_score_is_the_loss_unless_it_is_said():
    loss = Reconstruction(pt="absolute", reduce="sum", equal="kinds", entries="all")
    detector = Autoencoder(FeedForward((8,)), 3, Objects("linear"), loss, learning=QUICK)
    events = toy_background(300)
    there, said = (d.fit(events, seed=1) for d in (detector, replace(detector, score=loss)))
    assert np.array_equal(there.score(events), said.score(events))
    other = replace(detector, score=Reconstruction()).fit(events, seed=1)
    assert (there.score(events) > 2 * other.score(events)).mean() > 0.9


@pytest.mark.parametrize("by", ["sliced_transport", "sinkhorn"])
def test_networks_that_learn_by_transport_give_distributions(by):
    for size in (8, 9):  # odd images cannot be taken two by two
        inputs = JetImages(size, total=3.0)
        loss = Reconstruction(by=by)
        scorer = Variational(FeedForward((8,)), 2, inputs, loss, learning=QUICK).fit(JETS, seed=1)
        _, back = scorer.reconstructed(JETS)
        assert (back >= 0).all()
        np.testing.assert_allclose(back.sum(axis=(1, 2)), 3, rtol=1e-5)
        assert np.isfinite(scorer.score(JETS)).all()


@pytest.mark.parametrize("inputs", [Objects(), JetSubstructure()])
@pytest.mark.parametrize("by", ["transport", "sliced_transport", "sinkhorn"])
def test_transport_is_of_images_alone(inputs, by):
    with pytest.raises(BadValue, match=rf"score.by: .*'{inputs.kind}' are no images, got {by}"):
        Autoencoder(inputs=inputs, score=Reconstruction(by=by))
    with pytest.raises(BadValue, match=rf"judged.by: .*'{inputs.kind}' are no images"):
        Variational(inputs=inputs, score="reconstruction", judged=Reconstruction(by=by))


@pytest.mark.parametrize("kind", [Autoencoder, Variational])
def test_nothing_is_learned_by_what_has_no_gradient(kind):
    with pytest.raises(BadValue, match=rf"{kind.kind}.loss.by: .*no gradient.*can be the score"):
        kind(FeedForward(), inputs=INPUTS, loss=Reconstruction(by="transport"))


def test_settings_that_do_not_go_together_are_told():
    with pytest.raises(BadValue, match="judged: expected none unless score is reconstruction"):
        Variational(judged=Reconstruction())
    with pytest.raises(BadValue, match="power: expected 1 by sliced_transport, got 2"):
        Reconstruction(by="sliced_transport", power=2.0)
    with pytest.raises(BadValue, match="by"):
        Reconstruction(by="wasserstein")
    with pytest.raises(BadValue, match="power"):
        Reconstruction(by="sinkhorn", power=0.0)


OF_OBJECTS = [
    Objects("linear"),
    TriggerObjects(),
    TriggerObjects(phi="none", pt="per_event", total=10.0, divide=Divisors(phi=PerKind(0.125))),
]


@pytest.mark.parametrize("inputs", OF_OBJECTS)
@pytest.mark.parametrize("entries", ["masked", "all"])
@pytest.mark.parametrize("equal", ["entries", "kinds"])
def test_objects_are_compared_on_the_circle_whatever_the_unit_of_their_angles(
    inputs, entries, equal
):
    events = toy_background(300)
    score = Reconstruction(entries=entries, pt="absolute", equal=equal)
    detector = Autoencoder(FeedForward((8,)), 3, inputs, score=score, learning=QUICK)
    scorer = detector.fit(events, seed=1)
    seen, back = scorer.reconstructed(events)
    turn = 2 * np.pi / scorer.inputs.scale.unit[0, 2]
    d = np.asarray(back, float) - seen.x
    assert (np.abs(d[:, :, 2]) > turn / 2).any()
    d[:, :, 2] -= turn * np.round(d[:, :, 2] / turn)
    each = np.stack([np.abs(d[:, :, 0]), d[:, :, 1] ** 2, d[:, :, 2] ** 2], axis=2).mean(axis=2)
    counts = seen.mask if entries == "masked" else np.ones_like(seen.mask)
    kinds = np.array(scorer.inputs.layout.kinds)
    groups = [kinds == kind for kind in dict.fromkeys(kinds)] if equal == "kinds" else [kinds != ""]
    sums = np.stack([(each * counts)[:, g].sum(axis=1) for g in groups])
    n = np.stack([counts[:, g].sum(axis=1) for g in groups])
    expected = (sums / np.maximum(n, 1)).sum(axis=0) / np.maximum((n > 0).sum(axis=0), 1)
    np.testing.assert_allclose(scorer.score(events), expected, rtol=1e-4)


@pytest.mark.parametrize("inputs", OF_OBJECTS)
def test_bounded_angles_stay_within_a_detector_whatever_their_unit(inputs):
    events = toy_background(300)
    scorer = Variational(FeedForward((8,)), 2, inputs, bounded=True, learning=QUICK).fit(events)
    _, back = scorer.reconstructed(events)
    scale, kinds = scorer.inputs.scale, np.array(scorer.inputs.layout.kinds)
    angles = (back * scale.unit + scale.zero)[:, :, 1:]
    for kind, widest in {"electron": 3.0, "muon": 2.1, "jet": 4.0}.items():
        assert np.abs(angles[:, kinds == kind, 0]).max() <= widest * (1 + 1e-5)
    assert np.abs(angles[:, :, 1]).max() <= np.pi * (1 + 1e-5)


class Table(eqx.Module):
    """A decoder that gives what it is given, as a table."""

    shape: tuple[int, int] = eqx.field(static=True)

    def __call__(self, z):
        return z.reshape(*z.shape[:-1], *self.shape)


def test_normalised_tables_are_positive_of_one_total_and_differ_by_ratios():
    z = jnp.asarray(np.random.default_rng(1).normal(0, 3, (5, 12)), jnp.float32)
    normalised = Normalised(Table((3, 4)), 2.5)
    table = normalised(z)
    assert table.shape == (5, 3, 4)
    assert (table > 0).all()
    np.testing.assert_allclose(table.sum(axis=(1, 2)), 2.5, rtol=1e-5)
    np.testing.assert_allclose(
        jnp.log(table[:, 0, 0] / table[:, 2, 3]), z[:, 0] - z[:, 11], rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(normalised(z[0]), table[0], rtol=1e-6)  # one event, or many
    np.testing.assert_allclose(normalised(z + 7.0), table, rtol=1e-4)
    gradient = jax.jit(jax.grad(lambda z: normalised(z)[0, 0, 0]))(z)
    assert gradient[0, 0] > 0
    assert not gradient[1].any()
