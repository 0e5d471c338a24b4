"""What there is to draw of events of objects: a sample of a few numbers per event and kind."""

import numpy as np

from anomalon.core import Events, Sample

__all__ = ["overview"]


def overview(events: Events) -> Sample:
    """Of each kind of object how many there are, and the pt of the leading one; ht of all jets.

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
    return Sample(
        x=np.stack(list(columns.values()), axis=-1).astype(np.float64),
        names=tuple(columns),
        weight=events.weight,
        label=events.label,
        event=events.columns.get("event", np.arange(len(events))),
        source=events.source,
    )
