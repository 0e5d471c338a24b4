"""Units of mass in the words of people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core.errors import BadValue
from anomalon.core.units import MassUnit, mass_unit, mass_unit_named


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("m_jj [TeV]", "TeV"),
        ("$m_{jj}$ (TeV) LOW", "TeV"),
        ("M(JJ) (IN TEV) HIGH", "TeV"),
        ("M IN GEV", "GeV"),
        ("mjj_TeV_low", "TeV"),
        ("low_gev", "GeV"),
        ("mjjTeV", "TeV"),
        ("lowtev", "TeV"),
        ("m_jj / TeV", "TeV"),
        ("mass [GeV/c^2]", "GeV"),
        ("m [MeV]", "MeV"),
        ("E [keV]", "keV"),
        ("m [eV]", "eV"),
        ("m [100 GeV]", "100 GeV"),
        ("m_jj LOW [TeV] at 13 GeV", "TeV"),
        ("m at 13 TeV", None),
        ("m (13 TeV)", None),
        ("m_13TeV", None),
        ("n_ev", None),
        ("never", None),
        ("mass", None),
        ("", None),
    ],
)
def test_units_in_names(text, unit):
    found = mass_unit(text)
    assert (None if found is None else found.name) == unit


def test_sizes():
    sizes = {name: mass_unit_named(name).gev for name in ("ev", "KeV", "mev", "GEV", "tev")}
    assert list(sizes.values()) == [1e-9, 1e-6, 1e-3, 1, 1e3]
    assert mass_unit("[100 GeV]").gev == 100
    with pytest.raises(BadValue, match=r"--unit: expected eV, .*, got 'fm'"):
        mass_unit_named("fm", "--unit")


@given(st.lists(st.integers(1, 10**8), min_size=1))
def test_round_numbers_stay_round(thousandths):
    """Masses written in TeV with three decimals are whole GeV."""
    masses = np.array([float(f"{n / 1000:.3f}") for n in thousandths])
    assert MassUnit("TeV", 1e3).to_gev(masses).tolist() == thousandths
