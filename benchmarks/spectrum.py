"""Fits of mass spectra: speed beside iminuit, the choice of the order, the goodness of fit.

    python benchmarks/spectrum.py [--toys 10000] [--quick]

Speed: a dijet function with four parameters over 80 bins and 1e5 events, Poisson likelihood with
integrals over the bins, for us and for MIGRAD (analytic gradient, tol 1e-4, started at the truth).
In CPU time of one thread, which neighbours on the machine disturb less.
Order: how often is a fourth parameter taken that is not needed, by F-test and likelihood ratio?
"""

import argparse
import os
import time

# one thread for both: a threaded BLAS waits for itself on a busy machine
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from iminuit import Minuit
from scipy import special
from verdict import finish, row

from anomalon.core import Seed
from anomalon.stats import Dijet, Spectrum, choose_order, fit_spectrum


def best_of(call, repeats):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def minuit_fit(shape, edges, counts, start):
    columns, weights = shape.quadrature(edges)

    def model(b):
        nodes = np.exp(columns @ np.asarray(b)) * weights
        return nodes.sum(axis=1), np.einsum("bq,bqj->bj", nodes, columns)

    def cost(b):
        mu, _ = model(b)
        return 2 * (mu - counts * np.log(mu)).sum()

    def gradient(b):
        mu, slope = model(b)
        return 2 * ((1 - counts / mu) @ slope)

    minuit = Minuit(cost, start, grad=gradient)
    minuit.errordef = Minuit.LEAST_SQUARES  # cost is -2 ln L
    minuit.tol = 1e-4
    minuit.migrad()
    return minuit, cost


def speed(toys):
    edges = np.geomspace(1000.0, 8000.0, 81)
    shape = Dijet(4)
    truth = np.array([0.0, 8.0, 5.6, 0.08])
    truth[0] = np.log(1e5 / shape.integrate(truth, edges).sum())
    counts = Seed(2).child("speed").generator().poisson(shape.integrate(truth, edges), (toys, 80))
    spectra, one = Spectrum(counts, edges), Spectrum(counts[0], edges)
    fit_spectrum(one, shape)  # compile
    single = best_of(lambda: fit_spectrum(one, shape), 200)
    batch = best_of(lambda: fit_spectrum(spectra, shape), 3)
    peer = best_of(lambda: minuit_fit(shape, edges, counts[0], truth), 20)
    found = fit_spectrum(one, shape)
    minuit, cost = minuit_fit(shape, edges, counts[0], truth)
    above = cost(found.parameters) - minuit.fval
    return [
        row(
            "one fit, CPU ms",
            single * 1e3,
            bar="< 1",
            ok=single < 1e-3,
            peer=round(peer * 1e3, 3),
            peer_name="iminuit",
            ratio=peer / single,
        ),
        row(
            f"{toys} toys, CPU s",
            batch,
            bar="<= 0.5 for 10,000",
            ok=batch <= 0.5 * toys / 10_000,
            peer=round(peer * toys, 2),
            peer_name="iminuit, times one fit",
            ratio=peer * toys / batch,
        ),
        row(
            "-2 ln L above Minuit's minimum", above, bar="<= 0.001", ok=above <= 1e-3,
            peer=0.0, peer_name="iminuit",
        ),
    ]  # fmt: skip


def null_spectra(events, toys):
    edges = np.linspace(2800.0, 6500.0, 38)
    expected = Dijet(3).integrate([0.0, 9.0, 5.2], edges)
    rng = Seed(2).child("null", events=events).generator()
    return Spectrum(rng.poisson(expected / expected.sum() * events, (toys, 37)), edges)


def order(events, toys):
    """Spectra of three parameters: how often four are taken, and how good the fits look."""
    spectra = null_spectra(events, toys)
    mask = spectra.inside(3300, 3700)
    taken = {
        test: np.mean(
            [
                choose_order(
                    spectra.with_counts(counts), "dijet", 3, 4, mask=mask, test=test
                ).n_parameters
                == 4
                for counts in spectra.counts
            ]
        )
        for test in ("f", "likelihood_ratio")
    }
    fit = fit_spectrum(spectra, Dijet(3), mask=mask)
    textbook = special.chdtrc(fit.ndf, fit.deviance)
    # the rejected fits go on, so up to the rate of rejections comes on top of 5 %
    return [
        row(
            f"a parameter too many, {events} events",
            taken["likelihood_ratio"],
            bar="<= 0.11",
            ok=taken["likelihood_ratio"] <= 0.11,
            peer=round(float(taken["f"]), 4),
            peer_name="F-test",
        ),
        row(
            f"mean p of the goodness of fit, {events} events",
            fit.p_value.mean(),
            bar="0.46..0.54",
            ok=0.46 <= fit.p_value.mean() <= 0.54,
            peer=round(float(textbook.mean()), 3),
            peer_name="chi2(ndf)",
        ),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--toys", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="fewer toys for the orders")
    arguments = parser.parse_args()
    results = speed(arguments.toys)
    for events in (60, 120, 600, 6000, 60_000):
        results += order(events, 300 if arguments.quick else 2000)
    finish("spectrum", results)


if __name__ == "__main__":
    main()
