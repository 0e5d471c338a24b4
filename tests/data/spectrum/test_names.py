"""Names of columns: words, quantities, errors. Each list is a kind, written by many hands."""

import pytest

from anomalon.data.spectrum.columns import Column
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.kinds import Kind, named
from anomalon.data.spectrum.names import plain, words
from anomalon.data.spectrum.quantity import Quantity


def kinds(*names, values=(10.0, 7.0)):
    return [one.kind for one in named([Column.binary(name, list(values)) for name in names])]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("low", "high"),
        ("xlow", "xhigh"),
        ("BinLow", "BinHigh"),
        ("bin_lo", "bin_hi"),
        ("x_lo", "x_hi"),
        ("ptmin", "ptmax"),
        ("m_low_GeV", "m_high_GeV"),
        ("mjjLow", "mjjHigh"),
        ("lowEdge", "upEdge"),
        ("LowEdge", "HighEdge"),
        ("left", "right"),
        ("from", "to"),
        ("bin_start", "bin_end"),
        ("mass_lo", "mass_up"),
        ("lowest", "highest"),
        ("lower limit [TeV]", "upper limit [TeV]"),
        ("bin_lower_bound", "bin_upper_bound"),
        ("$p_{T}$ [GeV] LOW", "$p_{T}$ [GeV] HIGH"),
        ("M(JJ) (IN GEV) LOW", "M(JJ) (IN GEV) HIGH"),
        ("lower edge [GeV]", "upper edge [GeV]"),
        ("mzprimelow", "mzprimehigh"),
        ("MIN", "MAX"),
        ("xMin", "xMax"),
        ("m_jj / TeV low", "m_jj / TeV high"),
        ("lowtev", "hightev"),
    ],
)
def test_edges(low, high):
    assert kinds(low, high, "count") == [Kind.LOW, Kind.HIGH, Kind.EVENTS]


@pytest.mark.parametrize(
    "name", ["errlow", "stat_lo", "error low", "stat err low", "err_down", "errminus", "eyl"]
)
def test_errors_are_no_edges(name):
    assert kinds("low", "high", "count", name)[3] is Kind.ERROR


@pytest.mark.parametrize(
    "name", ["count_low", "bkg_up", "data_lo", "fit high", "+1 sigma", "count minus"]
)
def test_bands_are_neither_edges_nor_errors(name):
    assert kinds("low", "high", "count", name)[3] is Kind.BAND


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Number of events", Kind.EVENTS),
        ("nevents", Kind.EVENTS),
        ("Data 2016", Kind.EVENTS),
        ("data (signal region)", Kind.EVENTS),
        ("$N_{\\mathrm{ev}}$", Kind.EVENTS),
        ("# entries", Kind.EVENTS),
        ("total events", Kind.EVENTS),
        ("Events / bin", Kind.EVENTS),
        ("events in acceptance", Kind.EVENTS),
        ("expected events", Kind.EXPECTED),
        ("bkg", Kind.EXPECTED),
        ("atlas_fit", Kind.EXPECTED),
        ("MC yield", Kind.EXPECTED),
        ("value", Kind.NEUTRAL),
        ("y", Kind.NEUTRAL),
        ("SR1", Kind.UNKNOWN),
        ("n_jets", Kind.UNKNOWN),
        ("calibration", Kind.UNKNOWN),
        ("mass", Kind.CENTRE),
        ("bin center", Kind.CENTRE),
        ("x", Kind.CENTRE),
        ("M [GeV]", Kind.CENTRE),
        ("$m_{jj}$ / GeV", Kind.CENTRE),
        ("bin number", Kind.INDEX),
        ("number of bin", Kind.INDEX),
        ("Standard Model", Kind.EXPECTED),
        ("n_sigma", Kind.ODD),
        ("(data - fit) / sigma", Kind.ODD),
        ("deviation [sigma]", Kind.ODD),
        ("bin width", Kind.WIDTH),
        ("bin", Kind.INDEX),
        ("efficiency", Kind.ODD),
    ],
)
def test_values(name, kind):
    assert kinds("low", "high", name)[2] is kind


@pytest.mark.parametrize(
    ("name", "per"),
    [
        ("Events / GeV", 1.0),
        ("Events/100 GeV", 100.0),
        ("Events / (20 GeV)", 20.0),
        ("Entries / 0.1 TeV", 100.0),
        ("Events / 2.5 MeV", 0.0025),
        ("N/GeV", 1.0),
        ("[1/GeV]", 1.0),
        ("Events [GeV$^{-1}$]", 1.0),
        ("Events · GeV⁻¹", 1.0),
        ("events_per_gev", 1.0),
        ("EventsPerGeV", 1.0),
        ("Candidates / (5 MeV/$c^2$)", 0.005),
        ("dN/dm [1/TeV]", 1000.0),
        ("dN/dm", None),
        ("dNdm", None),
        ("dn_dm", None),
        ("count / bin width", None),
        ("ΔN/Δm", None),
        ("yield (normalised to bin width)", None),
        ("density", None),
        (r"$\frac{\mathrm{d}N}{\mathrm{d}m_{jj}}$ [1/GeV]", 1.0),
    ],
)
def test_densities(name, per):
    found = Quantity.of(name)
    assert found.is_density
    assert found.per == per
    assert not found.odd


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("cross section [fb]", "fb"),
        ("sigma [pb]", "pb"),
        ("D(SIG)/DM(JJ) [PB/GEV]", "pb"),
        (r"$\frac{d\sigma}{dm_{jj}}$ [pb/TeV]", "pb"),
        ("#frac{d#sigma}{dm} [fb/GeV]", "fb"),
        ("dsigma_dm_pb_per_TeV", "pb"),
        ("Events [mb]", "mb"),
        ("xsec", ""),
        ("dsigma/dm", ""),
        ("Data 139 fb$^{-1}$", None),
        ("Data (139 fb-1)", None),
        ("Data 139/fb", None),
        ("Pb-Pb events", None),
        ("PbPb data", None),
        ("b jets", None),
    ],
)
def test_cross_sections(name, section):
    assert Quantity.of(name).section == section


@pytest.mark.parametrize(
    "name",
    [
        *(
            "a.u.",
            "Events [a.u.]",
            "arbitrary units",
            "Normalised events",
            "1/N dN/dm",
            "1/Γ dΓ/dm",
            "N_sigma",
            "unit area",
        ),
        *("efficiency", "eff", "acceptance", "A x eff", "ratio", "Data/MC", "data - fit", "S/B"),
        *("fraction", "share of events", "p-value", "p0", "local p", "pull", "residuals", "chi2"),
        *("chi^2", "$\\chi^2$", "significance", "probability", "Observed limit", "CLs", "purity"),
        *("cumulative events", "log(N)", "events [10^3]", "N x 10³", "Events [%]", "d2N/dmdy"),
        *("mean", "trigger rate [Hz]", "k-factor", "likelihood"),
    ],
)
def test_what_is_no_number_of_events(name):
    assert Quantity.of(name).odd, name


@pytest.mark.parametrize(
    "name", ["calibration", "Operation events", "Data", "generation", "limestone", "p_T [GeV]",
             "sqrt(s)=13 TeV data", "events normalised to luminosity", "effervescent", "profile"]
)  # fmt: skip
def test_words_and_not_parts_of_words(name):
    assert not Quantity.of(name).odd


@pytest.mark.parametrize(
    ("name", "side", "scale", "source"),
    [
        ("error", "both", "absolute", ""),
        ("variance", "both", "absolute", ""),
        ("sumw2", "both", "absolute", ""),
        ("sigma^2", "both", "absolute", ""),
        ("count_error", "both", "absolute", ""),
        ("dN", "both", "absolute", ""),
        ("dn", "both", "absolute", ""),
        ("dy", "both", "absolute", ""),
        ("ΔN", "both", "absolute", ""),
        ("yerr", "both", "absolute", ""),
        ("stat +", "up", "absolute", "stat"),
        ("stat -", "down", "absolute", "stat"),
        ("+stat", "up", "absolute", "stat"),
        ("stat +-", "both", "absolute", "stat"),
        ("sys,lumi +", "up", "absolute", "sys"),
        ("errplus", "up", "absolute", ""),
        ("statErrHigh", "up", "absolute", "stat"),
        ("unc. down", "down", "absolute", ""),
        ("stat [%]", "both", "percent", "stat"),
        ("error (%)", "both", "percent", ""),
        ("error in percent", "both", "percent", ""),
        ("rel. error", "both", "relative", ""),
        ("dN/N", "both", "relative", ""),
        ("σ/N", "both", "relative", ""),
        ("err / count [%]", "both", "percent", ""),
        ("δ [%]", "both", "percent", ""),
        ("stat [‰]", "both", "per mille", "stat"),
        ("std. dev.", "both", "absolute", ""),
        ("Var[count]", "both", "absolute", ""),
        ("fractional uncertainty", "both", "relative", ""),
        ("Total uncertainty", "both", "absolute", "total"),
        ("standard deviation", "both", "absolute", ""),
        (r"$\sigma_{\mathrm{stat}}$", "both", "absolute", "stat"),
        ("±", "both", "absolute", ""),
    ],
)
def test_errors(name, side, scale, source):
    found = ErrorName.of(name)
    assert (found.side, found.scale, found.source) == (side, scale, source)


@pytest.mark.parametrize(
    ("name", "squared"),
    [("variance", True), ("var", True), ("w2", True), ("sumW2", True), ("err2", True),
     ("sigma^2", True), ("error²", True), ("error squared", True), ("sum w^2", True),
     ("sum of squared weights", True), ("Σw²", True),
     (r"$\sum w_i^2$ err", False), ("error", False), ("err_2", False)],
)  # fmt: skip
def test_variances(name, squared):
    assert ErrorName.of(name).squared == squared


def test_numbered_errors_are_not_squared():
    assert not ErrorName.of("err2", ["err1", "err2"]).squared


@pytest.mark.parametrize(
    "name", ["sigma [pb]", "dsigma/dm", "dN/dm", "count", "total", "e+", "JES +"]
)
def test_no_errors(name):
    assert ErrorName.of(name) is None


def test_a_source_with_two_signs_is_one_of_errors():
    assert ErrorName.of("JES +", ["JES +", "JES -"]).subject == {"jes"}


def test_latex_and_unicode_are_text():
    assert plain(r"$m_{jj}\,[\mathrm{TeV}]$") == "m_jj [TeV]"
    assert plain("N × 10³") == "N × 10^3"
    assert words("pTmin") == ("pt", "min")
    assert words("M(JJ) [TeV]") == ("m", "jj", "tev")
