"""Histograms of hist, boost-histogram and uproot: variances, widths and units."""

import boost_histogram
import hist
import numpy as np
import pytest
import uproot

from anomalon.core.errors import BadNumbers
from anomalon.stats import Spectrum

EDGES = np.array([1000.0, 1100.0, 1250.0, 1500.0, 1900.0])
MASSES = np.repeat([1050.0, 1200.0, 1400.0, 1600.0], [40, 30, 20, 10])


def filled(module, storage, **weight):
    """A histogram of this package, filled."""
    axis = module.axis.Variable(EDGES)
    kind = module.Hist if module is hist else module.Histogram
    made = kind(axis, storage=getattr(module.storage, storage)())
    made.fill(MASSES, **weight)
    return made


@pytest.fixture(params=[hist, boost_histogram])
def module(request):
    return request.param


@pytest.mark.parametrize("storage", ["Double", "Int64", "Unlimited", "AtomicInt64", "Weight"])
def test_events_without_weights_are_plain(module, storage):
    spectrum = Spectrum.of(filled(module, storage))
    assert spectrum.counts.tolist() == [40, 30, 20, 10]
    assert spectrum.variance is None


def test_weights_that_were_not_kept_are_refused(module):
    weighted = filled(module, "Double", weight=np.full(100, 20.0))
    scaled = filled(module, "Double") * 0.1
    doubled = filled(module, "Int64") * 2
    for made in (weighted, scaled, doubled):
        assert made.variances() is None
        with pytest.raises(BadNumbers, match=r"variances\(\) is None: .*storage\.Weight\(\)"):
            Spectrum.of(made)
    explicit = Spectrum.of((weighted.values(), EDGES))
    assert explicit.counts.tolist() == [800, 600, 400, 200]


def test_weights_that_were_kept_count():
    weighted = filled(hist, "Weight", weight=np.full(100, 20.0))
    assert Spectrum.of(weighted).variance.tolist() == [16000, 12000, 8000, 4000]
    assert Spectrum.of(weighted * 0.1).variance == pytest.approx([160, 120, 80, 40])


def test_numbers_that_were_put_in_are_events_only_if_they_are_whole(module):
    made = filled(module, "Double")
    made[...] = np.array([4.0, 3.0, 2.0, 1.0])
    assert Spectrum.of(made).variance is None
    made[...] = np.array([4.5, 3.0, 2.0, 1.0])
    with pytest.raises(BadNumbers, match=r"got e\.g\. 4\.5: it was scaled or filled"):
        Spectrum.of(made)
    asimov = filled(module, "Weight")
    asimov[...] = np.stack([[4.5, 3.5, 2.5, 1.5]] * 2, axis=-1)  # variances given, equal to counts
    assert Spectrum.of(asimov).variance is None


def root(tmp_path, counts, variances=None, title="", scale=1.0):
    """A TH1D as uproot reads it."""
    edges = EDGES * scale
    axis = uproot.writing.identify.to_TAxis("x", title, 4, edges[0], edges[-1], fXbins=edges)
    squares = [] if variances is None else [0, *variances, 0]
    made = uproot.writing.identify.to_TH1x(
        "h", "", np.array([0.0, *counts, 0.0]), 4, 1.0, 1.0, 1.0, 1.0, np.array(squares), axis
    )
    with uproot.recreate(tmp_path / "h.root") as file:
        file["h"] = made
    with uproot.open(tmp_path / "h.root") as file:
        return file["h"]


def test_root_without_squares_of_weights(tmp_path):
    counts = np.array([40.0, 30.0, 20.0, 10.0])
    assert Spectrum.of(root(tmp_path, counts)).variance is None
    with pytest.raises(BadNumbers, match="keeps no squares of weights"):
        Spectrum.of(root(tmp_path, counts * 0.33))
    weighted = Spectrum.of(root(tmp_path, counts * 0.33, counts * 0.33**2))
    assert weighted.variance == pytest.approx(counts * 0.33**2)


@pytest.mark.parametrize("weight", [1.0, 0.33])
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_contents_divided_by_widths_are_refused(tmp_path, weight, scale):
    counts, widths = np.array([40.0, 30.0, 20.0, 10.0]), np.diff(EDGES) * scale
    unit = "m [TeV]" if scale < 1 else ""
    made = root(tmp_path, counts * weight / widths, counts * (weight / widths) ** 2, unit, scale)
    with pytest.raises(BadNumbers, match="divided by them"):
        Spectrum.of(made)


def test_the_label_of_the_axis_says_the_unit(tmp_path):
    in_tev = {
        "hist": hist.Hist(hist.axis.Variable(EDGES / 1000, name="m", label="$m_{jj}$ [TeV]")),
        "boost": boost_histogram.Histogram(
            boost_histogram.axis.Variable(EDGES / 1000, metadata="m (TeV)")
        ),
        "root": root(tmp_path, [4.0, 3.0, 2.0, 1.0], title="m_{jj} [TeV]", scale=1e-3),
    }
    for made in in_tev.values():
        assert Spectrum.of(made).edges.tolist() == EDGES.tolist()
    in_mev = hist.Hist(hist.axis.Variable(EDGES * 1000, name="m_MeV"))
    assert Spectrum.of(in_mev).edges.tolist() == EDGES.tolist()
    unknown = hist.Hist(hist.axis.Variable(EDGES, label="mass", metadata={"a": 1}))
    assert Spectrum.of(unknown).edges.tolist() == EDGES.tolist()
