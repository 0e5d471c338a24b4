"""One detector of every registered kind and network, small enough to be audited in minutes.

What leaks does so whatever the size of a network or the number of its epochs. A kind that is
registered by somebody else takes its own settings.
"""

from anomalon.detection.job import DetectJob, EventSource
from anomalon.detection.named import Named
from anomalon.detectors import (
    DETECTORS,
    Architecture,
    Autoencoder,
    Contrastive,
    DeepSets,
    Density,
    Detector,
    Distilled,
    Embedding,
    EnsembleDetector,
    EventSummary,
    IsolationForest,
    LatentDensity,
    Learning,
    Medoids,
    NearestNeighbours,
    OutlierExposure,
    Variational,
)
from anomalon.learn.classify.boosted_trees import BoostedTrees
from anomalon.learn.density.matching import FlowMatching
from anomalon.learn.regress import BoostedRegression

__all__ = ["audit_of_every_kind", "every_kind"]

_LEARNING = Learning(epochs=2, batch_size=512)
_MATCHING = FlowMatching(hidden=(16,), epochs=2, n_steps=4)
_SMALL: dict[str, Detector] = {
    "autoencoder": Autoencoder(learning=_LEARNING),
    "contrastive": Contrastive(DeepSets((16,)), 6, learning=_LEARNING, density=_MATCHING),
    "density": Density(_MATCHING, EventSummary(only=("met", "ht", "n_jet", "st"))),
    "distilled": Distilled(Autoencoder(learning=_LEARNING), BoostedRegression(15, 4)),
    "embedding": Embedding(learning=_LEARNING, learning_back=_LEARNING),
    "ensemble": EnsembleDetector(Autoencoder(learning=_LEARNING), 2),
    "isolation_forest": IsolationForest(20, 64),
    "latent_density": LatentDensity(Variational(learning=_LEARNING), _MATCHING),
    "medoids": Medoids(3, n_sample=300, n_samples=1, n_held=300),
    "nearest_neighbours": NearestNeighbours(3, 1000),
    "outlier_exposure": OutlierExposure(BoostedTrees(n_trees=15, min_leaf=20)),
    "variational": Variational(learning=_LEARNING),
}


def every_kind() -> tuple[Named, ...]:
    """A detector of each kind that is registered, and an autoencoder of each network.

    Trivial baselines stand beside in every audit and are not among them.
    """
    kinds = {kind: _SMALL[kind] if kind in _SMALL else cls() for kind, cls in DETECTORS.items()}
    networks = {
        f"autoencoder, {kind}": Autoencoder(network(), learning=_LEARNING)
        for kind, network in Architecture.registry.items()
        if kind != kinds["autoencoder"].network.kind  # type: ignore[attr-defined]
    }
    every = kinds | networks
    return tuple(Named(one, name) for name, one in every.items() if name != "baseline")


def audit_of_every_kind() -> DetectJob:
    """The job that audits all of them, on the background that ships with the package."""
    return DetectJob(
        background=EventSource(None, sample="forty_mhz_background"),
        detectors=every_kind(),
        name="Every kind of detector",
        audit=True,
    )
