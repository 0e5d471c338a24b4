import boost_histogram
import hist
import numpy as np
import pytest

from anomalon.core.errors import BadLayout, BadNumbers, BadRows
from anomalon.data import SpectrumTable
from anomalon.stats import Spectrum

EDGES = np.array([2800.0, 3000.0, 3300.0, 3700.0])


def test_masses_fill_like_numpy():
    mass = np.random.default_rng(1).uniform(2500, 4000, 500)
    weight = np.random.default_rng(2).uniform(0, 1, 500)
    plain = Spectrum.from_masses(mass, EDGES)
    weighted = Spectrum.from_masses(mass, EDGES, weight)
    assert plain.variance is None
    assert plain.counts.tolist() == np.histogram(mass, EDGES)[0].tolist()
    assert weighted.counts == pytest.approx(np.histogram(mass, EDGES, weights=weight)[0])
    assert weighted.variance == pytest.approx(np.histogram(mass, EDGES, weights=weight**2)[0])


def test_an_edge_belongs_to_the_bin_above():
    assert Spectrum.from_masses([2800.0, 3000.0, 3700.0], EDGES).counts.tolist() == [1, 1, 0]


@pytest.mark.parametrize("storage", ["Double", "Weight", "Int64"])
def test_histograms_without_their_overflow(storage):
    mass = [2900.0, 2950.0, 3500.0, 9999.0]
    for module in (hist, boost_histogram):
        made = getattr(module, "Hist" if module is hist else "Histogram")(
            module.axis.Variable(EDGES), storage=getattr(module.storage, storage)()
        )
        made.fill(mass)
        spectrum = Spectrum.of(made)
        assert spectrum.counts.tolist() == [2, 0, 1]
        assert spectrum.edges.tolist() == EDGES.tolist()
        assert spectrum.variance is None


def test_weighted_histogram_keeps_its_variance():
    made = hist.Hist(hist.axis.Variable(EDGES), storage=hist.storage.Weight())
    made.fill([2900.0, 2950.0, 3500.0], weight=[0.5, 0.5, 0.1])
    spectrum = Spectrum.of(made)
    assert spectrum.variance == pytest.approx([0.5, 0, 0.01])
    assert spectrum.event_weight == pytest.approx([0.5, 0.5, 0.1])
    assert spectrum.effective_counts == pytest.approx([2, 0, 1])


class BareHistogram:
    """The UHI protocol and nothing else."""

    axes = ([(0.0, 1.0), (1.0, 3.0)],)
    kind = "COUNT"

    def values(self):
        return np.array([3.0, 4.0])

    def variances(self):
        return self.values()


def test_bare_protocol_numpy_and_itself():
    assert Spectrum.of(BareHistogram()).edges.tolist() == [0, 1, 3]
    assert Spectrum.of(np.histogram([2900.0], EDGES)).counts.tolist() == [1, 0, 0]
    for variances in (None, np.array([0.5, 0.0, 0.01])):
        read = Spectrum.of(SpectrumTable(np.array([1.0, 0.0, 0.1]), EDGES, variances))
        assert read.counts.tolist() == [1.0, 0.0, 0.1]
        assert read.edges.tolist() == EDGES.tolist()
        assert read.variance is None if variances is None else read.variance is variances
    spectrum = Spectrum([1, 2, 3], EDGES)
    assert Spectrum.of(spectrum) is spectrum


def test_a_window_hides_every_bin_that_it_touches():
    spectrum = Spectrum([1, 2, 3], EDGES)
    assert spectrum.inside(3000, 3300).tolist() == [False, True, False]
    assert spectrum.inside(2999, 3301).tolist() == [True, True, True]


def test_events_of_an_empty_spectrum_weigh_one():
    assert Spectrum([0, 0, 0], EDGES, [0, 0, 0]).event_weight.tolist() == [1, 1, 1]
    toys = Spectrum([[0, 0, 0], [2, 2, 0]], EDGES, [[0, 0, 0], [1, 1, 0]])
    assert toys.event_weight.tolist() == [0.5, 0.5, 0.5]


def test_toys_are_like_the_data():
    data = Spectrum([50, 30, 40], EDGES, [5, 3, 400])
    rng = np.random.default_rng(1)
    toys = data.toys(np.array([40.0, 40.0, 400.0]), 4000, rng)
    assert toys.event_weight.tolist() == data.event_weight.tolist()
    assert toys.counts.mean(axis=0) == pytest.approx([40, 40, 400], rel=0.03)
    assert toys.counts.var(axis=0) == pytest.approx([4, 4, 4000], rel=0.1)
    assert (toys.effective_counts + 1e-9) % 1 == pytest.approx(0, abs=1e-6)
    assert repr(data).endswith("weighted)")
    plain = Spectrum([1, 2, 3], EDGES)
    assert plain.toys(np.ones(3), 5, np.random.default_rng(2)).counts.tolist() == (
        np.random.default_rng(2).poisson(np.ones(3), (5, 3)).tolist()
    )


def test_a_range_that_agrees_with_an_edge_is_that_edge():
    edges = np.arange(11) / 10.0
    fl = Spectrum(np.ones(10), edges * (1 + 1e-16))
    assert fl.between(0.3, 0.7).n_bins == 4
    assert Spectrum([1, 2, 3], EDGES).between(3000.0001, 3299.9999).counts.tolist() == [2]
    assert Spectrum([1, 2, 3], EDGES).between(3000.1, 9999).counts.tolist() == [3]


def test_bad_event_weights():
    with pytest.raises(BadLayout, match="event_weight"):
        Spectrum([1, 2, 3], EDGES, event_weight=[1, 2])
    with pytest.raises(BadNumbers, match="above zero, got 0"):
        Spectrum([1, 2, 3], EDGES, event_weight=[1, 2, 0])


def test_refusals():
    with pytest.raises(BadLayout, match="increasing"):
        Spectrum([1, 2], [0, 2, 1])
    with pytest.raises(BadLayout, match="counts of shape"):
        Spectrum([1, 2], EDGES)
    with pytest.raises(BadNumbers, match="negative"):
        Spectrum([1, -2, 3], EDGES)
    with pytest.raises(BadNumbers, match="NaN"):
        Spectrum([1, np.nan, 3], EDGES)
    with pytest.raises(BadLayout, match="variance"):
        Spectrum([1, 2, 3], EDGES, [1, 2])
    with pytest.raises(BadNumbers, match="variance above zero"):
        Spectrum([1, 2, 3], EDGES, [1, 0, 3])
    with pytest.raises(BadLayout, match="UHI"):
        Spectrum.of([1, 2, 3])
    two = hist.Hist(hist.axis.Variable(EDGES), hist.axis.Variable(EDGES))
    with pytest.raises(BadLayout, match="2 axes"):
        Spectrum.of(two)
    for names in (hist.axis.StrCategory(["ee", "mumu"]), hist.axis.IntCategory([1, 2])):
        with pytest.raises(BadLayout, match="got one of categories"):
            Spectrum.of(hist.Hist(names))
    profile = hist.Hist(hist.axis.Variable(EDGES), storage=hist.storage.Mean())
    with pytest.raises(BadLayout, match="counts"):
        Spectrum.of(profile)


def test_more_events_than_random_numbers_can_be_are_refused():
    with pytest.raises(BadRows, match="spectrum: counts: expected numbers up to 1e\\+18"):
        Spectrum([10.0, 2e18], [0, 1, 2])
    assert Spectrum([10.0, 2e18], [0, 1, 2], [10.0, 2e36]).effective_counts.max() < 1e18
