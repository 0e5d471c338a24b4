"""What a threshold at a fixed rate is worth where a few heavy events have a part of the rate.

    python benchmarks/thresholds.py [--samples 1500] [--rate 10]

Enhanced bias has events of very different weights. Here scores are exponential, whatever the weight
is, of 3 kHz in all: 0.6 Hz and 1.8 Hz each, and a class of 17.75 Hz each that has a share of the
rate everywhere (the weights of the file in `benchmarks/trigger_rates.py`, of crossings with a hard
collision of 100 to 160, 60 to 100 and 35 to 60 GeV). So the true rate of a threshold is known.

`threshold_at_rate` refuses samples of which fewer than ten effective events are above: nearly all
with a heavy event there. The accepted ones are those without, and their rate is larger than it
seems. Shown are how many are accepted, the mean of their true rates, and how often the true rate is
within one error of the asked one: within the statistical error, and with what is unseen added in
quadrature. The peer takes every threshold, and the statistical error alone.
"""

import argparse

import numpy as np
from verdict import finish, row

from anomalon.core import Seed
from anomalon.core.errors import TooFewEvents
from anomalon.trigger import threshold_at_rate

TOTAL, HEAVY = 3000.0, 17.75
LIGHT = ((0.6, 0.85), (1.8, 0.15))  # weight in Hz, share of what is not heavy
SHARES = (0.0, 0.05, 0.1, 0.2, 0.35)
LOWEST = 0.6


def sample(share, rng):
    """Scores and weights; a score s has the true rate TOTAL exp(-s)."""
    parts = [(weight, part * (1 - share)) for weight, part in LIGHT] + [(HEAVY, share)]
    counts = [rng.poisson(TOTAL * part / weight) for weight, part in parts]
    weights = np.repeat([weight for weight, _ in parts], counts)
    return rng.exponential(size=len(weights)), weights


def tried(share, asked, n, seed):
    """True rates, errors and what is unseen, of the accepted samples; and of all of them."""
    rng, accepted, every = seed.child(share=share).generator(), [], []
    for _ in range(n):
        scores, weights = sample(share, rng)
        for found, bars in ((accepted, {}), (every, {"fewest": 0.0, "most_unseen": np.inf})):
            try:
                at = threshold_at_rate(scores, weights, asked, **bars)
            except TooFewEvents:
                continue
            found.append((TOTAL * np.exp(-at.value), at.rate.sigma, at.unseen))
    return np.array(accepted).reshape(-1, 3), np.array(every)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=10.0)
    options = parser.parse_args()
    results, asked = [], options.rate
    for share in SHARES:
        accepted, every = tried(share, asked, options.samples, Seed(0).child("thresholds"))
        true, sigma, unseen = accepted.T
        inside = np.mean(np.abs(true - asked) < sigma)
        both = np.mean(np.abs(true - asked) < np.hypot(sigma, unseen))
        theirs = np.mean(np.abs(every[:, 0] - asked) < every[:, 1])
        what = f"heavy events have {share:.0%} of the rate"
        print(
            f"{what}: {len(true)} of {options.samples} accepted, true rate {true.mean():.1f} Hz, "
            f"unseen {unseen.mean():.1f} Hz; within one error {inside:.2f}, with what is unseen "
            f"{both:.2f}; every threshold {every[:, 0].mean():.1f} Hz, {theirs:.2f}"
        )
        results.append(
            row(f"{what}: within one error and what is unseen", both, bar=f">= {LOWEST}",
                ok=both >= LOWEST, peer=float(theirs), peer_name="all thresholds, no bars",
                ratio=both / theirs, accepted=len(true) / options.samples,
                true_hz=float(true.mean()), statistical=float(inside))
        )  # fmt: skip
    finish("thresholds", results)


if __name__ == "__main__":
    main()
