"""Jets as images, points and rows: the same as functions of the room of jets, and known values."""

from dataclasses import replace

import numpy as np
import pytest
from toy_jets import jets_of_one_prong, jets_of_prongs, toy_jets, turned_jets

from anomalon.core import Events, Particles
from anomalon.core.errors import BadLayout, BadValue
from anomalon.features.feature_rows import described
from anomalon.features.inputs import Inputs
from anomalon.features.jet_images import JetImages
from anomalon.features.jet_points import JetPoints
from anomalon.features.jet_substructure import JetSubstructure
from anomalon.jets import energy_correlators, jet_images, nsubjettiness, standardised

JETS = toy_jets(300, most=12, label=False, columns=False)
OF_JETS = (JetImages(), JetPoints(), JetSubstructure())


def one(*constituents):
    """One jet of (pt, eta, phi) each."""
    objects = np.asarray(constituents, np.float64)[None]
    names = tuple(f"constituent{i + 1}" for i in range(objects.shape[1]))
    return Events(objects, names, ("pt", "eta", "phi"))


def empty(n=1):
    return replace(JETS[:n], objects=np.zeros((n, 12, 3)), mask=np.zeros((n, 12), bool))


@pytest.mark.parametrize("rotate", [True, False])
@pytest.mark.parametrize("flip", [True, False])
def test_images_are_those_of_the_room_of_jets(rotate, flip):
    inputs = JetImages(16, 0.8, rotate, flip, total=50.0)
    got = inputs.fit(JETS)(JETS)
    expected = 50 * jet_images(JETS, 16, 0.8, rotate=rotate, flip=flip)
    np.testing.assert_allclose(got.x, expected, rtol=1e-6)
    assert got.x.dtype == np.float32
    assert got.mask is None


def test_a_power_shows_what_is_soft_and_keeps_the_total():
    plain, shown = (JetImages(10, power=p).fit(JETS)(JETS).x for p in (1.0, 0.5))
    np.testing.assert_allclose(shown.sum(axis=(1, 2)), plain.sum(axis=(1, 2)), rtol=1e-5)
    root = np.sqrt(plain)
    np.testing.assert_allclose(shown, root / root.sum(axis=(1, 2), keepdims=True), rtol=1e-5)
    assert (shown.max(axis=(1, 2)) <= plain.max(axis=(1, 2)) + 1e-6).all()


def test_points_are_shares_at_the_places_of_an_image():
    got = JetPoints().fit(JETS)(JETS)
    turned = standardised(JETS)
    np.testing.assert_array_equal(got.mask, JETS.mask)
    np.testing.assert_allclose(got.x[:, :, 0].sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose((got.x[:, :, :1] * got.x[:, :, 1:]).sum(axis=1), 0, atol=1e-6)
    for i, name in ((1, "eta"), (2, "phi")):
        np.testing.assert_allclose(got.x[:, :, i], turned.feature(name), atol=1e-6)


@pytest.mark.parametrize("angle", [0.3, 2.0, -1.1])
@pytest.mark.parametrize("mirrored", [True, False])
def test_neither_turns_nor_mirrors_matter_to_points(angle, mirrored):
    fitted = JetPoints().fit(JETS)
    here, there = fitted(JETS).x, fitted(turned_jets(JETS, angle, mirrored=mirrored)).x
    # but where two quadrants have the same: there is one constituent, or two on a line
    unlike = np.abs(here - there).max(axis=(1, 2)) > 1e-4
    assert unlike.mean() < 0.01


def test_as_they_are_points_are_only_centred():
    x = JetPoints(rotate=False, flip=False).fit(JETS)(one((30, 0.1, 0.2), (10, 0.5, -0.2))).x
    np.testing.assert_allclose(x[0, :2], [[0.75, -0.1, 0.1], [0.25, 0.3, -0.3]], atol=1e-6)


def test_a_jet_of_nothing_is_zero_in_every_form():
    for inputs in (JetImages(), JetPoints()):
        seen = inputs.fit(JETS)(empty())
        assert not seen.x.any()
        assert seen.mask is None or not seen.mask.any()
    assert np.isfinite(JetSubstructure().fit(JETS)(empty()).x).all()


def test_two_equal_prongs_have_the_substructure_of_a_textbook():
    """Apart by d: m = pt d (to order d^2), each d/2 away from the axis, e2 = d/4, tau21 = 0."""
    jet = one((100.0, -0.1, 0.0), (100.0, 0.1, 0.0))
    got = {name: float(values[0]) for name, values in described(jet, JetSubstructure()).items()}
    assert got["log_mass"] == pytest.approx(np.log(2 * 100 * np.sinh(0.1)))
    assert np.exp(got["log_n"]) == pytest.approx(2)
    assert got["ptd"] == pytest.approx(np.sqrt(0.5))
    assert got["width"] == pytest.approx(0.1)
    assert got["lha"] == pytest.approx(np.sqrt(0.1))
    assert got["thrust"] == pytest.approx(0.01)
    assert np.exp(got["log_e2"]) == pytest.approx(0.05)
    assert got["tau21"] == got["tau32"] == 0
    half = described(jet, JetSubstructure(radius=0.5))
    assert half["width"][0] == pytest.approx(0.2)
    assert half["lha"][0] == pytest.approx(np.sqrt(0.2))


def test_substructure_is_that_of_the_room_of_jets():
    parts = Particles.of(JETS)
    rows = described(JETS, JetSubstructure())
    tau = nsubjettiness(parts, n=5, R0=1.0)
    for n in range(1, 5):
        ratio = np.divide(tau[:, n], tau[:, n - 1], out=np.zeros(300), where=tau[:, n - 1] > 0)
        np.testing.assert_allclose(rows[f"tau{n + 1}{n}"], ratio, atol=1e-9)
    e2, e3 = energy_correlators(parts).T
    many = (JETS.mask.sum(axis=1) > 3) & (e3 > 1e-3 * e2**2)
    e2, e3 = e2[many], e3[many]
    np.testing.assert_allclose(rows["log_e2"][many], np.log(e2), atol=1e-9)
    np.testing.assert_allclose(rows["log_c2"][many], np.log(e3 / e2**2), atol=1e-9)
    np.testing.assert_allclose(rows["log_d2"][many], np.log(e3 / e2**3), atol=1e-9)
    pt, eta, phi = (parts.coordinate(name) for name in ("pt", "eta", "phi"))
    p4 = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
    e, *p = np.add.reduceat(p4, parts.offsets[:-1], axis=1)
    square = e**2 - sum(q**2 for q in p)
    heavy = square > 1
    np.testing.assert_allclose(rows["log_mass"][heavy], np.log(square[heavy]) / 2, rtol=1e-4)


def test_prongs_are_seen():
    background, signal = (described(f(300), JetSubstructure()) for f in
                          (jets_of_one_prong, jets_of_prongs))  # fmt: skip
    assert np.median(signal["tau32"]) < 0.5 * np.median(background["tau32"])
    assert np.median(signal["log_d2"]) < np.median(background["log_d2"])


def test_rows_have_mean_zero_and_width_one_with_the_weights():
    jets = replace(JETS, weight=np.random.default_rng(1).uniform(0, 3, len(JETS)))
    x = JetSubstructure().fit(jets)(jets).x
    mean = np.average(x, axis=0, weights=jets.weight)
    np.testing.assert_allclose(mean, 0, atol=1e-5)
    np.testing.assert_allclose(np.average(x**2, axis=0, weights=jets.weight), 1, atol=1e-4)


def test_some_features_are_the_same_columns():
    every = JetSubstructure().fit(JETS)
    some = JetSubstructure(only=("tau21", "log_mass")).fit(JETS)
    assert some.names == ("tau21", "log_mass")
    columns = [every.names.index(name) for name in some.names]
    np.testing.assert_array_equal(some(JETS).x, every(JETS).x[:, columns])
    with pytest.raises(BadValue, match=r"jet_substructure.only.*tau21"):
        JetSubstructure(only=("tau_21",)).fit(JETS)


@pytest.mark.parametrize("inputs", OF_JETS)
def test_they_come_back_from_arrays(inputs):
    fitted = inputs.fit(JETS)
    again = inputs.fitted.from_arrays(inputs, fitted.layout, fitted.seen, fitted.to_arrays())
    np.testing.assert_array_equal(again(JETS).x, fitted(JETS).x)
    assert again.names == fitted.names


@pytest.mark.parametrize("inputs", OF_JETS)
def test_constituents_need_a_place(inputs):
    lonely = Events(np.ones((20, 1, 2)), ("constituent1",), ("pt", "eta"))
    with pytest.raises(BadLayout, match="phi"):
        inputs.fit(lonely)


@pytest.mark.parametrize("inputs", [cls() for cls in Inputs.registry.values()])
def test_events_are_encoded_alike_in_any_company(inputs):
    """All inputs that are registered, of jets or not."""
    fitted = inputs.fit(JETS)
    whole, back = fitted(JETS), fitted(JETS[::-1])
    np.testing.assert_array_equal(back.x[::-1], whole.x)
    np.testing.assert_array_equal(fitted(JETS[7:9]).x, whole.x[7:9])
    assert len(fitted(JETS[:0])) == 0
    assert fitted(JETS[:0]).x.shape[1:] == whole.x.shape[1:]
    assert whole.x.shape[-1] == len(fitted.names)


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        (JetImages, {"size": 1}, "size"),
        (JetImages, {"half_width": 0.0}, "half_width"),
        (JetImages, {"power": 0.0}, "power"),
        (JetImages, {"total": -1.0}, "total"),
        (JetPoints, {"rotate": "yes"}, "rotate"),
        (JetSubstructure, {"radius": 0.0}, "radius"),
    ],
)
def test_settings_are_checked(kind, settings, words):
    with pytest.raises(BadValue, match=words):
        kind(**settings).fit(JETS)


def test_a_feature_is_taken_once():
    with pytest.raises(BadValue, match="once"):
        JetSubstructure(only=("tau21", "tau21"))
