"""One command audits a detector of every kind that is registered."""

from dataclasses import dataclass, field
from typing import ClassVar

from toy_events import toy_split

from anomalon.core import Events
from anomalon.detection.audit_pieces import audit_detectors
from anomalon.detection.batches import Split
from anomalon.detection.every_kind import audit_of_every_kind, every_kind
from anomalon.detectors import BASELINES, DETECTORS, Architecture, Baseline
from anomalon.detectors.base import Detector
from anomalon.features.inputs import Inputs
from anomalon.features.objects import Objects


def test_every_registered_kind_and_network_is_among_them():
    every = every_kind()
    assert {one.detector.kind for one in every} == set(DETECTORS) - {Baseline.kind}
    networks = {one.detector.network.kind for one in every if one.detector.kind == "autoencoder"}
    assert networks == set(Architecture.registry)


def test_a_kind_of_somebody_else_is_among_them(monkeypatch):
    @dataclass(frozen=True)
    class Mine(Detector):
        kind: ClassVar[str] = "mine"
        inputs: Inputs = field(default_factory=Objects)

        def _fit(self, task):
            return {}

        def _ready(self, state, inputs):
            return lambda seen: seen.x.sum(axis=(1, 2))

    monkeypatch.setitem(DETECTORS, "mine", Mine)
    assert Mine() in [one.detector for one in every_kind()]


def test_the_job_is_a_table_and_back():
    job = audit_of_every_kind()
    assert job.audit
    assert type(job).of(job.table()) == job


def test_an_audit_has_trivial_baselines_beside():
    quick = [one for one in every_kind() if one.name in ("isolation_forest", "nearest_neighbours")]
    events: Events = toy_split(4000)
    found = audit_detectors([events], quick, split=Split())
    assert not [c for c in found.checks if c.passed is False]
    assert found.procedures == ("isolation_forest", "nearest_neighbours", *BASELINES)
