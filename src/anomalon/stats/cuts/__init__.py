"""Selections: thresholds, rectangular cuts, figures of merit, and the worth of a score."""

from anomalon.stats.cuts.best_cut import BestCut
from anomalon.stats.cuts.cut import Cut
from anomalon.stats.cuts.figures_of_merit import (
    FIGURES_OF_MERIT,
    FigureOfMerit,
    Optimum,
    figure_of_merit,
    optimise,
    punzi,
    punzi_figure,
    punzi_minimum_signal,
)
from anomalon.stats.cuts.grid_search import (
    GridSearch,
    random_grid_search,
    rectangular_cuts,
)
from anomalon.stats.cuts.merit import Band, Evaluation, WorkingPoint, evaluate
from anomalon.stats.cuts.paired import difference_of_areas
from anomalon.stats.cuts.random_grid import RandomGrid
from anomalon.stats.cuts.thresholds import selection_weights

__all__ = [
    "FIGURES_OF_MERIT",
    "Band",
    "BestCut",
    "Cut",
    "Evaluation",
    "FigureOfMerit",
    "GridSearch",
    "Optimum",
    "RandomGrid",
    "WorkingPoint",
    "difference_of_areas",
    "evaluate",
    "figure_of_merit",
    "optimise",
    "punzi",
    "punzi_figure",
    "punzi_minimum_signal",
    "random_grid_search",
    "rectangular_cuts",
    "selection_weights",
]
