"""Images of jets: laws that hold for all of them, and cases that can be worked out by hand."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_jets import toy_jets

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.jets import image_events, jet_images, pixel_centres, standardised


def jets(*constituents):
    """One jet of (pt, eta, phi) each."""
    objects = np.asarray(constituents, dtype=np.float64)[None]
    names = tuple(f"constituent{i + 1}" for i in range(objects.shape[1]))
    return Events(objects, names, ("pt", "eta", "phi"))


def moved(events, *, angle=0.0, shift=(0.0, 0.0), mirror=(1, 1)):
    """The same jets turned, mirrored and shifted, in float64."""
    pt, eta, phi = np.moveaxis(events.objects.astype(np.float64), -1, 0)
    cos, sin = np.cos(angle), np.sin(angle)
    eta, phi = cos * eta - sin * phi, sin * eta + cos * phi
    eta, phi = mirror[0] * eta + shift[0], mirror[1] * phi + shift[1]
    return replace(events, objects=np.stack([pt, eta, phi], axis=-1))


MANY = toy_jets(200, most=30)


def test_images_sum_up_to_one_and_are_not_negative():
    images = jet_images(MANY, half_width=3.0)
    assert images.shape == (200, 40, 40)
    assert images.dtype == np.float32
    assert (images >= 0).all()
    np.testing.assert_allclose(images.sum(axis=(1, 2)), 1, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-4, 4), st.floats(-1, 1), st.floats(-1, 1), st.sampled_from([1, -1]),
    st.sampled_from([1, -1]),
)  # fmt: skip
def test_neither_place_nor_angle_nor_mirrors_matter(angle, eta, phi, mirror, other):
    turned = moved(MANY, angle=angle, shift=(eta, phi), mirror=(mirror, other))
    wanted, found = standardised(MANY), standardised(turned)
    # Two quadrants of equal pt, and a spread without an axis, are what rounding may decide.
    clear = MANY.mask.sum(axis=1) > 3
    np.testing.assert_allclose(found.objects[clear], wanted.objects[clear], atol=1e-5)


def test_order_and_padding_do_not_matter():
    rng = np.random.default_rng(3)
    order = rng.permutation(len(MANY.object_names))
    shuffled = replace(MANY, objects=MANY.objects[:, order], mask=MANY.mask[:, order])
    np.testing.assert_allclose(jet_images(shuffled), jet_images(MANY), atol=1e-6)
    garbage = np.where(MANY.mask[:, :, None], MANY.objects, 7)
    np.testing.assert_array_equal(jet_images(replace(MANY, objects=garbage)), jet_images(MANY))


def test_a_jet_is_where_it_should_be():
    done = standardised(MANY)
    pt, eta, phi = np.moveaxis(np.where(done.mask[:, :, None], done.objects, 0), -1, 0)
    total = pt.sum(axis=1)
    np.testing.assert_allclose((pt * eta).sum(axis=1) / total, 0, atol=1e-6)
    np.testing.assert_allclose((pt * phi).sum(axis=1) / total, 0, atol=1e-6)
    np.testing.assert_allclose((pt * eta * phi).sum(axis=1) / total, 0, atol=1e-6)
    assert ((pt * phi**2).sum(axis=1) >= (pt * eta**2).sum(axis=1) * (1 - 1e-5)).all()
    quadrants = [
        (pt * (eta >= 0 if i % 2 == 0 else eta < 0) * (phi >= 0 if i < 2 else phi < 0)).sum(axis=1)
        for i in range(4)
    ]
    assert (quadrants[0] >= np.max(quadrants, axis=0) * (1 - 1e-6)).all()


def test_what_was_standardised_stays():
    once = standardised(MANY)
    np.testing.assert_allclose(standardised(once).objects, once.objects, atol=1e-5)
    assert once.columns.keys() == MANY.columns.keys()
    assert once.objects.dtype == np.float32


def test_steps_can_be_left_out():
    jet = jets((2.0, 0.3, 0.1), (1.0, -0.3, 0.1))
    centred = standardised(jet, rotate=False, flip=False)
    np.testing.assert_allclose(centred.objects[0, :, 1:], [[0.2, 0], [-0.4, 0]], atol=1e-12)
    turned = standardised(jet, flip=False)
    np.testing.assert_allclose(turned.objects[0, :, 1:], [[0, 0.2], [0, -0.4]], atol=1e-12)


def test_the_hardest_quadrant_is_at_the_upper_right():
    jet = jets((1.0, -0.2, 0.5), (1.0, 0.2, -0.5), (0.4, -0.3, 0.45), (0.4, 0.1, -0.3))
    found = standardised(jet, rotate=False).objects[0]
    assert found[0, 1] > 0
    assert found[0, 2] > 0


@pytest.mark.parametrize("size", [40, 41])
def test_one_constituent_is_one_pixel(size):
    [image] = jet_images(jets((123.0, 0.37, -1.9)), size)
    assert image[size // 2, size // 2] == 1
    assert np.count_nonzero(image) == 1


def test_constituents_at_one_place_are_one_pixel():
    [image] = jet_images(jets(*[(0.1 * (i + 1), 0.7, 0.3) for i in range(7)]))
    assert image[20, 20] == pytest.approx(1)


def test_two_constituents_by_hand():
    # 3 : 1, 0.84 apart: the centre is 0.21 from the harder one, which goes up.
    [image] = jet_images(jets((30.0, 0.0, 0.0), (10.0, 0.84, 0.0)), size=10)
    assert image[6, 5] == pytest.approx(0.75)  # phi from 0.2 to 0.4
    assert image[1, 5] == pytest.approx(0.25)  # from -0.8 to -0.6
    assert image.sum() == pytest.approx(1)


def test_what_is_outside_is_lost_and_the_rest_is_one():
    jet = jets((1.0, 0.0, 2.0), (1.0, 0.0, -2.0), (2.0, 0.1, 0.0), (2.0, -0.1, 0.0))
    [image] = jet_images(jet)
    assert image.sum() == pytest.approx(1)
    assert image[30:].sum() == image[:10].sum() == 0
    assert not jet_images(jets((1.0, 0.0, 2.0), (1.0, 0.0, -2.0))).any()


def test_a_jet_without_constituents_is_an_empty_image():
    empty = Events(np.zeros((1, 2, 3)), ("a", "b"), ("pt", "eta", "phi"), np.zeros((1, 2), bool))
    assert not jet_images(empty).any()
    assert len(jet_images(empty[:0])) == 0


def test_images_become_jets_and_images_again():
    images = jet_images(MANY)
    again = image_events(images)
    assert again.object_kinds[0] == "constituent"
    pt = again.feature("pt")
    assert (np.diff(pt, axis=1) <= 0).all()
    np.testing.assert_allclose(pt.sum(axis=1), 1, rtol=1e-5)
    drawn = np.zeros_like(images)
    jet, slot = np.nonzero(again.mask)
    eta, phi = (again.feature(name)[jet, slot] for name in ("eta", "phi"))
    column, row = (np.floor((v + 1) / 2 * 40).astype(int) for v in (eta, phi))
    np.add.at(drawn, (jet, row, column), pt[jet, slot])
    np.testing.assert_array_equal(drawn, images)


def test_pixel_centres():
    centres = pixel_centres(4, 2.0)
    np.testing.assert_allclose(centres[0, :, 0], [-1.5, -0.5, 0.5, 1.5])
    np.testing.assert_allclose(centres[:, 0, 1], [-1.5, -0.5, 0.5, 1.5])


def test_what_cannot_be_is_refused():
    with pytest.raises(BadNumbers, match="pt"):
        jet_images(jets((-1.0, 0.0, 0.0)))
    with pytest.raises(BadValue, match="size"):
        jet_images(MANY, 0)
    with pytest.raises(BadValue, match="half_width"):
        jet_images(MANY, half_width=0)
    with pytest.raises(BadValue, match="rotate: expected true or false, got 'no'"):
        jet_images(MANY, rotate="no")
    with pytest.raises(BadValue, match="flip"):
        standardised(MANY, flip=0)
    with pytest.raises(BadLayout, match="shape"):
        image_events(np.zeros((2, 3, 4)))


def test_a_hundred_thousand_take_seconds():
    many = toy_jets(5_000, most=100)
    jet_images(many[:5])
    began = time.process_time()
    jet_images(many)
    assert (time.process_time() - began) * 20 < 20
