"""Bounds of the evidence on a model whose evidence is known: a linear one is a normal distribution.

z ~ N(0, 1), x = W z + b + sigma noise: p(x) is N(b, W W^T + sigma^2). If the columns of W are at
right angles the posterior of z has no correlations, and an encoder can have it exactly.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from anomalon.core.seed import Seed
from anomalon.learn.autoencoders.evidence import evidence_bound, noise_of
from anomalon.learn.models.dense import Inner
from anomalon.learn.models.slots import EncoderDecoder, FlatDecoder, FlatEncoder

N, K, SIGMA = 6, 2, 0.7


def linear(encode, bias, log_variance, decode, b):
    """An encoder x -> (x encode + bias, log_variance) and a decoder z -> z decode + b."""
    model = EncoderDecoder(
        FlatEncoder((1, N), (), 2 * K, seed=Seed(0), inner=Inner()),
        FlatDecoder(K, (), (1, N), seed=Seed(1), inner=Inner()),
    )
    weight = np.concatenate([encode, np.zeros((N, K))], axis=1)
    values = (weight, np.concatenate([bias, log_variance]), decode, b)

    def leaves(m):
        first, last = m.encoder.dense.layers[-1], m.decoder.dense.layers[-1]
        return first.weight, first.bias, last.weight, last.bias

    return eqx.tree_at(leaves, model, tuple(jnp.asarray(v, jnp.float32) for v in values))


def known():
    rng = np.random.default_rng(3)
    q, _ = np.linalg.qr(rng.normal(size=(N, K)))
    w = (q * [1.5, 0.6]).T  # (latent, entry), rows at right angles
    b = rng.normal(size=N)
    x = rng.normal(size=(300, K)) @ w + b + SIGMA * rng.normal(size=(300, N))
    evidence = multivariate_normal(b, w.T @ w + SIGMA**2 * np.eye(N)).logpdf(x)
    precision = 1 + (w**2).sum(axis=1) / SIGMA**2
    encode = w.T / SIGMA**2 / precision
    return w, b, x, evidence, encode, -np.log(precision)


def test_of_the_true_posterior_the_bound_is_the_evidence():
    w, b, x, evidence, encode, log_variance = known()
    model = linear(encode, -b @ encode, log_variance, w, b)
    data = (np.float32(x),)
    # weighted, every draw gives the evidence: no noise is left
    close = evidence_bound(model, data, SIGMA, n_draws=4, weighted=True)
    assert close == pytest.approx(evidence, abs=2e-4)
    bound = evidence_bound(model, data, SIGMA, n_draws=2000)
    assert bound.mean() == pytest.approx(evidence.mean(), abs=0.02)


@pytest.mark.parametrize("shift", [0.0, 0.5, -1.0])
@pytest.mark.parametrize("widen", [-1.0, 0.0, 0.7])
def test_of_any_other_it_is_below(shift, widen):
    w, b, x, evidence, encode, log_variance = known()
    model = linear(encode, -b @ encode + shift, log_variance + widen, w, b)
    bound = evidence_bound(model, (np.float32(x),), SIGMA, n_draws=2000)
    # log p - bound is the divergence of the two posteriors, the same for all events here
    variance = np.exp(log_variance)
    apart = (np.exp(widen) + shift**2 / variance - 1 - widen).sum() / 2
    assert (evidence - bound).mean() == pytest.approx(apart, abs=0.05 * (1 + apart))
    closer = evidence_bound(model, (np.float32(x),), SIGMA, n_draws=2000, weighted=True)
    assert bound.mean() <= closer.mean() + 0.02
    assert closer.mean() <= evidence.mean() + 0.02


def test_noise_is_where_the_loss_is_the_bound():
    beta = 0.2
    sigma = noise_of(beta)
    # (1 - beta) d + beta k is beta times d / (2 sigma^2) + k
    assert (1 - beta) / beta == pytest.approx(1 / (2 * sigma**2))
    assert noise_of(beta, 100) == pytest.approx(10 * sigma)
