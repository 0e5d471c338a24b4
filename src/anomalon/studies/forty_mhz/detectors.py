"""The detectors that the 40 MHz study compares."""

from dataclasses import replace

from anomalon.detection import Named
from anomalon.detectors import (
    Autoencoder,
    Convolutional,
    Density,
    EventSummary,
    FeedForward,
    IsolationForest,
    Learning,
    NearestNeighbours,
    Objects,
    OutlierExposure,
    Reconstruction,
    Transformer,
    Variational,
)

__all__ = ["architectures", "baselines", "ours", "variants"]

_PLAIN = Objects("linear", "plain")
_ALL = Reconstruction(entries="all", circular=False)
_SCORE = Reconstruction(pt="absolute", circular=False)
_MASKED = Reconstruction(circular=False)


def architectures(learning: Learning) -> tuple[Named, ...]:
    """The three networks of the study, honestly: one scale, one score per event."""
    networks = (
        ("feed-forward", FeedForward((64, 32)), 16),
        ("convolutional", Convolutional((16, 32)), 128),
        ("transformer", Transformer(pooled=False), 128),
    )
    return tuple(
        Named(Autoencoder(net, n, _PLAIN, _ALL, _SCORE, learning=_batch(learning, name)), name)
        for name, net, n in networks
    )


def _batch(learning: Learning, name: str) -> Learning:
    """256 events per step for the dense network, 512 for the others, as in the study."""
    return replace(learning, batch_size=256 if name == "feed-forward" else 512)


def baselines(learning: Learning) -> tuple[Named, ...]:
    """Autoencoder and variational autoencoder of arXiv:2108.03986, dense ones: 32, 16 and 3.

    Transverse momenta scaled by those of objects that are there, errors of these alone, angles
    bounded; the variational one judged by its reconstruction and by its divergence.
    """
    dense = FeedForward((32, 16))
    ae = Autoencoder(dense, 3, _PLAIN, _MASKED, l2=0.0, learning=learning)
    vae = Variational(
        dense, 3, _PLAIN, _MASKED, beta=0.8, score="divergence", bounded=True, learning=learning
    )
    return (
        Named(ae, "AE 2108.03986"),
        Named(vae, "VAE 2108.03986, KL"),
        Named(replace(vae, score="reconstruction"), "VAE 2108.03986, IO"),
    )


def ours(learning: Learning) -> tuple[Named, ...]:
    """Detectors of this package, of which surrogates choose one (`studies.forty_mhz.choice`)."""
    summary = EventSummary(leading=1)
    return (
        Named(NearestNeighbours(inputs=summary), "nearest neighbours"),
        Named(NearestNeighbours(), "nearest neighbours, 3 leading"),
        Named(
            Autoencoder(FeedForward((64, 32)), 6, summary, l2=0.0, learning=learning),
            "AE of a summary",
        ),
        Named(Variational(learning=learning), "variational"),
        Named(IsolationForest(), "isolation forest"),
        Named(Density(inputs=summary), "flow of a summary"),
        Named(OutlierExposure(), "outlier exposure"),
    )


def variants(learning: Learning) -> tuple[Named, ...]:
    """The side studies: activations, norms, and how much is dropped out of the dense network."""
    first = architectures(learning)[0].detector
    assert isinstance(first, Autoencoder)
    networks = {
        "LeakyReLU": FeedForward((64, 32), "leaky_relu"),
        "ReLU": FeedForward((64, 32), "relu"),
        "layer norm": FeedForward((64, 32), norm="layer"),
        "batch norm": FeedForward((64, 32), norm="batch"),
        **{f"dropout {d:g}": FeedForward((64, 32), dropout=d) for d in (0.1, 0.2, 0.4)},
    }
    return tuple(Named(replace(first, network=net), name) for name, net in networks.items())
