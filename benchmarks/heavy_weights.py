"""What weights with heavy tails make of a significance: signal-free spectra, cuts at random.

    python benchmarks/heavy_weights.py [--experiments 100]

10,000 events each, exponential in mass, one window; before a cut, and after one of 10 % by five
members that agree on half of their events. Weights have nothing to do with the mass. Z must not be
large more often than of plain events, whatever the tail.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from verdict import finish, row

from anomalon import Sample
from anomalon.core.window import Window
from anomalon.search import FitSettings
from anomalon.search.events.binning import mass_edges
from anomalon.search.events.measure import measure
from anomalon.search.events.selection import Selection

WINDOW = Window(3000, 3400, 2600, 3800)
RANGE = (2000, 6000)
FIT = FitSettings(range=RANGE, shape="exponential", choice="test")
EDGES = mass_edges(WINDOW, RANGE, 100)
N = 10_000


def spikes(how_many, weight):
    def draw(n, rng):
        heavy = np.isin(np.arange(n), rng.choice(n, how_many, replace=False))
        return np.where(heavy, float(weight), 1.0)

    return draw


WEIGHTS = {
    "all 1": lambda n, _rng: np.ones(n),
    "5 of 30 %": lambda n, rng: np.where(rng.uniform(size=n) < 0.3, 5.0, 1.0),
    "log-normal, sigma 1": lambda n, rng: np.exp(rng.normal(size=n)),
    "log-normal, sigma 2": lambda n, rng: np.exp(2 * rng.normal(size=n)),
    "1 + Pareto, index 1.5": lambda n, rng: 1 + rng.pareto(1.5, size=n),
    "5 events of weight 100": spikes(5, 100),
    "3 events of weight 1000": spikes(3, 1000),
}


def found(draw, seed, share):
    rng = np.random.default_rng(seed)
    n = rng.poisson(N)
    mass = RANGE[0] + rng.exponential(600, size=3 * n)
    mass = mass[mass < RANGE[1]][:n]
    events = Sample(np.zeros((n, 1)), ("a",), mass, weight=draw(n, rng))
    members = np.ones((1, n))
    if share < 1:
        common, alone = rng.random(n) < 0.5 * share, rng.random((5, n)) < 0.5 * share
        members = (common | alone).astype(float)
    return measure(events, WINDOW, Selection(share, members), EDGES, FIT)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--experiments", type=int, default=100)
    n = parser.parse_args().experiments
    results = []
    for name, draw in WEIGHTS.items():
        for share in (1.0, 0.1):
            cuts = [found(draw, seed, share) for seed in range(n)]
            z = np.array([cut.z_local for cut in cuts])
            few = np.mean([cut.carried is not None and cut.carried.few for cut in cuts])
            results.append(
                row(
                    f"largest Z: {name}, {'no cut' if share == 1 else '10 %'}", z.max(),
                    bar="< 3.5", ok=z.max() < 3.5, mean=round(float(z.mean()), 2),
                    sd=round(float(z.std()), 2), carried_by_few=round(float(few), 2),
                )
            )  # fmt: skip
            print(results[-1], flush=True)
    finish("heavy_weights", results)


if __name__ == "__main__":
    main()
