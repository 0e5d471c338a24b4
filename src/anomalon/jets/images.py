"""Jets as images: centred, turned, mirrored, and put into pixels.

What is done to the constituents, in this order:

centre   the mean of (eta, phi), weighted with pt, becomes the origin
rotate   the axis of the largest spread, weighted with pt, becomes vertical: that of phi
flip     the quadrant with most pt becomes the one at the upper right (eta > 0, phi > 0)
pixels   pt is summed in cells, and divided by the sum of all cells

These are the steps of the literature on jet images (Cogan et al., arXiv:1407.5675; Macaluso and
Shih, arXiv:1803.00107), which differs in their details. Rotations are in the plane of eta and phi,
which leaves distances as they are, but not masses. Eta and phi may be relative to any axis.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout
from anomalon.run.compiling import compiled

__all__ = ["image_events", "jet_images", "pixel_centres", "pixels", "placed", "standardised"]

Floats = NDArray[np.floating]

SIZE, HALF_WIDTH = 40, 1.0

_NOTHING = 1e-9
"""Coordinates, and spreads in units of eta squared, that are rounding."""


def jet_images(
    events: Events,
    size: int = SIZE,
    half_width: float = HALF_WIDTH,
    *,
    rotate: bool = True,
    flip: bool = True,
) -> NDArray[np.float32]:
    """Images of jets.

    Args:
        events: Jets with the pt, eta and phi of their constituents (`anomalon.data.jets`).
        size: Pixels along eta, and along phi.
        half_width: The image is from minus to plus this in eta and phi; what is outside is lost.
        rotate: Make the axis of the largest spread vertical.
        flip: Put the hardest quadrant to the upper right.

    Returns:
        Shape (jet, size, size), float32: rows are phi, from low to high, columns eta. Each image
        sums up to 1, or is zero if nothing is inside. matplotlib counts rows from above
        unless it is told: `imshow(image, origin="lower")`.

    Raises:
        ColumnMissing: If there is no pt, eta or phi.
        BadNumbers: If a pt is negative.
        BadValue: If `size` or `half_width` is no positive number, or a choice not true or false.
    """
    _check_choices("jet_images", rotate=rotate, flip=flip)
    size = check.whole(size, "jet_images: size", 1, 4096)
    half_width = check.number(half_width, "jet_images: half_width", "(0, inf)")
    pt, eta, phi = _features(events)
    images = np.zeros((len(events), size, size), dtype=np.float32)
    _fill(pt, eta, phi, _own(events.mask), rotate, flip, half_width, images)
    return images


def standardised(events: Events, *, rotate: bool = True, flip: bool = True) -> Events:
    """The same jets with their constituents centred, turned and mirrored, as in an image.

    Args:
        events: Jets with the pt, eta and phi of their constituents.
        rotate: Make the axis of the largest spread that of phi.
        flip: Put the hardest quadrant to positive eta and phi.

    Returns:
        Jets whose eta and phi are relative to the centre, in the same order and type.

    Raises:
        ColumnMissing, BadNumbers: As `jet_images`.
        BadValue: If a choice is not true or false.
    """
    _check_choices("standardised", rotate=rotate, flip=flip)
    pt, eta, phi = _features(events)
    x, y = np.zeros(pt.shape), np.zeros(pt.shape)
    _standardise(pt, eta, phi, _own(events.mask), rotate, flip, x, y)
    objects = events.objects.copy()
    for name, values in (("eta", x), ("phi", y)):
        objects[:, :, events.feature_names.index(name)] = values
    return replace(events, objects=objects)


def pixel_centres(size: int = SIZE, half_width: float = HALF_WIDTH) -> NDArray[np.float64]:
    """Where the pixels of an image are: eta and phi of their centres, shape (size, size, 2).

    Example:
        >>> pixel_centres(2)[0]
        array([[-0.5, -0.5],
               [ 0.5, -0.5]])
    """
    size = check.whole(size, "pixel_centres: size", 1, 4096)
    half_width = check.number(half_width, "pixel_centres: half_width", "(0, inf)")
    along = half_width * ((2 * np.arange(size) + 1) / size - 1)
    eta, phi = np.meshgrid(along, along)
    return np.stack([eta, phi], axis=-1)


def _check_choices(where: str, **choices: bool) -> None:
    for name, value in choices.items():
        check.flag(value, f"{where}: {name}")


def image_events(
    images: NDArray[np.floating], half_width: float = HALF_WIDTH, *, least: float = 0.0
) -> Events:
    """Images as jets again: each pixel that is not empty is a constituent at its centre.

    Args:
        images: Shape (jet, size, size), as `jet_images` or a network gives them.
        half_width: Of the images.
        least: Pixels with no more than this are empty.

    Returns:
        Jets with constituents of falling pt, as many slots as the fullest needs, float32. Images
        of a jet that has been through `image_events` are the same again if they are neither turned
        nor flipped (`rotate=False, flip=False`): pixels have other axes than their constituents.

    Raises:
        BadLayout: If these are no square images.
        BadNumbers: If a number is not finite.
    """
    images = np.asarray(images)
    if images.ndim != 3 or images.shape[1] != images.shape[2]:
        raise BadLayout(
            f"image_events: expected images of shape (jet, size, size), got {images.shape}."
        )
    check.finite(images, "image_events: images")
    n, size = images.shape[:2]
    flat = images.reshape(n, size * size)
    filled = flat > max(least, 0.0)
    k = int(filled.sum(axis=1).max(initial=0))
    order = np.argsort(np.where(filled, -flat, np.inf), axis=1, kind="stable")[:, :k]
    mask = np.take_along_axis(filled, order, axis=1)
    pt = np.where(mask, np.take_along_axis(flat, order, axis=1), 0)
    where = pixel_centres(size, half_width).reshape(-1, 2)[order]
    objects = np.concatenate([pt[:, :, None], np.where(mask[:, :, None], where, 0)], axis=2)
    return Events(
        objects=objects.astype(np.float32),
        object_names=tuple(f"constituent{i + 1}" for i in range(k)),
        feature_names=("pt", "eta", "phi"),
        mask=mask,
        source="images",
    )


def placed(
    pt: Floats, eta: Floats, phi: Floats, mask: NDArray[np.bool_], *, rotate: bool, flip: bool
) -> tuple[Floats, Floats]:
    """Eta and phi as `standardised` gives them, of arrays of shape (jet, constituent)."""
    x, y = np.zeros(pt.shape), np.zeros(pt.shape)
    _standardise(*_contiguous(pt, eta, phi), _own(mask), rotate, flip, x, y)
    return x, y


def pixels(
    pt: Floats, eta: Floats, phi: Floats, mask: NDArray[np.bool_], size: int, half_width: float,
    *, rotate: bool, flip: bool,
) -> NDArray[np.float32]:  # fmt: skip
    """Images as `jet_images` makes them, of arrays of shape (jet, constituent)."""
    images = np.zeros((len(pt), size, size), dtype=np.float32)
    _fill(*_contiguous(pt, eta, phi), _own(mask), rotate, flip, half_width, images)
    return images


def _own(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One layout that may be written, so that kernels are compiled once and not for each kind."""
    return np.require(mask, requirements=("C", "W"))


def _contiguous(*arrays: Floats) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.ascontiguousarray(array, dtype=np.float64) for array in arrays)


def _features(events: Events) -> tuple[NDArray[np.float64], ...]:
    """Contiguous float64 of shape (jet, constituent): pt, eta, phi; pt is zero in empty slots."""
    pt, eta, phi = (
        np.ascontiguousarray(events.feature(name), dtype=np.float64)
        for name in ("pt", "eta", "phi")
    )
    check.non_negative(np.where(events.mask, pt, 0), f"{events.source}: pt of constituents")
    return pt, eta, phi


@compiled(nogil=True)
def _one(pt, eta, phi, mask, rotate, flip, x, y):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill x and y of one jet; those of empty slots stay zero."""
    k = len(pt)
    total, mean_x, mean_y = 0.0, 0.0, 0.0
    for i in range(k):
        if mask[i]:
            total += pt[i]
            mean_x += pt[i] * eta[i]
            mean_y += pt[i] * phi[i]
    if total <= 0.0:
        for i in range(k):
            if mask[i]:
                x[i], y[i] = eta[i], phi[i]
        return
    mean_x, mean_y = mean_x / total, mean_y / total
    xx, yy, xy = 0.0, 0.0, 0.0
    for i in range(k):
        if mask[i]:
            x[i], y[i] = eta[i] - mean_x, phi[i] - mean_y
            xx += pt[i] * x[i] * x[i]
            yy += pt[i] * y[i] * y[i]
            xy += pt[i] * x[i] * y[i]
    # A spread without an axis of its own is not turned.
    turned = rotate and math.hypot(xx - yy, 2.0 * xy) > _NOTHING * total
    angle = 0.5 * math.pi - 0.5 * math.atan2(2.0 * xy, xx - yy) if turned else 0.0
    cos, sin = math.cos(angle), math.sin(angle)
    quadrant = np.zeros(4)
    for i in range(k):
        if not mask[i]:
            continue
        a, b = cos * x[i] - sin * y[i], sin * x[i] + cos * y[i]
        x[i] = 0.0 if abs(a) < _NOTHING else a
        y[i] = 0.0 if abs(b) < _NOTHING else b
        quadrant[(1 if x[i] < 0.0 else 0) + (2 if y[i] < 0.0 else 0)] += pt[i]
    if not flip:
        return
    hardest = 0
    for q in range(1, 4):
        if quadrant[q] > quadrant[hardest]:
            hardest = q
    for i in range(k):
        if hardest % 2 == 1:
            x[i] = -x[i]
        if hardest >= 2:
            y[i] = -y[i]


@compiled(nogil=True)
def _standardise(pt, eta, phi, mask, rotate, flip, x, y):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for jet in range(len(pt)):
        _one(pt[jet], eta[jet], phi[jet], mask[jet], rotate, flip, x[jet], y[jet])


@compiled(nogil=True)
def _fill(pt, eta, phi, mask, rotate, flip, half_width, images):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n_jets, size = images.shape[:2]
    k = pt.shape[1]
    x, y = np.empty(k), np.empty(k)
    sums = np.zeros((size, size))
    touched = np.empty((k, 2), np.int64)
    for jet in range(n_jets):
        _one(pt[jet], eta[jet], phi[jet], mask[jet], rotate, flip, x, y)
        total, n = 0.0, 0
        for i in range(k):
            if not mask[jet, i] or abs(x[i]) > half_width or abs(y[i]) > half_width:
                continue
            row = min(int((y[i] + half_width) / (2.0 * half_width) * size), size - 1)
            column = min(int((x[i] + half_width) / (2.0 * half_width) * size), size - 1)
            sums[row, column] += pt[jet, i]
            total += pt[jet, i]
            touched[n, 0], touched[n, 1] = row, column
            n += 1
        for t in range(n):
            row, column = touched[t, 0], touched[t, 1]
            if total > 0.0:
                images[jet, row, column] = sums[row, column] / total
        for t in range(n):
            sums[touched[t, 0], touched[t, 1]] = 0.0
