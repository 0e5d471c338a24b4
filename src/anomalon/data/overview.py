"""What there is to draw of events of objects: a sample of a few numbers per event and kind."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Sample

__all__ = ["overview"]


def overview(events: Events) -> Sample:
    """Of each kind of object how many there are, and the pt of the leading one; ht of all jets.

    Of jets with constituents also jet_pt, jet_mass, tau21 and tau32, where they are known.

    Args:
        events: With the feature pt. Where a kind is absent its pt is 0.

    Returns:
        A sample without a mass, with the weights and the truth of the events.
    """
    columns = {}
    for kind in dict.fromkeys(events.object_kinds):
        part = events.of_kind(kind)
        pt = np.where(part.mask, part.feature("pt"), 0)
        columns[f"pt_{kind}"] = pt.max(axis=1, initial=0.0)
        if len(part.object_names) > 1:
            columns[f"n_{kind}"] = part.mask.sum(axis=1)
        if kind == "jet":
            columns["ht"] = pt.sum(axis=1)
    columns |= _of_jets(events)
    return Sample(
        x=np.stack(list(columns.values()), axis=-1).astype(np.float64),
        names=tuple(columns),
        weight=events.weight,
        label=events.label,
        event=events.columns.get("event", np.arange(len(events))),
        source=events.source,
    )


def _of_jets(events: Events) -> dict[str, NDArray[Any]]:
    """What is known of single jets."""
    known = {
        name: events.columns[name] for name in ("jet_pt", "jet_mass") if name in events.columns
    }
    for n in (1, 2):
        over, under = f"tau{n + 1}", f"tau{n}"
        if over in events.columns and under in events.columns:
            a, b = (np.asarray(events.columns[name], np.float64) for name in (over, under))
            known[f"tau{n + 1}{n}"] = np.divide(a, b, out=np.zeros_like(a), where=b > 0)
    return known
