"""What is in the middle of an autoencoder: its ends are reconstructions, of images and objects."""

from functools import cache

import numpy as np
import pytest
from toy_events import toy_background
from toy_jets import jets_of_one_prong

from anomalon.core.errors import BadValue
from anomalon.detectors import (
    Autoencoder,
    Convolutional,
    FeedForward,
    JetImages,
    Learning,
    Medoids,
    Reconstruction,
    Variational,
)
from anomalon.detectors.latent import decoded, generated, latent_means, morphed

# no event is held back to judge epochs, for which another program would be compiled
QUICK = Learning(epochs=3, batch_size=256, learning_rate=1e-2, validation=1e-9)
EVERY = {
    "autoencoder of images": Autoencoder(Convolutional((4,)), 3, JetImages(8), learning=QUICK),
    "autoencoder of objects": Autoencoder(FeedForward((8,)), 3, learning=QUICK),
    "variational, of images": Variational(
        FeedForward((8,)), 2, JetImages(8), Reconstruction(by="sliced_transport"), learning=QUICK
    ),
    "variational, of objects": Variational(FeedForward((8,)), 2, learning=QUICK, bounded=True),
}
every = pytest.mark.parametrize("detector", EVERY.values(), ids=EVERY)


@cache
def events(images):
    return jets_of_one_prong(200, 1) if images else toy_background(200, 1)


@cache
def fitted(detector):
    return detector.fit(events(detector.inputs.form == "images"), seed=1)


def some(detector):
    return events(detector.inputs.form == "images")[:30]


@every
def test_each_event_has_a_place_and_each_place_an_event(detector):
    scorer = fitted(detector)
    z = latent_means(scorer, some(detector))
    assert z.shape == (30, detector.n_latent)
    assert len(np.unique(z[:, 0])) > 20
    seen, back = scorer.reconstructed(some(detector))
    np.testing.assert_allclose(decoded(scorer, z), back, atol=1e-5)
    assert decoded(scorer, z).shape == seen.x.shape


@every
def test_both_ends_of_what_lies_between_are_reconstructions(detector):
    scorer = fitted(detector)
    first, second = some(detector)[3:4], some(detector)[4:5]
    way = morphed(scorer, first, second, 5)
    _, ends = scorer.reconstructed(some(detector)[3:5])
    assert way.shape == (5, *ends.shape[1:])
    np.testing.assert_allclose(way[[0, -1]], ends, atol=1e-5)
    middle = latent_means(scorer, some(detector)[3:5]).mean(axis=0, keepdims=True)
    np.testing.assert_allclose(way[2], decoded(scorer, middle)[0], atol=1e-5)
    np.testing.assert_allclose(way[::-1], morphed(scorer, second, first, 5), atol=1e-5)


@every
def test_new_events_are_those_of_a_seed(detector):
    scorer = fitted(detector)
    if isinstance(detector, Autoencoder):
        with pytest.raises(BadValue, match=r"variational.*'autoencoder'"):
            generated(scorer, 4)
        return
    new = generated(scorer, 4, seed=1)
    assert new.shape == (4, *scorer.reconstructed(some(detector))[1].shape[1:])
    np.testing.assert_array_equal(new, generated(scorer, 4, seed=1))
    assert not np.array_equal(new, generated(scorer, 4, seed=2))


def test_images_for_transport_have_the_total_of_jets():
    new = generated(fitted(EVERY["variational, of images"]), 20)
    assert (new >= 0).all()
    np.testing.assert_allclose(new.sum(axis=(1, 2)), 1, rtol=1e-5)


def test_what_makes_no_sense_is_refused():
    scorer = fitted(EVERY["autoencoder of objects"])
    jets = some(EVERY["autoencoder of objects"])
    with pytest.raises(BadValue, match="one event each, got 2 and 1"):
        morphed(scorer, jets[:2], jets[:1])
    with pytest.raises(BadValue, match="n"):
        morphed(scorer, jets[:1], jets[:1], 1)
    medoids = Medoids(2).fit(events(images=True), seed=1)
    with pytest.raises(BadValue, match=r"autoencoder.*'medoids'"):
        latent_means(medoids, events(images=True))
    with pytest.raises(BadValue, match="n"):
        generated(fitted(EVERY["variational, of images"]), 0)
