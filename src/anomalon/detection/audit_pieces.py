"""The audit of several detectors, a piece of work each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anomalon.core.bibliography import cited
from anomalon.core.config import digest
from anomalon.core.events import Events
from anomalon.core.plain import from_plain, to_plain
from anomalon.core.provenance import code_version
from anomalon.core.seed import Seed
from anomalon.detection.auditing import audit_detector
from anomalon.detection.batches import Batches, Split, kinds_of, surveyed
from anomalon.detection.compare import parts
from anomalon.detection.named import Named, baselines
from anomalon.detection.results.audit import AuditResult
from anomalon.run.job import HERE, Workplace
from anomalon.run.work import do

__all__ = ["audit_detectors"]

_MOST = 20_000
"""Events that are learned from, and that are scored: a leak needs no more."""


@dataclass(frozen=True)
class _Piece:
    """One detector."""

    of: str
    named: Named

    @property
    def what(self) -> str:
        """As people read it."""
        return f"audit of {self.named.name}"

    @property
    def key(self) -> str:
        """What its result is stored under."""
        return digest(self.of, "audit", repr(self.named.detector), self.named.name)

    def __call__(self, shared: tuple[Events, Events, Seed]) -> dict[str, Any]:
        """Do it; plain."""
        fitted_on, test, seed = shared
        one, name = self.named.detector, self.named.name
        return dict(to_plain(audit_detector(one, fitted_on, test, seed=seed, name=name)))


def audit_detectors(
    background: Batches,
    detectors: Sequence[Named],
    *,
    split: Split,
    seed: Seed | int = 0,
    name: str = "Audit",
    place: Workplace = HERE,
) -> AuditResult:
    """Audit detectors, and the trivial baselines beside them, on parts of the background.

    Args:
        background: Events; at most 20 000 of each part are taken.
        detectors: What is audited.
        split: Parts of the background, where it does not say them.
        seed: Of the fits and of all divisions.
        name: Title.
        place: Who does it.

    Raises:
        BadNumbers: If a weight is negative.
    """
    seed = Seed.of(seed)
    survey = surveyed(background)
    survey.refuse_negative_weights("background")
    of = digest(code_version(), survey.digest, split, str(seed))
    fitted_on, test = (_first(part) for part in parts(background, split, seed))
    every = (*detectors, *baselines(detectors, kinds_of(background)))
    values = do(
        [_Piece(of, one) for one in every],
        shared=(fitted_on, test, seed),
        executor=place.executor,
        store=place.store,
        progress=place.progress,
    )
    results = [from_plain(AuditResult, value) for value in values]
    return AuditResult(
        name,
        test.source,
        len(test),
        tuple(one.name for one in every),
        tuple(check for result in results for check in result.checks),
        cited(*(one.detector for one in every)),
    )


def _first(batches: Batches) -> Events:
    taken: list[Events] = []
    n = 0
    for events in batches:
        taken.append(events[: _MOST - n])
        n += len(taken[-1])
        if n >= _MOST:
            break
    return Events.concatenate(taken)
