"""The demonstration: areas under curves with all leaks, with one less, and without any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import digest
from anomalon.core.events import Events
from anomalon.core.provenance import code_version
from anomalon.core.result import Check, Column, Part, Result, Summary, Table
from anomalon.core.seed import Seed
from anomalon.detection import audit
from anomalon.report import register_result
from anomalon.run.job import HERE, Workplace
from anomalon.run.work import do
from anomalon.stats import evaluate
from anomalon.studies.forty_mhz.deck import LEAKS, DeckNetwork, DeckProcedure

__all__ = ["PRINTED", "LeakDemonstration", "LeakRow", "demonstrated"]

Floats = NDArray[np.floating[Any]]

PRINTED: dict[str, dict[str, float]] = {
    "feed-forward": {"a": 0.979, "lq": 0.898, "h0": 0.735, "hplus": 0.809},
    "convolutional": {"a": 0.994, "lq": 0.897, "h0": 0.623, "hplus": 0.733},
    "transformer": {"a": 1.000, "lq": 0.998, "h0": 0.963, "hplus": 0.987},
}
"""What the study that is repeated here prints, on the public events."""

_FEW = 4000  # events of an audit


@dataclass(frozen=True, eq=False)
class LeakRow:
    """One network with some of the leaks.

    Args:
        network: Its name.
        leaks: Which, a name in `LEAKS`.
        auc: Of each signal, of each training, shape (signal, training).
        audit: Checks of the leak audit that failed, of the first training.
    """

    network: str
    leaks: str
    auc: Floats
    audit: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LeakDemonstration(Result):
    """What leaks make of the same networks and events.

    Args:
        signals: Names.
        rows: Of each network, from all leaks to none.
        false_zeros: Share of the events in which a network gives back an object as an empty slot,
            shape (network, training).
        n_events: Background events that were scored.
    """

    kind: ClassVar[str] = "leak demonstration"

    signals: tuple[str, ...]
    rows: tuple[LeakRow, ...]
    false_zeros: Floats
    n_events: int

    @property
    def networks(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(dict.fromkeys(row.network for row in self.rows))

    def checks(self) -> tuple[Check, ...]:
        """The audit has to tell the leaking procedures from the honest one."""
        honest = list(LEAKS)[-1]
        found = []
        for row in self.rows:
            if row.leaks not in (next(iter(LEAKS)), honest):
                continue
            right = (not row.audit) if row.leaks == honest else bool(row.audit)
            what = "passes" if row.leaks == honest else "fails"
            found.append(
                Check(
                    f"the leak audit {what}",
                    "failed: " + ", ".join(row.audit) if row.audit else "all checks passed",
                    "passed" if right else "failed",
                    f"{row.network}, {row.leaks}",
                )
            )
        return tuple(found)

    def summary(self) -> Summary:
        """What a reader is told."""
        first, last = (list(LEAKS)[i] for i in (0, -1))
        auc = {(r.network, r.leaks): np.median(r.auc, axis=1) for r in self.rows}
        networks = self.networks
        moved = np.array([np.abs(auc[n, first] - auc[n, last]) for n in networks])
        where, which = np.unravel_index(int(np.argmax(moved)), moved.shape)
        network, signal = networks[where], self.signals[which]
        leaking, honest = (float(auc[network, leaks][which]) for leaks in (first, last))
        checks = self.checks()
        return Summary(
            kind="demonstration",
            title="What leaks do",
            status="done" if all(c.passed for c in checks) else "checks failed",
            verdict="Leaks, not physics",
            headline=(
                f"The {network} network finds {signal} with an AUC of {leaking:.3f} in the "
                f"procedure as it was, and of {honest:.3f} without its leaks: the same network, "
                "the same events."
            ),
            ok=all(c.passed for c in checks),
            how="Networks, scales and scores as in the study that is repeated; then events instead "
            "of objects, no division by the size of a file, one scale for all files.",
            checks=checks,
            parts=(Part("A leak less in each line", tables=(self._table(), self._zeros())),),
            citations=("Govorkova:2021hqu",),
        )

    def _table(self) -> Table:
        head = (
            Column("network"), Column("procedure"),
            *(Column(f"AUC {name}", digits=3) for name in self.signals),
            Column("spread", digits=2),
        )  # fmt: skip
        rows: list[tuple[float | str | None, ...]] = []
        for row in self.rows:
            if row.leaks == next(iter(LEAKS)):
                printed = PRINTED[row.network]
                values = [printed.get(name) for name in self.signals]
                rows.append((row.network, "as printed, on the public events", *values, None))
            median = np.median(row.auc, axis=1)
            spread = float(np.ptp(row.auc, axis=1).max()) if row.auc.shape[1] > 1 else None
            rows.append((row.network, row.leaks, *median.tolist(), spread))
        note = (
            "Medians over trainings; the spread is the largest range of a signal. Simulated events "
            "of this package, but for what was printed."
        )
        return Table("AUC", head, tuple(rows), note=note)

    def _zeros(self) -> Table:
        rows = tuple(
            (name, float(np.median(shares)), float(shares.min()), float(shares.max()))
            for name, shares in zip(self.networks, self.false_zeros, strict=True)
        )
        head = (Column("network"), *(Column(n, form="percent") for n in ("median", "from", "to")))
        note = (
            "Events in which an object that is there comes back with a class below one half, as an "
            "empty slot does, without any leak."
        )
        return Table("False zeros", head, rows, note=note)


register_result(LeakDemonstration)


def demonstrated(
    background: tuple[Events, Events],
    signals: Mapping[str, Events],
    procedures: Mapping[str, DeckProcedure],
    *,
    trainings: int,
    seed: Seed,
    place: Workplace = HERE,
) -> LeakDemonstration:
    """Train each network so often, and score with every set of leaks.

    Args:
        background: To learn from, and to be scored.
        signals: By name.
        procedures: By the name of their network.
        trainings: Of each.
        seed: Root of all random numbers.
        place: Who does the work.
    """
    shared = (background, dict(signals), seed)
    data = [events.objects for events in (*background, *signals.values())]
    of = digest(code_version(), [digest(x) for x in data], str(seed))
    pieces = [_Piece(of, n, p, t) for n, p in procedures.items() for t in range(trainings)]
    values = do(
        pieces, shared=shared, executor=place.executor, store=place.store, progress=place.progress
    )
    rows, zeros = [], []
    for name in procedures:
        mine = [v for p, v in zip(pieces, values, strict=True) if p.network == name]
        zeros.append([v["false_zeros"] for v in mine])
        for leaks in LEAKS:
            auc = np.array([[v["auc"][leaks][s] for v in mine] for s in signals])
            rows.append(LeakRow(name, leaks, auc, tuple(mine[0]["audit"].get(leaks, ()))))
    return LeakDemonstration(tuple(signals), tuple(rows), np.array(zeros), len(background[1]))


@dataclass(frozen=True)
class _Piece:
    """One training of a network, and all that is made of it."""

    of: str
    network: str
    procedure: DeckProcedure
    training: int

    @property
    def key(self) -> str:
        return digest("leaks", self.of, self.network, self.procedure, self.training)

    @property
    def what(self) -> str:
        return f"training {self.training + 1} of the {self.network} network"

    def __call__(self, shared: Any) -> dict[str, Any]:
        (learned, test), signals, seed = shared
        seed = seed.child("deck", network=self.network, training=self.training)
        network = self.procedure.trained(learned, seed)
        files = {"background": test, **signals}
        auc: dict[str, dict[str, float]] = {}
        for name, leaks in LEAKS.items():
            scores = network.scores(files, leaks)
            background = scores.pop("background")
            auc[name] = {s: evaluate(background, x).auc.value for s, x in scores.items()}
        audits = {} if self.training else _audits(network, test, seed)
        return {"auc": auc, "audit": audits, "false_zeros": network.false_zeros(test)}


def _audits(network: DeckNetwork, events: Events, seed: Seed) -> dict[str, list[str]]:
    """What fails of the audit, with all leaks and with none; of events, as it has to be."""
    found = {}
    for name in (next(iter(LEAKS)), list(LEAKS)[-1]):
        leaks = LEAKS[name]

        def procedure(files: Sequence[Events], leaks: Any = leaks) -> list[Floats]:
            return [network.scores({"": file}, leaks)[""] for file in files]

        result = audit(procedure, events[:_FEW], seed=seed, name=name)
        found[name] = [check.what for check in result.checks if check.passed is False]
    return found
