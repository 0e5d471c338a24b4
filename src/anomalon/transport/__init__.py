"""Optimal transport: the exact distance of events, and events that stand for the rest.

points           what is transported: weighted points, as many as each event has
distance         the energy mover's distance of events
plan             which particle gives how much to which
embedding        events as vectors whose distances are nearly those of transport
representatives  medoids: events that stand for the rest
clustering       k-medoids on a matrix
working          pairs of events, shared out to threads
pairs            many pairs in one thread
simplex          the transportation simplex
ground           powers of distances
lanes            eight numbers at a time
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.transport.clustering import k_medoids
    from anomalon.transport.distance import emd, emd_matrix, emd_pairs
    from anomalon.transport.embedding import linearised_embedding, sliced_embedding
    from anomalon.transport.plan import transport_plan
    from anomalon.transport.points import Points
    from anomalon.transport.representatives import (
        Medoids,
        Subsamples,
        held_out_loss,
        medoids,
        subsample_medoids,
    )
    from anomalon.transport.working import Ground

__all__ = [
    "Ground",
    "Medoids",
    "Points",
    "Subsamples",
    "emd",
    "emd_matrix",
    "emd_pairs",
    "held_out_loss",
    "k_medoids",
    "linearised_embedding",
    "medoids",
    "sliced_embedding",
    "subsample_medoids",
    "transport_plan",
]

_HOMES = {
    "anomalon.transport.clustering": ("k_medoids",),
    "anomalon.transport.distance": ("emd", "emd_matrix", "emd_pairs"),
    "anomalon.transport.embedding": ("linearised_embedding", "sliced_embedding"),
    "anomalon.transport.plan": ("transport_plan",),
    "anomalon.transport.points": ("Points",),
    "anomalon.transport.representatives": (
        "Medoids",
        "Subsamples",
        "held_out_loss",
        "medoids",
        "subsample_medoids",
    ),
    "anomalon.transport.working": ("Ground",),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
