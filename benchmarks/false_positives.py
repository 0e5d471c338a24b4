"""How often a bump hunt cries wolf: the rate of global p <= 5 % in experiments without any signal.

    python benchmarks/false_positives.py [--experiments 4000] [--toys 199] [--order]

A falling spectrum of 80 bins and 1e5 events, windows of 2 to 20 bins. Each situation is analysed as
anomalon does it, and as pyBumpHunter is used in its README and many notebooks: every background
is exact, and pseudo-experiments are not fitted again. "Theirs" is our scan with an exact
background, which finds the same t as pyBumpHunter to the last digit (benchmarks/bumphunt.py), on
the same experiments; pyBumpHunter itself would take hours.

With n pseudo-experiments, p = (k + 1)/(n + 1) is valid for any n: 199 allow p <= 0.05 exactly in
10 of 200 cases.

Then events of two weights, one below 1800 GeV and another beyond, as in sliced simulation and in
data with prescales: once as data to which the four-parameter function is fitted, once as a
reference sample of as much background as the data. "Theirs" takes one scale of weights for all
bins, sum w^2 / sum w.

With --order, what the choice of the number of parameters does, an F-test between 2 and 4:
pseudo-experiments that choose anew beside pseudo-experiments that keep the number of the data, for
a truth for which a tenth of the experiments take four parameters, and for one with which half do.
"""

import argparse
import os
from functools import partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from verdict import finish, row

from anomalon.core import Seed
from anomalon.stats import (
    Dijet,
    Fit,
    Reference,
    Spectrum,
    bump_hunt,
    choose_order,
    clopper_pearson,
    fit_spectrum,
)
from anomalon.stats.fits import choose_orders

EDGES = np.geomspace(1000.0, 3000.0, 81)  # no bin without events in a reference sample


def falling(curvature):
    """1e5 events expected; `curvature` is the fourth parameter of the dijet function."""
    expected = Dijet(4).integrate([0.0, 8.0, 5.6, curvature], EDGES)
    return expected * (1e5 / expected.sum())


EXPECTED = falling(0.08)


def known(_data, _rng):
    return EXPECTED, {}, EXPECTED, {}


def fitted(data, _rng):
    fit = fit_spectrum(data, Dijet(4))
    return fit, {}, fit, {"refit": False}


def reference(tau):
    def situation(_data, rng):
        sample = rng.poisson(tau * EXPECTED).astype(float)
        return Reference(sample, tau), {}, sample / tau, {}

    return situation


def chosen(data, _rng):
    def again(toys):
        return choose_orders(toys, "dijet", 2, 4).expected

    fit = choose_order(data, "dijet", 2, 4)
    return fit, {"refit": again}, fit, {}


SITUATIONS = {
    "background known": known,
    "four-parameter fit to the same data": fitted,
    "reference sample, 1x the data": reference(1.0),
    "reference sample, 4x the data": reference(4.0),
    "reference sample, 10x the data": reference(10.0),
}


ORDER = {
    "order chosen, truth nearly of three parameters": falling(0.08),
    "order chosen, truth between three and four": falling(0.7),
}


BULK = EDGES[1:] < 1800.0
WEIGHTS = {
    "weights 1 | 1": (1.0, 1.0),
    "weights 0.1 | 1": (0.1, 1.0),
    "weights 0.3 | 1": (0.3, 1.0),
    "weights 1 | 0.01": (1.0, 0.01),
    "weights 0.01 | 10": (0.01, 10.0),
}


def weighted(weights, rng):
    """A spectrum of events that weigh `weights` below and above 1800 GeV."""
    each = np.where(BULK, *weights)
    counts = rng.poisson(EXPECTED / each) * each
    return Spectrum(counts, EDGES, counts * each)


def of_one_scale(spectrum):
    """The same, as if weights were alike in all bins."""
    scale = spectrum.variance.sum() / spectrum.counts.sum()
    return Spectrum(spectrum.counts, EDGES, event_weight=np.full(len(EDGES) - 1, scale))


def weighted_data(weights):
    def situation(data, _rng):
        return fit_spectrum(data, Dijet(4)), {}, fit_spectrum(of_one_scale(data), Dijet(4)), {}

    def draw(rng):
        return weighted(weights, rng)

    return situation, draw


def weighted_reference(weights):
    def situation(_data, rng):
        sample = weighted(weights, rng)
        return Reference(sample, 1.0), {}, Reference(of_one_scale(sample), 1.0), {}

    return situation, plain_data


def plain_data(rng, expected=EXPECTED):
    return Spectrum(rng.poisson(expected).astype(float), EDGES)


def rates(name, situation, experiments, toys, draw=plain_data):
    """Shares of experiments with p <= 0.05 and <= 0.01, ours and theirs."""
    p = np.empty((2, experiments))
    for i in range(experiments):
        seed = Seed(17).child(name, experiment=i)
        rng = seed.child("data").generator()
        data = draw(rng)
        ours, options, theirs, their_options = situation(data, rng)
        for j, (background, more) in enumerate(((ours, options), (theirs, their_options))):
            if j and theirs is ours and more == options:
                p[1, i] = p[0, i]
                continue
            spectrum = background.spectrum if isinstance(background, Fit) else data
            hunt = bump_hunt(
                spectrum, background, widths=range(2, 21), n_toys=toys, seed=seed, **more
            )
            p[j, i] = hunt.global_p.p
    return np.mean(p <= 0.05, axis=1), np.mean(p <= 0.01, axis=1)


def measured(name, shares, experiments, peer_name):
    five, one = shares
    low, high = clopper_pearson(round(five[0] * experiments), experiments)
    results = [
        row(
            f"p <= 0.05: {name}", five[0], bar="0.04..0.06", ok=0.04 <= five[0] <= 0.06,
            peer=round(float(five[1]), 4), peer_name=peer_name, low=round(float(low), 4),
            high=round(float(high), 4),
        ),
        row(
            f"p <= 0.01: {name}", one[0], bar="0.006..0.014", ok=0.006 <= one[0] <= 0.014,
            peer=round(float(one[1]), 4), peer_name=peer_name,
        ),
    ]  # fmt: skip
    for result in results:
        print(result, flush=True)
    return results


def of_order(size):
    results = []
    for name, expected in ORDER.items():
        found = rates(name, chosen, *size, partial(plain_data, expected=expected))
        results += measured(name, found, size[0], "the number kept")
    return results


def of_backgrounds(size):
    peer = "exact background, no refits (pyBumpHunter)"
    results = []
    for name, situation in SITUATIONS.items():
        results += measured(name, rates(name, situation, *size), size[0], peer)
    return results


def of_weights(size):
    results = []
    for name, weights in WEIGHTS.items():
        for what, made in (("data", weighted_data), ("reference", weighted_reference)):
            situation, draw = made(weights)
            found = rates(f"{what}, {name}", situation, *size, draw)
            results += measured(f"{what}, {name}", found, size[0], "one scale for all bins")
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--experiments", type=int, default=4000)
    parser.add_argument("--toys", type=int, default=199)
    parser.add_argument("--order", action="store_true", help="only the choice of the order")
    arguments = parser.parse_args()
    size = arguments.experiments, arguments.toys
    results = of_order(size) if arguments.order else of_backgrounds(size) + of_weights(size)
    finish("false_positives", results)


if __name__ == "__main__":
    main()
