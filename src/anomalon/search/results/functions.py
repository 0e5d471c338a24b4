"""The functions that were tried for a spectrum, as a table."""

from anomalon.core.result import Column, Table
from anomalon.core.rounding import measured
from anomalon.search.results.fitted import SpectrumFit
from anomalon.stats.fits import TriedFunction

__all__ = ["functions_table"]


def functions_table(fit: SpectrumFit, where: str) -> Table:
    """The functions that were tried for a spectrum, and the parameters of the one that is shown.

    Args:
        fit: The spectrum and its fit.
        where: Which spectrum, e.g. "no cut"; "" if there is but one.
    """
    profiled = any(row.cost is not None for row in fit.tried)
    state = fit.function if fit.ok else "no fit"
    notes = [fit.why, _function(fit)]
    if profiled:
        notes.append(
            "Cost: deviance plus one for each parameter, over that of the best. The function is a "
            "nuisance parameter (discrete profiling, arXiv:1408.6865)."
        )
    elif fit.peak is not None:
        notes.append("Each was tried together with the peak, in all bins.")
    last = Column("cost") if profiled else Column("p of one more", form="p-value")
    return Table(
        f"{where}: {state}" if where else state,
        (
            Column("function"),
            Column("parameters", form="count"),
            Column("deviance", digits=5),
            Column("ndf", form="count"),
            Column("goodness p", form="p-value"),
            last,
        ),
        tuple(_function_row(row, profiled=profiled) for row in fit.tried),
        best=tuple(i for i, row in enumerate(fit.tried) if row.chosen),
        note=" ".join(note for note in notes if note),
    )


def _function(fit: SpectrumFit) -> str:
    """The formula, and its parameters with their errors."""
    if not len(fit.parameters):
        return ""
    errors = fit.sigma_parameters if len(fit.sigma_parameters) else [None] * len(fit.parameters)
    values = ", ".join(
        f"b{_digits(j)} = {measured(float(value), error)}"
        for j, (value, error) in enumerate(zip(fit.parameters, errors, strict=True))
    )
    return f"{fit.formula}: {values}." if fit.formula else f"{values}."


def _digits(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _function_row(row: TriedFunction, *, profiled: bool) -> tuple[float | str | None, ...]:
    chosen = "best" if profiled else "chosen"
    return (
        f"{row.shape} ({chosen})" if row.chosen else row.shape,
        float(row.n_parameters),
        row.deviance,
        float(row.ndf),
        row.p_value,
        row.cost if profiled else row.p_f,
    )
