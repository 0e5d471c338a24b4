"""Fits of mass spectra: the choice of the order, the goodness of fit. Speed: `fits.py`.

    python benchmarks/spectrum.py [--quick]

How often is a fourth parameter taken that is not needed, by F-test and likelihood ratio?
"""

import argparse

import numpy as np
from scipy import special
from verdict import finish, row

from anomalon.core import Seed
from anomalon.stats import Dijet, Spectrum, choose_order, fit_spectrum


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
    parser.add_argument("--quick", action="store_true", help="fewer toys for the orders")
    arguments = parser.parse_args()
    results = []
    for events in (60, 120, 600, 6000, 60_000):
        results += order(events, 300 if arguments.quick else 2000)
    finish("spectrum", results)


if __name__ == "__main__":
    main()
