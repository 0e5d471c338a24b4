"""Fits of mass spectra beside iminuit: how fast, and who finds the lower minimum.

    python benchmarks/fits.py [--toys 10000] [--compared 10000] [--rounds 5]

Background: a dijet function with four parameters over 80 bins and 1e5 events, Poisson likelihood
with integrals over the bins, 10,000 toys in one call, beside MIGRAD toy by toy (analytic gradient,
the same quadrature in NumPy, started at the truth, tol 1e-4). Signal: a Gaussian of free strength
on top, at 48 masses, beside MIGRAD started from the fit without signal.

Both get CPU time of one thread and take turns, so that neighbours on the machine disturb both
alike; the ratio is the median over the rounds. MIGRAD is also given bin centres instead of
integrals, the fastest form in which it is usually run. Minima are compared toy by toy.
"""

import argparse
import os
import time

# one thread for both: a threaded BLAS waits for itself on a busy machine
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from iminuit import Minuit
from verdict import finish, row

from anomalon.core import Seed
from anomalon.stats import Dijet, Gaussian, Spectrum, fit_signal, fit_spectrum

EDGES = np.geomspace(1000.0, 8000.0, 81)
SHAPE = Dijet(4)
TRUTH = np.array([0.0, 8.0, 5.6, 0.08])
TRUTH[0] = np.log(1e5 / SHAPE.integrate(TRUTH, EDGES).sum())
MASSES = np.geomspace(1300.0, 5500.0, 48)
TEMPLATES = Gaussian(2000.0, 60.0).templates(MASSES, EDGES, lambda m: 0.03 * m)


def cpu(call):
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def minuit_fit(counts, start, *, nodes=None, template=None):
    """MIGRAD with a gradient; `nodes` are columns and weights, bin centres if None."""
    if nodes is None:
        centres = (EDGES[1:] + EDGES[:-1]) / 2
        nodes = SHAPE.columns(centres)[:, None], np.diff(EDGES)[:, None]
    columns, weights = nodes
    n = columns.shape[-1]

    def model(p):
        at_nodes = np.exp(np.minimum(columns @ p[:n], 600.0)) * weights
        slope = np.matmul(at_nodes[:, None], columns)[:, 0]
        mu = at_nodes.sum(axis=1)
        if template is None:
            return mu, slope
        return mu + p[n] * template, np.column_stack([slope, template])

    def cost(p):
        mu, _ = model(np.asarray(p))
        if not np.all(mu > -1e-9):  # rounding, where a negative signal leaves nothing
            return 1e9 * (1 + np.sum(~(mu > -1e-9)))
        return 2 * (mu - counts * np.log(np.maximum(mu, 1e-300))).sum()

    def gradient(p):
        mu, slope = model(np.asarray(p))
        return 2 * ((1 - counts / np.maximum(mu, 1e-300)) @ slope)

    minuit = Minuit(cost, start, grad=gradient)
    minuit.errordef = Minuit.LEAST_SQUARES  # cost is -2 ln L
    minuit.tol = 1e-4
    minuit.migrad()
    return minuit, cost


def toys(n):
    rng = Seed(2).child("speed").generator()
    return rng.poisson(SHAPE.integrate(TRUTH, EDGES), (n, 80)).astype(float)


def background(n_toys, n_compared, rounds):
    counts = toys(n_toys)
    spectra, nodes = Spectrum(counts, EDGES), SHAPE.quadrature(EDGES)
    found = fit_spectrum(Spectrum(counts[:2], EDGES), SHAPE)  # compile
    n = n_compared // rounds
    ours, theirs, centre, above, valid = [], [], [], [], 0
    for k in range(rounds):
        seconds, found = cpu(lambda: fit_spectrum(spectra, SHAPE))
        ours.append(seconds / n_toys)
        block = range(k * n, (k + 1) * n)
        seconds, fits = cpu(lambda b=block: [minuit_fit(counts[i], TRUTH, nodes=nodes) for i in b])
        theirs.append(seconds / n)
        for i, (minuit, cost) in zip(block, fits, strict=True):
            above.append(cost(found.parameters[i]) - minuit.fval)
            valid += minuit.valid
        few = block[: max(n // 10, 20)]
        seconds, _ = cpu(lambda b=few: [minuit_fit(counts[i], TRUTH) for i in b])
        centre.append(seconds / len(few))
    single = [cpu(lambda: fit_spectrum(Spectrum(counts[0], EDGES), SHAPE))[0] for _ in range(200)]
    ratio = np.median(np.divide(theirs, ours))
    print(f"{valid} of {len(above)} MIGRAD fits valid; ours - theirs in -2 ln L: "
          f"{np.min(above):.2g} .. {np.max(above):.2g}")  # fmt: skip
    return [
        row(
            f"{n_toys} background fits in one call, CPU us per fit", np.median(ours) * 1e6,
            bar="200 times faster", ok=ratio >= 200 and found.ok.all(),
            peer=round(float(np.median(theirs)) * 1e6, 1), peer_name="iminuit", ratio=ratio,
        ),
        row(
            "the same, iminuit with bin centres only", np.median(ours) * 1e6,
            bar="reported", ok=True, peer=round(float(np.median(centre)) * 1e6, 1),
            peer_name="iminuit, bin centres", ratio=np.median(np.divide(centre, ours)),
        ),
        row(
            f"largest -2 ln L above MIGRAD's, {len(above)} toys", np.max(above), bar="<= 0.001",
            ok=np.max(above) <= 1e-3, peer=0.0, peer_name="iminuit",
        ),
        row(
            "one fit by itself, CPU ms", np.median(single) * 1e3, bar="< 1",
            ok=np.median(single) < 1e-3, peer=round(float(np.median(theirs)) * 1e3, 3),
            peer_name="iminuit", ratio=np.median(theirs) / np.median(single),
        ),
    ]  # fmt: skip


def signal(n_toys, n_compared, rounds):
    counts = toys(n_toys)
    spectra, nodes = Spectrum(counts, EDGES), SHAPE.quadrature(EDGES)
    fit_signal(Spectrum(counts[:2], EDGES), SHAPE, TEMPLATES[:2])  # compile
    n = max(n_compared // rounds, 1)
    ours, theirs, above = [], [], []
    for k in range(rounds):
        seconds, found = cpu(lambda: fit_signal(spectra, SHAPE, TEMPLATES))
        ours.append(seconds / found.ok.size)
        block = [(i % n_toys, (7 * i) % len(MASSES)) for i in range(k * n, (k + 1) * n)]
        starts = [np.append(found.background.parameters[i], 0.0) for i, _ in block]
        seconds, fits = cpu(
            lambda b=block, s=starts: [
                minuit_fit(counts[i], x, nodes=nodes, template=TEMPLATES[m])
                for (i, m), x in zip(b, s, strict=True)
            ]
        )
        theirs.append(seconds / n)
        for (i, m), (minuit, cost) in zip(block, fits, strict=True):
            best = np.append(found.parameters[i, m], found.strength[i, m])
            above.append(cost(best) - minuit.fval)
    ratio = np.median(np.divide(theirs, ours))
    return [
        row(
            f"{found.ok.size} signal fits in one call, CPU us per fit", np.median(ours) * 1e6,
            bar="reported", ok=bool(found.ok.all()), peer=round(float(np.median(theirs)) * 1e6, 1),
            peer_name="iminuit", ratio=ratio,
        ),
        row(
            f"signal: largest -2 ln L above MIGRAD's, {len(above)} fits", np.max(above),
            bar="<= 0.001", ok=np.max(above) <= 1e-3, peer=0.0, peer_name="iminuit",
        ),
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--toys", type=int, default=10_000)
    parser.add_argument("--compared", type=int, default=10_000, help="toys that MIGRAD fits too")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    compared = min(arguments.compared, arguments.toys)
    results = background(arguments.toys, compared, arguments.rounds)
    results += signal(arguments.toys // 10, compared // 10, arguments.rounds)
    finish("fits", results)


if __name__ == "__main__":
    main()
