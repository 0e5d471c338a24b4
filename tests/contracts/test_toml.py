"""Every setting of every job is the same after a journey through TOML, defaults included.

A new job, or a setting inside of one, is found by itself: the test fails until it has an example in
`EXAMPLES`, if it cannot be made without arguments.
"""

import inspect
import tomllib
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import get_args, get_type_hints

import click
import pytest

import anomalon.background
import anomalon.learn
from anomalon.cli.spectrum import bump, limit
from anomalon.core.labels import Labels
from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.detection import DetectJob, EventSource, Named, Split
from anomalon.detection.jets_job import JetsJob
from anomalon.detectors import (
    Autoencoder,
    Baseline,
    Distilled,
    Divisors,
    Embedding,
    EnsembleDetector,
    IsolationForest,
    JetImages,
    Medoids,
    Overlap,
    PerKind,
    Steps,
    TriggerObjects,
)
from anomalon.detectors.trigger_models import embedded, improved, latent_only, trigger_inputs
from anomalon.export import ExportJob, Firmware
from anomalon.features.conversion import Conversion, DijetFeatures
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import BoostedTrees, Ensemble, KFold, Network
from anomalon.learn.density import Mixture, SplineFlow
from anomalon.learn.regress import BoostedRegression
from anomalon.run.job import Job
from anomalon.run.settings import decode, dumps, encode
from anomalon.search import (
    Control,
    FitSettings,
    Resampled,
    SavedScorer,
    Search,
    Simulated,
    Validation,
)
from anomalon.search.events.demo import DemoJob
from anomalon.search.events.injection_job import InjectionLimitJob, SignalSource
from anomalon.search.events.injection_limits import InjectionLimits
from anomalon.search.events.job import DataSource, Injection, SearchJob
from anomalon.search.histogram.bump import BumpHunt, BumpJob
from anomalon.search.histogram.limit import LimitJob, LimitScan
from anomalon.search.histogram.source import SpectrumFile
from anomalon.search.validation.job import ValidationJob
from anomalon.simulate import (
    DijetSimulation,
    FortyMhzSimulation,
    JetSimulation,
    TriggerSimulation,
)
from anomalon.simulate.detector import Detector
from anomalon.simulate.dijet import DijetSelection
from anomalon.simulate.jets import JetSelection
from anomalon.studies import DijetStudy
from anomalon.trigger import Model, Operation, TriggerJob

WINDOWS = (Window(3000, 3600, 2400, 4200), Window(3600, 4200, 3000, 4800))
SEARCH = Search(
    name="A search",
    windows=WINDOWS,
    features=(("a", "b"), ("a",)),
    classifier=(BoostedTrees(n_trees=7), Network(hidden=(8, 4)), KFold(Ensemble(Network()), 3)),
    decorrelate=ConditionalQuantiles(n_slices=12),
    efficiencies=(0.1, 0.02),
    n_members=3,
    n_folds=3,
    subsample=0.4,
    fit=FitSettings(range=(2000.0, 6000.0), shape="exponential"),
    n_toys=4,
)
MODEL = Model(Named(Autoencoder(n_latent=3), "narrow"))
FEATURES = DijetFeatures(0.8, 30.0, 2, (1.0, 0.5), "both", "drop")


def examples(folder):
    """Settings that are not their defaults, by their type; all files are in this folder."""
    data, other = folder / "data.csv", folder / "other.csv"
    source = SpectrumFile(data, "h", "2", "c", ("e", "f"), True, "TeV", (1000.0, 2000.0))
    hunt = BumpHunt(
        "exponential", (2, 3), "likelihood_ratio", 8000.0, True, 0.04, (1, 5), 50, True, 10
    )
    scan = LimitScan(
        "exponential", (2, 3), "likelihood_ratio", 8000.0, 0.04, (1200.0, 1800.0), 0.9, "test",
        ("dijet",), 139.0, 0.5, 0.01, 0.02, 0.03, 0.04, "gaussian", 10,
    )  # fmt: skip
    own = Search(
        windows=WINDOWS, score=SavedScorer(folder / "scorer.npz"), cuts=("a < 1 and 'm b' > 2",)
    )
    formula = Search(windows=WINDOWS, features=(("a",),), score="-a / 2", n_members=3)
    validated = replace(SEARCH, validation=other)
    samples = (
        Control("a < 1", DataSource(other, {"mass": "m"}), "large |dY|"),
        Control("a > 1"),
        Simulated(DataSource(other)),
        Resampled(3, 0.2, SplineFlow(width=8), "few"),
        Resampled(3, 0.2, Mixture(SplineFlow(width=8), 2), "few, mixed"),
    )
    signal = SignalSource("a signal", 3500.0, DataSource(other, {"mass": "m"}))
    reach = InjectionLimits(
        SEARCH, (1.0, 2.0), "fb", 3, 0.9, 139.0, 0.5, "all", "data", poisson=False
    )
    return {
        SearchJob: [
            SearchJob(validated, DataSource(data)),
            SearchJob(SEARCH, DataSource(data, {"mass": "m"}), seed=3),
            SearchJob(own, DataSource(data, {"mass": "m"}), seed=3),
            SearchJob(formula, DataSource(data), seed=3),
            SearchJob(
                replace(SEARCH, decorrelate=None, classifier=BoostedTrees()),
                DataSource(data), DataSource(other, {"features": ["a"]}), Injection(5, 6),
            ),
        ],
        ValidationJob: [
            ValidationJob(SearchJob(SEARCH, DataSource(data, {"mass": "m"}), seed=3)),
            ValidationJob(SearchJob(own, DataSource(data)), Validation(samples, 0.01, 0.2)),
        ],
        InjectionLimitJob: [
            InjectionLimitJob(SearchJob(SEARCH, DataSource(data)), reach, (signal,))
        ],
        InjectionLimits: [reach],
        SignalSource: [signal],
        Validation: [Validation(samples[1:2]), Validation(samples[1::2], 0.01, 0.2)],
        Control: [samples[1]],
        Simulated: [samples[2]],
        DetectJob: [
            DetectJob(data, (Named(Autoencoder(n_latent=3), "narrow"), Baseline("ht"))),
            DetectJob(
                EventSource(None, "s"), (IsolationForest(10),), {"a": other}, EventSource(other),
                2, Split(0.1, 0.5), "isolation forest", 3, "A name", True, 4,
            ),
        ],
        JetsJob: [
            JetsJob(data, signals={"a": other}),
            JetsJob(
                EventSource(data, options={"tree": "Events", "constituents": {"pt": "p"}}),
                (Medoids(3, "squared", inputs=JetImages(8), n_sample=50),),
                name="Jets",
            ),
        ],
        TriggerJob: [
            TriggerJob(operation=Operation(10.0), background=data, models=(MODEL,)),
            TriggerJob(
                operation=Operation(
                    1e3, "pure", 3e7, "l1", "h", ("a",), ("run",), 2, 50, Split(0.1, 0.5), True, "a"
                ),
                background=EventSource(None, "s"),
                models=(replace(MODEL, emphasis={"background": 1.0, "b": 0.5}, power=0.0),),
                samples={"b": EventSource(other)},
                signals={"a": other},
                seed=4,
            ),
        ],
        Operation: [Operation(10.0)],
        Model: [MODEL, replace(MODEL, power=0.5)],
        ExportJob: [
            ExportJob(data),
            ExportJob(data, other, ("onnx", "hls4ml"), 0.02, 1.5, Firmware(epochs=3), 4),
        ],
        EventSource: [EventSource(data), EventSource(None, "s")],
        Named: [Named(Autoencoder(), "a name"), Named(Baseline("met"), "met", baseline=True)],
        DemoJob: [DemoJob(5)],
        DijetStudy: [DijetStudy(True, 2.5, 30_000, 4)],
        SavedScorer: [own.score],
        BumpJob: [
            BumpJob(source, hunt, seed=4),
            BumpJob(source, BumpHunt(toys=9), "b", luminosity=2.0),
            BumpJob(
                source, BumpHunt(toys=9), reference=other, reference_column="r",
                reference_errors=("e",), tau=2.0,
            ),
        ],
        FortyMhzSimulation: [
            FortyMhzSimulation(process="background", out=folder / "made.h5"),
            FortyMhzSimulation(process="lq", out=folder / "made.h5", mpi=False, seed=3),
        ],
        TriggerSimulation: [
            TriggerSimulation(process="enhanced_bias", out=folder / "made.h5"),
            TriggerSimulation(process="zz4l", out=folder / "made.h5", mpi=False, chunk_size=50),
        ],
        JetSimulation: [
            JetSimulation(process="qcd", out=folder / "made.h5"),
            JetSimulation(
                process="top", out=folder / "in" / "made.h5", variation="simulation", mpi=False,
                selection=JetSelection(300.0, 400.0, n_leading=1), detector=Detector(0.9), seed=3,
            ),
        ],
        JetSelection: [JetSelection(300.0, 400.0, 1.5, 0.8, 1, 0.0, 50)],
        DijetSimulation: [
            DijetSimulation(process="qcd", out=folder / "made.parquet"),
            DijetSimulation(
                process="wprime", masses=(3500, 500, 100), variation="simulation", mpi=False,
                selection=DijetSelection(2000.0, 1.1, 2.4, 0.9), detector=Detector(0.9),
                out=folder / "in" / "made.parquet", events=7, seed=3, compact=True, chunk_size=50,
                first_chunk=4,
            ),
        ],
        Conversion: [
            Conversion(raw=data, out=folder / "made.parquet"),
            Conversion(raw=data, out=folder / "made.parquet", features=FEATURES, stop=5, size=2),
        ],
        DijetFeatures: [FEATURES],
        DijetSelection: [DijetSelection(2000.0, 1.1, 2.4, 0.9)],
        Detector: [Detector(0.9)],
        LimitJob: [LimitJob(source, scan, 5), LimitJob(SpectrumFile(data))],
        Search: [SEARCH, Search(windows=WINDOWS[:1], features=(("a",),)), own, formula],
        Window: list(WINDOWS),
        Injection: [Injection(3), Injection(3, 4)],
        SpectrumFile: [SpectrumFile(data), source],
        BumpHunt: [hunt],
        LimitScan: [scan],
        FitSettings: [SEARCH.fit],
        ConditionalQuantiles: [ConditionalQuantiles(n_slices=12)],
        Overlap: [Overlap("electron", "jet", 0.2)],
        PerKind: [PerKind(1.0, jet=50.0)],
        Steps: [trigger_inputs("axol1tl").step],
        Divisors: [trigger_inputs("gelato").divide],
        TriggerObjects: [
            trigger_inputs("axol1tl"),
            TriggerObjects(
                (), 0.001, "clip", PerKind(jet=1000.0), PerKind(jet=50.0),
                (Overlap("jet", "jet", 0.4),), "none", "per_event", 100.0,
            ),
        ],
        Embedding: [embedded()],
        EnsembleDetector: [EnsembleDetector(latent_only("gelato"), 3, "tail")],
        Distilled: [
            Distilled(improved("hlt"), BoostedRegression(7, 3, 0.2, 10, 1.0), "score"),
            Distilled(EnsembleDetector(IsolationForest(10), 2)),
        ],
        Labels: [Labels("A title", "ATLAS", 13.0, 139.0, "m_jj", {"a": "the first"})],
    }  # fmt: skip


def descendants(cls):
    return {cls}.union(*map(descendants, cls.__subclasses__()))


def inside(kind, found):
    """All settings that a type may hold, itself included, and all that a registry knows."""
    for part in get_args(kind):
        inside(part, found)
    for registered in getattr(kind, "registry", {}).values() if isinstance(kind, type) else ():
        if registered.__module__.startswith("anomalon"):
            inside_one(registered, found)
    inside_one(kind, found)
    return found


def inside_one(kind, found):
    if isinstance(kind, type) and is_dataclass(kind) and kind not in found:
        found.add(kind)
        for hint in get_type_hints(kind).values():
            inside(hint, found)


JOBS = sorted(
    (
        cls
        for cls in descendants(Job)
        if is_dataclass(cls)
        and not inspect.isabstract(cls)
        and cls.__module__.startswith("anomalon")
    ),
    key=lambda cls: cls.__name__,
)
SETTINGS = sorted(
    set().union({Labels}, *(inside(cls, set()) for cls in JOBS))
    - {DataSource, Sample},  # free options, and what only Python gives
    key=lambda cls: cls.__name__,
)


def needs_arguments(kind):
    return any(f.default is MISSING and f.default_factory is MISSING for f in fields(kind))


def of(kind, folder):
    """Examples of a type, its defaults among them if it has any."""
    defaults = [] if needs_arguments(kind) else [kind()]
    found = defaults + examples(folder).get(kind, [])
    assert found, f"no example of a {kind.__name__}: add one to `examples`"
    return found


@pytest.fixture
def folder(tmp_path):
    for name in ("data.csv", "other.csv", "scorer.npz"):
        (tmp_path / name).write_text("x\n")
    return tmp_path


def test_all_jobs_and_registries_are_found():
    assert {SearchJob, DemoJob, BumpJob, LimitJob, DijetSimulation, Conversion} <= set(JOBS)
    assert set(anomalon.learn.CLASSIFIERS.values()) <= set(SETTINGS)
    assert set(anomalon.background.ESTIMATORS.values()) <= set(SETTINGS)
    assert {FitSettings, BumpHunt, LimitScan, SpectrumFile, ConditionalQuantiles} <= set(SETTINGS)


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_every_setting_survives_toml(kind, folder):
    for setting in of(kind, folder):
        if isinstance(setting, Job):
            again = kind.of(tomllib.loads(dumps(setting.table(folder))), folder=folder)
        else:
            table = tomllib.loads(dumps(encode(setting, folder=folder)))
            table.pop("kind", None)  # of a registry: it names the class
            again = decode(kind, table, folder=folder)
        assert again == setting
        assert repr(again) == repr(setting)


@pytest.mark.parametrize("kind", JOBS, ids=lambda kind: kind.__name__)
def test_a_job_in_toml_is_found_from_another_folder(kind, folder, monkeypatch):
    """`run.toml` has paths from its own folder, wherever the command is typed."""
    place = folder / "runs" / "mine"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    for setting in of(kind, folder):
        again = kind.of(tomllib.loads(dumps(setting.table(place))), folder=place)
        assert again.table(folder) == setting.table(folder)


@pytest.mark.parametrize("kind", JOBS, ids=lambda kind: kind.__name__)
def test_without_a_folder_a_job_names_files_and_no_place(kind, folder):
    for setting in of(kind, folder):
        assert str(folder) not in dumps(setting.table())


@pytest.mark.parametrize(
    ("command", "settings"),
    [(bump, (BumpHunt, SpectrumFile, BumpJob)), (limit, (LimitScan, SpectrumFile, LimitJob))],
)
def test_defaults_of_the_command_line_are_those_of_the_settings(command, settings):
    """Whoever types a command and whoever writes Python get the same."""
    defaults = {f.name: f for kind in settings for f in fields(kind) if not f.metadata.get("flat")}
    options = {
        max(p.opts, key=len).lstrip("-").replace("-", "_"): p
        for p in command.params
        if isinstance(p, click.Option)
    }
    elsewhere = {"out", "json", "label", "processes", "cores", "dask"}
    assert set(options) - elsewhere == set(defaults) - {"file"}
    parsed = command.make_context(command.name, ["spectrum.csv"]).params
    for name in set(options) - elsewhere:
        default = parsed[options[name].name]
        if default not in (None, ()):  # what is not given is left to the settings
            assert default == defaults[name].default, name
    typed = {name for name in options if parsed[options[name].name] not in (None, ())}
    assert {"shape", "parameters", "closure", "seed"} <= typed
