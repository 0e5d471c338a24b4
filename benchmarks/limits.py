"""Upper limits by CLs: agreement with pyhf, and speed.

    python benchmarks/limits.py [--quick]

A count over a background with an uncertainty, one channel: for us `cls_upper_limit`; for pyhf a
model with `shapesys` (gamma constraint) or `staterror` (Gaussian), q~, asymptotic, NumPy backend,
its default optimiser, and `upper_limits.upper_limit` with its default bracket and precision. Its
answer comes with the five expected limits, so ours is timed for observed and expected as well.
Agreement is judged with pyhf's tolerance at 1e-8, and at its own CLs: where the limits differ,
the CLs that each calculation gives at our limit says how far pyhf's fits are from the minimum.

Also ten bins, where every bin has its own gamma; and many counts in one call.

Then limits from whole spectra, as `anomalon limit` sets them: 40 bins, a Gaussian resonance over a
dijet function with three free parameters; alone, and with nuisances of yield, mass scale and
resolution. pyhf gets the same bins, the parameters as variations of 30 standard deviations of
their fit, which is as good as free, and the same nuisances (`normsys`, `histosys`). And limits on
the ATLAS dijet spectrum (where ANOMALON_DATA has it), to see how neighbouring masses differ.

Times are CPU time of one thread, medians.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pyhf
from pyhf.infer.intervals import upper_limits as peer
from verdict import finish, row

from anomalon.core import Seed
from anomalon.data import read_spectrum
from anomalon.search import LimitSettings, SmoothBackground, scan_limits
from anomalon.stats import (
    Dijet,
    SignalModel,
    SignalNuisances,
    cls_upper_limit,
    expected_upper_limits,
    fit_spectrum,
)
from anomalon.stats.limits import ClsMethod, cls

warnings.filterwarnings("ignore", category=DeprecationWarning)  # of jsonschema, in pyhf

KINDS = {"gamma": "shapesys", "gaussian": "staterror"}
CASES = [
    (50, 50, 7, "gamma"),
    (50, 50, 7, "gaussian"),
    (3, 5, 1, "gamma"),
    (3, 5, 1, "gaussian"),
    (0, 3, 1, "gamma"),
    (12, 5, 2, "gamma"),
    (150, 100, 10, "gamma"),
    (150, 100, 10, "gaussian"),
    (1000, 1000, 50, "gamma"),
]  # n, b, sigma_b, constraint


def median_time(call, repeats):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return float(np.median(times))


def pyhf_model(signal, b, sigma, constraint):
    mu = {"name": "mu", "type": "normfactor", "data": None}
    of_b = {"name": "u", "type": KINDS[constraint], "data": list(sigma)}
    samples = [
        {"name": "s", "data": list(signal), "modifiers": [mu]},
        {"name": "b", "data": list(b), "modifiers": [of_b]},
    ]
    return pyhf.Model({"channels": [{"name": "c", "samples": samples}]}, poi_name="mu")


def pyhf_limits(model, n, **precision):
    data = [*n, *model.config.auxdata]
    if not precision:
        return peer.upper_limit(data, model)
    observed, expected = peer.toms748_scan(data, model, 0, 9.9, **precision)
    return np.array([float(observed), *map(float, expected)])


def ours(n, b, sigma, constraint, signal=None):
    options = {"method": ClsMethod(constraint=constraint), "signal": signal}
    observed = cls_upper_limit(n, b, sigma, **options)
    return np.append(observed, expected_upper_limits(b, sigma, n=n, **options))


def agreement(cases):
    worst, where, worst_cls = 0.0, "", 0.0
    for n, b, sigma, constraint in cases:
        unit = (abs(n - b) + 3 * np.sqrt(b + sigma**2) + 3) / 3  # pyhf's strengths end at 10
        model = pyhf_model([unit], [b], [sigma], constraint)
        theirs = pyhf_limits(model, [n], rtol=1e-8, atol=1e-10) * unit
        mine = ours(n, b, sigma, constraint)
        away = np.abs(mine / theirs - 1).max()
        there = float(pyhf.infer.hypotest(mine[0] / unit, [n, *model.config.auxdata], model))
        worst_cls = max(worst_cls, abs(there / 0.05 - 1))
        print(
            f"n={n} b={b}+-{sigma} {constraint:<8} observed {mine[0]:.6f}, pyhf {theirs[0]:.6f}; "
            f"all six within {away:.1e}; pyhf's CLs at our limit {there:.6f}"
        )
        if away > worst:
            worst, where = away, f"n={n} b={b}+-{sigma} {constraint}"
    closes = max(
        abs(
            float(
                cls(
                    cls_upper_limit(n, b, s, method=ClsMethod(constraint=c)),
                    n,
                    b,
                    s,
                    method=ClsMethod(constraint=c),
                )
            )
            - 0.05
        )
        for n, b, s, c in cases
    )
    return [
        row(
            "largest relative difference of six limits", worst, bar="<= 1e-4", ok=worst <= 1e-4,
            peer=0.0, peer_name="pyhf 0.7.6, rtol 1e-8", where=where, exponent=f"{worst:.1e}",
            cls_of_pyhf_at_our_limit=f"{worst_cls:.1e}",
        ),
        row("|CLs - 0.05| at the limit", closes, bar="<= 1e-6", ok=closes <= 1e-6),
    ]  # fmt: skip


def speed(repeats):
    n, b, sigma = 53, 50.0, 7.0
    unit = 10.0
    model = pyhf_model([unit], [b], [sigma], "gamma")
    ours(n, b, sigma, "gamma")  # compile
    results = []
    single = median_time(lambda: cls_upper_limit(n, b, sigma), 2000)
    both = median_time(lambda: ours(n, b, sigma, "gamma"), 1000)
    theirs = median_time(lambda: pyhf_limits(model, [n]), repeats)
    results.append(
        row(
            "one observed limit, CPU us", single * 1e6, bar=">= 1000 times faster",
            ok=theirs / single >= 1000, peer=round(theirs * 1e6),
            peer_name="pyhf, observed and expected", ratio=theirs / single,
        )
    )  # fmt: skip
    results.append(
        row(
            "observed and expected, CPU us", both * 1e6, bar=">= 1000 times faster",
            ok=theirs / both >= 1000, peer=round(theirs * 1e6), peer_name="pyhf",
            ratio=theirs / both,
        )
    )  # fmt: skip
    many = 100_000
    rng = Seed(3).child("limits").generator()
    backgrounds = rng.uniform(0.1, 100, many)
    counts, sigmas = rng.poisson(backgrounds), 0.1 * backgrounds
    batch = median_time(lambda: cls_upper_limit(counts, backgrounds, sigmas), 3) / many
    results.append(
        row(
            f"{many} counts in one call, CPU us each", batch * 1e6, bar="<= 20", ok=batch <= 20e-6,
            peer=round(theirs * 1e6), peer_name="pyhf, one by one", ratio=theirs / batch,
        )
    )  # fmt: skip
    return results


def bins(repeats):
    """Ten bins, each with its own gamma."""
    rng = Seed(4).child("bins").generator()
    b = np.geomspace(200, 5, 10)
    signal, sigma, n = 0.1 * b**0.5 + 1, 0.1 * b, rng.poisson(b)
    model = pyhf_model(signal, b, sigma, "gamma")
    mine = ours(n, b, sigma, "gamma", signal)
    theirs = pyhf_limits(model, n, rtol=1e-6, atol=1e-8)
    away = float(np.abs(mine / theirs - 1).max())
    fast = median_time(lambda: ours(n, b, sigma, "gamma", signal), 200)
    slow = median_time(lambda: pyhf_limits(model, n), repeats)
    return [
        row(
            "ten bins, observed and expected, CPU us", fast * 1e6, bar=">= 1000 times faster",
            ok=slow / fast >= 1000, peer=round(slow * 1e6), peer_name="pyhf", ratio=slow / fast,
        ),
        row(
            "ten bins, largest relative difference", away, bar="<= 1e-4", ok=away <= 1e-4,
            peer=0.0, peer_name="pyhf 0.7.6, rtol 1e-6", exponent=f"{away:.1e}",
        ),
    ]  # fmt: skip


EDGES = np.linspace(1000.0, 3000.0, 41)
NUISANCES = {
    "no nuisance": SignalNuisances(),
    "yield, mass scale, resolution": SignalNuisances(0.02, 0.1, 0.01, 0.1),
}
LOOSE = 30.0


def spectrum_counts():
    mean = Dijet(3).integrate([0.0, 8.0, 5.6], EDGES)
    rng = Seed(5).child("whole spectrum").generator()
    return rng.poisson(mean * 1e5 / mean.sum()).astype(float)


def spectrum_limit(fit, nuisances, mass=1700.0):
    form = nuisances.form(mass, 0.04, EDGES)
    found = SignalModel((fit,), (form,)).limit(0)
    return form, np.array([found.observed, *found.band])


def pyhf_spectrum(fit, form, unit):
    def moved(name, up, down):
        data = {"hi_data": up.tolist(), "lo_data": down.tolist()}
        return {"name": name, "type": "histosys", "data": data}

    signal = [{"name": "mu", "type": "normfactor", "data": None}]
    if form.kappa:
        kappa = float(np.exp(form.kappa))
        signal.append({"name": "y", "type": "normsys", "data": {"hi": kappa, "lo": 1 / kappa}})
    pairs = zip(form.up, form.down, strict=True)
    signal += [moved(f"form{k}", unit * up, unit * down) for k, (up, down) in enumerate(pairs)]
    b, rows = fit.expected, LOOSE * fit.leverage().T
    samples = [
        {"name": "s", "data": (unit * form.nominal).tolist(), "modifiers": signal},
        {
            "name": "b",
            "data": b.tolist(),
            "modifiers": [moved(f"b{j}", b + row, b - row) for j, row in enumerate(rows)],
        },
    ]
    return pyhf.Model({"channels": [{"name": "c", "samples": samples}]}, poi_name="mu")


def spectra(repeats):
    """Whole spectra: agreement and time, with the background fit for us and without for pyhf."""
    n = spectrum_counts()
    results = []
    for name, nuisances in NUISANCES.items():
        fit = fit_spectrum((n, EDGES), Dijet(3))
        form, mine = spectrum_limit(fit, nuisances)
        unit = mine[3] / 3
        model = pyhf_spectrum(fit, form, unit)
        data = [*n, *model.config.auxdata]
        observed, band = peer.toms748_scan(data, model, 0.01, 9.9, rtol=1e-4)
        theirs = np.array([float(observed), *map(float, band)]) * unit
        away = float(np.abs(mine / theirs - 1).max())

        def ours(nuisances=nuisances):
            return spectrum_limit(fit_spectrum((n, EDGES), Dijet(3)), nuisances)

        fast = median_time(ours, 50)
        slow = median_time(lambda: peer.upper_limit(data, model), repeats)  # noqa: B023
        results += [
            row(
                f"whole spectrum, {name}: largest relative difference of six limits", away,
                bar="<= 0.01", ok=away <= 0.01, peer=0.0, peer_name="pyhf 0.7.6, rtol 1e-4",
            ),
            row(
                f"whole spectrum, {name}: CPU ms", fast * 1e3, bar=">= 100 times faster",
                ok=slow / fast >= 100, peer=round(slow * 1e3), peer_name="pyhf", ratio=slow / fast,
            ),
        ]  # fmt: skip
    return results


def smoothness():
    """How neighbouring expected limits differ on the ATLAS dijet spectrum."""
    folder = os.environ.get("ANOMALON_DATA")
    if folder is None:
        print("ANOMALON_DATA is not set: no ATLAS spectrum to set limits on")
        return []
    spectrum = read_spectrum(Path(folder) / "spectra" / "atlas_dijet_139ifb.csv")
    results = []
    for choice in ("profile", "test"):
        smooth = SmoothBackground(choice=choice)
        found = scan_limits(spectrum, smooth, LimitSettings(resolution=0.03, n_closure=0))
        step = np.abs(found.median[1:] / found.median[:-1] - 1)
        results.append(
            row(
                f"ATLAS dijets, function by {choice}: largest difference of neighbouring limits",
                step.max(), bar="<= 0.05", ok=step.max() <= 0.05, masses=len(found.masses),
                at=round(float(found.masses[int(step.argmax())])),
            )
        )  # fmt: skip
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    results = agreement(CASES[:3] if quick else CASES)
    results += speed(1 if quick else 7)
    if not quick:
        results += bins(1)
    results += spectra(1 if quick else 5)
    results += smoothness()
    finish("limits", results)


if __name__ == "__main__":
    main()
