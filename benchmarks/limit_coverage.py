"""Limits where events are few: how many cover a signal, and where both calculations agree.

    python benchmarks/limit_coverage.py [--experiments 2000] [--quick]

Coverage: a falling spectrum of 50 bins, an exponential of two parameters and a signal fitted
together, as `anomalon limit` does it, with a signal of 1 or 2 times the median expected limit.
"exact" is what the command takes where fewer than 25 events are seen or expected; "asymptotic" is
what it would be with those formulae everywhere, for the same experiments. CLs covers more than it
promises where events are few: no limit is below three.

Agreement: asymptotic over exact limits, for counts up to three standard deviations from b.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from verdict import finish, row

from anomalon.core import Seed
from anomalon.stats import (
    Exponential,
    SignalModel,
    SignalNuisances,
    Spectrum,
    cls_upper_limit,
    fit_spectrum,
)
from anomalon.stats import expected_upper_limits as expected

EDGES = np.linspace(1000.0, 6000.0, 51)
PARAMETERS, RESOLUTION = (3.3, -2.0), 0.03
EXPECTED = Exponential(2).integrate(PARAMETERS, EDGES)
MASSES = (5600.0, 4700.0, 4000.0, 3200.0, 2500.0)
LEVEL = 0.95


def model(counts, form):
    fit = fit_spectrum(Spectrum(counts, EDGES), Exponential(2), throw=False)
    return SignalModel((fit,), (form,))


def coverage(mass, times, experiments):
    """Background within two standard deviations, and the shares that cover: exact, asymptotic."""
    sigma = RESOLUTION * mass
    form = SignalNuisances().form(mass, RESOLUTION, EDGES)
    strength = times * model(EXPECTED, form).limit(0).median
    rng = Seed(23).child("limits of few events", mass=mass, times=times).generator()
    toys = rng.poisson(EXPECTED + strength * form.nominal, (experiments, len(EXPECTED)))
    found = model(toys.astype(float), form)
    exact, asymptotic = (found.log_cls(strength, 0, few=few) for few in (25.0, 0.0))
    there = np.isfinite(exact)
    shares = [(values[there] >= np.log(1 - LEVEL)).mean() for values in (exact, asymptotic)]
    near = Exponential(2).integrate(PARAMETERS, np.array([mass - 2 * sigma, mass + 2 * sigma]))
    return float(near[0]), *shares, int(there.sum())


def covering(experiments):
    results = []
    for mass in MASSES:
        for times in (1.0, 2.0):
            b, exact, asymptotic, n = coverage(mass, times, experiments)
            least = LEVEL - 3 * np.sqrt(LEVEL * (1 - LEVEL) / n)
            results.append(
                row(
                    f"coverage, b = {b:.2g}, signal {times:g} x expected limit", exact,
                    bar=">= 0.95 - 3 sigma", ok=exact >= least,
                    peer=round(float(asymptotic), 4), peer_name="asymptotic", experiments=n,
                )
            )  # fmt: skip
            print(results[-1], flush=True)
    return results


def agreement(backgrounds):
    results = []
    for b in backgrounds:
        n = np.arange(max(np.ceil(b - 3 * np.sqrt(b)), 0.0), b + 3 * np.sqrt(b) + 1)
        options = {"n": n, "level": LEVEL}
        observed = cls_upper_limit(n, b, 0.05 * b) / cls_upper_limit(n, b, 0.05 * b, method="exact")
        near = slice(len(n) // 2, len(n) // 2 + 1)
        options["n"] = n[near]
        band = expected(b, 0.05 * b, **options) / expected(b, 0.05 * b, method="exact", **options)
        worst = float(np.abs(observed - 1).max())
        results.append(
            row(
                f"asymptotic - exact, observed, b = {b:g} +- 5 %", worst, bar="<= 0.03 from 25 on",
                ok=b < 25 or worst <= 0.03, at_n_equal_b=round(float(observed[near][0] - 1), 4),
                median=round(float(band[2, 0] - 1), 4),
                ends=[round(float(band[k, 0] - 1), 4) for k in (0, 4)],
            )
        )  # fmt: skip
        print(results[-1], flush=True)
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--experiments", type=int, default=2000)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    results = covering(200 if arguments.quick else arguments.experiments)
    results += agreement(
        (1.0, 25.0) if arguments.quick else (1.0, 3.0, 5.0, 10.0, 15.0, 25.0, 40.0)
    )
    finish("limit_coverage", results)


if __name__ == "__main__":
    main()
