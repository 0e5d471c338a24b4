"""`TriggerStudy`: the ATLAS trigger poster on simulated crossings, with errors on its rates."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal

from anomalon.core import check
from anomalon.core.document import Report, Section
from anomalon.core.rounding import plain
from anomalon.core.seed import Seed
from anomalon.data import sample
from anomalon.detectors import Learning
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.store import Store
from anomalon.studies.trigger.claims import claims_of, supported_rate
from anomalon.studies.trigger.models import IMPROVED, models_of
from anomalon.trigger import Operation, TriggerResult, operate

__all__ = ["TriggerStudy", "operated"]

_SLICES = ("jz1", "jz2", "jz3", "jz4", "jz5")
_SIGNALS = ("zz4l", "hahm", "ttbar", "hh4b", "vbf_tautau", "vbf_inv")


@dataclass(frozen=True)
class TriggerStudy(Job):
    """The study, in minutes or in full.

    Args:
        full: Five trainings of at most 100 epochs. Else two of at most ten.
        hlt_rate: Of the High-Level Trigger, in Hz.
        l1_rate: Of Level-1, in Hz.
        seed: Root of all random numbers.

    Raises:
        BadValue: If a value is none of what is allowed.
    """

    kind: ClassVar[str] = "study trigger"
    help: ClassVar[str] = "Autoencoders for both levels of a trigger at a fixed rate."

    full: bool = False
    hlt_rate: float = 10.0
    l1_rate: float = 1000.0
    seed: int = 0

    def __post_init__(self) -> None:
        check.fields(self, "study", full=bool, hlt_rate="(0, inf)", l1_rate="(0, inf)")
        Seed.of(self.seed)

    @property
    def learning(self) -> Learning:
        """How networks are trained."""
        epochs, patience = (100, 10) if self.full else (10, 5)
        return Learning(epochs=epochs, batch_size=512, halve_after=5, patience=patience)

    def run(self, place: Workplace = HERE) -> Report:
        """Both levels; what is finished is kept."""
        return Report("Anomalies in a trigger", tuple(self._sections(place)))

    def _sections(self, place: Workplace) -> Iterator[Section]:
        hlt = self._levels("hlt", self.hlt_rate, place.stage("High-Level Trigger"))
        l1 = self._levels("l1", self.l1_rate, place.stage("Level-1"))
        text = "Each sentence, and its test."
        if not self.full:
            text += (
                " These are quick settings, of two trainings of ten epochs: some sentences turn "
                "out otherwise in full."
            )
        yield Section(claims_of(hlt[-1], l1[-1]), "The poster", text)
        for found, name, of in (
            (hlt, "High-Level Trigger", "Of events that Level-1 has kept."),
            (l1, "Level-1", "Of all crossings."),
        ):
            for one in found:
                yield Section(one, f"{name} at {plain(one.working.rate)} Hz", of)

    def _levels(
        self, level: Literal["l1", "hlt"], rate: float, place: Workplace
    ) -> tuple[TriggerResult, ...]:
        """At the asked rate; and where no threshold of a model is known there, at the least one.

        Trainings are the same: the rate is no part of what they are stored under.
        """
        with TemporaryDirectory() as folder:
            place = replace(place, store=place.store or Store(Path(folder)))
            first = self._operated(level, rate, place)
            known = supported_rate(first)
            if known <= rate:
                return (first,)
            return first, self._operated(level, known, place)

    def _operated(
        self, level: Literal["l1", "hlt"], rate: float, place: Workplace
    ) -> TriggerResult:
        trainings = 5 if self.full else 2
        return operated(level, rate, self.learning, trainings, seed=self.seed, place=place)


def operated(
    level: Literal["l1", "hlt"], rate: float, learning: Learning, trainings: int, *,
    crossings: Callable[..., Any] | None = None, seed: int = 0, place: Workplace = HERE,
) -> TriggerResult:  # fmt: skip
    """The models of the poster at one level, at a rate.

    Args:
        level: "l1" or "hlt".
        rate: In Hz.
        learning: How networks are trained.
        trainings: Of each model.
        crossings: Gives the events of a process by its name and `level`; the shipped ones if None.
        seed: Root of all random numbers.
        place: Who does the trainings.
    """
    events = crossings or (lambda name, level: sample(f"trigger_{name}", level=level))
    hlt = level == "hlt"
    operation = Operation(
        rate,
        after="passes_l1" if hlt else "",
        menu="passes_hlt" if hlt else "passes_l1",
        trainings=trainings,
        chosen=IMPROVED,
        name="High-Level Trigger" if hlt else "Level-1",
    )
    return operate(
        events("enhanced_bias", level=level),
        models_of(level, learning),
        operation,
        signals={name: events(name, level=level) for name in _SIGNALS},
        samples={name: events(name, level=level) for name in _SLICES},
        seed=Seed(seed).child("study trigger", level=level),
        place=place,
    )
