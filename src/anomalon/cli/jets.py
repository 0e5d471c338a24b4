"""`anomalon jets`: detectors of anomalous jets, compared."""

from typing import TYPE_CHECKING

from anomalon.cli.comparison import comparison

if TYPE_CHECKING:
    from anomalon.detection.jets_job import JetsJob

__all__ = ["jets"]


def _job() -> "type[JetsJob]":
    from anomalon.detection.jets_job import JetsJob

    return JetsJob


jets = comparison(
    "jets",
    """Compare detectors of anomalous jets on the files that CONFIG, a TOML file, names.

    Jets are events whose objects are constituents: simulated ones, the public sets, arrays, lists
    of ROOT trees, Parquet or CSV (`anomalon info FILE` says what a file is taken for). Medoids are
    chosen and networks trained on background alone; the page shows jets, medoids, the transport
    between them, and latent spaces. A saved detector is applied by `anomalon detect score`.

    Exits with 1 if a check failed; the folder is written all the same.
    """,
    _job,
)
