"""Whether layers of a network know how far jets are from each other: activations and transport."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from anomalon.core.config import digest
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.result import Column, Part, Result, Summary, Table
from anomalon.core.seed import Seed
from anomalon.detection.results.standing import span
from anomalon.detectors import Learning, Variational
from anomalon.detectors.event_distance import points_of
from anomalon.learn.autoencoders.plain import layers
from anomalon.report import register_result
from anomalon.run.job import Workplace
from anomalon.run.work import do
from anomalon.studies.jets.autoencoders import vae
from anomalon.transport import emd_matrix

__all__ = ["LayerCorrelations", "correlated_layers"]

Floats = NDArray[np.floating[Any]]

_POWERS = (0.5, 1.0, 2.0)


@dataclass(frozen=True, eq=False)
class LayerCorrelations(Result):
    """Correlations of distances between activations with transport between jets.

    Args:
        layers: From the image to the middle.
        powers: Exponents of transport.
        correlation: Spearman's, shape (layer, power, training).
        n_pairs: Pairs of jets.
    """

    kind: ClassVar[str] = "layer correlations"

    layers: tuple[str, ...]
    powers: tuple[float, ...]
    correlation: Floats
    n_pairs: int

    def summary(self) -> Summary:
        """What a reader is told."""
        middle = np.median(self.correlation, axis=2)
        grows = bool((np.diff(middle[:, 0]) > 0).all())
        head = (Column("layer"), *(Column(f"EMD({p:g})") for p in self.powers))
        rows = tuple(
            (name, *(span(self.correlation[i, j]) for j in range(len(self.powers))))
            for i, name in enumerate(self.layers)
        )
        verdict = "They grow through the layers" if grows else "They do not grow in every layer"
        return Summary(
            kind="comparison",
            title="Layers and transport",
            status="done",
            verdict=verdict,
            headline=(
                f"Spearman's correlation of Euclidean distances with EMD({self.powers[0]:g}) goes "
                f"from {middle[0, 0]:.2f} for pixels to {middle[-1, 0]:.2f} in the middle."
            ),
            how=f"{self.n_pairs} pairs of jets of the background; autoencoders that minimise MSE.",
            parts=(
                Part(
                    "Layer by layer",
                    text="The seminar finds that correlations grow through the layers, and are "
                    "slightly larger for a power of 0.5.",
                    tables=(Table("Correlations", head, rows),),
                ),
            ),
            citations=("Fraser:2021lxm", "Komiske:2019fks"),
        )


register_result(LayerCorrelations)


def correlated_layers(
    learned: Events, test: Events, *, blocks: int, beta: float, learning: Learning,
    repetitions: int, seed: Seed, place: Workplace,
) -> LayerCorrelations:  # fmt: skip
    """Train networks, and compare their layers with transport.

    Args:
        learned: Jets of the background.
        test: Some hundreds of others, every pair of which is compared.
        blocks: Down-sampling blocks.
        beta: Share of the divergence.
        learning: How networks are trained.
        repetitions: How many.
        seed: Of the trainings.
        place: Who does them.
    """
    of = digest(code_version(), learned.objects, test.objects, blocks, beta, learning, str(seed))
    values = do(
        [_Piece(of, i) for i in range(repetitions)],
        shared=(learned, test, vae("MSE", blocks, beta, learning), seed),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    names = ("pixels", *(f"block {i + 1}" for i in range(blocks)), "middle (means)")
    n = len(test)
    return LayerCorrelations(names, _POWERS, np.moveaxis(np.array(values), 0, 2), n * (n - 1) // 2)


@dataclass(frozen=True)
class _Piece:
    """One training."""

    of: str
    repetition: int

    @property
    def key(self) -> str:
        return digest("layers", self.of, self.repetition)

    @property
    def what(self) -> str:
        return f"layers of network {self.repetition + 1}"

    def __call__(self, shared: Any) -> list[list[float]]:
        learned, test, detector, seed = shared
        assert isinstance(detector, Variational)
        fitted = detector.fit(learned, seed=seed.child("layers", number=self.repetition))
        seen = fitted.inputs(test)
        points = points_of(seen, detector.inputs.half_width)  # type: ignore[attr-defined]
        upper = np.triu_indices(len(test), 1)
        away = [emd_matrix(points, None, p, periodic=False)[upper] for p in _POWERS]
        model = detector.model_of(fitted.state, fitted.inputs)
        given = layers(model.encoder.encoder, seen.data)
        given[-1] = given[-1][:, : detector.n_latent]  # means, without variances
        return [[float(spearmanr(pdist(layer), d).statistic) for d in away] for layer in given]
