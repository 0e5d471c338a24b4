"""`TriggerResult`: models of an anomaly trigger at a fixed rate, compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from anomalon.core.plain import beside
from anomalon.core.result import Check, Result, Summary, Text
from anomalon.core.shown import Fact, Shown
from anomalon.detection.results.detection import File, bytes_writer, scores_and_models
from anomalon.trigger.rates.controller import Control
from anomalon.trigger.results.operated import Item, Operated

if TYPE_CHECKING:
    from anomalon.core.result import Writer

__all__ = ["TriggerResult", "Working"]


@dataclass(frozen=True)
class Working:
    """Where a trigger is operated.

    Args:
        rate: Asked for, in Hz.
        counting: "total": all that fire; "pure": what the menu does not have.
        incoming_hz: Rate of all that the background stands for.
        reaching_hz: Rate of what reaches this trigger.
        reaching_sigma: Its statistical uncertainty.
        after: The column that says what reaches it, "" if all does.
        menu: The column of the present menu, "" if there is none.
        menu_hz: Its rate, NaN if there is none.
        menu_sigma: Its statistical uncertainty.
        unweighted: Whether all weights are one, and nothing says what they stand for.
        incoming_sigma: Statistical uncertainty of what comes in, in Hz; 0 if it was given.
        scale_error: Relative uncertainty that all rates share, if what comes in was given: that of
            the sum of weights. 0 if weights are in Hz.
        test_pull: How far the weights of the test part are from its share of the events, in
            standard deviations of a part that is drawn at random.
    """

    rate: float
    counting: str
    incoming_hz: float
    reaching_hz: float
    reaching_sigma: float
    after: str = ""
    menu: str = ""
    menu_hz: float = float("nan")
    menu_sigma: float = float("nan")
    unweighted: bool = False
    incoming_sigma: float = 0.0
    scale_error: float = 0.0
    test_pull: float = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class TriggerResult(Shown, Result):
    """Models trained on background, and what they keep at a rate.

    Args:
        name: Title.
        seed: Root of all random numbers.
        working: Where they are operated.
        files: The background first, then samples, then signals.
        models: In the order of the settings, baselines last.
        chosen: Name of the model that the headline is about.
        checks: What has to hold.
        control: The threshold of the chosen model in a fill, with and without feedback; None if
            pile-up is not known.
        items: Of the menu, beside the chosen model: those that share most with it first.
        beside_items_hz: Rate of the chosen model that none of the items has; NaN without items.
        citations: Of what was used.
        always: Items that fire in every event: a random one, a test. They are left out.
        scores: Columns of `scores.parquet`, by name; not in the plain form.
        graph: The chosen model as an ONNX file, b"" if none was asked for; not in the plain form.
        saved: Saved models by name and training, as files hold them; not in the plain form.
    """

    kind: ClassVar[str] = "trigger"

    name: str
    seed: str
    working: Working
    files: tuple[File, ...]
    models: tuple[Operated, ...]
    chosen: str
    checks: tuple[Check, ...]
    control: Control | None = None
    items: tuple[Item, ...] = ()
    beside_items_hz: float = float("nan")
    citations: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    scores: Mapping[str, NDArray[Any]] = field(default_factory=dict, metadata=beside)
    saved: Mapping[str, bytes] = field(default_factory=dict, metadata=beside)
    graph: bytes = field(default=b"", metadata=beside)

    def model(self, name: str) -> Operated:
        """That of a name.

        Raises:
            KeyError: If there is none.
        """
        return {one.name: one for one in self.models}[name]

    @property
    def learned(self) -> tuple[Operated, ...]:
        """All but the baselines."""
        return tuple(one for one in self.models if not one.baseline)

    @property
    def baselines(self) -> tuple[Operated, ...]:
        """The trivial ones."""
        return tuple(one for one in self.models if one.baseline)

    @property
    def signals(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(kept.name for kept in self.models[0].signals)

    def facts(self) -> tuple[Fact, ...]:
        """The verdict, and what it stands on."""
        summary = self.summary()
        return (Text("verdict", summary.verdict), *summary.numbers)

    def summary(self) -> Summary:
        """What a reader is told."""
        from anomalon.trigger.results.trigger_summary import summary_of

        return summary_of(self)

    def exports(self) -> "Mapping[str, str | Writer]":
        """Scores of all test events, and the saved models."""
        files = scores_and_models(self.scores, self.saved)
        if self.graph:
            files["model.onnx"] = bytes_writer(self.graph)
        return files
