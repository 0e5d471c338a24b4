"""Limits for other people's tools: models at each mass, and tables for HEPData.

pyhf/MASS_GeV.json        the spectrum, its background and a signal of the median expected limit
combine/MASS_GeV.txt      the same as a data card
hepdata/submission.yaml   with the tables of the limits and of the spectrum
"""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalon.search.results.fitted import SpectrumFit
from anomalon.stats.exchange import (
    BinnedModel,
    HepDataColumn,
    HepDataTable,
    Quantity,
    limit_table,
    spectrum_table,
    to_combine,
    to_hepdata,
    to_pyhf,
)

if TYPE_CHECKING:
    from anomalon.search.results.limit import LimitResult

__all__ = ["limit_exports", "limit_models", "limit_tables"]

_MOST_MODELS, _MOST_BINS = 25, 10_000  # masses, and bins of all of them together


def limit_exports(result: "LimitResult") -> dict[str, str]:
    """The workspaces and the tables, by their path in a run folder."""
    models = {f"{mass:.6g}_GeV": model for mass, model in _some(limit_models(result)).items()}
    tables = to_hepdata(limit_tables(result), comment=f"{result.name}. {result.source}.")
    return {
        **{f"pyhf/{at}.json": _json(to_pyhf(model)) for at, model in models.items()},
        **{
            f"combine/{at}.txt": to_combine(model, name=result.name) for at, model in models.items()
        },
        **{f"hepdata/{name}": text for name, text in tables.items()},
    }


def _some(models: dict[float, BinnedModel]) -> dict[float, BinnedModel]:
    """Models at some masses, evenly spread: all of them would take more space than the result."""
    n_bins = len(next(iter(models.values())).observed)
    most = min(len(models), _MOST_MODELS, max(3, _MOST_BINS // n_bins))
    masses = list(models)
    return {
        masses[i]: models[masses[i]]
        for i in np.linspace(0, len(models) - 1, most).round().astype(int)
    }


def _json(tree: dict[str, Any]) -> str:
    return json.dumps(tree, indent=1, allow_nan=False) + "\n"


def limit_models(result: "LimitResult") -> dict[float, BinnedModel]:
    """The spectrum and its signal at each mass that has a limit, by mass in GeV.

    A strength of one is the median expected limit: minimisers lose their way where strengths are
    far from one. The background is the best function, its parameters free to move as far as ten
    of their standard deviations; other functions are not in it. Counts are divided by the weight
    of an event, as their statistics are.
    """
    fit, weight = result.fit, result.fit.event_weight
    return {
        float(mass): BinnedModel(
            observed=fit.counts / weight,
            background=fit.expected / weight,
            signal=result.median[i] * form.nominal / weight,
            free=result.leverage.T / weight,
            signal_up=result.median[i] * form.up / weight,
            signal_down=result.median[i] * form.down / weight,
            signal_factor=form.kappa,
            name="spectrum",
        )
        for i, mass in enumerate(result.masses)
        if result.method[i]
        for form in [result.nuisances.form(float(mass), result.resolution, fit.edges)]
    }


def limit_tables(result: "LimitResult") -> list[HepDataTable]:
    """The tables of the limits, of the best strengths and of the spectrum."""
    good = np.isfinite(result.observed)
    exact = result.exact_masses
    how = f" At {len(exact)} masses from {exact[0]:.0f} GeV on by exact sums." if len(exact) else ""
    about = (
        f"Upper limits at {100 * result.level:g}% CL by CLs, observed and expected, on the "
        f"{{}} of a Gaussian resonance with a width of {100 * result.resolution:g}% of its "
        f"mass.{how}"
    )
    numbers = (result.masses[good], result.observed[good], result.band[:, good])
    tables = [limit_table(*numbers, description=about.format("events"))]
    if result.per_event is not None:
        tables.append(
            limit_table(
                numbers[0],
                numbers[1] * result.per_event,
                numbers[2] * result.per_event,
                quantity=Quantity("Cross section", "FB"),
                name="Upper limits on the cross section",
                description=about.format("cross section"),
            )
        )
    return [*tables, _strength_table(result), _spectrum_table(result.fit)]


def _strength_table(result: "LimitResult") -> HepDataTable:
    there = np.isfinite(result.strength) & np.isfinite(result.sigma_strength)
    return HepDataTable(
        "Best strength",
        "Signal events that fit best, negative for a deficit, and their local significance.",
        [HepDataColumn("M", result.masses[there], "GeV")],
        [
            HepDataColumn(
                "Signal events",
                result.strength[there],
                errors={"fit": result.sigma_strength[there]},
            ),
            HepDataColumn("Local significance", result.z[there]),
        ],
    )


def _spectrum_table(fit: SpectrumFit) -> HepDataTable:
    table = spectrum_table(fit.spectrum)
    if not fit.ok:
        return table
    background = HepDataColumn(
        "Expected background events", fit.expected, errors={"fit": fit.sigma_expected}
    )
    return replace(table, dependent=[*table.dependent, background])
