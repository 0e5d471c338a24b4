"""Event-level anomaly detection: detectors are trained, compared, checked and applied.

    detect      events in, a comparison of detectors out
    DetectJob   the same from a TOML file (`anomalon detect`)
    audit       whether a procedure that scores files leaks what it must not know
    score_file  a saved detector on a file of any size

Everything is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.detection.auditing import audit, audit_detector
    from anomalon.detection.batches import Split
    from anomalon.detection.compare import Choices, detect
    from anomalon.detection.job import DetectJob, EventSource
    from anomalon.detection.named import Named
    from anomalon.detection.results.audit import AuditResult
    from anomalon.detection.results.detection import DetectionResult
    from anomalon.detection.scoring import score_file

__all__ = [
    "AuditResult",
    "Choices",
    "DetectJob",
    "DetectionResult",
    "EventSource",
    "Named",
    "Split",
    "audit",
    "audit_detector",
    "detect",
    "score_file",
]

_HOMES = {
    "anomalon.detection.auditing": ("audit", "audit_detector"),
    "anomalon.detection.batches": ("Split",),
    "anomalon.detection.compare": ("Choices", "detect"),
    "anomalon.detection.job": ("DetectJob", "EventSource"),
    "anomalon.detection.named": ("Named",),
    "anomalon.detection.results.audit": ("AuditResult",),
    "anomalon.detection.results.detection": ("DetectionResult",),
    "anomalon.detection.scoring": ("score_file",),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
