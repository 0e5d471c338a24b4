"""Bump hunts: speed beside pyBumpHunter, published examples.

    python benchmarks/bumphunt.py [--toys 10000] [--data FOLDER]

Speed: 10,000 pseudo-experiments of a falling spectrum of 80 bins and 1e5 events, all 2420 windows
of 1 to 40 bins; CPU time of one thread, which neighbours on the machine disturb less. pyBumpHunter
0.5.1 draws, sorts and scans them against an exact background; so do we, and then we fit a dijet
function with four parameters to every pseudo-experiment as well, which it cannot.
Examples: those of pyBumpHunter and of ATLAS (arXiv:1910.08447), from $ANOMALON_DATA/spectra.
"""

import argparse
import contextlib
import io
import os
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pyBumpHunter
from verdict import finish, row

from anomalon.core import Seed
from anomalon.stats import Dijet, Reference, bump_hunt, fit_spectrum

WIDTHS = range(1, 41)


def spectrum():
    edges = np.geomspace(1000.0, 8000.0, 81)
    expected = Dijet(4).integrate([0.0, 8.0, 5.6, 0.08], edges)
    expected *= 1e5 / expected.sum()
    return Seed(3).child("data").generator().poisson(expected).astype(float), expected, edges


def best_of(call, repeats):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = call()
        times.append(time.process_time() - start)
    return min(times), result


def peer(counts, expected, edges, toys, widths):
    hunter = pyBumpHunter.BumpHunter1D(
        rang=(edges[0], edges[-1]),
        width_min=widths[0],
        width_max=widths[-1],
        width_step=1,
        scan_step=1,
        npe=toys,
        bins=edges,
        nworker=1,
        seed=666,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        hunter.bump_scan(counts, expected, is_hist=True)
    return hunter


def speed(toys):
    counts, expected, edges = spectrum()
    for background in (expected, Dijet(4), Reference(counts, 1.0)):
        bump_hunt((counts, edges), background, widths=WIDTHS, n_toys=10)  # compile
    theirs, hunter = best_of(lambda: peer(counts, expected, edges, toys, WIDTHS), 1)
    rows = []
    for what, background, bar in (
        ("exact background", expected, 50),
        ("dijet function, refitted", Dijet(4), 20),
        ("reference sample", Reference(counts, 1.0), 20),
    ):
        ours, hunt = best_of(
            lambda b=background: bump_hunt((counts, edges), b, widths=WIDTHS, n_toys=toys), 3
        )
        rows.append(
            row(
                f"{toys} pseudo-experiments, {len(hunt.windows)} windows, {what}, CPU s",
                ours,
                bar=f"{bar} times faster",
                ok=theirs >= bar * ours,
                peer=round(theirs, 2),
                peer_name="pyBumpHunter, exact background",
                ratio=theirs / ours,
            )
        )
    hunt = bump_hunt((counts, edges), expected, widths=WIDTHS, n_toys=toys)
    difference = abs(hunt.t + np.log(hunter.min_Pval_ar[0]))
    rows.append(
        row("difference of t", difference, bar="<= 1e-9", ok=difference <= 1e-9,
            peer=0.0, peer_name="pyBumpHunter")
    )  # fmt: skip
    return rows


def table(folder, name):
    with (folder / name).open() as lines:
        rows = [line for line in lines if not line.startswith("#")]
    return np.genfromtxt(rows, delimiter=",", names=True)


def published_example(folder, toys):
    data = table(folder, "pybumphunter_example_60bins.csv")
    edges = np.append(data["lo"], data["hi"][-1])
    hunt = bump_hunt((data["data"], edges), data["bkg"], widths=range(2, 7), n_toys=toys)
    hunter = peer(data["data"], data["bkg"], edges, toys, range(2, 7))
    error = np.sqrt(2 * 0.0177 * (1 - 0.0177) / toys)  # of the difference of two samples
    return [
        row("README example: first bin", hunt.bins[0], bar="16", ok=hunt.bins == (16, 20),
            peer=int(hunter.min_loc_ar[0]), peer_name="pyBumpHunter"),
        row("README example: local p", hunt.p_local, bar="1.7341e-4 to 1e-8",
            ok=abs(hunt.p_local - 1.7341068e-4) < 1e-8, peer=float(hunter.min_Pval_ar[0]),
            peer_name="pyBumpHunter"),
        row("README example: global p", hunt.global_p.p,
            bar=f"0.0177 within 2.5 errors, {2.5 * error:.4f}",
            ok=abs(hunt.global_p.p - 0.0177) < 2.5 * error,
            peer=float(hunter.global_Pval), peer_name="pyBumpHunter"),
    ]  # fmt: skip


def atlas(folder, toys):
    data = table(folder, "atlas_dijet_139ifb.csv")
    edges = np.append(data["m_lo_GeV"], data["m_hi_GeV"][-1])
    observed, widths = (data["observed"], edges), range(2, 46)
    fit = fit_spectrum(observed, Dijet(4))
    hunt = bump_hunt(observed, data["atlas_fit"], widths=widths, n_toys=toys)
    again = bump_hunt(observed, fit, widths=widths, n_toys=toys)
    return [
        row("ATLAS dijet: deviance of four parameters", fit.deviance, bar="123.77/87",
            ok=abs(fit.deviance - 123.77) < 0.01 and fit.ndf == 87),
        row("ATLAS dijet: lower edge of the best window, GeV", hunt.low, bar="1341 (to 1416)",
            ok=(hunt.low, hunt.high) == (1341, 1416)),
        row("ATLAS dijet: global p, published fit", hunt.global_p.p, bar="0.90 to 0.02",
            ok=abs(hunt.global_p.p - 0.90) < 0.02),
        row("ATLAS dijet: global p, four parameters refitted", again.global_p.p,
            bar="0.651 to 0.03", ok=abs(again.global_p.p - 0.651) < 0.03),
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--toys", type=int, default=10_000)
    parser.add_argument("--data", default=os.environ.get("ANOMALON_DATA"))
    arguments = parser.parse_args()
    results = speed(arguments.toys)
    if arguments.data is None:
        print("ANOMALON_DATA is not set: no published spectra")
    else:
        folder = Path(arguments.data) / "spectra"
        results += published_example(folder, arguments.toys)
        results += atlas(folder, arguments.toys)
    finish("bumphunt", results)


if __name__ == "__main__":
    main()
