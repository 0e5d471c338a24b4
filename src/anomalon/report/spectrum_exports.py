"""Limits for other people's tools: a pyhf workspace for each mass, and tables for HEPData.

pyhf/MASS_GeV.json        the count, its background and a signal of the median expected limit
hepdata/submission.yaml   with the tables of the limits and of the spectrum
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from anomalon.core.atomic import write_text_atomically
from anomalon.search.histogram_result import LimitResult
from anomalon.search.result import SpectrumFit
from anomalon.stats.exchange import (
    BinnedModel,
    HepDataColumn,
    HepDataTable,
    limit_table,
    spectrum_table,
    to_pyhf,
    write_hepdata,
)

__all__ = ["limit_models", "limit_tables", "write_limit_exports"]

_PYHF, _HEPDATA = "pyhf", "hepdata"


def write_limit_exports(result: LimitResult, folder: str | Path) -> None:
    """Write the workspaces and the tables into a run folder, in place of those of earlier runs."""
    workspaces = Path(folder) / _PYHF
    models = {f"{mass:.6g}_GeV.json": model for mass, model in limit_models(result).items()}
    for name, model in models.items():
        text = json.dumps(to_pyhf(model), indent=1, allow_nan=False) + "\n"
        write_text_atomically(workspaces / name, text)
    for path in workspaces.glob("*_GeV.json"):
        if path.name not in models:
            path.unlink()
    tables = limit_tables(result)
    write_hepdata(Path(folder) / _HEPDATA, tables, comment=f"{result.name}. {result.source}.")


def limit_models(result: LimitResult) -> dict[float, BinnedModel]:
    """The measurement at each mass that has a limit, by mass in GeV.

    A strength of one is the median expected limit: minimisers lose their way where strengths are
    far from one. The uncertainty of the fit counts as that of a control region ("gamma"), as for
    our limits. Weighted counts are divided by the variance of an event, as their statistics are.
    """
    scale = 1.0
    return {
        float(mass): BinnedModel(
            observed=result.n[i] / scale,
            background=result.expected[i] / scale,
            signal=result.median[i] * result.share[i] / scale,
            sigma_background=result.sigma_expected[i] / scale,
            name=f"window_{result.low[i]:.0f}_{result.high[i]:.0f}",
        )
        for i, mass in enumerate(result.masses)
        if result.method[i]
    }


def limit_tables(result: LimitResult) -> list[HepDataTable]:
    """The tables of the limits and of the spectrum."""
    good = np.isfinite(result.observed)
    exact = result.exact_masses
    how = f" At {len(exact)} masses from {exact[0]:.0f} GeV on by exact sums." if len(exact) else ""
    limits = limit_table(
        result.masses[good],
        result.observed[good],
        result.band[:, good],
        description=f"Upper limits at {100 * result.level:g}% CL by CLs, observed and expected, on "
        f"the events of a Gaussian resonance with a width of {100 * result.resolution:g}% of its "
        f"mass.{how}",
    )
    return [limits, _spectrum_table(result.fit)]


def _spectrum_table(fit: SpectrumFit) -> HepDataTable:
    table = spectrum_table(fit.spectrum)
    if not fit.ok:
        return table
    background = HepDataColumn(
        "Expected background events", fit.expected, errors={"fit": fit.sigma_expected}
    )
    return replace(table, dependent=[*table.dependent, background])
