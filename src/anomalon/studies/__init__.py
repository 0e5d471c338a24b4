"""Published analyses, done again on simulated events that ship with the package; a file each."""

from anomalon.lazy import loader

__all__ = ["STUDIES", "DijetStudy"]

STUDIES = {
    "dijet": "The weakly supervised dijet search of ATLAS, arXiv:2502.09770.",
}
"""Studies by name, with one line of help."""

__getattr__, __dir__ = loader(__name__, {"anomalon.studies.dijet": ("DijetStudy",)})
