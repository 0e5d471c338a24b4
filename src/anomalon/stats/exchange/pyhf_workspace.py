"""A model as a workspace for pyhf (HistFactory in JSON)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.exchange.model import LOOSE, BinnedModel

__all__ = ["to_pyhf"]

Floats = NDArray[np.floating[Any]]


def to_pyhf(model: BinnedModel, *, poi: str = "mu") -> dict[str, Any]:
    """A workspace that `pyhf.Workspace` takes; write it with `json.dump`.

    Heinrich, Feickert and Stark, JOSS 6 (2021) 2823; schema 1.0.0. A "gamma" constraint becomes a
    `shapesys`, a "gaussian" one a `staterror`, a "log_normal" one a `normsys` for a sample
    per bin, each variation a `histosys`, a free parameter of the background one of ten standard
    deviations of its fit. The strength goes up to ten times what is needed for a
    limit, because pyhf finds none beyond its bounds.

    Args:
        model: What was measured.
        poi: Name of the signal strength.

    Example:
        >>> model = BinnedModel(observed=51, background=50, signal=12, sigma_background=3)
        >>> to_pyhf(model)["channels"][0]["samples"][1]["modifiers"]
        [{'name': 'uncorrelated_SR', 'type': 'shapesys', 'data': [3.0]}]
    """
    signal = {
        "name": "signal",
        "data": model.signal.tolist(),
        "modifiers": [{"name": poi, "type": "normfactor", "data": None}, *_of_signal(model)],
    }
    parameter = {"name": poi, "bounds": [[0.0, _largest_strength(model)]], "inits": [1.0]}
    return {
        "channels": [
            {
                "name": model.name,
                "samples": [signal, *_backgrounds(model)],
            }
        ],
        "observations": [{"name": model.name, "data": model.observed.tolist()}],
        "measurements": [
            {"name": "measurement", "config": {"poi": poi, "parameters": [parameter]}}
        ],
        "version": "1.0.0",
    }


def _of_signal(model: BinnedModel) -> list[dict[str, Any]]:
    """The uncertainties of the signal."""
    modifiers: list[dict[str, Any]] = []
    if model.signal_factor > 0:
        kappa = float(np.exp(model.signal_factor))
        factor = {"hi": kappa, "lo": 1.0 / kappa}
        modifiers.append({"name": "signal_yield", "type": "normsys", "data": factor})
    for k, (up, down) in enumerate(zip(*model.signal_forms, strict=True)):
        data = {"hi_data": up.tolist(), "lo_data": down.tolist()}
        modifiers.append({"name": f"signal_form_{k}", "type": "histosys", "data": data})
    return modifiers


def _backgrounds(model: BinnedModel) -> list[dict[str, Any]]:
    """The samples of the background: one for all bins, unless factors on single bins are free."""
    if model.constraint != "log_normal":
        modifiers: list[dict[str, Any]] = []
        if (model.sigma > 0).any():
            kind = "shapesys" if model.constraint == "gamma" else "staterror"
            name = f"{'uncorrelated' if kind == 'shapesys' else 'staterror'}_{model.name}"
            modifiers.append({"name": name, "type": kind, "data": model.sigma.tolist()})
        return [_background("background", model.background, modifiers, _moved(model))]
    samples = []
    for i, (b, sigma) in enumerate(zip(model.background, model.sigma, strict=True)):
        only = np.arange(len(model.background)) == i
        kappa = 1.0 + float(sigma / b) if b > 0 else 1.0
        factor = {"hi": kappa, "lo": 1.0 / kappa}
        modifiers = [{"name": f"factor_{model.name}_{i}", "type": "normsys", "data": factor}]
        name = f"background_{i}"
        samples.append(
            _background(
                name, model.background * only, modifiers if sigma > 0 else [], _moved(model) * only
            )
        )
    return samples


def _moved(model: BinnedModel) -> Floats:
    """Variations, and free parameters as wide ones."""
    return np.concatenate([model.sources, LOOSE * model.parameters])


def _background(
    name: str, data: Floats, modifiers: list[dict[str, Any]], sources: Floats
) -> dict[str, Any]:
    variations = [
        {
            "name": f"background_{k}",
            "type": "histosys",
            "data": {"hi_data": (data + row).tolist(), "lo_data": (data - row).tolist()},
        }
        for k, row in enumerate(sources)
    ]
    return {"name": name, "data": data.tolist(), "modifiers": [*modifiers, *variations]}


def _largest_strength(model: BinnedModel) -> float:
    spread = (model.background + model.sigma**2 + (model.sources**2).sum(axis=0)).sum() ** 0.5
    excess = max(float((model.observed - model.background).sum()), 0.0)
    return max(10.0, 10.0 * (excess + 3.0 + 3.0 * float(spread)) / float(model.signal.sum()))
