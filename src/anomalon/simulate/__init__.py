"""Pythia 8 and a light detector: collision events of known truth, emulations of no experiment.

recipe      processes as data: what to generate, alone or mixed (`…_recipes`)
selection   which events are kept, and what a file has of them (`dijet`, `forty_mhz`, `jets`,
            `trigger`)
generate    samples of a wanted size, chunk by chunk (`chunk`, `table`)
job         a file of them as a job, and what it says (`dijet_job`, …)
pythia      the generator (`starting`); `veto` and `decays` drop events early
pileup      other collisions; `detector` measures all of them; `matching` tells whose jet is
strata      kinds of bunch crossings and their rates (`crossing`); `two_levels`, `coarse` and
            `windows` are what a trigger sees of them, `menus` what it asks for
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.simulate.dijet_job import DijetSimulation
    from anomalon.simulate.forty_mhz_job import FortyMhzSimulation
    from anomalon.simulate.generate import events
    from anomalon.simulate.jets_job import JetSimulation
    from anomalon.simulate.job import Simulation
    from anomalon.simulate.recipe import Mixture, Recipe, a_h_zprime, qcd_dijet, w_prime
    from anomalon.simulate.trigger_job import TriggerSimulation

__all__ = [
    "DijetSimulation",
    "FortyMhzSimulation",
    "JetSimulation",
    "Mixture",
    "Recipe",
    "Simulation",
    "TriggerSimulation",
    "a_h_zprime",
    "events",
    "qcd_dijet",
    "w_prime",
]

_HOMES = {
    "anomalon.simulate.dijet_job": ("DijetSimulation",),
    "anomalon.simulate.forty_mhz_job": ("FortyMhzSimulation",),
    "anomalon.simulate.generate": ("events",),
    "anomalon.simulate.jets_job": ("JetSimulation",),
    "anomalon.simulate.job": ("Simulation",),
    "anomalon.simulate.recipe": ("Mixture", "Recipe", "a_h_zprime", "qcd_dijet", "w_prime"),
    "anomalon.simulate.trigger_job": ("TriggerSimulation",),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
