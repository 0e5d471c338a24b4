"""Published analyses, done again on simulated events that ship with the package; a file each."""

from importlib import import_module

from anomalon.lazy import loader

__all__ = ["STUDIES", "DijetStudy", "FortyMhzStudy", "JetsStudy", "TriggerStudy", "know_results"]

STUDIES = {
    "dijet": ("DijetStudy", "The weakly supervised dijet search of ATLAS, arXiv:2502.09770."),
    "forty-mhz": ("FortyMhzStudy", "Autoencoders on events at 40 MHz, with and without leaks."),
    "jets": ("JetsStudy", "Images, transport and medoids of jets, arXiv:2110.06948, and beyond."),
    "trigger": ("TriggerStudy", "Autoencoders for both levels of a trigger, at a fixed rate."),
}
"""Studies by name: the job here, and one line of help."""

_HOMES = {
    "anomalon.studies.dijet": ("DijetStudy",),
    "anomalon.studies.forty_mhz.study": ("FortyMhzStudy",),
    "anomalon.studies.jets.study": ("JetsStudy",),
    "anomalon.studies.trigger.study": ("TriggerStudy",),
}

_RESULTS = (
    "anomalon.studies.forty_mhz.choice",
    "anomalon.studies.forty_mhz.leaks",
    "anomalon.studies.jets.activations",
    "anomalon.studies.jets.compared",
    "anomalon.studies.jets.detectors",
    "anomalon.studies.jets.losses",
    "anomalon.studies.trigger.claims",
)


def know_results() -> None:
    """Let pages and run folders know the results that only studies have."""
    for module in _RESULTS:
        import_module(module)


__getattr__, __dir__ = loader(__name__, _HOMES)
