"""Small jets for tests: a few constituents each, with all the numbers that a jet may have."""

from dataclasses import replace

import numpy as np

from anomalon.core import Events, Particles
from anomalon.core.seen import with_split
from anomalon.data.jets import jet_events

JET_NAMES = tuple(f"constituent{i + 1}" for i in range(12))


def toy_jets(n=50, seed=1, *, most=12, slots=None, label=True, columns=True, **replaced) -> Events:
    """Jets of 1 to `most` constituents around their axes."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, most + 1, n)
    total = int(sizes.sum())
    constituents = Particles.polar(
        rng.exponential(30, total).astype(np.float32) + 1,
        rng.normal(0, 0.3, total).astype(np.float32),
        rng.normal(0, 0.3, total).astype(np.float32),
        np.concatenate([[0], np.cumsum(sizes)]),
        source="toys",
    )
    numbers = {
        "event": 100 + np.arange(n) // 2,
        "jet_pt": rng.uniform(550, 650, n).astype(np.float32),
        "jet_eta": rng.uniform(-2, 2, n).astype(np.float32),
        "jet_phi": rng.uniform(-3, 3, n).astype(np.float32),
        "jet_mass": rng.uniform(20, 200, n).astype(np.float32),
        "split": rng.integers(0, 3, n).astype(np.int8),
        "process": np.full(n, 21, np.int16),
    }
    return jet_events(
        constituents,
        slots,
        columns=numbers if columns else {},
        weight=rng.uniform(0.5, 2, n),
        label=rng.integers(0, 2, n) if label else None,
        **replaced,
    )


def jets_of_one_prong(n, seed=0) -> Events:
    """Background: a core, and what is radiated around it; at most 12 constituents."""
    rng = np.random.default_rng(seed)
    mask = np.arange(12) < 4 + rng.poisson(3, (n, 1))
    pt = 200 * rng.exponential(1, mask.shape) ** 2 + 2
    away = rng.normal(0, 1, (2, *mask.shape)) * rng.uniform(0.05, 0.3, (n, 1)) * 8 / np.sqrt(pt)
    return _jets(pt, np.clip(away, -0.8, 0.8), mask, label=None)


def jets_of_prongs(n, seed=1, *, prongs=3, apart=0.35) -> Events:
    """Signal: narrow prongs around the axis, of like momentum."""
    rng = np.random.default_rng(seed)
    mask = np.arange(12) < 8 + rng.poisson(3, (n, 1))
    pt = 60 * rng.exponential(1, mask.shape) + 20
    turn = rng.uniform(0, 2 * np.pi, (n, 1)) + 2 * np.pi * (np.arange(12) % prongs) / prongs
    away = apart * np.stack([np.cos(turn), np.sin(turn)]) + rng.normal(0, 0.03, (2, *mask.shape))
    return _jets(pt, away, mask, label=np.ones(n, np.int8))


def split_jets(n, seed=0) -> Events:
    """Background in three parts."""
    return with_split(jets_of_one_prong(n, seed))


def turned_jets(events, angle=0.0, *, mirrored=False) -> Events:
    """The same jets turned around their axes, and mirrored: float64, so that nothing is rounded."""
    objects = events.objects.astype(np.float64)
    eta, phi = objects[:, :, 1] * (-1 if mirrored else 1), objects[:, :, 2]
    objects[:, :, 1] = np.cos(angle) * eta - np.sin(angle) * phi
    objects[:, :, 2] = np.sin(angle) * eta + np.cos(angle) * phi
    return replace(events, objects=objects)


def _jets(pt, away, mask, label) -> Events:
    """Of the momenta and places of all slots, filled or not."""
    order = np.argsort(-np.where(mask, pt, 0), axis=1)
    table = np.stack([pt, *away], axis=2)
    table = np.take_along_axis(np.where(mask[:, :, None], table, 0), order[:, :, None], axis=1)
    return Events(
        table.astype(np.float32), JET_NAMES, ("pt", "eta", "phi"), table[:, :, 0] > 0, label=label,
        columns={"event": np.arange(len(pt))}, source="toy jets",
    )  # fmt: skip
