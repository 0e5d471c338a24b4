"""`JetsStudy`: what the anomaly score of a jet measures, after the seminar on arXiv:2110.06948.

First whether the network with the least loss finds most, what is scored and what is minimised;
then distances to a few jets that stand for the rest, and to tops; layers of a network beside
transport; and one detector, chosen without a signal, for tops, W bosons, and QCD among tops.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from anomalon.core import check
from anomalon.core.document import Report, Section
from anomalon.core.errors import DataError
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.seen import part, to_learn_from
from anomalon.data import sample
from anomalon.detection import Choices, Split
from anomalon.detection.batches import of_events
from anomalon.detection.compare import detect
from anomalon.detection.jets import pictured
from anomalon.detectors import Learning
from anomalon.run.job import HERE, Job, Workplace
from anomalon.studies.jets.activations import correlated_layers
from anomalon.studies.jets.autoencoders import Grid, compared_autoencoders
from anomalon.studies.jets.bound import supervised
from anomalon.studies.jets.detectors import carried_over, compared
from anomalon.studies.jets.published import BACKGROUND_REFERENCES, TOP_REFERENCES
from anomalon.studies.jets.references import References, Sizes, compared_with_references

__all__ = ["JetsStudy"]

_BETA = 1e-3


@dataclass(frozen=True)
class JetsStudy(Job):
    """The study, in minutes or in full.

    Args:
        full: Five trainings and samples of each, three betas, more epochs, all shipped jets. Else
            one or two of a third of them.
        seed: Root of all random numbers.

    Raises:
        BadValue: If a value is none of what is allowed.
    """

    kind: ClassVar[str] = "study jets"
    help: ClassVar[str] = "Anomalous jets: images, transport, medoids, and the inverse problem."

    full: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check.fields(self, "study", full=bool)
        Seed.of(self.seed)

    @property
    def learning(self) -> Learning:
        """How networks are trained."""
        return Learning(
            epochs=60 if self.full else 6,
            batch_size=100,
            learning_rate=2e-3,
            halve_after=4,
            patience=8,
        )

    @property
    def sizes(self) -> Sizes:
        """Of the samples that medoids are chosen from."""
        return Sizes(2000, 5000, 5) if self.full else Sizes(400, 1000, 2)

    @property
    def grid(self) -> Grid:
        """What is trained."""
        betas = (1e-4, 1e-3, 1e-2) if self.full else (_BETA,)
        repetitions, n_test = (5, 3000) if self.full else (1, 1000)
        return Grid((1, 2, 3), betas, _BETA, repetitions, self.learning, n_test)

    def run(self, place: Workplace = HERE) -> Report:
        """All parts, one after the other; what is finished is kept."""
        jets = {name: _sample(name) for name in ("qcd", "top", "w")}
        if not self.full:
            jets = {name: some[: len(some) // 2] for name, some in jets.items()}
        return Report("What an anomaly score of jets measures", tuple(self._sections(jets, place)))

    def _sections(self, jets: dict[str, Events], place: Workplace) -> Iterator[Section]:
        seed = Seed(self.seed)
        signals = {name: jets[name] for name in ("top", "w")}
        table, losses = compared_autoencoders(
            jets["qcd"], signals, self.grid, seed=seed, place=place.stage("autoencoders")
        )
        yield Section(losses, "Does the least loss find most?", "Each point is a network.")
        yield Section(table, "What is minimised, and what is scored", "")
        yield self._references(jets, seed, place)
        yield self._inverse(jets, seed, place)
        yield Section(
            correlated_layers(
                to_learn_from(jets["qcd"]), part(jets["qcd"], "test")[: 400 if self.full else 150],
                blocks=2, beta=_BETA, learning=self.learning,
                repetitions=5 if self.full else 1, seed=seed, place=place.stage("layers"),
            ),
            "What the layers of a network know of transport",
            "",
        )  # fmt: skip
        yield Section(
            supervised(jets["qcd"], signals, repetitions=5 if self.full else 2, seed=seed,
                       place=place.stage("supervised")),
            "What could be known",
            "Classifiers that have been told the signal: a bound that no other detector reaches.",
        )  # fmt: skip
        yield from self._detectors(jets, seed, place)

    def _references(self, jets: dict[str, Events], seed: Seed, place: Workplace) -> Section:
        test = {"qcd": part(jets["qcd"], "test"), "top": jets["top"], "w": jets["w"]}
        sizes = self.sizes
        how = (
            f"Medoids of {sizes.n_sample} images, {sizes.repetitions} samples; the least distance "
            "of several. Transport is exact and balanced, without a root."
        )
        note = "Median (range over samples). Published: other jets, other samples."
        found = compared_with_references(
            References(to_learn_from(jets["qcd"]), test),
            sizes,
            BACKGROUND_REFERENCES,
            ("Distance to references of QCD", how, note),
            seed=seed,
            place=place.stage("references"),
        )
        return Section(found, "A few jets that stand for the rest", "No network, no training.")

    def _inverse(self, jets: dict[str, Events], seed: Seed, place: Workplace) -> Section:
        test = {"qcd": part(jets["qcd"], "test"), "top": part(jets["top"], "test"), "w": jets["w"]}
        sizes = self.sizes
        how = (
            f"Medoids of {sizes.n_sample} images of tops. An area above 1/2 says that the signal "
            "is nearer to them than QCD is: for tops it is at the same time that of QCD as the "
            "anomaly among tops."
        )
        note = "The published orientation is not said; its comments go with this one."
        found = compared_with_references(
            References(to_learn_from(jets["top"]), test, nearer=True),
            sizes,
            TOP_REFERENCES,
            ("Distance to references of tops", how, note),
            seed=seed.child("inverse"),
            place=place.stage("inverse"),
        )
        return Section(found, "Tops as references", "The inverse problem, and similar signals.")

    def _detectors(
        self, jets: dict[str, Events], seed: Seed, place: Workplace
    ) -> Iterator[Section]:
        carried = carried_over(
            jets["qcd"], repetitions=5 if self.full else 1, seed=seed, place=place.stage("choice")
        )
        yield Section(
            carried,
            "A detector, chosen without a signal",
            "Jets of the background become decays: something of any mass, to prongs that are made "
            "of the background itself.",
        )
        every = compared(self.learning, carried.best, self.sizes.n_sample)
        for title, background, others in (
            ("QCD as the background", "qcd", ("top", "w")),
            ("Tops as the background", "top", ("qcd", "w")),
        ):
            known = _labelled(jets[background], 0)
            signals = {name: _labelled(jets[name], 1) for name in others}
            stage = place.stage(title)
            found = detect(
                known,
                every,
                signals,
                choices=Choices(5 if self.full else 1, Split(), every[0].name, name=title),
                seed=seed,
                place=stage,
            )
            files = {"": of_events(part(known, "test"))} | {
                name: of_events(events) for name, events in signals.items()
            }
            yield Section(
                pictured(found, every, to_learn_from(known), files, seed),
                title,
                "The same settings.",
            )


def _labelled(jets: Events, label: int) -> Events:
    """The same jets in another role."""
    return replace(jets, label=np.full(len(jets), label, np.int8))


def _sample(name: str) -> Events:
    found = sample(f"jets_{name}")
    if not isinstance(found, Events):
        raise DataError(f"sample jets_{name}: expected jets, got {found!r}.")
    return found
