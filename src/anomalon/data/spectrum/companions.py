"""A background beside its data: divided by the widths of the bins as they are, or not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anomalon.core.errors import BadValue
from anomalon.data.spectrum.bins import Bins
from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.kinds import Kind, Named

__all__ = ["with_widths_of_the_data"]

_APART = 4.0  # ratio of the sums above which two columns are in different units


def with_widths_of_the_data(
    value: Named, columns: Sequence[Named], bins: Bins, choices: SpectrumChoices, where: str
) -> tuple[SpectrumChoices, tuple[str, ...]]:
    """The choices for a column that does not say itself whether it is divided by widths.

    With `per_width`, a background beside "Events / GeV" is multiplied by the widths if its sum is
    that of the data as they are written; it is not if its sum is that of the events.

    Returns:
        The choices, and a sentence if they were changed.

    Raises:
        BadValue: If its sum is neither.
    """
    expected = value.kind is Kind.EXPECTED and value.quantity.is_events
    if not choices.per_width or not expected:
        return choices, ()
    data = [c for c in columns if c.kind is Kind.EVENTS and c.quantity.is_density]
    if len(data) != 1:
        return choices, ()
    per = data[0].quantity.per or data[0].quantity.number * bins.unit.gev
    divided, own = (float(np.nansum(c.column.values)) for c in (data[0], value))
    events = float(np.nansum(data[0].column.values * bins.widths / per))
    if min(divided, own, events) <= 0:
        return choices, ()
    near = [max(own / s, s / own) < _APART for s in (divided, events)]
    if all(near) or near == [True, False]:
        return choices, ()
    if near == [False, True]:
        said = f"`{value.name}` is not divided by widths: its sum is that of the events"
        return replace(choices, per_width=False), (said,)
    raise BadValue(
        f"{where}: expected `{value.name}` like `{data[0].name}`, with per_width (--per-width): "
        f"its sum is {own:.4g}, that of the data {divided:.4g}, or {events:.4g} events. Say in its "
        f"name what it is: '{value.name} / GeV', for instance."
    )
