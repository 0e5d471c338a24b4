"""What `anomalon demo` shows, for several seeds, and how long it takes.

    python benchmarks/demo.py [--seeds 5] [--processes 2]

A seed draws the injected signal events and all training; the background is always the same, so the
twin without signal is the same data with other trainings.
"""

import argparse
import sys
import time

import numpy as np
from verdict import finish, row, spread

from anomalon.run import default_executor
from anomalon.search.events import demo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    executor = default_executor(options.processes)
    before, after, quiet, seconds = [], [], [], []
    for seed in range(options.seeds):
        start = time.perf_counter()
        found = demo.run(seed=seed, executor=executor)
        seconds.append(time.perf_counter() - start)
        first, last = found.before_and_after()
        before.append(first.z_local)
        after.append(last.z_local)
        quiet.append(max(t.z_local for t in found.without.ledger))
        print(
            f"seed {seed}: Z without a cut {first.z_local:.2f}, at {last.efficiency:g} "
            f"{last.z_local:.2f}; largest Z of the twin {quiet[-1]:.2f}; {seconds[-1]:.0f} s",
            file=sys.stderr,
        )
    print(f"without a cut: Z {spread(before)}; after: {spread(after)}; twin: {spread(quiet)}")
    growth = float(np.median(after) / np.median(before))
    worst = float(np.max(quiet))
    results = [
        row(
            "median local Z in the window of the resonance",
            np.median(after),
            peer=float(np.median(before)),
            peer_name="spectrum without a cut",
            ratio=growth,
            bar="ratio >= 3",
            ok=growth >= 3,
        ),
        row("largest local Z of all signal-free trials", worst, bar="< 3", ok=worst < 3),
        row("median seconds", np.median(seconds), bar="< 120", ok=np.median(seconds) < 120),
    ]
    finish("demo", results)


if __name__ == "__main__":
    main()
