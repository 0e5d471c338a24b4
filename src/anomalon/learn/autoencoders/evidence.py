"""How likely a variational autoencoder says events are: a bound from below, and a closer one."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from anomalon.learn.autoencoders.plain import Data, as_tables
from anomalon.learn.autoencoders.variational import divergence, latent
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.models.slots import EncoderDecoder

__all__ = ["evidence_bound", "noise_of"]


def noise_of(beta: float, n_entries: int = 1) -> float:
    """The standard deviation of entries for which (1 - beta) distance + beta divergence is a bound.

    Minus the bound is |x - y|^2 / (2 sigma^2) + divergence and a constant, so that sigma^2 is
    beta / (2 (1 - beta)), times the number of entries if the distance is a mean over them.

    Args:
        beta: Share of the divergence in the loss.
        n_entries: Entries of an event, if the loss is the mean over them; 1 for a sum.
    """
    return float(np.sqrt(n_entries * beta / (2 * (1 - beta))))


def evidence_bound(
    model: EncoderDecoder, data: Data, sigma: float, n_draws: int = 64, *, weighted: bool = False
) -> Any:
    """A number that is at most log p(x) on average over draws, shape (event,), float64.

    p(x) is what a normal z and normal entries of standard deviation sigma around the decoder's
    give. Kingma and Welling, arXiv:1312.6114, eq. 3; weighted: Burda et al., arXiv:1509.00519,
    eq. 8, which comes closer with more draws.

    Args:
        model: Encoder of means and log variances, and decoder.
        data: As for the loss.
        sigma: Standard deviation of an entry.
        n_draws: Of z for each event; the same for all.
        weighted: The closer bound.
    """
    return in_blocks(lambda some: _bound(model, some, sigma, n_draws, weighted), data, 512)


@eqx.filter_jit
def _bound(
    model: EncoderDecoder,
    data: Data,
    sigma: float,
    n_draws: int,
    weighted: bool,  # noqa: FBT001
) -> Float[Array, " event"]:
    x, mask = as_tables(data)
    mean, log_variance = latent(model.encoder(x, mask))
    n_entries = x.shape[1] * x.shape[2]

    def drawn(key: Array) -> tuple[jax.Array, jax.Array]:
        noise = jax.random.normal(key, mean.shape)
        z = mean + jnp.exp(log_variance / 2) * noise
        away = ((x - model.decoder(z)) ** 2).sum(axis=(1, 2))
        like = -away / (2 * sigma**2) - n_entries * jnp.log(sigma * jnp.sqrt(2 * jnp.pi))
        prior = -(z**2).sum(axis=1) / 2
        given = -((noise**2).sum(axis=1) + log_variance.sum(axis=1)) / 2
        return like, prior - given

    like, ratio = jax.lax.map(drawn, jax.random.split(jax.random.key(0), n_draws))
    if weighted:
        return jax.scipy.special.logsumexp(like + ratio, axis=0) - jnp.log(n_draws)
    return like.mean(axis=0) - divergence(mean, log_variance)
