"""Distances of encoded jets are those of transport, and of pixels, written out."""

import numpy as np
import pytest
from toy_jets import toy_jets

from anomalon.core.errors import BadValue
from anomalon.detectors import JetImages, JetPoints, JetSubstructure, Objects
from anomalon.detectors.event_distance import EventDistance, emd_of_images, points_of
from anomalon.features.inputs import Encoded
from anomalon.transport import emd

JETS = toy_jets(9, most=8, label=False, columns=False)
POINTS, IMAGES = JetPoints(), JetImages(8, 0.9)


def between(inputs, metric, power=1.0, radius=1.0, n=4):
    distance = EventDistance.of(inputs, metric, power, radius)
    seen = inputs.fit(JETS)(JETS)

    def some(rows):
        return Encoded(seen.x[rows], None if seen.mask is None else seen.mask[rows])

    ready = [distance.prepared(some(rows)) for rows in (slice(n), slice(n, None))]
    return distance.matrix(*ready), some(slice(n)), some(slice(n, None))


@pytest.mark.parametrize(("power", "radius"), [(1.0, 1.0), (2.0, 1.0), (0.5, 0.4)])
def test_of_points_it_is_transport(power, radius):
    matrix, a, b = between(POINTS, "transport", power, radius)
    for i in range(4):
        for j in range(5):
            one, other = a.x[i][a.mask[i]], b.x[j][b.mask[j]]
            expected = emd(one, other, power, radius, periodic=False)
            assert matrix[i, j] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_of_images_it_is_transport_between_the_centres_of_pixels(power):
    matrix, a, b = between(IMAGES, "transport", power)
    centres = 0.9 * ((2 * np.arange(8) + 1) / 8 - 1)
    for i in range(4):
        for j in range(5):
            one, other = (
                [(image[r, c], centres[c], centres[r]) for r, c in zip(*np.nonzero(image),
                                                                       strict=True)]
                for image in (a.x[i], b.x[j])
            )  # fmt: skip
            assert matrix[i, j] == pytest.approx(emd(one, other, power, periodic=False), rel=1e-9)


def test_pixel_by_pixel_it_is_a_mean():
    for metric, of in (("squared", np.square), ("absolute", np.abs)):
        matrix, a, b = between(IMAGES, metric)
        apart = a.x[:, None].astype(float) - b.x[None].astype(float)
        np.testing.assert_allclose(matrix, of(apart).mean(axis=(2, 3)), rtol=1e-12)


@pytest.mark.parametrize("metric", ["transport", "squared", "absolute"])
def test_of_events_to_themselves_it_is_symmetric_and_zero(metric):
    distance = EventDistance.of(IMAGES, metric, 1.0, 1.0)
    matrix = distance.matrix(distance.prepared(IMAGES.fit(JETS)(JETS)))
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(matrix), 0, atol=1e-12)
    assert (matrix + np.eye(9) > 0).all()


@pytest.mark.parametrize("metric", ["transport", "squared"])
def test_of_no_events_it_is_empty(metric):
    distance = EventDistance.of(IMAGES, metric, 1.0, 1.0)
    seen = IMAGES.fit(JETS)(JETS)
    nothing = distance.prepared(Encoded(seen.x[:0]))
    assert distance.matrix(nothing, distance.prepared(seen)).shape == (0, 9)


def test_nothing_is_on_the_axis_as_points_and_as_an_image():
    points = points_of(Encoded(np.zeros((1, 3, 3), np.float32), np.zeros((1, 3), bool)), None)
    assert (points.weight.tolist(), points.x.tolist(), points.y.tolist()) == ([1], [0], [0])
    for n, middle in ((4, 4), (5, 1)):  # everywhere would be a transport of all pixels
        image = points_of(Encoded(np.zeros((1, n, n), np.float32)), 1.0)
        assert image.weight.tolist() == [1] * middle
        assert (image.x.mean(), image.y.mean()) == pytest.approx((0, 0))
        assert abs(image.x).max() <= 0.25


def test_what_is_negative_in_an_image_is_nothing():
    a = np.array([[[0.7, -0.2], [0.3, 0.0]]])
    clipped = np.array([[[0.7, 0.0], [0.3, 0.0]]])
    b = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    got = emd_of_images(a, b, 1.0, 1.0)
    assert got == emd_of_images(clipped, b, 1.0, 1.0)
    assert got[0] == pytest.approx(0.7 * 1 + 0.3 * np.sqrt(2))


def test_pixels_are_of_images_alone():
    for inputs in (POINTS, JetSubstructure(), Objects()):
        with pytest.raises(BadValue, match=rf"medoids.metric: .*{inputs.kind}.*got squared"):
            EventDistance.of(inputs, "squared", 1.0, 1.0)
