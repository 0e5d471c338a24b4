"""`FortyMhzStudy`: autoencoders on events of 19 objects, as they were judged and as they can be.

What the study that is repeated prints are areas under curves up to 1.000; they come from leaks. So
first its procedure as it was, with a leak less in each line; then one detector is chosen without a
signal; then the same networks honestly, beside what others have published and what this package
has; then its side studies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from anomalon.core import check
from anomalon.core.document import Report, Section
from anomalon.core.errors import DataError
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.seen import part, to_learn_from
from anomalon.data import sample
from anomalon.detection import Choices, detect
from anomalon.detectors import Convolutional, FeedForward, Learning, Transformer
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.run.job import HERE, Job, Workplace
from anomalon.studies.forty_mhz.choice import chosen
from anomalon.studies.forty_mhz.deck import DeckProcedure
from anomalon.studies.forty_mhz.detectors import architectures, baselines, ours, variants
from anomalon.studies.forty_mhz.leaks import LeakDemonstration, demonstrated

__all__ = ["PUBLIC_SIZES", "SIGNALS", "FortyMhzStudy", "in_proportion", "procedures"]

SIGNALS = ("a", "lq", "h0", "hplus")
"""A(50) -> 4l, LQ(80) -> b tau, h0(60) -> tau tau, h+(60) -> tau nu."""


@dataclass(frozen=True)
class FortyMhzStudy(Job):
    """The study, in minutes or in full.

    Args:
        full: Five trainings of at most 100 epochs on all shipped events. Else two of eight epochs
            on a third of them.
        seed: Root of all random numbers.

    Raises:
        BadValue: If a value is none of what is allowed.
    """

    kind: ClassVar[str] = "study forty-mhz"
    help: ClassVar[str] = "Autoencoders on events at 40 MHz, with their leaks and without."

    full: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check.fields(self, "study", full=bool)
        Seed.of(self.seed)

    @property
    def trainings(self) -> int:
        """Of each detector."""
        return 5 if self.full else 2

    @property
    def learning(self) -> Learning:
        """How networks are trained: Adam, halved after 5 epochs and over after 10 without gain."""
        return Learning(epochs=100 if self.full else 8)

    def run(self, place: Workplace = HERE) -> Report:
        """All parts, one after the other; what is finished is kept."""
        background, signals = self._events()
        sections = tuple(self._sections(background, signals, place))
        return Report("Anomalies at 40 MHz", sections)

    def _events(self) -> tuple[Events, dict[str, Events]]:
        background = _sample("background")
        signals = {name: _sample(name) for name in SIGNALS}
        if not self.full:
            background = background[: len(background) // 3]
        return background, signals

    def _sections(
        self, background: Events, signals: dict[str, Events], place: Workplace
    ) -> Iterator[Section]:
        seed = Seed(self.seed)
        yield Section(
            self._leaks(background, signals, place.stage("the leaks")),
            "As it was, and a leak less at a time",
            "A demonstration of what not to do. Each file is scaled by itself, each loss divided "
            "by the number of events of its file, and objects stand for events.",
        )
        choice = chosen(background, ours(self.learning), seed=seed, place=place.stage("the choice"))
        yield Section(
            choice,
            "How the best was chosen",
            "By changed background events that it has not learned from, without any signal.",
        )
        compared = detect(
            background,
            (*architectures(self.learning), *baselines(self.learning), *ours(self.learning)),
            signals,
            choices=Choices(self.trainings, chosen=choice.best, name="Detectors, honestly"),
            seed=seed,
            place=place.stage("detectors"),
        )
        yield Section(
            compared,
            "The same networks, and better ones",
            "One scale, fitted on background that is not tested; one score per event.",
        )
        yield Section(
            detect(
                background,
                variants(self.learning),
                signals,
                choices=Choices(self.trainings, name="Side studies"),
                seed=seed,
                place=place.stage("side studies"),
            ),
            "Activations, norms and dropout",
            "Variants of the dense network.",
        )

    def _leaks(
        self, background: Events, signals: dict[str, Events], place: Workplace
    ) -> LeakDemonstration:
        learned = to_learn_from(background)
        test, others = in_proportion(part(background, "test"), signals)
        return demonstrated(
            (learned, test),
            others,
            procedures(self.learning),
            trainings=self.trainings,
            seed=Seed(self.seed),
            place=place,
        )


PUBLIC_SIZES = {"a": 55_969, "lq": 340_544, "h0": 691_283, "hplus": 760_272}
"""Events in the public files of the signals; 500,000 of background were beside them."""
_PUBLIC_BACKGROUND = 500_000


def in_proportion(
    background: Events, signals: dict[str, Events]
) -> tuple[Events, dict[str, Events]]:
    """The first events of each, in the numbers that the public files have, scaled down.

    One of the leaks is the number of events in a file.
    """
    scale = min(
        len(background) / _PUBLIC_BACKGROUND,
        *(len(events) / PUBLIC_SIZES[name] for name, events in signals.items()),
    )
    some = {name: events[: int(scale * PUBLIC_SIZES[name])] for name, events in signals.items()}
    return background[: int(scale * _PUBLIC_BACKGROUND)], some


def procedures(learning: Learning) -> dict[str, DeckProcedure]:
    """The networks of the demonstration: a narrow dense one, and two as wide as their inputs."""
    schedule = Schedule(
        learning.epochs,
        learning.batch_size,
        Adam(learning.learning_rate),
        halve_after=learning.halve_after,
        patience=learning.patience,
    )
    wide = replace(schedule, batch_size=512)
    return {
        "feed-forward": DeckProcedure(FeedForward((64, 32)), 16, schedule),
        "convolutional": DeckProcedure(Convolutional((16, 32)), 128, wide),
        "transformer": DeckProcedure(Transformer(pooled=False), 128, wide),
    }


def _sample(name: str) -> Events:
    found = sample(f"forty_mhz_{name}")
    if not isinstance(found, Events):
        raise DataError(f"sample forty_mhz_{name}: expected events, got {found!r}.")
    return found
