"""What it costs not to know the background function: one that a test chooses, and all profiled.

    python benchmarks/function_choice.py [--toys 1000]

Spectra without signal whose truth the analyst does not know. She takes the default: the dijet
family with up to four parameters. "test" chooses the number of parameters by an F-test and takes
the function for known, as most searches do; "spurious" adds the largest difference to any other
function that is as good to within 4 units of AIC as an uncertainty of its own, which is how an
envelope becomes a spurious signal; "profile" is anomalon's default, the function as a nuisance
parameter (arXiv:1408.6865).

Local significances of the count in a signal region over a fit to the other bins, as `anomalon
search` makes them before a cut; and the coverage of 95 % CLs limits on a resonance, as `anomalon
limit` sets them, for a signal of three times the uncertainty of its strength. Power: the median
significance of an injected excess of three standard deviations of the count.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from dataclasses import dataclass

import numpy as np
from verdict import finish, row

from anomalon.core import Seed
from anomalon.search import FitSettings, SmoothBackground, Window
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.stats import (
    Dijet,
    Exponential,
    SignalModel,
    SignalNuisances,
    Spectrum,
    fit_envelope,
    fit_signal,
    p_from_z,
    scaled_significance,
)
from anomalon.stats.fits import profiled_significance

RESOLUTION = 0.03


@dataclass(frozen=True)
class SetUp:
    """A truth, the range that is fitted, and where one looks."""

    name: str
    low: float
    high: float
    truth: object
    parameters: tuple[float, ...]
    events: float
    window: tuple[float, float]

    @property
    def edges(self):
        return np.arange(self.low, self.high + 1, 100.0)

    @property
    def mean(self):
        expected = self.truth.integrate(self.parameters, self.edges)
        return expected * self.events / expected.sum()


SET_UPS = (
    SetUp("exponential truth A", 1000, 6000, Exponential(2), (0, -1.0), 5e5, (3800, 4200)),
    SetUp("exponential truth B", 2400, 5000, Exponential(2), (0, -2.0), 5e5, (2600, 3000)),
    SetUp("order undecided", 2000, 6000, Dijet(4), (0, 8, 5.6, 0.7), 2e5, (3400, 4000)),
)


def significance(spectrum, n, window, outside, method):
    """Local significance of `n` events in the window."""
    settings = FitSettings(choice="test" if method == "test" else "profile")
    fits = fit_backgrounds(spectrum, settings, window, outside)
    if method != "spurious":
        each = np.asarray(scaled_significance(n, fits.expected, 1.0, fits.sigma))
        return profiled_significance(each, fits.envelope.cost)[0]
    best, near = as_good(fits.envelope)
    other = np.abs(fits.expected - fits.expected[best])[near].max()
    sigma = np.hypot(fits.sigma[best], other)
    return float(scaled_significance(n, fits.expected[best], 1.0, sigma))


def as_good(envelope):
    """The best function by AIC, and which are as good to within 4 units."""
    aic = envelope.cost + np.array([fit.n_parameters for fit in envelope.fits])  # twice our price
    return int(aic.argmin()), aic < aic.min() + 4


def significances(set_up, toys):
    """Without signal, and with one of three standard deviations: shape (method, 2, toy)."""
    window = Window(*set_up.window, set_up.low, set_up.high)
    middle = (set_up.edges[1:] + set_up.edges[:-1]) / 2
    outside = ~window.in_signal_region(middle)
    rng = Seed(1).child("function choice", set_up=set_up.name).generator()
    counts = rng.poisson(set_up.mean, (toys, len(middle))).astype(float)
    extra = rng.poisson(3 * np.sqrt(set_up.mean[~outside].sum()), toys)
    z = np.empty((len(METHODS), 2, toys))
    for i, n in enumerate(counts):
        spectrum = Spectrum(n, set_up.edges)
        for j, method in enumerate(METHODS):
            for k, more in enumerate((0.0, extra[i])):
                seen = n[~outside].sum() + more
                z[j, k, i] = significance(spectrum, seen, window, outside, method)
    return z


METHODS = ("test", "spurious", "profile")


def coverage(set_up, toys):
    """Share of limits above a signal of three standard deviations, for each method."""
    mass = float(np.mean(set_up.window))
    form = SignalNuisances().form(mass, RESOLUTION, set_up.edges)
    smooth = SmoothBackground()
    asimov = fit_envelope((set_up.mean, set_up.edges), smooth.functions)
    strength = 3 * float(SignalModel(asimov.fits, (form,)).strengths.sigma[0])
    rng = Seed(2).child("limits", set_up=set_up.name).generator()
    mean = set_up.mean + strength * form.nominal
    log_cls = np.empty((len(METHODS), toys))
    for i, n in enumerate(rng.poisson(mean, (toys, len(mean))).astype(float)):
        spectrum = Spectrum(n, set_up.edges)
        for j, method in enumerate(METHODS):
            choice = "test" if method == "test" else "profile"
            envelope = SmoothBackground(choice=choice).envelope(spectrum, beyond=np.inf)
            if method == "spurious":
                log_cls[j, i] = np.log(cls_with_spurious(envelope, form, strength))
            else:
                log_cls[j, i] = SignalModel(envelope.fits, (form,)).log_cls(strength, 0)
    return (log_cls >= np.log(0.05)).mean(axis=1)


def cls_with_spurious(envelope, form, strength):
    """CLs of a Gaussian strength, the largest difference to other functions in its error."""
    best, near = as_good(envelope)
    found = [fit_signal(f.spectrum, f.shape, form.nominal) for f in np.array(envelope.fits)[near]]
    measured = np.array([float(f.strength) for f in found])
    own = found[int(near[:best].sum())]
    other = np.abs(measured - float(own.strength)).max()
    unit = float(np.hypot(own.sigma_strength, other))
    s, seen = strength / unit, float(own.strength) / unit
    # q~ and its distributions: arXiv:1007.1727, eqs. 62 and 66
    q = 0.0 if seen > s else (s - seen) ** 2 if seen >= 0 else s * s - 2 * s * seen
    if q <= s * s:
        return p_from_z(np.sqrt(q)) / p_from_z(np.sqrt(q) - s)
    return p_from_z((q + s * s) / (2 * s)) / p_from_z((q - s * s) / (2 * s))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--toys", type=int, default=1000)
    toys = parser.parse_args().toys
    results = []
    for set_up in SET_UPS:
        z = significances(set_up, toys)
        test, spurious, profile = z[:, 0]
        power = np.median(z[:, 1], axis=1)
        share = [float(np.mean(one > 3)) for one in (test, spurious, profile)]
        by_test, by_spurious, profiled = coverage(set_up, toys)
        name = set_up.name
        results += [
            row(
                f"{name}: P(Z > 3)", share[2], bar="<= 0.004", ok=share[2] <= 0.004,
                peer=share[0], peer_name="order by F-test", spurious=share[1],
            ),
            row(
                f"{name}: mean Z", profile.mean(), bar="|.| < 0.35", ok=abs(profile.mean()) < 0.35,
                peer=round(float(test.mean()), 3), peer_name="order by F-test",
                spurious=round(float(spurious.mean()), 3),
            ),
            row(
                f"{name}: standard deviation of Z", profile.std(), bar="0.9..1.1",
                ok=abs(profile.std() - 1) <= 0.1, peer=round(float(test.std()), 3),
                peer_name="order by F-test", spurious=round(float(spurious.std()), 3),
            ),
            row(
                f"{name}: coverage of 95 % limits", profiled, bar="0.93..0.98",
                ok=0.93 <= profiled <= 0.98, peer=round(float(by_test), 4),
                peer_name="order by F-test", spurious=round(float(by_spurious), 4),
            ),
            row(
                f"{name}: median Z of an injected excess of 3 sigma", power[2], bar="stated",
                ok=True, peer=round(float(power[0]), 3), peer_name="order by F-test",
                ratio=power[2] / power[0], spurious=round(float(power[1]), 3),
            ),
        ]  # fmt: skip
        for one in results[-5:]:
            print(one, flush=True)
    finish("function_choice", results)


if __name__ == "__main__":
    main()
