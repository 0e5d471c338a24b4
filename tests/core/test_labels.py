import pytest

from anomalon.core.errors import BadValue
from anomalon.core.labels import Labels

MASS = "resonant mass [GeV]"


def test_the_line_says_what_is_known():
    assert Labels().line == ""
    assert Labels(energy=13.6).line == "√s = 13.6 TeV"
    assert Labels("", "CMS", luminosity=137).line == "CMS   137 fb⁻¹"


@pytest.mark.parametrize(
    ("mass", "text", "shown"),
    [
        ("m_jj", MASS, "m_jj [GeV]"),
        ("m_jj [TeV]", MASS, "m_jj [TeV]"),
        ("m_jj", f"centre of the window, {MASS}", "centre of the window, m_jj [GeV]"),
        ("", MASS, MASS),
        ("m_jj", "events / 100 GeV", "events / 100 GeV"),
        ("", "tau21_J1", "τ₂₁"),
        ("", "mJ1 [GeV]", "m(J₁) [GeV]"),
    ],
)
def test_axes_are_called_as_the_user_calls_them(mass, text, shown):
    labels = Labels(mass=mass, features={"tau21_J1": "τ₂₁", "mJ1": "m(J₁)"})
    assert labels.axis(text, MASS) == shown


@pytest.mark.parametrize("given", [{"energy": 0}, {"luminosity": -1}, {"mass": 3}])
def test_what_is_no_label_is_refused(given):
    with pytest.raises(BadValue, match="labels"):
        Labels(**given)
