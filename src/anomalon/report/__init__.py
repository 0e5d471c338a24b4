"""Results to one self-contained page: summary, figures, HTML. Computes nothing.

`summary(scan)` is the tree of plain values, `figures.drawings(scan)` draws, `page.render` joins the
two, `write_report` writes the page and `write_run_folder` all that a run leaves behind.
"""

from anomalon.report.document import Report, Section, summarise, write_report
from anomalon.report.run_folder import read_run_folder, write_run_folder, write_spectrum_run
from anomalon.report.summary import ScanSummary, summary

__all__ = [
    "Report",
    "ScanSummary",
    "Section",
    "read_run_folder",
    "summarise",
    "summary",
    "write_report",
    "write_run_folder",
    "write_spectrum_run",
]
