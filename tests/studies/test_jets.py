"""The study of jets in small: medoids and references, and a choice that sees no signal."""

from dataclasses import replace

import numpy as np
import pytest
from toy_jets import jets_of_prongs, split_jets

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.core.plain import from_plain, to_plain
from anomalon.core.seen import part
from anomalon.detectors import JET_SURROGATES, surrogates
from anomalon.run.job import HERE
from anomalon.studies.jets.compared import ComparedRow, PublishedComparison
from anomalon.studies.jets.detectors import Carried, carried_over
from anomalon.studies.jets.published import AUTOENCODERS, BACKGROUND_REFERENCES, TOP_REFERENCES
from anomalon.studies.jets.references import References, Sizes, compared_with_references
from anomalon.studies.jets.study import JetsStudy


def test_the_published_tables_are_whole():
    assert len(AUTOENCODERS) == 2 * 3 * 6
    assert len(BACKGROUND_REFERENCES) == 5 * 3
    assert len(TOP_REFERENCES) == 5 * 3 + 3
    # the loss of a network that minimises transport is the transport
    for blocks in (1, 2, 3):
        loss, emd = (AUTOENCODERS["transport", blocks, name] for name in ("loss", "EMD(1)"))
        assert loss == emd


def test_what_was_published_is_compared_with_medians():
    rows = (
        ComparedRow(("a",), np.array([[0.8, 0.82, 0.9]]), np.array([0.83])),
        ComparedRow(("b",), np.array([[0.5, 0.6, 0.7]]), np.array([np.nan])),
    )
    result = PublishedComparison("Title", ("way",), ("top",), rows, "")
    assert result.differences[0, 0] == pytest.approx(-0.01)
    assert "1 of 1" in result.summary().verdict
    again = from_plain(PublishedComparison, to_plain(result))
    assert again.summary().headline == result.summary().headline


def test_prongs_are_far_from_jets_of_one_prong_and_near_to_themselves():
    background, prongs = split_jets(300), jets_of_prongs(60)
    test = {"one": part(background, "test"), "prongs": prongs}
    sizes = Sizes(60, 50, 1)
    words = ("", "", "")
    far = compared_with_references(
        References(part(background, "train"), test), sizes, {}, words, seed=Seed(1), place=HERE
    )
    near = compared_with_references(
        References(jets_of_prongs(80, 5), test, nearer=True), sizes, {}, words, seed=Seed(1),
        place=HERE,
    )  # fmt: skip
    for found in (far, near):
        area = {row.labels: float(row.auc[0, 0]) for row in found.rows}
        assert area["3 medoids", "EMD(1)"] > 0.8
        assert len(area) == 3 * (1 + 4 + 3)


def test_the_choice_judges_by_what_was_not_learned_from():
    auc = np.array([[[0.99], [0.7]], [[0.8], [0.6]]])
    assert Carried(("two_prongs", "three_prongs"), auc, 10).best == "three_prongs"


def jets_of_radius(radius, n):
    """No constituent is farther from the middle than that, but for one in a hundred jets."""
    jets = split_jets(n, 2)
    where = [jets.feature_names.index(name) for name in ("eta", "phi")]
    objects = jets.objects.astype(float)
    objects[:, :, where] -= (
        (objects[:, :, :1] * objects[:, :, where]).sum(axis=1)
        / objects[:, :, 0].sum(axis=1)[:, None]
    )[:, None, :]
    away = np.hypot(*np.moveaxis(objects[:, :, where], 2, 0))
    objects[:, :, where] *= radius / np.quantile(away[jets.mask], 0.99)
    objects[~jets.mask] = 0
    return replace(jets, objects=objects)


@pytest.mark.parametrize("radius", [0.4, 0.8, 1.0])
def test_surrogate_jets_keep_the_momentum_and_have_prongs(radius):
    background = jets_of_radius(radius, 400)
    total = background.feature("pt").sum(axis=1)
    for jets in surrogates(background, seed=1).values():
        made = np.where(jets.mask, jets.feature("pt"), 0).sum(axis=1)
        # what is outside of a jet, or has no slot, is lost
        assert np.median(made / total) > 0.85
        assert (made < 1.0001 * total).all()
        assert np.hypot(jets.feature("eta"), jets.feature("phi"))[jets.mask].max() < 1.0001 * radius


@pytest.mark.parametrize("name", JET_SURROGATES)
def test_surrogate_jets_have_the_masses_that_decays_have(name):
    """Masses are drawn evenly in their logarithm, from 30 GeV to 0.4 pT R."""
    background = jets_of_radius(0.5, 3000)
    objects, mask = background.objects.copy(), background.mask.copy()
    objects[:, -1], mask[:, -1] = (1e-3, 0.79, 0.0), True  # little in the rim of a radius of 0.8
    background = replace(background, objects=objects, mask=mask)
    total = background.feature("pt").sum(axis=1).astype(float)
    made = surrogates(background, seed=1, names=(name,))[name]
    pt, eta, phi = (
        np.where(made.mask, made.feature(f), 0).astype(float) for f in ("pt", "eta", "phi")
    )
    p = [(pt * f).sum(axis=1) for f in (np.cosh(eta), np.cos(phi), np.sin(phi), np.sinh(eta))]
    mass = np.sqrt(np.maximum(p[0] ** 2 - p[1] ** 2 - p[2] ** 2 - p[3] ** 2, 1))
    share = np.log(mass / 30) / np.log(0.32 * total / 30)  # of the way, evenly distributed
    whole = pt.sum(axis=1) > 0.97 * total
    assert whole.mean() > 0.5
    quantiles = np.quantile(share[whole], [0.1, 0.25, 0.5])
    np.testing.assert_allclose(quantiles, [0.1, 0.25, 0.5], atol=0.08)
    assert (mass[whole] < 1.3 * 0.32 * total[whole]).mean() > 0.98


def test_what_is_soft_and_even_in_area_is_so_in_surrogate_jets_too():
    rng = np.random.default_rng(4)
    n, soft = 4000, 30  # of 1 GeV each, in a jet; what prongs have is boosted
    away, angle = np.sqrt(rng.uniform(0, 1, (n, soft))), rng.uniform(0, 2 * np.pi, (n, soft))
    where = away * np.cos(angle), away * np.sin(angle)
    objects = np.zeros((n, soft + 20, 3))
    objects[:, :soft] = np.stack([np.ones((n, soft)), *where], axis=2)
    objects[:, soft, 0] = 500.0
    mask = np.arange(soft + 20) <= soft
    jets = replace(split_jets(1), columns={}, weight=np.ones(n), label=None,
                   objects=objects, mask=np.broadcast_to(mask, (n, soft + 20)),
                   object_names=tuple(f"constituent{i + 1}" for i in range(soft + 20)),
                   object_kinds=("constituent",) * (soft + 20))  # fmt: skip
    for made in surrogates(jets, seed=1).values():
        unchanged = made.mask & (made.feature("pt") == 1.0)
        r2 = (made.feature("eta") ** 2 + made.feature("phi") ** 2)[unchanged]
        found = np.histogram(r2, np.linspace(0, 0.9, 10))[0]  # equal areas
        np.testing.assert_allclose(found / n, soft / 10, rtol=0.1)


def test_jets_without_constituents_are_no_prongs():
    jets = split_jets(300, 2)
    empty = np.arange(300) % 3 > 0
    mask = jets.mask & ~empty[:, None]
    some = replace(jets, objects=jets.objects * mask[:, :, None], mask=mask)
    total = some.feature("pt").sum(axis=1)
    for made in surrogates(some, seed=1).values():
        pt = np.where(made.mask, made.feature("pt"), 0).sum(axis=1)
        assert np.median((pt / np.maximum(total, 1e-9))[~empty]) > 0.9
        assert not pt[empty].any()


def test_what_carries_over_is_a_number_for_each_pair():
    found = carried_over(split_jets(1500, 4), repetitions=1, seed=Seed(0), place=HERE)
    assert found.auc.shape == (len(JET_SURROGATES), len(JET_SURROGATES), 1)
    assert (found.auc > 0.5).all()
    assert found.best in JET_SURROGATES


def test_settings_of_the_study():
    assert JetsStudy.of(JetsStudy(full=True).table()) == JetsStudy(full=True)
    with pytest.raises(BadValue):
        JetsStudy(full="yes")
