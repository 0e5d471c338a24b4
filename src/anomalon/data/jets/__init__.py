"""Jets as events of constituents: one jet per event, its constituents relative to its axis.

`anomalon.load` and `anomalon.data.chunks` recognise files of jets, ours and those of others; what
is here writes ours, and makes jets of constituents that are in memory.
"""

from anomalon.data.jets.layout import FEATURE_NAMES, check_jets, jet_events, relative_to
from anomalon.data.jets.writing import write_jet_chunks, write_jets

__all__ = [
    "FEATURE_NAMES",
    "check_jets",
    "jet_events",
    "relative_to",
    "write_jet_chunks",
    "write_jets",
]
