"""Results to one self-contained page: figures, HTML, run folders. Computes nothing.

A result says what it has found (`Result.summary`); `drawings_of` draws it, `page.render` joins the
two, `write_report` writes the page and `write_run` all that a run leaves behind.
"""

from anomalon.core.document import Report, Section
from anomalon.detection.results.audit import AuditResult
from anomalon.detection.results.detection import DetectionResult
from anomalon.detection.results.jets import JetsResult
from anomalon.export.result import ExportResult
from anomalon.features.conversion_result import ConversionResult
from anomalon.report.detection_figures import detection_drawings
from anomalon.report.document import write_report
from anomalon.report.drawing import Drawing, register_result
from anomalon.report.event_figures import event_drawings
from anomalon.report.figures import drawings
from anomalon.report.injection_figures import injection_drawings
from anomalon.report.jet_figures import jets_drawings
from anomalon.report.run_folder import read_run, write_run
from anomalon.report.spectrum_figures import bump_drawings, limit_drawings
from anomalon.report.trigger_figures import trigger_drawings
from anomalon.report.validation_figures import validation_drawings
from anomalon.search.results.bump import BumpResult
from anomalon.search.results.injection_limit import InjectionLimitResult
from anomalon.search.results.limit import LimitResult
from anomalon.search.results.scan import Scan
from anomalon.search.results.validation import ValidationResult
from anomalon.simulate.result import SimulationResult
from anomalon.trigger.results.trigger import TriggerResult

__all__ = [
    "Drawing",
    "Report",
    "Section",
    "read_run",
    "register_result",
    "write_report",
    "write_run",
]

register_result(Scan, drawings)
register_result(ValidationResult, validation_drawings)
register_result(BumpResult, bump_drawings)
register_result(LimitResult, limit_drawings)
register_result(InjectionLimitResult, injection_drawings)
register_result(SimulationResult, event_drawings)
register_result(ConversionResult, event_drawings)
register_result(DetectionResult, detection_drawings)
register_result(JetsResult, jets_drawings)
register_result(AuditResult)
register_result(TriggerResult, trigger_drawings)
register_result(ExportResult)
