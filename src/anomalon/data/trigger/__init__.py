"""Events at two levels of a trigger, read and written, and flat arrays of other layouts.

`anomalon.load(path, level="l1")` reads a file; what is here writes it, names the slots, says how
its events were drawn, and turns events into the flat arrays that networks in hardware take.
"""

from anomalon.data.trigger.biased import BiasedSample, Closure, Drawn, biased_sample
from anomalon.data.trigger.flat import LAYOUTS, FlatLayout, Steps, flat_array, flat_layout
from anomalon.data.trigger.layout import FEATURE_NAMES, HLT_NAMES, L1_NAMES, LEVELS
from anomalon.data.trigger.writing import write_trigger, write_trigger_chunks

__all__ = [
    "FEATURE_NAMES",
    "HLT_NAMES",
    "L1_NAMES",
    "LAYOUTS",
    "LEVELS",
    "BiasedSample",
    "Closure",
    "Drawn",
    "FlatLayout",
    "Steps",
    "biased_sample",
    "flat_array",
    "flat_layout",
    "write_trigger",
    "write_trigger_chunks",
]
