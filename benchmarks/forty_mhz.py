"""Anomalies at 40 MHz without a signal in sight: better than the published autoencoders?

    python benchmarks/forty_mhz.py [--trainings 5] [--background MORE.h5] [--processes 2]

The shipped emulation of the 40 MHz data set. Detectors learn from its parts for training and
validation; the test part and four signals are scored. Peers are the dense autoencoder and
variational autoencoder of Govorkova et al. (arXiv:2108.03986), rebuilt (32, 16 and 3 numbers;
trained until ten epochs bring nothing), of which the best is taken, signal by signal, which favours
them. Ours is chosen by changed background events (`anomalon.studies.forty_mhz.choice`), never by a
signal.

`--background` adds events to the test part (of `anomalon simulate forty-mhz --process background`,
another seed), for the efficiency at a background efficiency of 1e-4, which needs 100,000 of them.
Medians over trainings, with their range.
"""

import argparse
from dataclasses import replace

import numpy as np
from verdict import finish, row

import anomalon
from anomalon.core import Events, Seed
from anomalon.core.seen import PARTS, SPLIT
from anomalon.data import sample
from anomalon.detection import Choices, detect
from anomalon.detectors import Learning
from anomalon.run import default_executor
from anomalon.run.job import Workplace
from anomalon.stats import evaluate
from anomalon.studies.forty_mhz.choice import chosen
from anomalon.studies.forty_mhz.detectors import baselines, ours
from anomalon.studies.forty_mhz.study import SIGNALS

FPR = (1e-2, 1e-3, 1e-4)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainings", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--background", help="more events for the test")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    background = sample("forty_mhz_background")
    signals = {name: sample(f"forty_mhz_{name}") for name in SIGNALS}
    learning = Learning(epochs=options.epochs)
    place = Workplace(default_executor(options.processes))
    choice = chosen(background, ours(learning), seed=Seed(0), place=place)
    for name, areas in zip(choice.names, choice.auc, strict=True):
        print(f"choice  {name:<30} {areas.mean():.3f}  {np.round(areas, 2)}")
    print(f"chosen without a signal: {choice.best}\n")
    candidates = [one for one in ours(learning) if one.name == choice.best]
    if options.background:
        background = Events.concatenate([background, tested(options.background, background)])
    found = detect(
        background,
        (*candidates, *baselines(learning)),
        signals,
        choices=Choices(options.trainings),
        place=place,
    )
    table = {d.name: measured(found, d.name) for d in found.learned}
    show(found, table)
    peers = [table[one.name] for one in baselines(learning)]
    finish("forty_mhz", rows(table[choice.best], peers, n_test(found)))


def tested(path, like):
    """More events for the test part, with the columns that those of the sample have."""
    more = anomalon.load(path)
    columns = {name: more.column(name) for name in like.columns}
    columns[SPLIT] = np.full(len(more), PARTS["test"], np.int8)
    return replace(more, columns=columns)


def n_test(found):
    return next(file.n_test for file in found.files)


def measured(found, name):
    """AUC, and efficiencies at `FPR`, of each signal and training."""
    scores, files = found.scores, np.asarray(found.scores["file"])
    column = {d.name: d for d in found.learned}[name]
    result = {}
    for i in range(column.trainings):
        values = np.asarray(scores[f"{name}-{i + 1}".replace(" ", "-")])
        there = values[files == "background"]
        for signal in SIGNALS:
            e = evaluate(there, values[files == signal])
            tprs = [e.tpr_at(fpr).value if fpr * len(there) >= 1 else np.nan for fpr in FPR]
            result.setdefault(signal, []).append([e.auc.value, *tprs])
    return {signal: np.array(values) for signal, values in result.items()}


def show(found, table):
    print(f"{n_test(found)} background events of the test")
    print(f"{'detector':<30}" + "".join(f"{s:>34}" for s in SIGNALS) + f"{'mean AUC':>18}")
    for name, by_signal in table.items():
        cells = ""
        for signal in SIGNALS:
            auc, *tprs = np.median(by_signal[signal], axis=0)
            cells += f"   {auc:.3f}  " + " ".join(f"{tpr:7.4f}" for tpr in tprs)
        mean = np.mean([by_signal[s][:, 0] for s in SIGNALS], axis=0)
        print(f"{name:<30}{cells}   {np.median(mean):.3f} ({mean.min():.3f} to {mean.max():.3f})")


def rows(mine, peers, n):
    """What the bars are about."""

    def mean_auc(one):
        return float(np.mean([np.median(one[s][:, 0]) for s in SIGNALS]))

    best = float(np.mean([max(np.median(p[s][:, 0]) for p in peers) for s in SIGNALS]))
    margin, who = 100 * (mean_auc(mine) - best), "AE and VAE of 2108.03986"
    result = [
        row(
            "points of the mean AUC over four signals above the best of the peers",
            margin, bar=">= 3", ok=margin >= 3, peer=0.0, peer_name=who, ratio=margin / 3,
        )
    ]  # fmt: skip
    for k, fpr in enumerate(FPR, 1):
        ours_ = float(np.mean([np.median(mine[s][:, k]) for s in SIGNALS]))
        theirs = max(float(np.mean([np.median(p[s][:, k]) for s in SIGNALS])) for p in peers)
        ratio = ours_ / theirs if theirs > 0 else None
        wanted = fpr == FPR[-1]
        what = f"mean signal efficiency at fpr {fpr:g} ({fpr * n:.1f} background events)"
        ok = (ratio or 0) >= 2 if wanted else True
        bar = "ratio >= 2" if wanted else "none"
        result.append(row(what, ours_, bar=bar, ok=ok, peer=theirs, peer_name=who, ratio=ratio))
    return result


if __name__ == "__main__":
    main()
