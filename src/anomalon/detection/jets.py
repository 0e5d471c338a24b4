"""What a comparison of detectors of jets shows beside scores: pictures, plans and latent spaces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.detection.batches import Batches
from anomalon.detection.named import Named
from anomalon.detection.results.detection import DetectionResult
from anomalon.detection.results.found import MOST_DISPLAYS, AnomalousEvent
from anomalon.detection.results.jets import JetPicture, JetPlan, JetsResult, LatentMap
from anomalon.detectors import Autoencoder, FittedDetector, JetPoints, Medoids, Variational
from anomalon.detectors.event_distance import points_of
from anomalon.detectors.latent import generated, latent_means, morphed
from anomalon.features.inputs import Encoded
from anomalon.jets.images import jet_images, pixels
from anomalon.learn.engine.storage import load_scorer
from anomalon.transport import Points, emd_matrix, transport_plan

__all__ = ["pictured"]

Floats = NDArray[np.floating[Any]]

_SIZE, _HALF_WIDTH = 40, 1.0
_AVERAGED = 20_000
_MAPPED = 1000
_COMPARED = 2000
_IMAGINED = 7
_OWN = Medoids(3, n_sample=600, n_samples=2, n_held=600)


def pictured(
    result: DetectionResult,
    every: Sequence[Named],
    background: Events,
    files: Mapping[str, Batches],
    seed: Seed,
) -> JetsResult:
    """The same result with pictures.

    Args:
        result: Of `detect`.
        every: The detectors.
        background: Jets that detectors were fitted on; some thousands are enough.
        files: What was scored, by name; the test background among it.
        seed: Of medoids, if no detector has some, and of generated jets.
    """
    some = {name: _first(batches, _AVERAGED) for name, batches in files.items()}
    scorers = {one.name: _scorer(result, one) for one in every}
    named, medoids = _medoids(scorers, background, seed)
    points = Encoded(medoids.state["x"], medoids.state["mask"])
    plans, distance = _plans(result.events, points, medoids, next(iter(some.values())))
    own = {f.name: getattr(result, f.name) for f in fields(result)}
    autoencoders = {n: s for n, s in scorers.items() if s is not None and _has_middle(s)}
    return JetsResult(
        **own,
        pictures=(*_averages(some), *_of_medoids(points), *_imagined(autoencoders, some, seed)),
        plans=plans,
        maps=tuple(_map(name, scorer, some) for name, scorer in autoencoders.items()),
        medoid_distance=distance,
        medoids=named,
    )


def _first(batches: Batches, n: int) -> Events:
    taken: list[Events] = []
    for events in batches:
        taken.append(events[: n - sum(map(len, taken))])
        if sum(map(len, taken)) >= n:
            break
    return Events.concatenate(taken)


def _scorer(result: DetectionResult, one: Named) -> FittedDetector | None:
    """Of the first training; None if it was not kept."""
    data = result.models.get(one.column(0))
    if data is None:
        return None
    found = load_scorer(BytesIO(data))
    return found if isinstance(found, FittedDetector) else None


def _medoids(
    scorers: Mapping[str, FittedDetector | None], background: Events, seed: Seed
) -> tuple[str, FittedDetector]:
    """Those of the first detector that has some in the plane, or else a few of its own."""
    for name, scorer in scorers.items():
        if scorer is not None and isinstance(scorer.detector, Medoids):
            turned = scorer.detector.inputs
            if isinstance(turned, JetPoints) and turned.rotate and turned.flip:
                return f"those of {name}", scorer
    return "of some background", _OWN.fit(background[:6000], seed=seed.child("medoids"))


def _averages(some: Mapping[str, Events]) -> Iterator[JetPicture]:
    for name, events in some.items():
        mean = np.average(jet_images(events, _SIZE, _HALF_WIDTH), axis=0, weights=_weight(events))
        yield JetPicture("average", name or "background", mean, _HALF_WIDTH)


def _of_medoids(points: Encoded) -> Iterator[JetPicture]:
    share, eta, phi = np.moveaxis(points.x, 2, 0)
    assert points.mask is not None
    images = pixels(share, eta, phi, points.mask, _SIZE, _HALF_WIDTH, rotate=False, flip=False)
    for i, image in enumerate(images):
        yield JetPicture("medoids", f"medoid {i + 1}", image, _HALF_WIDTH)


def _plans(
    events: Sequence[AnomalousEvent], points: Encoded, medoids: FittedDetector, test: Events
) -> tuple[tuple[JetPlan, ...], float]:
    """Of the most anomalous jets; and how far background is from the medoids on average."""
    references = points_of(points, None)

    def placed(jets: Events) -> Points:
        return points_of(medoids.inputs(jets), None)

    some = test[:_COMPARED]
    away = emd_matrix(placed(some), references, periodic=False).min(axis=1)
    shown = events[:MOST_DISPLAYS]
    plans = (_plan(event, placed(_as_events(event)), references) for event in shown)
    return tuple(plans), float(np.average(away, weights=_weight(some)))


def _plan(event: AnomalousEvent, jet: Points, references: Points) -> JetPlan:
    """To the reference next to it."""
    row = emd_matrix(jet, references, periodic=False)[0]
    nearest = int(np.argmin(row))
    reference = references[nearest]
    plan = transport_plan(jet, reference, periodic=False)
    i, j = np.nonzero(plan)
    moved = np.stack([i, j, plan[i, j]], axis=1)
    one, other = (np.stack([p.weight, p.x, p.y], axis=1) for p in (jet, reference))
    return JetPlan(event.event, nearest + 1, float(row[nearest]), one, other, moved)


def _weight(events: Events) -> Floats:
    """Of some events, which count the same if none of them has a weight."""
    return events.weight if events.weight.any() else np.ones(len(events))


def _as_events(event: AnomalousEvent) -> Events:
    return Events(
        event.objects[None],
        event.names,
        event.features,
        source=event.file,
        object_kinds=event.kinds,
    )


def _has_middle(scorer: FittedDetector) -> bool:
    return isinstance(scorer.detector, Autoencoder | Variational)


def _map(name: str, scorer: FittedDetector, some: Mapping[str, Events]) -> LatentMap:
    """Along the principal axes of the background."""
    z = {file or "background": latent_means(scorer, jets[:_MAPPED]) for file, jets in some.items()}
    background = next(iter(z.values()))
    middle = background.mean(axis=0)
    _, spread, axes = np.linalg.svd(background - middle, full_matrices=False)
    axes = np.concatenate([axes, np.zeros((2, axes.shape[1]))])[:2]
    explained = np.zeros(2)
    explained[: len(spread[:2])] = spread[:2] ** 2 / max(float((spread**2).sum()), 1e-300)
    return LatentMap(name, explained, tuple(z), tuple((v - middle) @ axes.T for v in z.values()))


def _imagined(
    autoencoders: Mapping[str, FittedDetector], some: Mapping[str, Events], seed: Seed
) -> Iterator[JetPicture]:
    """New jets of the first variational autoencoder of images, and jets between two of others."""
    for name, scorer in autoencoders.items():
        settings: Any = scorer.inputs.inputs
        if settings.form != "images" or not isinstance(scorer.detector, Variational):
            continue
        new = generated(scorer, _IMAGINED, seed=seed)
        test, *signals = some.values()
        ends = test[:1], (signals[0] if signals else test[1:])[:1]
        for group, images in (("generated", new), ("between", morphed(scorer, *ends, n=_IMAGINED))):
            for i, image in enumerate(np.maximum(images, 0.0)):
                of_one = image / max(float(image.sum()), 1e-300)
                yield JetPicture(group, f"{name}, {i + 1}", of_one, settings.half_width)
        return
