"""Regressions of one number on many."""

from anomalon.learn.regress.boosted_regression import BoostedRegression

__all__ = ["BoostedRegression"]
