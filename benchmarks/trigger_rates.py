"""What the models of the trigger poster keep at a fixed rate, and whether rates close.

    python benchmarks/trigger_rates.py [--folder FOLDER] [--zero-bias FILE] [--level hlt]
        [--trainings 5] [--epochs 100]

Six models for each level on the shipped crossings, or on files trigger_NAME.h5 of `anomalon
simulate trigger` where FOLDER has them, or at Level-1 on those of FILE (how to make it is said in
`benchmarks/trigger.py`): efficiencies of signals at 10 Hz (High-Level Trigger) and 1 kHz
(Level-1), and at the least rate at which these events support a threshold of all of the poster's
models, medians over trainings. The least that the improved model keeps, where the rate with two
errors and all that is unseen is no more than asked for, stands beside the most that the base models
keep, each at the least rate from which on its events know thresholds. And 400 halvings of the test
background, in which a threshold of one half is measured on the other. Nothing is chosen by what
comes out.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from verdict import finish, row

from anomalon.data import load, sample
from anomalon.detectors import Learning
from anomalon.run.executors import default_executor
from anomalon.run.job import Workplace
from anomalon.run.store import Store
from anomalon.studies.trigger.claims import HIGH_ENERGY, claims_of, kept, supported_rate
from anomalon.studies.trigger.models import BASE_DIJET, BASE_EB, IMPROVED
from anomalon.studies.trigger.study import operated
from anomalon.trigger import closure, threshold_at_rate

TWICE, INSIDE, HALVINGS = 2.0, (0.60, 0.76), 400
HLT = "High-Level Trigger"
FEWEST = 200  # halvings whose events support a threshold; of fewer a share is not judged


def crossings(folder, zero_bias):
    """What gives the events of a process by its name and level."""

    def events(name, level):
        if zero_bias is not None and (name, level) == ("enhanced_bias", "l1"):
            return load(zero_bias, level=level)
        path = None if folder is None else Path(folder) / f"trigger_{name}.h5"
        if path is None or not path.exists():
            return sample(f"trigger_{name}", level=level)
        return load(path, level=level)

    return events


def table(result):
    names = [k.name for k in (*result.models[0].signals, *result.models[0].samples)]
    print(f"\n{result.name}: {result.working}")
    print(f"{'model':<26}{'rate':>20}{'n_eff':>7}{'unseen':>8}", *(f"{n:>10}" for n in names))
    for model in result.models:
        point = model.point
        rate = "none" if point.why else f"{point.hz:.4g} ± {point.sigma:.2g}"
        shares = (k.median for k in (*model.signals, *model.samples))
        follows = f"leading pT {np.median(model.leading_pt):.2f}"
        print(f"{model.name:<26}{rate:>20}{point.n_effective:>7.1f}{point.unseen:>8.2g}",
              *(f"{share:>10.4f}" for share in shares),
              f"  {follows}, {len(model.operating)} thresholds")  # fmt: skip
        if len(model.points) > 1:
            least = ", ".join(f"{point.least_hz:.3g}" for point in model.points)
            shares = ", ".join(f"{share:.3f}" for share in of_each(model))
            print(f"    known from {least} Hz on; {' and '.join(HIGH_ENERGY)}: {shares}")


def of_each(model):
    """Mean efficiency for the high-energy signals, training by training."""
    kept_of = [one.share for one in (*model.signals, *model.samples) if one.name in HIGH_ENERGY]
    return np.mean(kept_of, axis=0)


def scores_of(result, name, training):
    """All scores of one training of a model."""
    return result.scores[f"{name}-{training + 1}".replace(" ", "-")]


def closes(result):
    """Share of halvings within one error, of each model that has a threshold.

    Where most halves refuse a rate, those that do not are no fair sample of them: they are told.
    """
    found, (low, high) = [], INSIDE
    rows = result.scores["file"] == "background"
    for model in result.models:
        if model.point.why:
            continue
        scores = scores_of(result, model.name, model.median_training)
        halves = closure(
            scores[rows], result.scores["weight"][rows], result.working.rate, splits=HALVINGS,
            seed=1,
        )  # fmt: skip
        what = f"{result.name} at {result.working.rate:g} Hz: {model.name}, halvings"
        if len(halves.pulls) < FEWEST:
            print(f"{what}: {halves.n_refused} of {HALVINGS} halves refuse the rate; "
                  f"{halves.inside:.2f} of the others within one error")  # fmt: skip
            continue
        found.append(
            row(what, halves.inside, bar=f"{low} to {high}", ok=low <= halves.inside <= high,
                refused=halves.n_refused)
        )  # fmt: skip
    return found


def gains(result):
    """The improved model beside the better base model, of those that have the rate."""
    known = [name for name in (BASE_EB, BASE_DIJET) if result.model(name).operating]
    what = f"{result.name} at {result.working.rate:g} Hz: improved, {' and '.join(HIGH_ENERGY)}"
    if not known:
        print(f"{what}: no training of a base model has a threshold")
        return []
    ours, base = kept(result.model(IMPROVED)), max(kept(result.model(name)) for name in known)
    return [
        row(what, ours, bar=f"{TWICE} times the base", ok=ours >= TWICE * base, peer=float(base),
            peer_name="the better base model", ratio=ours / base)
    ]  # fmt: skip


def columns(result, name):
    """Scores and weights of the background, and what each threshold keeps, training by training."""
    scores = result.scores
    background = scores["file"] == "background"
    signals = [scores["file"] == signal for signal in HIGH_ENERGY]
    for training in range(len(result.model(name).points)):
        values = scores_of(result, name, training)
        yield values[background], scores["weight"][background], lambda cut, values=values: np.mean([
            np.average(values[rows] >= cut, weights=scores["weight"][rows]) for rows in signals
        ])  # fmt: skip


def least_kept(result):
    """What each training of the improved model keeps where the rate is surely no more than asked.

    That is at the lowest threshold whose rate, with two errors and all that is unseen, is no more:
    whether the events support a threshold at the asked rate does not matter.
    """
    asked, shares = result.working.rate, []
    for scores, hz, share in columns(result, IMPROVED):
        cut = np.inf
        for rate in asked * np.arange(0.02, 1.0, 0.02):
            at = threshold_at_rate(scores, hz, rate, fewest=0.0, most_unseen=np.inf)
            if at.rate.n and at.rate.hz + 2 * at.rate.sigma + at.unseen <= asked:
                cut = at.value
        shares.append(share(cut))
    return np.array(shares)


def most_kept(result, name):
    """What each training keeps at the least rate, from the asked one on, that its events know.

    At a lower rate a threshold is higher, and keeps less: what is kept at the asked one is no more.
    """
    shares = []
    points = result.model(name).points
    for point, (scores, hz, share) in zip(points, columns(result, name), strict=True):
        rate = max(result.working.rate, point.least_hz * (1 + 1e-9))
        known = np.isfinite(rate)
        shares.append(share(threshold_at_rate(scores, hz, rate).value) if known else 1.0)
    return np.array(shares)


def bounded(result):
    """The least that the improved model keeps at a rate beside the most that a base model keeps."""
    rate, ours = result.working.rate, least_kept(result)
    what = f"{result.name} at {rate:g} Hz: improved at least, base at most"
    if 2 * np.count_nonzero(ours) < len(ours):
        print(f"{what}: with these events no threshold is surely at that rate or below")
        return []
    base = {name: most_kept(result, name) for name in (BASE_EB, BASE_DIJET)}
    for name, shares in ({f"{IMPROVED}, at least": ours} | base).items():
        print(f"{result.name} at {rate:g} Hz: {name}:", ", ".join(f"{x:.3f}" for x in shares))
    most = max(np.median(shares) for shares in base.values())
    return [row(
        what, float(np.median(ours)),
        bar=f"{TWICE} times the base", ok=bool(np.median(ours) >= TWICE * most), peer=float(most),
        peer_name="the better base model at the least rate that its events know",
        ratio=np.median(ours) / most, trainings=len(ours),
    )]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", help="files of simulated crossings")
    parser.add_argument("--zero-bias", help="a file of simulated crossings for Level-1")
    parser.add_argument("--level", action="append", choices=["hlt", "l1"], help="alone")
    parser.add_argument("--trainings", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--hlt", type=float, default=10.0)
    parser.add_argument("--l1", type=float, default=1000.0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    learning = Learning(epochs=options.epochs, batch_size=512, halve_after=5, patience=10)
    with TemporaryDirectory() as folder:  # trainings are done once, whatever the rate
        same = {
            "crossings": crossings(options.folder, options.zero_bias),
            "place": Workplace(default_executor(options.processes), Store(Path(folder))),
        }
        asked, known = [], []
        rates = {"hlt": options.hlt, "l1": options.l1}
        for level in options.level or rates:
            asked.append(operated(level, rates[level], learning, options.trainings, **same))
            least = supported_rate(asked[-1])
            if least > rates[level]:
                known.append(operated(level, least, learning, options.trainings, **same))
            else:
                known.append(asked[-1])
    every = {id(result): result for result in (*asked, *known)}.values()
    for result in every:
        table(result)
    if len(known) == len(rates):
        for claim in claims_of(*known).claims:
            print(f"\n{claim.sentence}\n  {claim.found}: {claim.outcome}")
    results = []
    for result in every:
        results += gains(result) if result.name == HLT else []
        results += closes(result)
    results += [one for result in asked if result.name == HLT for one in bounded(result)]
    finish("trigger_rates", results)


if __name__ == "__main__":
    main()
