"""Every result, and every type inside of one, is the same after a journey through JSON.

A new type of results is found by itself: the test fails until `RESULTS` has an example in which
each of its parts is there.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import get_args, get_type_hints

import numpy as np
import pytest
from fake_scans import fake_scan, with_toys
from found_export import found_export
from found_reach import found_reach
from found_spectra import found_bump, found_limit
from found_validation import found_validation
from toy_objects import found_detection, toy_objects
from toy_trigger import found_trigger, of_cuts

import anomalon.report  # noqa: F401  all rooms, so that all results are defined
from anomalon.core.event_file import EventFile
from anomalon.core.plain import from_plain, to_plain
from anomalon.core.result import Result, Summary
from anomalon.core.sample import Sample
from anomalon.detection import audit
from anomalon.detection.results.jets import JetPicture, JetPlan, JetsResult, LatentMap
from anomalon.features.conversion_result import ConversionResult
from anomalon.report.drawing import RESULTS as KNOWN
from anomalon.search.results.comparison import Comparison
from anomalon.search.results.correlated_trials import CorrelatedTrials
from anomalon.search.results.cut import Carried
from anomalon.search.results.fitted import FittedPeak
from anomalon.search.results.scan import Scan
from anomalon.search.results.window import TemplateFacts
from anomalon.simulate.result import Process, SimulationResult
from anomalon.stats import SignalNuisances
from anomalon.studies.forty_mhz.choice import Choice
from anomalon.studies.forty_mhz.leaks import LeakDemonstration, LeakRow
from anomalon.studies.trigger.claims import Claim, PosterClaims, Row


@cache
def examples() -> list[Result]:
    """Results in which everything that may be missing is there, and those in which it is not."""
    limit = found_limit()
    some = np.where(np.arange(len(limit.masses)) == 3, np.nan, limit.observed)
    return [
        with_toys(fake_scan(), 5),
        fake_scan(truth=False),
        carried(fake_scan()),
        found_bump(),
        replace(found_bump(), narrow=None, closure=None, signal=None, roles=("a role",)),
        replace(limit, luminosity=139.0, nuisances=SignalNuisances(0.1, 0.2, 0.01, 0.1)),
        replace(limit, coverage=None, signal=None, observed=some),
        simulated(),
        found_reach(),
        found_validation(bad=(1, 0.1, 6.0), failed_fit=2),
        detection(truth=True),
        detection(truth=False),
        jets(),
        replace(found_trigger(), scores={}, saved={}),
        replace(of_cuts(0.5), scores={}, saved={}),
        audit(lambda files: [file.objects[:, 0, 0] for file in files], toy_objects(200)),
        PosterClaims(
            (Claim("a", "b", "holds"),), 10.0, 1e3, (Row("Level-1", "rate [Hz]", "1", "2", "3"),)
        ),
        Choice(("a", "b"), ("overlaid", "added"), np.array([[0.9, 0.8], [0.7, 0.6]]), 100),
        LeakDemonstration(
            ("a",),
            (LeakRow("feed-forward", "as it was", np.array([[0.9, 0.8]]), ("a check",)),),
            np.array([[0.01, 0.02]]),
            100,
        ),
        found_export(),
        found_export(onnx=None),
        found_export(firmware=None),
        ConversionResult("raw.h5", "jets", "ab" * 32, 7, 2, "cd" * 32, event_file(truth=False)),
    ]


def jets() -> Result:
    """With a picture, a plan and a map of each."""
    found = detection(truth=True)
    points = np.array([[0.6, 0.1, 0.2], [0.4, -0.2, 0.0]])
    return JetsResult(
        **{field.name: getattr(found, field.name) for field in fields(found)},
        pictures=(JetPicture("average", "background", np.full((2, 2), 0.25), 1.0),),
        plans=(JetPlan(7, 1, 0.3, points, points, np.array([[0.0, 0.0, 1.0]])),),
        maps=(LatentMap("VAE", np.array([0.6, 0.2]), ("background",), (np.zeros((3, 2)),)),),
        medoid_distance=0.2,
        medoids="those of a",
    )


@cache
def detection(*, truth: bool) -> Result:
    """What has no plain form is in files beside it."""
    return replace(found_detection(truth=truth), scores={}, models={})


def event_file(*, truth: bool) -> EventFile:
    """A file of five events, one feature of which is the same for all."""
    x = np.array([[1.0, 2.0], [3.0, 2.0], [4.0, 2.0], [9.0, 2.0], [7.5, 2.0]])
    label = np.array([0, 1, 0, 0, 1]) if truth else None
    mass = np.arange(5) + 2500.0 if truth else None
    return EventFile.of(Sample(x, ("dmJ", "dR"), mass, label=label), "s.parquet", 1234)


def simulated() -> SimulationResult:
    """Of a signal and of background, which has no mass."""
    processes = (
        Process("wprime_3500_500_100", 1, 3500.0, 40, 20, 2, 0.04, 0.002),
        Process("qcd_dijet", 0, None, 100, 9, 3, 5.6),
    )
    file = event_file(truth=True)
    return SimulationResult("data", "Pythia 8.317", 3, 5, processes, file, ("Bierlich:2022pfr",))


def carried(scan: Scan) -> Scan:
    """The scan with weights that a few events carry, and what newer runs have."""
    first = scan.windows[0]
    known = Comparison(
        9.0, np.array([7.0]), np.array([0.5]), np.array([0.1]), np.zeros(1), 1.0, 0.2,
        peak=np.array([1.1]),
    )  # fmt: skip
    fit = first.cuts[0].fit
    some = np.linspace(0.0, 1.0, len(fit.counts))
    fit = replace(fit, peak=FittedPeak(3500.0, 105.0, 94.0, 10.0, 94 * some, some))
    own = {"carried": Carried(4.0, 200.0, 30.0, 400.0), "comparison": known, "fit": fit}
    cut = replace(first.cuts[0], **own)
    together = CorrelatedTrials(np.array([0.0, 1.0]), np.array([1.5, 2.5]), 3)
    seen = TemplateFacts("draws", 4000, 3000.0, 0.51, 0.01)
    windows = (replace(first, cuts=(cut, *first.cuts[1:]), template=seen), *scan.windows[1:])
    return replace(scan, windows=windows, correlated=together)


def descendants(cls):
    return {cls}.union(*map(descendants, cls.__subclasses__()))


def inside(kind, found):
    """All dataclasses that a type may hold, itself included."""
    for part in get_args(kind):
        inside(part, found)
    if isinstance(kind, type) and is_dataclass(kind) and kind not in found:
        found.add(kind)
        for hint in get_type_hints(kind).values():
            inside(hint, found)
    return found


def values(value):
    """All dataclass instances in a value, itself included."""
    if is_dataclass(value):
        yield value
        for f in fields(value):
            yield from values(getattr(value, f.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from values(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from values(item)


OURS = sorted(
    (
        cls
        for cls in descendants(Result)
        if cls.__module__.startswith("anomalon") and is_dataclass(cls)
    ),
    key=lambda cls: cls.__name__,
)
TYPES = sorted(set().union(*(inside(cls, set()) for cls in OURS)), key=lambda cls: cls.__name__)


@pytest.fixture(scope="module")
def instances():
    """Instances of each type, from all examples."""
    found: dict = {}
    for example in examples():
        for value in values(example):
            found.setdefault(type(value), []).append(value)
    return found


def same(a, b, where=""):
    """Whether two values are of the same types and have the same numbers."""
    assert isinstance(b, type(a)), where  # a NumPy float is one
    if is_dataclass(a):
        for f in fields(a):
            same(getattr(a, f.name), getattr(b, f.name), f"{where}.{f.name}")
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, where
        np.testing.assert_array_equal(a, b, err_msg=where)
    elif isinstance(a, list | tuple):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{where}[{i}]")
    else:
        assert a == b or (a != a and b != b), where


def test_there_are_results_and_pages_know_them_all():
    assert {cls.kind for cls in OURS} >= {"search", "bump", "limit", "simulation", "conversion"}
    assert {kind for kind in KNOWN if KNOWN[kind][0] in OURS} == {cls.kind for cls in OURS}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_type_in_a_result_survives_json(kind, instances):
    assert instances.get(kind), f"no example holds a {kind.__name__}: add one to `examples`"
    for value in instances[kind][:5]:
        text = json.dumps(to_plain(value), allow_nan=False)
        again = from_plain(kind, json.loads(text))
        assert json.dumps(to_plain(again), allow_nan=False) == text
        same(again, value, kind.__name__)


@pytest.mark.parametrize("i", range(9))
def test_every_summary_survives_json(i):
    plain = to_plain(examples()[i].summary())
    again = from_plain(Summary, json.loads(json.dumps(plain, allow_nan=False)))
    assert to_plain(again) == plain
