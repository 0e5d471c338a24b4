"""What a figure shows, read from its artists."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch

__all__ = ["bar_heights"]


def bar_heights(axes: Axes) -> np.ndarray:
    """Heights of the bars that `anomalon.report.axes.bars` draws, one outline after the other."""
    outlines = [patch.get_path().vertices for patch in axes.patches if type(patch) is PathPatch]
    return np.concatenate([corners.reshape(-1, 5, 2)[:, 2, 1] for corners in outlines])
