"""What selects the events of a search: classifiers of a feature set, a score, or a cut.

A score or a cut of the user's own becomes a column of the data before any work begins. What is done
with it afterwards, window by window and in pseudo-experiments, is the same whether it was a column
of the file, a formula or a fitted scorer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.sample import Sample
from anomalon.core.scorer import AnyScorer, Scorer
from anomalon.features.expression import Expression
from anomalon.learn import load_scorer
from anomalon.search.results.window import By

__all__ = ["OwnScore", "SavedScorer", "Selector", "check_score", "columns_of", "with_own"]


@dataclass(frozen=True)
class SavedScorer:
    """A fitted scorer in a file.

    Args:
        file: As `anomalon.learn.save_scorer` wrote it.
    """

    file: Path

    def __post_init__(self) -> None:
        if not isinstance(self.file, str | Path):
            raise BadValue(f"search.score.file: expected a path, got {check.shown(self.file)}.")
        object.__setattr__(self, "file", Path(self.file))


def check_score(given: object) -> None:
    """Whether it can be a score, or none.

    Raises:
        BadValue: If not.
    """
    if not isinstance(given, str | SavedScorer | Scorer | None) or given == "":
        raise BadValue(
            "search.score: expected a column, a formula in columns, a fitted Scorer or the file of "
            f"one, got {check.shown(given)}."
        )


OwnScore = str | SavedScorer | Scorer
"""A column or a formula in columns, a file, or a fitted scorer."""


@dataclass(frozen=True)
class Selector:
    """One way to select events.

    Args:
        by: What it is.
        features: The feature set of classifiers; of a score or a cut its name, which is a column of
            the data that are searched.
        columns: What is shown of the events that it selects.
    """

    by: By
    features: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the data that have to be at hand."""
        own = () if self.by == "classifier" else self.features
        return tuple(dict.fromkeys((*self.columns, *own)))

    def is_score(self, name: str) -> bool:
        """Whether this column is the score."""
        return self.by == "score" and name == self.name

    @property
    def name(self) -> str:
        """Of a score or a cut."""
        (name,) = self.features
        return name


def columns_of(score: OwnScore | None, cuts: Sequence[str], known: Sequence[str]) -> list[str]:
    """The columns of a table that a score and cuts need.

    Args:
        score: What takes the place of the classifier.
        cuts: Conditions.
        known: The columns of the table.
    """
    needed = [name for cut in cuts for name in Expression(cut, "search.cuts").columns]
    if isinstance(score, str):
        plain = score in known
        needed += [score] if plain else Expression(score, "search.score").columns
    elif score is not None:
        needed += _scorer(score).names
    return list(dict.fromkeys(needed))


def with_own(
    data: Sample, score: OwnScore | None, cuts: Sequence[str], shown: Sequence[str]
) -> tuple[Sample, tuple[Selector, ...]]:
    """The data with a column for the score and for each cut, and what selects by them.

    Args:
        data: All events.
        score: What takes the place of the classifier.
        cuts: Conditions.
        shown: Features that are shown of the events that are selected.

    Raises:
        ColumnMissing: If a column is not there.
        BadNumbers: If the value of an event does not exist.
        BadValue: If a formula cannot be read, or all events pass a cut, or none.
        BadLayout: If a scorer takes no samples.
    """
    own: list[Selector] = []
    columns = {}
    if score is not None:
        name, values, of = _scores(data, score)
        if values.min() == values.max():
            raise BadValue(
                f"search.score: '{name}' selects nothing: it is {values[0]:g} for all events of "
                f"{data.source}."
            )
        columns[name] = values
        own.append(Selector("score", (name,), tuple(dict.fromkeys((name, *of, *shown)))))
    for i, cut in enumerate(cuts):
        condition = Expression(cut, f"search.cuts[{i}]")
        if cut in data.names:
            raise BadLayout(f"search.cuts[{i}]: '{cut}' is the name of a feature. Rename it.")
        columns[cut] = passed = condition.on(data)
        if passed.min() == passed.max():
            some = "all events pass" if passed[0] else "no event passes"
            raise BadValue(f"search.cuts[{i}]: '{cut}' selects nothing: {some} in {data.source}.")
        shown_here = tuple(dict.fromkeys((*condition.columns, *shown)))
        own.append(Selector("cut", (cut,), shown_here))
    new = [name for name in columns if name not in data.names]
    if new:
        x = np.column_stack([data.x, *(columns[name] for name in new)])
        data = data.with_x(x, (*data.names, *new))
    return data, tuple(own)


def _scores(data: Sample, score: OwnScore) -> tuple[str, np.ndarray, tuple[str, ...]]:
    """The name of a score, its value for each event, and the columns that it is made of."""
    if isinstance(score, str):
        if score in data.names:
            return score, data.column(score), ()
        formula = Expression(score, "search.score")
        if formula.kind != "number":
            raise BadValue(
                f"search.score: '{score}': expected a number for each event, got a condition. "
                "Conditions belong into `search.cuts`."
            )
        return formula.text, formula.on(data), formula.columns
    scorer = _scorer(score)
    name = score.file.name if isinstance(score, SavedScorer) else type(score).__name__
    if name in data.names:
        raise BadLayout(f"search.score: the scorer '{name}' has the name of a feature. Rename one.")
    return name, scorer.score(data.blind().select(scorer.names)), scorer.names


def _scorer(score: SavedScorer | Scorer) -> Scorer:
    found: AnyScorer = load_scorer(score.file) if isinstance(score, SavedScorer) else score
    if isinstance(found, Scorer):
        return found
    raise BadLayout(
        f"search.score: expected a scorer of samples, got {type(found).__name__}, which scores "
        "events with objects. Write its scores into a column of the file."
    )
