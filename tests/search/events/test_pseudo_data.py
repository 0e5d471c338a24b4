"""Pseudo-data: a spectrum like the data's, and nothing in the features that depends on it."""

import numpy as np
import pytest
from scipy.stats import kstest, spearmanr
from toy_search import background, signal

from anomalon import Sample, Seed
from anomalon.core.errors import DidNotConverge
from anomalon.search import FitSettings, inject
from anomalon.search.events.pseudo_data import PseudoData, deal

B = background()
SETTINGS = FitSettings(range=(2400, 5000))
PSEUDO = PseudoData.like(B, SETTINGS)


def test_the_spectrum_is_the_one_that_the_data_were_drawn_from():
    drawn = PSEUDO.draw(Seed(1))
    inside = drawn.between(2400, 5000).mass
    # the truth of `background`: a power law m^-6, cut at both ends
    low, high = 2400.0**-5, 5000.0**-5
    assert kstest(inside, lambda m: (low - m**-5.0) / (low - high)).pvalue > 1e-3
    assert len(drawn) == len(B)
    assert len(inside) == len(B.between(2400, 5000))


def test_every_event_is_used_once_and_nothing_depends_on_the_mass():
    drawn = PSEUDO.draw(Seed(2))
    np.testing.assert_array_equal(np.sort(drawn.event), np.sort(B.event))
    np.testing.assert_array_equal(np.sort(drawn.x, axis=0), np.sort(B.x, axis=0))
    assert abs(spearmanr(B.column("a"), B.mass).statistic) > 0.1
    assert abs(spearmanr(drawn.column("a"), drawn.mass).statistic) < 4 / np.sqrt(len(B))


def test_a_resonance_is_spread_over_all_masses():
    data = inject(B, signal(), 300, seed=3)
    drawn = PseudoData.like(data, SETTINGS).draw(Seed(0))
    hidden = np.isin(drawn.event, signal().event)
    near = abs(drawn.mass - 3300) < 180
    assert hidden.sum() == 300
    assert hidden[near].sum() / 300 == pytest.approx(near.mean(), abs=0.1)


def test_masses_outside_the_fitted_range_stay():
    drawn = PSEUDO.draw(Seed(3))
    np.testing.assert_array_equal(
        np.sort(drawn.mass[drawn.mass > 5000]), np.sort(B.mass[B.mass > 5000])
    )


def test_weights_stay_with_their_events():
    weighted = B.with_weight(1 + (B.column("a") > 0))
    drawn = deal(weighted, Seed(1))
    np.testing.assert_array_equal(drawn.weight, 1 + (drawn.column("a") > 0))
    np.testing.assert_array_equal(drawn.mass, B.mass)


def test_one_seed_one_data_set_and_no_truth_in_it():
    first, again, other = (PSEUDO.draw(Seed(s)) for s in (1, 1, 2))
    assert first.digest() == again.digest() != other.digest()
    assert first.label is None
    assert PSEUDO.data.label is None


def test_data_without_a_smooth_spectrum_are_refused():
    mass = np.repeat([2450.0, 4950.0], 50)
    two_lines = Sample(np.zeros((100, 1)), ("a",), mass, source="two lines")
    with pytest.raises(DidNotConverge, match="two lines from 5000 to 6000 GeV"):
        PseudoData.like(two_lines, FitSettings(range=(5000, 6000)))
