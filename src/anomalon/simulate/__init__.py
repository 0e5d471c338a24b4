"""Pythia 8 and a light detector: collision events of known truth, emulations of no experiment.

recipe      processes as data: what to generate
selection   which events are kept, and what a file has of them (`dijet`)
generate    samples of a wanted size, chunk by chunk (`chunk`, `table`)
job         a file of them as a job, and what it says (`dijet_job`, `result`)
pythia      the generator; `veto` drops events early, `detector` measures them
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.simulate.dijet_job import DijetSimulation
    from anomalon.simulate.generate import events
    from anomalon.simulate.job import Simulation
    from anomalon.simulate.recipe import Recipe, a_h_zprime, qcd_dijet, w_prime

__all__ = [
    "DijetSimulation",
    "Recipe",
    "Simulation",
    "a_h_zprime",
    "events",
    "qcd_dijet",
    "w_prime",
]

_HOMES = {
    "anomalon.simulate.dijet_job": ("DijetSimulation",),
    "anomalon.simulate.generate": ("events",),
    "anomalon.simulate.job": ("Simulation",),
    "anomalon.simulate.recipe": ("Recipe", "a_h_zprime", "qcd_dijet", "w_prime"),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
