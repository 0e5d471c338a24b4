"""Are p-values of the goodness of fit uniform? Bins as they are, and merged as a search does.

    python benchmarks/goodness.py [--toys 300]

Signal-free pseudo-data like those of the demonstration, cut at random by ten members that agree on
half of their events, fitted outside the window 3400-4000 GeV as in a search.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from verdict import finish, row

from anomalon import Seed
from anomalon.data import sample
from anomalon.search import FitSettings, Window
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.search.events.binning import mass_edges
from anomalon.search.events.merged_goodness import goodness
from anomalon.search.events.pseudo_data import PseudoData
from anomalon.stats import Fit, Spectrum

WINDOW = Window(3400, 4000, 2800, 4600)
EFFICIENCIES = (0.1, 0.01, 0.001)
MEMBERS = 10
EVENTS = 120_000


def fits(seed: Seed, pseudo: PseudoData, settings: FitSettings) -> Iterator[tuple[float, Fit]]:
    """The fits of one pseudo-experiment: before a cut, and at each efficiency."""
    mass = pseudo.draw(seed).mass
    edges = mass_edges(WINDOW, settings.range, settings.bin_width)
    outside = ~WINDOW.in_signal_region((edges[1:] + edges[:-1]) / 2)
    before = fit_backgrounds(Spectrum.from_masses(mass, edges), settings, WINDOW, outside)
    yield 1.0, before.best
    rng = seed.child("cut").generator()
    for efficiency in EFFICIENCIES:
        common = rng.random(len(mass)) < efficiency / 2
        members = common | (rng.random((MEMBERS, len(mass))) < efficiency / 2)
        cut = Spectrum.from_masses(mass, edges, members.mean(axis=0))
        share = cut.variance[outside].sum() / cut.counts[outside].sum()  # as `selected_spectrum`
        spectrum = Spectrum(cut.counts, edges, cut.variance, np.full(len(outside), share))
        yield (
            efficiency,
            fit_backgrounds(spectrum, settings, WINDOW, outside, before.envelope).best,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--toys", type=int, default=300)
    options = parser.parse_args()
    data = sample("qcd_data")[:EVENTS]
    settings = FitSettings(range=FitSettings().range_in(data))
    pseudo = PseudoData.like(data, settings)
    found: dict[tuple[float, str], list[float]] = {}
    for toy in range(options.toys):
        for efficiency, fit in fits(Seed(1).child("goodness", toy=toy), pseudo, settings):
            if fit is None or not fit.ok:
                continue
            found.setdefault((efficiency, "as they are"), []).append(float(fit.p_value))
            found.setdefault((efficiency, "merged"), []).append(goodness(fit).p_value)
    results = []
    for (efficiency, bins), values in found.items():
        p = np.array(values)
        low, high = float(np.mean(p < 0.05)), float(np.mean(p > 0.95))
        print(
            f"{efficiency:g}, bins {bins}: mean p {p.mean():.2f}, p < 0.05: {low:.3f}, "
            f"p > 0.95: {high:.3f}, {len(p)} fits"
        )
        judged = bins == "merged"
        results.append(
            row(
                f"mean p at {efficiency:g}, bins {bins}",
                float(p.mean()),
                bar="0.42..0.58" if judged else "none: for comparison",
                ok=not judged or 0.42 <= p.mean() <= 0.58,
            )
        )
    finish("goodness", results)


if __name__ == "__main__":
    main()
