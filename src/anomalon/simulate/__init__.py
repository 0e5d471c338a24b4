"""Pythia 8 and a light detector: collision events of known truth, emulations of no experiment."""

from anomalon.simulate.generate import events
from anomalon.simulate.recipe import Recipe, a_h_zprime, qcd_dijet, w_prime

__all__ = ["Recipe", "a_h_zprime", "events", "qcd_dijet", "w_prime"]
