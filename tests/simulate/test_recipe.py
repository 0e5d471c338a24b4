import pytest

from anomalon.core.errors import BadValue, UnknownKey
from anomalon.simulate.dijet import DijetSelection
from anomalon.simulate.recipe import SIGNALS, TALK_POINTS, a_h_zprime, qcd_dijet, w_prime


def test_twenty_named_points_all_contained():
    assert len(TALK_POINTS) == 20
    for name, (family, masses) in TALK_POINTS.items():
        recipe = SIGNALS[family](*masses)
        assert recipe.name == name
        assert recipe.label == 1
        assert max(masses[1:]) <= 0.2 * masses[0]


def test_simulation_differs_from_data_in_one_setting():
    data, simulation = (set(qcd_dijet(variation=v).settings) for v in ("data", "simulation"))
    assert simulation - data == {"TimeShower:alphaSvalue = 0.118"}
    assert data <= simulation


def test_generator_cuts_scale_with_the_selection():
    low, high = (qcd_dijet(selection=DijetSelection(mjj_min=m)) for m in (1000.0, 2000.0))
    assert "PhaseSpace:mHatMin = 650." in low.settings
    assert "PhaseSpace:mHatMin = 1300." in high.settings
    assert low.veto.mass_min == 945


def test_refuses_what_cannot_be_made():
    with pytest.raises(UnknownKey, match="did you mean 'simulation'"):
        qcd_dijet(variation="simulatio")
    with pytest.raises(BadValue, match="inside one jet"):
        w_prime(3500, 1000, 100)
    with pytest.raises(BadValue, match="from 15 GeV"):
        a_h_zprime(3500, 5, 100)
    with pytest.raises(BadValue, match="mjj_min of at least 200"):
        qcd_dijet(selection=DijetSelection(mjj_min=50.0))
    for recipe, masses in ((qcd_dijet, ()), (w_prime, (3500, 500, 100))):
        for impossible in (13_000.0, 20_000.0, float("inf")):
            with pytest.raises(BadValue, match="mjj_min below the 13000 GeV of the beams"):
                recipe(*masses, selection=DijetSelection(mjj_min=impossible))
    for parent in (13_000, 20_000, 0, float("nan")):
        with pytest.raises(BadValue, match=r"a number in \(0, 13000\)"):
            a_h_zprime(parent, 100, 100)
