"""One density for all windows beside one for each: seconds for the templates of a scan.

    python benchmarks/all_windows.py [--rounds 3] [--windows 8]

120,000 shipped background events, windows of 400 GeV every 200 GeV from 3000 GeV on; the templates
of one fold, two members each, window by window as a search asks for them, in one process.
`cathode` trains in each window, `sigma` in the first. Both have the same density and draw as many
events. What either finds is measured by `templates.py`.
"""

import argparse
import time

import numpy as np
from verdict import finish, row

from anomalon import Seed
from anomalon.background import BackgroundTask, Cathode, Sigma, sigma
from anomalon.core.window import Window
from anomalon.data import sample

FEATURES = ("mJ1", "dmJ", "tau21_J1", "tau21_J2")
FASTER = 2.0


def seconds(method, data, windows):
    """Of the processor, for each window."""
    sigma._LEARNED.clear()
    rng = np.random.default_rng(0)
    shown = [rng.random(len(data)) < 0.5 for _ in range(method.n_templates)]
    found = []
    for window in windows:
        seeds = Seed(1) if method.shares_model else Seed(1).child(str(window))
        tasks = [
            BackgroundTask(data, window, seed=seeds.child(member=i), shown=some)
            for i, some in enumerate(shown)
        ]
        started = time.process_time()
        method.fit_many(tasks)
        found.append(time.process_time() - started)
    return np.array(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--windows", type=int, default=8)
    options = parser.parse_args()
    data = sample("qcd_data").select(FEATURES).blind()
    low = 3000.0 + 200 * np.arange(options.windows)
    windows = [Window(m, m + 400, m - 400, m + 800) for m in low.tolist()]
    for method in (Cathode(), Sigma()):  # what is compiled once is no training
        seconds(method, data, windows[:1])
    rounds = [
        [seconds(method, data, windows) for method in (Cathode(), Sigma())]
        for _ in range(options.rounds)
    ]
    each, once = np.median(rounds, axis=0)
    for name, took in (("cathode", each), ("sigma", once)):
        print(f"{name}: {took.sum():.1f} s; first {took[0]:.1f}, others {took[1:].mean():.2f} each")
    ratio = float(np.median([a.sum() / b.sum() for a, b in rounds]))
    results = [
        row(
            f"templates of {len(windows)} windows, processor seconds", float(once.sum()),
            bar=f"{FASTER} times as fast", ok=ratio >= FASTER, peer=float(each.sum()),
            peer_name="cathode, a density for each window", ratio=ratio,
        )
    ]  # fmt: skip
    finish("all_windows", results)


if __name__ == "__main__":
    main()
