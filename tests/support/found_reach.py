"""Limits by injection of a score that needs no training: a small run, a second."""

import numpy as np

from anomalon import Sample
from anomalon.core.window import Window
from anomalon.search import FitSettings, InjectionLimits, Search, Signal
from anomalon.search.results.injection_limit import InjectionLimitResult


def found_reach() -> InjectionLimitResult:
    """One signal at two strengths, in events and cross section."""
    rng = np.random.default_rng(1)
    mass = 2000 * np.exp(rng.exponential(0.18, 8000))
    data = Sample(rng.normal(size=(8000, 1)), ("score",), mass)
    events = Sample(rng.normal(2, 1, (400, 1)), ("score",), rng.normal(3500, 60, 400))
    search = Search(
        windows=(Window(3200, 3800, 2600, 4400),),
        score="score",
        efficiencies=(0.1,),
        decorrelate=None,
        fit=FitSettings(range=(2200.0, 5500.0), shape="exponential"),
    )
    settings = InjectionLimits(search, (50.0, 200.0), injections=2, luminosity=139.0)
    return settings.run(data, [Signal("narrow", events, 3500.0)], seed=3)
