"""Anomaly scores for single events: fitted on background, no signal in sight.

| kind | an event is anomalous if |
|---|---|
| `autoencoder` | a narrow network does not give it back (dense, convolutional, attention, sets) |
| `variational` | the same, or its place in the middle is unusual |
| `density` | a normalising flow or flow matching finds little background around it |
| `latent_density` | the same in the middle of an autoencoder |
| `contrastive` | the same where a self-supervised encoder puts it |
| `embedding` | an autoencoder does not give back where such an encoder puts it |
| `outlier_exposure` | a classifier takes it for a changed background event (`surrogates`) |
| `isolation_forest` | few random cuts isolate it |
| `medoids` | it is far from the few jets that stand for all others (optimal transport) |
| `nearest_neighbours` | its nearest background events are far away |
| `baseline` | it has much momentum, many objects …: what all others have to beat |
| `ensemble` | several trainings of a detector say so |
| `distilled` | boosted trees say that another detector says so |
| `estimator` | an outlier detector of scikit-learn or PyOD says so |

    detector = anomalon.detectors.Autoencoder(n_latent=6)
    scorer = detector.fit(background, seed=1)
    scorer.score(events)
"""

from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.base import Detector, FittedDetector
from anomalon.detectors.baseline import BASELINES, JET_BASELINES, Baseline, baselines_of
from anomalon.detectors.contrastive import Contrastive
from anomalon.detectors.density import Density
from anomalon.detectors.distilled import Distilled, teacher_of
from anomalon.detectors.embedding import Embedding
from anomalon.detectors.ensemble import EnsembleDetector
from anomalon.detectors.exposure import OutlierExposure
from anomalon.detectors.foreign import Estimator
from anomalon.detectors.isolation_forest import IsolationForest
from anomalon.detectors.jet_surrogates import JET_SURROGATES
from anomalon.detectors.latent_density import LatentDensity
from anomalon.detectors.learning import Learning
from anomalon.detectors.medoids import Medoids
from anomalon.detectors.mixing import mixed
from anomalon.detectors.nearest_neighbours import NearestNeighbours
from anomalon.detectors.networks import (
    Architecture,
    Convolutional,
    DeepSets,
    FeedForward,
    Transformer,
)
from anomalon.detectors.reconstruction import Reconstruction
from anomalon.detectors.surrogates import SURROGATES, surrogates
from anomalon.detectors.variational import Variational
from anomalon.features.event_summary import EventSummary
from anomalon.features.jet_images import JetImages
from anomalon.features.jet_points import JetPoints
from anomalon.features.jet_substructure import JetSubstructure
from anomalon.features.objects import Objects
from anomalon.features.per_kind import PerKind
from anomalon.features.rapidity_mass import RapidityMass
from anomalon.features.trigger_objects import Divisors, Overlap, Steps, TriggerObjects
from anomalon.learn.engine.storage import register

__all__ = [
    "BASELINES",
    "DETECTORS",
    "JET_BASELINES",
    "JET_SURROGATES",
    "SURROGATES",
    "Architecture",
    "Autoencoder",
    "Baseline",
    "Contrastive",
    "Convolutional",
    "DeepSets",
    "Density",
    "Detector",
    "Distilled",
    "Divisors",
    "Embedding",
    "EnsembleDetector",
    "Estimator",
    "EventSummary",
    "FeedForward",
    "FittedDetector",
    "IsolationForest",
    "JetImages",
    "JetPoints",
    "JetSubstructure",
    "LatentDensity",
    "Learning",
    "Medoids",
    "NearestNeighbours",
    "Objects",
    "OutlierExposure",
    "Overlap",
    "PerKind",
    "RapidityMass",
    "Reconstruction",
    "Steps",
    "Transformer",
    "TriggerObjects",
    "Variational",
    "baselines_of",
    "mixed",
    "surrogates",
    "teacher_of",
]

DETECTORS: dict[str, type[Detector]] = Detector.registry
DETECTORS.update(
    (c.kind, c)
    for c in (
        Autoencoder,
        Baseline,
        Contrastive,
        Density,
        Distilled,
        Embedding,
        EnsembleDetector,
        IsolationForest,
        LatentDensity,
        Medoids,
        NearestNeighbours,
        OutlierExposure,
        Variational,
    )
)
register("detector", FittedDetector)
