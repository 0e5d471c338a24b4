"""A toy search that takes a second: a falling spectrum, two features, a bump."""

import numpy as np

from anomalon import Sample
from anomalon.learn import BoostedTrees
from anomalon.search import FitSettings, Search, Window, sliding_windows

NAMES = ("a", "b")


def background(n=12_000, seed=0):
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(2 * n)) ** (-1 / 5)
    mass = mass[mass < 6000][:n]
    x = rng.normal(size=(n, 2)) + np.log(mass / 3000)[:, None]
    return Sample(x, NAMES, mass, label=np.zeros(n), event=np.arange(n) + 10**8 * seed)


def signal(n=300, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(2.2, 0.3, size=(n, 2))
    return Sample(x, NAMES, rng.normal(3300, 60, n), label=np.ones(n), event=10**12 + np.arange(n))


def search(**changes):
    settings = {
        "windows": (Window(3000, 3600, 2400, 4200),),
        "features": (NAMES,),
        "classifier": BoostedTrees(n_trees=8, n_leaves=8),
        "n_members": 5,
        "n_folds": 3,
        "efficiencies": (0.1, 0.02),
        "fit": FitSettings(range=(2400, 5000)),
    } | changes
    return Search(**settings)


THREE = sliding_windows(2400, 4800)
