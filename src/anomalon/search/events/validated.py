"""A validation as a search uses it: which windows it leaves out, and what the others get."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalon.core.check import shown
from anomalon.core.config import digest
from anomalon.core.errors import BadValue, DataError
from anomalon.core.plain import from_plain, to_plain
from anomalon.core.result import Result
from anomalon.core.rounding import efficiency as working_point
from anomalon.core.window import Window
from anomalon.search.events.non_closure import NOTHING_SEEN, OWN_CUT, NonClosure
from anomalon.search.events.selector import Selector
from anomalon.search.results.validation import ValidationResult

__all__ = ["Validated", "checked_validation", "validation_name"]

Scope = tuple[Window, Selector, NonClosure]

# Of another method nothing is known. Other settings may be those of a quicker validation.
_DECISIVE = ("background", "score")
_NOT_COMPARED = ("name", "windows", "features", "efficiencies", "cuts", "n_toys", "validation")


def checked_validation(given: Any) -> Path | ValidationResult | None:
    """A validation as a setting.

    Raises:
        BadValue: If it is neither a path nor a result of a validation.
    """
    if given is None or isinstance(given, ValidationResult):
        return given
    if isinstance(given, str | Path) and str(given):
        return Path(given)
    raise BadValue(
        "search.validation: expected the run folder of `anomalon validate`, its result.json or a "
        f"ValidationResult, got {shown(given)}."
    )


def validation_name(given: Path | Result) -> str:
    """What settings that are shown call it."""
    return given.name if isinstance(given, Path) else "in memory"


@dataclass(frozen=True, eq=False)
class Validated:
    """What a search knows from a validation.

    Args:
        result: It; None if there was none.
        source: Where it is from, for messages.
    """

    result: ValidationResult | None
    source: str = ""

    @classmethod
    def of(cls, given: Path | Result | None) -> "Validated":
        """Of a setting of a search.

        Raises:
            DataError: If there is no validation at a path.
        """
        if given is None:
            return cls(None)
        if isinstance(given, ValidationResult):
            return cls(given, "in memory")
        return cls(_read(Path(str(given))), str(given))

    @property
    def digest(self) -> str:
        """Of all that it says."""
        return digest(to_plain(self.result))

    def check(self, settings: Mapping[str, Any]) -> None:
        """Refuse a validation of another method.

        Args:
            settings: Those of the search, plain.

        Raises:
            BadValue: If it has another background method or another score.
        """
        for key, here, there in self._differences(settings):
            if key in _DECISIVE:
                raise BadValue(
                    f"search.validation: {self.source} is of a search with {key} = {there}, this "
                    f"one has {here}. Run `anomalon validate` with the settings of this search."
                )

    def scopes(
        self, windows: Iterable[Window], by: Sequence[Selector], efficiencies: Sequence[float]
    ) -> list[Scope]:
        """The windows to search, each with what selects and its non-closure; none that failed.

        Raises:
            BadValue: If a window, feature set or cut was not validated, or all have failed.
        """
        every = [(window, one) for window in windows for one in by]
        if self.result is None:
            return [(window, one, NOTHING_SEEN) for window, one in every]
        kept = [
            (window, one, NonClosure(validated=known))
            for window, one in every
            if (known := self._known(self.result, window, one, efficiencies)) is not None
        ]
        if not kept:
            raise BadValue(
                f"search.validation: all windows have failed the validation {self.source}; there "
                "is nothing left to search. Its page says how."
            )
        return kept

    def notes(self, settings: Mapping[str, Any], windows: Iterable[Window]) -> tuple[str, ...]:
        """What a reader must know: what was left out, and what differs.

        Args:
            settings: Those of the search, plain.
            windows: Of the search.
        """
        if self.result is None:
            return ()
        searched = set(windows)
        left = tuple(
            f"Left out: window {places[0].window_name} GeV ({'+'.join(features)}), which failed "
            f"the validation without signal: {'; '.join(f'{p.label}: {p.why}' for p in places)}."
            for window, features in self.result.scopes
            if window in searched and (places := self.result.left_out(window, features))
        )
        other = tuple(
            f"The validation was made with {key} = {there}, the search has {here}."
            for key, here, there in self._differences(settings)
        )
        samples = ", ".join(sample.name for sample in self.result.samples)
        return (f"Validated without signal on: {samples}.", *left, *other)

    def _known(
        self,
        result: ValidationResult,
        window: Window,
        by: Selector,
        efficiencies: Sequence[float],
    ) -> tuple[tuple[float, float], ...] | None:
        """Efficiencies with their non-closure, or None if it failed."""
        places = {place.efficiency: place for place in result.of(window, by.features)}
        for wanted in (1.0, *((OWN_CUT,) if by.by == "cut" else efficiencies)):
            if wanted not in places:
                what = "the cut" if wanted == OWN_CUT else working_point(wanted)
                raise BadValue(
                    f"search.validation: {self.source} has no entry for window {window} GeV with "
                    f"{', '.join(by.features)}, {what}. Run `anomalon validate` with the windows, "
                    "features and efficiencies of this search, or take those that were validated."
                )
        if result.left_out(window, by.features):
            return None
        return tuple((efficiency, place.delta) for efficiency, place in places.items())

    def _differences(self, settings: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Settings that are not those of the validation: name, here, there."""
        if self.result is None:
            return
        of_validation = self.result.settings
        for key in dict.fromkeys((*settings, *of_validation)):
            here, there = (
                json.dumps(to_plain(tree.get(key)), sort_keys=True, ensure_ascii=False)
                for tree in (settings, of_validation)
            )
            if key not in _NOT_COMPARED and here != there:
                yield key, here, there


def _read(path: Path) -> ValidationResult:
    file = path / "result.json" if path.is_dir() else path
    expected = "expected the run folder of a finished `anomalon validate`, or its result.json"
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        why = error.strerror or error
        raise DataError(f"search.validation: {expected}; {file}: {why}.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"search.validation: {expected}; {file} is no JSON: {error}.") from error
    kind = tree.get("kind") if isinstance(tree, dict) else None
    if kind != ValidationResult.kind:
        raise DataError(f"search.validation: {expected}; {file} is a run of '{kind}'.")
    try:
        plain = tree["sections"][0]["result"]
    except (LookupError, TypeError) as error:
        raise DataError(f"search.validation: {expected}; {file} holds no result.") from error
    return from_plain(ValidationResult, plain, f"{file}: result")
