"""Axes in which a resonance is narrow, as further columns beside the features of an analyst.

Trees cut along axes. A resonance that decays to two new particles is narrow in their two masses,
and where the features are one mass and the difference of two, the second mass lies along a diagonal
that trees have to climb in steps. With few signal events they do not get far; given the second mass
and the ratio as columns of their own they do (docs/reference/benchmarks.md has the numbers).

What `automatic` looks for are names: one difference `dX` or `delta_X` and exactly one feature whose
name begins with `X`, where X begins with m, as `dmJ` and `mJ1` do. They give X + dX and
X / (X + dX). Nothing is made of other features. Sums and ratios of all pairs would be columns
without a reason, and a column that knows nothing costs power.

Features are made independent of the mass before a template is made of them, and templates are then
made in the space of normal scores, where mJ1 + dmJ means nothing. So each event, of data and of
template alike, is taken back to its features at its own mass (`Decorrelation.inverse`); axes are
computed there, and are made independent of the mass by a decorrelation of their own. A template
that is learned has as many dimensions as there are features: a density of columns that determine
each other would not exist.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.sample import Sample
from anomalon.features.decorrelate import ConditionalQuantiles, Decorrelation
from anomalon.features.expression import Expression

__all__ = ["AUTOMATIC", "Axes", "automatic", "axes_among", "checked_axes"]

AUTOMATIC = "automatic"
"""What stands for the formulas that `automatic` finds."""

_DIFFERENCES = ("delta_", "d")
# A ratio of nothing to nothing is nothing; no mass in GeV or TeV is as small.
_LEAST = "1e-9"


def automatic(names: Sequence[str]) -> tuple[str, ...]:
    """Formulas of the axes in which a resonance is narrow, judged by the names of features.

    Example:
        >>> automatic(["mJ1", "dmJ", "tau21_J1"])
        ('mJ1 + dmJ', 'mJ1 / max(mJ1 + dmJ, 1e-9)')
        >>> automatic(["mJ1", "mJ2", "dR", "n_tracks"])
        ()
    """
    formulas: list[str] = []
    for difference in names:
        for prefix in _DIFFERENCES:
            stem = difference.removeprefix(prefix)
            if stem == difference or not stem.lower().startswith("m"):
                continue
            masses = [name for name in names if name.startswith(stem)]
            if len(masses) == 1:
                one, step = _quoted(masses[0]), _quoted(difference)
                formulas += [f"{one} + {step}", f"{one} / max({one} + {step}, {_LEAST})"]
            break
    return tuple(formulas)


def checked_axes(given: object, where: str) -> tuple[str, ...] | str:
    """Formulas, each a number for every event, or `AUTOMATIC`.

    Raises:
        BadValue: If it is neither, or one of them is there twice.
    """
    if isinstance(given, str) and given == AUTOMATIC:
        return AUTOMATIC
    if isinstance(given, str):
        raise BadValue(f'{where}: expected "{AUTOMATIC}" or a list of formulas, got {given!r}.')
    formulas = [
        Expression(check.text(text, f"{where}[{i}]"), f"{where}[{i}]")
        for i, text in enumerate(check.several(given, where))
    ]
    for formula in formulas:
        if formula.kind != "number":
            raise BadValue(
                f"{formula.where}: '{formula.text}': expected a number for each event, got a "
                "condition."
            )
    return tuple(check.once([formula.text for formula in formulas], where))


def axes_among(axes: tuple[str, ...] | str, names: Sequence[str]) -> tuple[str, ...]:
    """Those formulas that these features are enough for; of `AUTOMATIC` what their names say."""
    if isinstance(axes, str):
        return automatic(names)
    return tuple(text for text in axes if set(Expression(text, "axes").columns) <= set(names))


@dataclass(frozen=True, eq=False)
class Axes:
    """Appends the axes to the features of events, as classifiers see them.

    Args:
        names: The features.
        formulas: Of the axes, in features before any decorrelation.
        flatten: What made the features independent of the mass; None if nothing did.
        flatten_axes: The same for the axes.
    """

    names: tuple[str, ...]
    formulas: tuple[Expression, ...]
    flatten: Decorrelation | None = None
    flatten_axes: Decorrelation | None = None

    @staticmethod
    def fit(
        formulas: Sequence[str],
        events: Sample,
        flatten: Decorrelation | None = None,
        settings: ConditionalQuantiles | None = None,
    ) -> "Axes":
        """Learn how the axes depend on the mass, from events that nothing else is learned from.

        Args:
            formulas: Of the axes.
            events: Nearly all background; as `flatten` gives them.
            flatten: What made their features independent of the mass; None if nothing did.
            settings: How the axes are made independent of it, with `flatten`.

        Raises:
            BadLayout: If one of `flatten` and `settings` comes without the other.
            ColumnMissing: If a feature is not there.
            BadNumbers: If an axis does not exist for an event.
        """
        if (flatten is None) != (settings is None):
            raise BadLayout("axes: expected `flatten` and `settings`, or neither of them.")
        axes = Axes(events.names, tuple(Expression(f, "axes") for f in formulas), flatten)
        if settings is None:
            return axes
        return Axes(axes.names, axes.formulas, flatten, settings.fit(axes.alone(events)))

    def alone(self, events: Sample) -> Sample:
        """The axes without the features, as they depend on the mass."""
        original = events if self.flatten is None else self.flatten.inverse(events)
        columns = [formula.on(original) for formula in self.formulas]
        x = np.column_stack(columns) if columns else events.x[:, :0]
        return events.with_x(x, [formula.text for formula in self.formulas])

    def __call__(self, events: Sample) -> Sample:
        """The same events with the axes behind their features.

        Raises:
            BadLayout: If the features are not those of the fit.
            MassRequired: If they were made independent of a mass that these events do not have.
            BadNumbers: If an axis does not exist for an event.
        """
        if events.names != self.names:
            raise BadLayout(f"axes: expected features {list(self.names)}, got {list(events.names)}")
        if not self.formulas:
            return events
        axes = self.alone(events)
        if self.flatten_axes is not None:
            axes = self.flatten_axes(axes)
        return events.with_x(np.column_stack([events.x, axes.x]), (*events.names, *axes.names))


def _quoted(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name, ensure_ascii=False)
