"""Models and results for other people's tools: pyhf, Combine, HEPData.

Histograms of the other direction, from hist, boost-histogram, uproot or anything else with the UHI
protocol, are read by `Spectrum.of`.
"""

from anomalon.stats.exchange.combine_card import to_combine
from anomalon.stats.exchange.hepdata import (
    HepDataColumn,
    HepDataTable,
    Quantity,
    limit_table,
    spectrum_table,
    to_hepdata,
    write_hepdata,
)
from anomalon.stats.exchange.model import BinnedModel
from anomalon.stats.exchange.pyhf_workspace import to_pyhf

__all__ = [
    "BinnedModel",
    "HepDataColumn",
    "HepDataTable",
    "Quantity",
    "limit_table",
    "spectrum_table",
    "to_combine",
    "to_hepdata",
    "to_pyhf",
    "write_hepdata",
]
