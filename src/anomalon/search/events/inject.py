"""Signal put into data, for tests, demonstrations and limits."""

from dataclasses import replace

import numpy as np

from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.search.results.scan import Scan

__all__ = ["inject", "with_injection"]


def inject(background: Sample, signal: Sample, n: int, *, seed: Seed | int) -> Sample:
    """The background plus `n` signal events drawn without replacement.

    Args:
        background: Data or simulation; kept whole and in order.
        signal: Signal events with the same features; event identities that do not occur in
            `background`.
        n: How many to add.
        seed: Which ones.

    Raises:
        BadValue: If `n` is negative.
        TooFewEvents: If `signal` has fewer than `n` events.
        BadLayout: If the features differ.
    """
    if n < 0:
        raise BadValue(f"inject: expected 0 or more signal events, got {n}.")
    if n > len(signal):
        raise TooFewEvents(
            f"inject: asked for {n} signal events, {signal.source} has {len(signal)}."
        )
    rng = Seed.of(seed).child("inject", n=n).generator()
    rows = np.sort(rng.choice(len(signal), size=n, replace=False))
    return Sample.concatenate([background, signal[rows]])


def with_injection(scan: Scan, n: int, *, seed: int) -> Scan:
    """The scan whose `data` say that `n` signal events were added to them, drawn with this seed."""
    return replace(scan, data=replace(scan.data, injected_signal=n, injection_seed=seed))
