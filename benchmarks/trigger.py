"""Exported detectors: decisions that differ, differences of scores, speed, and size of firmware.

    python benchmarks/trigger.py [--rounds 5] [--verilog] [--crossings FILE --crossings …]

A variational autoencoder of 57 inputs (57-32-16-3, powers of two before it; sum of squares and
divergence count the same) learns from the shipped background at 40 MHz, its parts for training and
validation; all comparisons are on its test part.
The working point accepts 1 % of what was learned from. Firmware is trained with bits
(`anomalon.export.quantise`), and emulated by da4ml and by hls4ml's C++ with g++; `--verilog`
simulates its Verilog as well, in verilator, which takes minutes. Twenty times the events are
scored for the speed, from events in memory to scores, in one thread by onnxruntime and by anomalon
on one core. They take turns, and the figure is the median over rounds of events per processor
second: where others use the machine, the clock is useless.

Efficiencies are those of the shipped signals at the working point, float and quantised; they chose
nothing. The same model then learns from the shipped crossings of a Level-1 trigger, and is operated
at 1 kHz of pure rate, what the emulated menu does not have, with floats and with few bits. A rate
of 1 kHz is known by crossings of which each stands for a hundredth of it; they do not ship:

    anomalon simulate trigger --process zero_bias --events 270000 --seed 3 --compact \
        --set detector.l1_only=true --set chunk_size=1250 --set crossing.pool=500 --out FILE
    anomalon simulate trigger --process zero_bias --events 190000 --seed 3 --compact \
        --set detector.l1_only=true --set chunk_size=1250 --set crossing.pool=500 \
        --set first_chunk=200 --out ANOTHER

With such files their training parts are learned from, with weights, and the test parts are judged.
"""

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from verdict import finish, row, spread

from anomalon.core import Events
from anomalon.core.seen import part, to_learn_from
from anomalon.data import load, sample
from anomalon.detectors import (
    Autoencoder,
    Divisors,
    FeedForward,
    Learning,
    Reconstruction,
    Steps,
    TriggerObjects,
    Variational,
)
from anomalon.detectors.mixing import mixed
from anomalon.export import (
    Firmware,
    OnnxScorer,
    agreement,
    export_onnx,
    quantise,
)
from anomalon.export.firmware.hls import compiled_hls
from anomalon.export.firmware.logic import traced
from anomalon.export.firmware.making import thresholds_of
from anomalon.export.firmware.simulation import simulated
from anomalon.features.per_kind import PerKind
from anomalon.trigger import threshold_at_rate
from anomalon.trigger.rates.threshold import smallest_rate

INPUTS = TriggerObjects(
    phi="none",
    powers_of_two=True,
    divide=Divisors(pt=PerKind(128.0), eta=PerKind(64.0), phi=PerKind(64.0)),
    step=Steps(pt=PerKind(0.5), eta=PerKind(0.0435), phi=PerKind(2 * np.pi / 144)),
)
NETWORK = FeedForward((32, 16), activation="relu")
DETECTORS = {
    "variational": Variational(
        NETWORK,
        3,
        INPUTS,
        Reconstruction(reduce="sum"),
        0.5,
        "mean_square",
        learning=Learning(epochs=30),
    ),
    "autoencoder": Autoencoder(learning=Learning(epochs=5)),
}
SIGNALS = ("a", "lq", "h0", "hplus")
CROSSING_SIGNALS = ("zz4l", "hahm", "ttbar", "hh4b", "vbf_tautau", "vbf_inv")


def graphs(name: str, fitted, test: Events, threshold: float, rounds: int, place: Path):
    """Rows of the ONNX graph of a detector, beside the detector."""
    scorer = OnnxScorer(export_onnx(fitted, place / f"{name}.onnx", threshold))
    one = agreement(fitted.score(test), scorer.score(test), threshold)
    many = test[np.tile(np.arange(len(test)), 20)]
    speed: dict[str, list[float]] = {"onnx": [], "anomalon": []}
    for _ in range(rounds):
        for who, score in (("onnx", scorer.score), ("anomalon", fitted.score)):
            start = time.process_time()
            score(many)
            speed[who].append(len(many) / (time.process_time() - start))
    print(f"{name}: events per processor second { ({who: spread(v) for who, v in speed.items()}) }")
    rate, ours = (float(np.median(speed[who])) for who in ("onnx", "anomalon"))
    return [
        row(f"{name}: ONNX beside JAX, relative difference x 1e6", one.relative * 1e6,
            bar="below 10", ok=one.relative < 1e-5, n_events=one.n_events),
        row(f"{name}: ONNX, decisions that differ", one.n_differ, bar="0", ok=one.same,
            n_events=one.n_events, n_accepted=one.n_accepted),
        row(f"{name}: onnxruntime, events/s of one core", rate, bar="200000", ok=rate >= 2e5,
            peer=round(ours), peer_name="anomalon itself", ratio=rate / ours),
    ]  # fmt: skip


def firmware(fitted, learn: Events, test: Events, threshold: float, place: Path, verilog: bool):
    """Rows of the firmware of a detector."""
    settings = Firmware()
    start = time.perf_counter()
    quantised = quantise(fitted, learn, settings, seed=1)
    print(f"quantised training: {time.perf_counter() - start:.0f} s")
    logic = traced(quantised)
    wanted = thresholds_of(fitted.score(learn), quantised.score(learn), threshold)
    least = logic.integer_threshold(wanted) * 2.0**-logic.fraction_bits
    inputs = quantised.inputs(test)
    scores = quantised.scores_of(inputs)
    emulated = {"da4ml": logic.scores_of(inputs)}
    emulated["hls4ml"] = compiled_hls(quantised, place / "hls").scores_of(inputs)
    if verilog:
        project = logic.verilog(place / "verilog", settings)
        emulated["verilog"] = simulated(project, place / "verilog", inputs)
    rows = []
    for name, found in emulated.items():
        one = agreement(scores, found, least)
        rows.append(
            row(f"{name}: decisions that differ", one.n_differ, bar="0 in 15000",
                ok=one.same and one.n_events >= 15_000, n_events=one.n_events,
                n_accepted=one.n_accepted, largest=one.largest_difference)
        )  # fmt: skip
    size = logic.estimate(settings)
    rows.append(row("LUT-equivalents, da4ml", size.luts, bar="30000", ok=size.luts <= 30_000))
    rows.append(
        row("latency, ns", size.latency, bar="50", ok=size.latency <= 50, cycles=size.cycles,
            clock=size.clock, levels=size.levels)
    )  # fmt: skip
    few = agreement(fitted.score(test), scores, threshold, other_threshold=least)
    rows.append(
        row("quantised beside float, decisions that differ", few.n_differ, bar="-", ok=True,
            n_events=few.n_events, accepted=(few.n_accepted, few.n_other_accepted))
    )  # fmt: skip
    for name in SIGNALS:
        events = sample(f"forty_mhz_{name}")
        both = [float(np.mean(s >= t)) for s, t in
                ((fitted.score(events), threshold), (quantised.score(events), least))]  # fmt: skip
        rows.append(
            row(f"efficiency for {name}, quantised", both[1], bar="-", ok=True, peer=both[0],
                peer_name="float")
        )  # fmt: skip
    return rows


def numbers57(events: Events) -> Events:
    """Missing momentum, four electrons, four muons and ten jets; a fourth lepton is never there."""
    kinds = ("met", "electron", "muon", "jet")
    parts = [events.of_kind(kind) for kind in kinds]
    width = {"met": 1, "electron": 4, "muon": 4, "jet": 10}
    objects = [
        np.pad(one.objects, ((0, 0), (0, width[kind] - one.objects.shape[1]), (0, 0)))
        for kind, one in zip(kinds, parts, strict=True)
    ]
    names = tuple(f"{kind}{i + 1}" for kind in kinds for i in range(width[kind]))
    mask = [o[:, :, 0] > 0 for o in objects]
    return Events(
        np.concatenate(objects, axis=1), names, events.feature_names,
        np.concatenate(mask, axis=1), events.weight, columns=events.columns, source=events.source,
    )  # fmt: skip


def together(files: list[Path]) -> Events:
    """Crossings of several files, each of which stands for all of the rate."""
    loaded = [load(file, level="l1") for file in files]
    total = sum(len(one) for one in loaded)
    return Events.concatenate(
        [replace(one, weight=one.weight * (len(one) / total)) for one in loaded]
    )


def at_a_rate(detector, hz: float, files: list[Path]):
    """Rows of efficiencies at a pure rate, with few bits and with floats.

    Where the crossings cannot know that rate of both models, at the least one that they can.
    """
    crossings = numbers57(together(files) if files else sample("trigger_enhanced_bias", level="l1"))
    learn, test = to_learn_from(crossings), part(crossings, "test")
    # by its share of the events: that of the weights follows the few heaviest ones
    test = replace(test, weight=test.weight * (len(crossings) / len(test)))
    print(f"{len(test)} crossings of {test.weight.sum():.6g} Hz are judged")
    learn = mixed({"crossings": learn}, power=1.0 if files else 0.0)  # 0: as they were recorded
    fitted = detector.fit(learn, seed=1)
    quantised = quantise(fitted, learn, Firmware(), seed=1)
    others = test.column("passes_l1")
    counted = np.where(others, 0.0, test.weight)
    least = max(smallest_rate(s.score(test), counted) for s in (fitted, quantised))
    rows = [row("least pure rate that these crossings know, Hz", least, bar=f"{hz:g}",
                ok=least <= hz)]  # fmt: skip
    hz = hz if least <= hz else 1.1 * least
    found = {}
    for name, scorer in (("float", fitted), ("quantised", quantised)):
        found[name] = threshold_at_rate(scorer.score(test), test.weight, hz, others=others)
        print(name, found[name])
    for name in CROSSING_SIGNALS:
        events = numbers57(sample(f"trigger_{name}", level="l1"))
        kept = {
            who: float(np.mean(scorer.score(events) >= found[who].value))
            for who, scorer in (("float", fitted), ("quantised", quantised))
        }
        rows.append(
            row(f"efficiency for {name} at {hz:g} Hz pure, quantised", kept["quantised"], bar="-",
                ok=True, peer=kept["float"], peer_name="float",
                menu=float(events.column("passes_l1").mean()))
        )  # fmt: skip
    for who, one in found.items():
        rows.append(
            row(f"pure rate, {who}, Hz", one.rate.hz, bar=f"{hz:g} within two errors",
                ok=one.reached and one.supported, sigma=one.rate.sigma,
                n_effective=one.rate.n_effective, total=one.total.hz)
        )  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--verilog", action="store_true")
    parser.add_argument("--crossings", type=Path, action="append", help="of simulated crossings")
    parser.add_argument("--only-crossings", action="store_true", help="the pure rate alone")
    asked = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, for all
    rates = at_a_rate(DETECTORS["variational"], 1000.0, asked.crossings or [])
    if asked.only_crossings:
        finish("trigger", rates)
        return
    background = sample("forty_mhz_background")
    learn, test = to_learn_from(background), part(background, "test")
    results = []
    with TemporaryDirectory() as folder:
        for name, detector in DETECTORS.items():
            fitted = detector.fit(learn, seed=1)
            threshold = float(np.quantile(fitted.score(learn), 0.99))
            results += graphs(name, fitted, test, threshold, asked.rounds, Path(folder))
            if name == "variational":
                results += firmware(fitted, learn, test, threshold, Path(folder), asked.verilog)
    finish("trigger", results + rates)


if __name__ == "__main__":
    main()
