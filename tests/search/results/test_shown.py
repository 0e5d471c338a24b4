"""Values show themselves in few lines, however large they are, and as a table in a notebook."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from fake_scans import fake_scan
from found_spectra import found_bump, found_limit

from anomalon import Events, Sample
from anomalon.stats import (
    Exponential,
    Gaussian,
    Spectrum,
    bump_hunt,
    combine_trials,
    fit_signal,
    fit_spectrum,
    likelihood_ratio_scan,
    upper_limits,
)
from anomalon.stats.limits import limit_by_rerun, upper_limit_with_efficiency
from anomalon.stats.limits.strengths import SignalLimit

MANY = 20_000
EDGES = np.linspace(1000.0, 3000.0, 201)
SHAPE = Exponential(2)
RNG = np.random.default_rng(4)
SPECTRUM = Spectrum(RNG.poisson(SHAPE.integrate([5.0, -1.0], EDGES)), EDGES)
TOYS = Spectrum(RNG.poisson(SHAPE.integrate([5.0, -1.0], EDGES), (50, 200)), EDGES)
MASSES = np.linspace(1200, 2800, 300)
SIGNALS = [Gaussian(mass, 0.03 * mass) for mass in MASSES]


def sample() -> Sample:
    features = RNG.normal(size=(MANY, 40))
    return Sample(features, tuple(f"feature_{i}" for i in range(40)), RNG.uniform(1, 2, MANY))


MAKE = {
    "events": lambda: Events(
        RNG.normal(size=(2000, 30, 3)), tuple(map(str, range(30))), tuple("abc")
    ),
    "sample": sample,
    "spectrum": lambda: SPECTRUM,
    "toys": lambda: TOYS,
    "fit": lambda: fit_spectrum(SPECTRUM, SHAPE),
    "fit of toys": lambda: fit_spectrum(TOYS, SHAPE),
    "fit that failed": lambda: fit_spectrum(Spectrum(np.zeros(200), EDGES), SHAPE, throw=False),
    "signal fit": lambda: fit_signal(SPECTRUM, SHAPE, SIGNALS[7]),
    "signal fits": lambda: fit_signal(TOYS, SHAPE, SIGNALS[7]),
    "mass scan": lambda: likelihood_ratio_scan(fit_spectrum(SPECTRUM, SHAPE), SIGNALS),
    "bump": lambda: bump_hunt(SPECTRUM, SHAPE, n_toys=200, seed=1),
    "trials": lambda: combine_trials(np.full(100, 0.3), RNG.uniform(size=(400, 100))),
    "limit": lambda: upper_limits(50, 50, 7),
    "limits": lambda: upper_limits(RNG.poisson(50, 2000), 50, 7),
    "limit on a strength": lambda: upper_limit_with_efficiency(
        50, 50, 7, lambda s: 0.4 * s / (s + 50), (0.0, 500.0)
    )[0],
    "limit by runs": lambda: limit_by_rerun(
        lambda s, seed: (int(s), int(s / 2)), [50.0, 100.0, 200.0], upper_limits(50, 50, 7), seed=1
    ),
    "limit at a mass": lambda: SignalLimit(9.0, np.arange(5.0, 15.0, 2.0), "exact", ""),
    "no limit at a mass": lambda: SignalLimit.none("the fit failed"),
    "search": fake_scan,
    "bump result": found_bump,
    "its windows": lambda: found_bump().windows,
    "its narrow scan": lambda: found_bump().narrow,
    "limit result": found_limit,
}


@pytest.mark.parametrize("name", MAKE)
def test_values_show_themselves_in_few_words(name):
    value = MAKE[name]()
    text = repr(value)
    assert len(text.splitlines()) <= 11
    assert len(text) < 1000
    table = value._repr_html_()
    assert len(table) < 6000
    ET.fromstring(f"<div>{table}</div>")  # tags are balanced, texts escaped
    assert "<td" in table
    assert "array(" not in text + table
