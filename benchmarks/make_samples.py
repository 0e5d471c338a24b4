"""Make the samples that ship in src/anomalon/data/samples: python benchmarks/make_samples.py.

Everything is determined by this file and the recipes: same versions of Pythia and FastJet, same
events, whatever the number of processes. Interrupted, it goes on where it was. It takes hours.
"""

import argparse
import sys
import time
from pathlib import Path

from anomalon.run import default_executor
from anomalon.simulate.generate import generate
from anomalon.simulate.recipe import qcd_dijet, w_prime

SEED = 20250616
SAMPLES = {  # name: recipe, events, first chunk
    "signal_wprime_3500_500_100": (w_prime(3500, 500, 100), 20_000, 0),
    "qcd_data": (qcd_dijet(variation="data"), 120_000, 0),
    "qcd_template": (qcd_dijet(variation="data"), 240_000, 173),  # where qcd_data ended
    "qcd_simulation": (qcd_dijet(variation="simulation"), 120_000, 0),
}


def main() -> None:
    """Make all samples, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SAMPLES))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    for name in options.names:
        recipe, n_events, first_chunk = SAMPLES[name]
        started = time.monotonic()

        def show(done, wanted, name=name, started=started):
            rate = done / (time.monotonic() - started)
            print(f"{name}: {done}/{wanted}, {rate:.1f} events/s", file=sys.stderr, flush=True)

        made = generate(
            recipe,
            n_events,
            options.out / f"{name}.parquet",
            seed=SEED,
            first_chunk=first_chunk,
            executor=default_executor(options.processes),
            compact=True,
            progress=show,
        )
        print(made, f"acceptance {made.acceptance:.3f}", flush=True)


if __name__ == "__main__":
    main()
