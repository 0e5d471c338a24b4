"""How often a bump hunt cries wolf: the rate of global p <= 5 % in experiments without any signal.

    python benchmarks/false_positives.py [--experiments 4000] [--toys 199] [--order]

A falling spectrum of 80 bins and 1e5 events, windows of 2 to 20 bins. Each situation is analysed as
anomalon does it, and as pyBumpHunter is used in its README and many notebooks: every background
is exact, and pseudo-experiments are not fitted again. "Theirs" is our scan with an exact
background, which finds the same t as pyBumpHunter to the last digit (benchmarks/bumphunt.py), on
the same experiments; pyBumpHunter itself would take hours.

With n pseudo-experiments, p = (k + 1)/(n + 1) is valid for any n: 199 allow p <= 0.05 exactly in
10 of 200 cases.

With --order, what the choice of the number of parameters does, an F-test between 2 and 4:
pseudo-experiments that choose anew beside pseudo-experiments that keep the number of the data, for
a truth for which a tenth of the experiments take four parameters, and for one with which half do.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from verdict import finish, row

from anomalon.core import Seed
from anomalon.stats import (
    Dijet,
    Reference,
    Spectrum,
    bump_hunt,
    choose_order,
    choose_orders,
    clopper_pearson,
    fit_spectrum,
)

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


def rates(name, situation, experiments, toys, expected=EXPECTED):
    """Shares of experiments with p <= 0.05 and <= 0.01, ours and theirs."""
    p = np.empty((2, experiments))
    for i in range(experiments):
        seed = Seed(17).child(name, experiment=i)
        rng = seed.child("data").generator()
        data = Spectrum(rng.poisson(expected).astype(float), EDGES)
        ours, options, theirs, their_options = situation(data, rng)
        for j, (background, more) in enumerate(((ours, options), (theirs, their_options))):
            if j and theirs is ours and more == options:
                p[1, i] = p[0, i]
                continue
            hunt = bump_hunt(
                data, background, widths=range(2, 21), n_pseudo=toys, seed=seed, **more
            )
            p[j, i] = hunt.global_p.p
    return np.mean(p <= 0.05, axis=1), np.mean(p <= 0.01, axis=1)


def measured(name, shares, experiments, peer_name):
    five, one = shares
    low, high = clopper_pearson(round(five[0] * experiments), experiments)
    result = row(
        f"p <= 0.05: {name}",
        five[0],
        bar="0.04..0.06",
        ok=0.04 <= five[0] <= 0.06,
        peer=round(float(five[1]), 4),
        peer_name=peer_name,
        low=round(float(low), 4),
        high=round(float(high), 4),
        below_one_percent=round(float(one[0]), 4),
        peer_below_one_percent=round(float(one[1]), 4),
    )
    print(result, flush=True)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--experiments", type=int, default=4000)
    parser.add_argument("--toys", type=int, default=199)
    parser.add_argument("--order", action="store_true", help="only the choice of the order")
    arguments = parser.parse_args()
    size = arguments.experiments, arguments.toys
    if arguments.order:
        results = [
            measured(name, rates(name, chosen, *size, expected), size[0], "the number kept")
            for name, expected in ORDER.items()
        ]
    else:
        peer = "exact background, no refits (pyBumpHunter)"
        results = [
            measured(name, rates(name, situation, *size), size[0], peer)
            for name, situation in SITUATIONS.items()
        ]
    finish("false_positives", results)


if __name__ == "__main__":
    main()
