"""Does the background fit give honest p-values? Wide and narrow ranges, one function and many.

    python benchmarks/fit_range.py [--toys 1000]

Truth: the four-parameter dijet function fitted to the shipped QCD sample. Each toy is a Poisson
fluctuation of it without signal; the signal region is left out of the fit. The function is a
nuisance parameter, or its order is chosen by the F-test or given. No classifier: this is about the
spectrum alone.
"""

import argparse

import numpy as np
from verdict import finish, row

from anomalon.data import sample
from anomalon.search import FitSettings, Window
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.search.events.binning import mass_edges
from anomalon.stats import Dijet, Spectrum, fit_spectrum, scaled_significance
from anomalon.stats.fits import profiled_significance

WINDOWS = (
    Window(3100, 3700, 2500, 4300),
    Window(4000, 4600, 3400, 5200),
    Window(4600, 5200, 4000, 5800),
)
WIDE = (2500.0, 7000.0)


def calibrate(window: Window, settings: FitSettings, n_toys: int) -> np.ndarray:
    """Local significances of toys without signal."""
    wide = np.arange(WIDE[0], WIDE[1] + 1, 100.0)
    counts = np.histogram(sample("qcd_data").mass, wide)[0]
    truth = fit_spectrum(Spectrum(counts, wide), Dijet(4))
    edges = mass_edges(window, settings.range or WIDE, settings.bin_width)
    mean = truth.shape.integrate(truth.parameters, edges)
    outside = ~window.in_signal_region((edges[1:] + edges[:-1]) / 2)
    z = []
    for toy in np.random.default_rng(0).poisson(mean, (n_toys, len(mean))):
        fits = fit_backgrounds(Spectrum(toy, edges), settings, window, outside)
        each = scaled_significance(toy[~outside].sum(), fits.expected, 1.0, fits.sigma)
        z.append(profiled_significance(np.asarray(each), fits.envelope.cost)[0])
    return np.array(z)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--toys", type=int, default=1000)
    options = parser.parse_args()
    results = []
    for window in WINDOWS:
        local = (window.sideband_low, window.sideband_high)
        for what, settings, judged in (
            ("all data, function profiled (default)", FitSettings(range=WIDE), True),
            ("all data, order by F-test", FitSettings(range=WIDE, choice="test"), False),
            ("side bands, function profiled", FitSettings(range=local), False),
            ("side bands, order by F-test", FitSettings(range=local, choice="test"), False),
            (
                "side bands, 4 parameters",
                FitSettings(range=local, n_min=4, choice="test"),
                False,
            ),
        ):
            z = calibrate(window, settings, options.toys)
            share = float(np.mean(z > 1.6449))
            print(f"{window} GeV, {what}: Z {z.mean():+.2f}, sd {z.std():.2f}, {len(z)} toys")
            ok = 0.02 <= share <= 0.08
            bar = "0.02..0.08" if judged else "none: for comparison"
            results.append(
                row(f"share of p < 0.05, {window}, {what}", share, bar=bar, ok=ok or not judged)
            )
    finish("fit_range", results)


if __name__ == "__main__":
    main()
