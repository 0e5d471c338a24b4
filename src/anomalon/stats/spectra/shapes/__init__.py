"""Background shapes: families of smooth spectra that are fitted without start values.

Most are log-linear, the exponential of a sum of functions with free factors; polynomials are sums
of non-negative functions with non-negative factors. Both have one maximum of the likelihood.

Writing your own: a frozen dataclass that derives from `LogLinear`, with a class attribute `kind`
(its name in TOML), `n_most`, a field `n` for the number of parameters, and `columns`, whose first
column is 1 (the normalisation); or from `NonNegative`, with `columns` that are never negative. Add
it to `SHAPES`; the law tests then run over it.
"""

from anomalon.stats.spectra.shapes.base import LogLinear, Shape, quadrature_nodes
from anomalon.stats.spectra.shapes.binned import Binned, SumOfExponentials, SumOfTemplates
from anomalon.stats.spectra.shapes.dijet import Dijet
from anomalon.stats.spectra.shapes.diphoton import Diphoton
from anomalon.stats.spectra.shapes.exponential import Exponential
from anomalon.stats.spectra.shapes.non_negative import NonNegative
from anomalon.stats.spectra.shapes.polynomial import Polynomial, UnconstrainedPolynomial
from anomalon.stats.spectra.shapes.ua2 import UA2

__all__ = [
    "SHAPES",
    "UA2",
    "Binned",
    "Dijet",
    "Diphoton",
    "Exponential",
    "LogLinear",
    "NonNegative",
    "Polynomial",
    "Shape",
    "SumOfExponentials",
    "SumOfTemplates",
    "UnconstrainedPolynomial",
    "quadrature_nodes",
]

SHAPES: dict[str, type[Shape]] = {
    shape.kind: shape
    for shape in (Dijet, Diphoton, Exponential, Polynomial, UA2, UnconstrainedPolynomial)
}
"""Name in TOML -> class."""
