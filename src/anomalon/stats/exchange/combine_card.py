"""A model as a data card for Combine, the statistics tool of CMS."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.exchange.model import LOOSE, BinnedModel

__all__ = ["to_combine"]

Floats = NDArray[np.floating[Any]]

_NOTHING = 1e-9  # of the signal: bins with less have no uncertainty of their own
_INTEGER = 1e-6  # how far from an integer a control count may be
_FLOOR = 0.01  # of the background: what a variation leaves at least


def to_combine(model: BinnedModel, *, name: str = "anomalon") -> str:
    """A data card of counting experiments, one channel per bin, for `combine -M AsymptoticLimits`.

    CMS, arXiv:2404.06614, section 3. A "gamma" constraint becomes `gmN`, the count in the control
    region, if that is an integer; Combine takes no other. All else is `lnN`: log-normal factors,
    exact for a "log_normal" constraint, and close to the others where uncertainties are small. A
    comment says where this happened. Free parameters of the background are factors of ten standard
    deviations of its fit.

    Args:
        model: What was measured.
        name: For the comment in the first line.

    Example:
        >>> card = to_combine(BinnedModel(observed=4, background=2, signal=3, sigma_background=1))
        >>> for line in card.splitlines()[-4:]:
        ...     print(line)
        process              signal  background
        process                   0           1
        rate                      3           2
        background_SR gmN 4       -         0.5
    """
    n = len(model.observed)
    channels = [model.name] if n == 1 else [f"{model.name}_{i + 1}" for i in range(n)]
    nuisances, comments = _nuisances(model, channels)
    rates = np.stack([model.signal, model.background], axis=1).ravel()
    head = [
        f"# {name}",
        *comments,
        f"imax {n} number of channels",
        "jmax 1 number of backgrounds",
        f"kmax {len(nuisances)} number of nuisance parameters",
        "-" * 40,
    ]
    observed = [("bin", channels), ("observation", [_number(v) for v in model.observed])]
    expected = [
        ("bin", [channel for channel in channels for _ in range(2)]),
        ("process", ["signal", "background"] * n),
        ("process", ["0", "1"] * n),
        ("rate", [_number(v) for v in rates.tolist()]),
        *nuisances,
    ]
    return "\n".join([*head, *_aligned(observed), "-" * 40, *_aligned(expected)]) + "\n"


def _nuisances(
    model: BinnedModel, channels: list[str]
) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Lines of (name and type, one field for each signal and background), and comments."""
    rows: list[tuple[str, list[str]]] = []
    comments: list[str] = []
    for i, (channel, b, sigma) in enumerate(
        zip(channels, model.background, model.sigma, strict=True)
    ):
        if sigma == 0:
            continue
        control = b**2 / sigma**2
        exact = abs(control - round(control)) <= _INTEGER * max(control, 1.0) and round(control) > 0
        if model.constraint == "gamma" and exact:
            kind, field = f"gmN {round(control)}", _number(b / round(control))
        else:
            kind, field = "lnN", _number(1.0 + sigma / b)
            if model.constraint != "log_normal":
                comments.append(
                    f"# {channel}: log-normal in place of the {model.constraint} constraint"
                )
        fields = ["-"] * (2 * len(channels))
        fields[2 * i + 1] = field
        rows.append((f"background_{channel} {kind}", fields))
    for k, row in enumerate(model.sources):
        fields = ["-"] * (2 * len(channels))
        for i, (b, change) in enumerate(zip(model.background, row, strict=True)):
            if change != 0:
                down, up = (max(1.0 + sign * change / b, _FLOOR) for sign in (-1, 1))
                fields[2 * i + 1] = f"{_number(down)}/{_number(up)}"
        rows.append((f"background_{model.name}_{k} lnN", fields))
    rows += [
        (
            f"background_{model.name}_free_{k} lnN",
            _of_process(1, np.exp(LOOSE * row / model.background), 1.0),
        )
        for k, row in enumerate(model.parameters)
    ]
    return rows + _of_signal(model), comments


def _of_signal(model: BinnedModel) -> list[tuple[str, list[str]]]:
    """Lines of the uncertainties of the signal."""
    rows: list[tuple[str, list[str]]] = []
    if model.signal_factor > 0:
        kappa = np.full(len(model.signal), np.exp(model.signal_factor))
        rows.append(("signal_yield lnN", _of_process(0, kappa, 1.0)))
    some = np.where(model.signal > 0, model.signal, 1.0)
    for k, (up, down) in enumerate(zip(*model.signal_forms, strict=True)):
        there = model.signal > _NOTHING * model.signal.sum()
        factors = (np.where(there, np.maximum(form / some, _FLOOR), 1.0) for form in (up, down))
        rows.append((f"signal_form_{k} lnN", _of_process(0, *factors)))
    return rows


def _of_process(process: int, up: Floats, down: Floats | float) -> list[str]:
    """Fields of one line: nothing for the other process, "down/up" where the factors differ."""
    fields = []
    for high, low in zip(up, np.broadcast_to(down, up.shape), strict=True):
        factor = _number(high) if low == 1.0 else f"{_number(low)}/{_number(high)}"
        pair = ["-", "-"]
        pair[process] = factor if (high, low) != (1.0, 1.0) else "-"
        fields += pair
    return fields


def _number(value: float) -> str:
    return f"{float(value):.10g}"


def _aligned(rows: list[tuple[str, list[str]]]) -> list[str]:
    """Lines in columns as wide as their widest field."""
    first = max(len(label) for label, _ in rows)
    width = [max(len(fields[i]) for _, fields in rows) for i in range(len(rows[0][1]))]
    return [
        "  ".join([label.ljust(first), *(f.rjust(w) for f, w in zip(fields, width, strict=True))])
        for label, fields in rows
    ]
