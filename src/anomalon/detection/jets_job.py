"""`JetsJob`: detectors of anomalous jets, as `anomalon jets` compares them.

```toml
background = {sample = "jets_qcd"}    # or a file of jets with constituents
trainings = 3

[signals]                             # for the evaluation alone
top = {sample = "jets_top"}

[[detectors]]                         # the default ones if there are none
kind = "medoids"
k = 5

[[detectors]]
kind = "variational"
inputs = {kind = "jet_images"}
network = {kind = "convolutional", channels = [16, 32]}
```
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from anomalon.core.seed import Seed
from anomalon.data.jets import check_jets
from anomalon.detection.batches import Batches
from anomalon.detection.compare import DATA, parts
from anomalon.detection.jet_numbers import JetNumbers
from anomalon.detection.jets import pictured
from anomalon.detection.job import DetectJob, EventSource
from anomalon.detection.named import Named
from anomalon.detection.results.detection import DetectionResult
from anomalon.detectors import (
    Convolutional,
    Detector,
    JetImages,
    JetSubstructure,
    Learning,
    Medoids,
    OutlierExposure,
    Reconstruction,
    Variational,
)
from anomalon.learn import BoostedTrees
from anomalon.run.job import Workplace

__all__ = ["DEFAULT_JET_DETECTORS", "JetsJob", "decay_exposure"]

_PIXELS = Reconstruction(reduce="sum")


def decay_exposure(*changes: str) -> OutlierExposure:
    """What looks more like a decay to jets of the background than like one of them.

    Args:
        changes: Names of `anomalon.detectors.JET_SURROGATES`; all of them if none are given.
    """
    # shallow trees: surrogates are right in the large and wrong in details
    trees = BoostedTrees(
        n_trees=150, learning_rate=0.06, n_leaves=8, min_leaf=100, subsample=0.5,
        random_thresholds=False,
    )  # fmt: skip
    return OutlierExposure(trees, changes, JetSubstructure())


DEFAULT_JET_DETECTORS: tuple[Detector | Named, ...] = (
    Named(Medoids(), "5 medoids"),
    Named(
        Variational(
            Convolutional((16, 32)),
            6,
            JetImages(total=10.0),
            _PIXELS,
            beta=1e-3,
            learning=Learning(epochs=30, patience=6, halve_after=3),
        ),
        "VAE of images",
    ),
    Named(decay_exposure(), "decays"),
)
"""What is compared if nobody says what."""


@dataclass(frozen=True)
class JetsJob(DetectJob):
    """Detectors on files of jets; see `DetectJob`.

    Raises:
        BadValue: As `DetectJob`.
    """

    kind: ClassVar[str] = "jets"
    help: ClassVar[str] = "Train, compare and judge detectors of anomalous jets."

    detectors: tuple[Detector | Named, ...] = field(default=DEFAULT_JET_DETECTORS)
    name: str = "Anomalous jets"

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The job that a table, as read from TOML, describes."""
        if table.get("detectors"):
            return super().of(table, folder=folder)
        job = super().of({**table, "detectors": ["medoids"]}, folder=folder)
        return cls(**{**vars(job), "detectors": DEFAULT_JET_DETECTORS})

    def _opened(self, source: EventSource, where: str) -> Batches:
        """Its jets.

        Raises:
            BadLayout: If they are none.
        """
        batches = source.open()
        for first in batches:
            check_jets(first, where)
            break
        return JetNumbers.of(batches)

    def _compared(
        self, background: Batches, signals: Mapping[str, Batches], data: Batches | None,
        place: Workplace,
    ) -> DetectionResult:  # fmt: skip
        """The comparison, and what the jets look like."""
        result = super()._compared(background, signals, data, place)
        seed = Seed.of(self.seed)
        fitted_on, test = parts(background, self.split, seed)
        files = {"": test} | ({} if data is None else {DATA: data}) | dict(signals)
        learned = next(iter(fitted_on))
        return pictured(result, self.named, learned, files, seed.child("pictures"))
