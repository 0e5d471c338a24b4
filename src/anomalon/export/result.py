"""`ExportResult`: a detector in other forms, and whether these say the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from anomalon.core.plain import beside
from anomalon.core.result import Check, Column, Number, Part, Result, Summary, Table, Text, Writer
from anomalon.core.rounding import count, plain
from anomalon.export.agreeing import Agreement
from anomalon.export.firmware.made import MadeFirmware

__all__ = ["ExportResult"]


@dataclass(frozen=True, eq=False)
class ExportResult(Result):
    """What was exported, and the agreement at the working point.

    Args:
        name: Of the model.
        detector: Its settings, as Python.
        source: Where the compared events are from.
        n_learned: Background events that fixed thresholds, and that firmware learned from.
        threshold: Of the detector: events of at least this score are accepted.
        onnx: The ONNX graph beside the detector; None if there is none.
        firmware: None if there is none.
        citations: Of what was used.
        graph: The ONNX file; no part of the plain form.
    """

    kind: ClassVar[str] = "export"

    name: str
    detector: str
    source: str
    n_learned: int
    threshold: float
    onnx: Agreement | None = None
    firmware: MadeFirmware | None = None
    citations: tuple[str, ...] = ()
    graph: bytes = field(default=b"", metadata=beside)

    @property
    def exact(self) -> tuple[Agreement, ...]:
        """Comparisons of which no decision may differ."""
        emulations = () if self.firmware is None else self.firmware.emulations
        return (*(() if self.onnx is None else (self.onnx,)), *emulations)

    @property
    def every(self) -> tuple[Agreement, ...]:
        """All comparisons: that of the quantised with the float model says what few bits cost."""
        return self.exact if self.firmware is None else (*self.exact, self.firmware.quantisation)

    def exports(self) -> "Mapping[str, str | Writer]":
        """The graph, and the sources of firmware."""
        files: dict[str, str | Writer] = {}
        if self.graph:
            files["model.onnx"] = lambda path: Path(path).write_bytes(self.graph)
        return files | dict({} if self.firmware is None else self.firmware.files)

    @property
    def undivided(self) -> "tuple[str, int] | None":
        """A form whose threshold accepts no event or all, and how many: that compares nothing."""
        for one in self.every:
            for form, n in ((one.reference, one.n_accepted), (one.other, one.n_other_accepted)):
                if not 0 < n < one.n_events:
                    return form, n
        return None

    @property
    def divides(self) -> bool:
        """Whether the thresholds of all forms accept some events and not all."""
        return self.undivided is None

    def summary(self) -> Summary:
        """What a reader is told."""
        wrong = [one.other for one in self.exact if not one.same]
        n = self.exact[0].n_events
        told = ", ".join(one.other for one in self.exact)
        verdict = f"Decisions differ: {', '.join(wrong)}" if wrong else "All decisions agree"
        if self.undivided is not None:
            form, accepted = self.undivided
            what = "all events" if accepted else "no event"
            verdict = f"The threshold accepts {what} ({form})"
        return Summary(
            kind="export",
            title=self.name,
            status="checks failed" if wrong or not self.divides else "done",
            verdict=verdict,
            headline=f"{verdict} in {count(n)} events ({told}).",
            numbers=self._numbers(),
            ok=not wrong and self.divides,
            how="Each form scored the same events; decisions were compared event by event at the "
            "threshold. ONNX is compared with the detector, firmware with the quantised model.",
            notes=self._notes(),
            checks=(*map(_check, self.exact), self._divides()),
            parts=(
                Part("Agreement", tables=(self._table(),)),
                Part("The detector", text=self.detector, folded=True),
                Part("Every check", checks=True, folded=True, open=bool(wrong) or not self.divides),
            ),
            citations=self.citations,
        )

    def _divides(self) -> Check:
        form, n = self.undivided or (self.every[-1].other, self.every[-1].n_other_accepted)
        return Check(
            what="the threshold divides the events",
            found=f"{form} accepts {count(n)} of {count(self.every[-1].n_events)}",
            verdict="passed" if self.divides else "failed",
        )

    def _numbers(self) -> tuple[Number | Text, ...]:
        found: list[Number | Text] = [
            Text("events", self.source),
            Number("threshold", self.threshold, digits=6),
        ]
        if self.firmware is not None:
            made, size = self.firmware, self.firmware.estimate
            found += [
                Number("integer threshold", made.threshold, form="count"),
                Number("fractional bits of the score", made.fraction_bits, form="count"),
                Number("size, estimated", size.luts, unit="LUT-equivalents", form="count"),
                Number("levels of logic", size.levels, form="count"),
                Number("latency, estimated", size.latency, unit="ns"),
            ]
        return tuple(found)

    def _notes(self) -> tuple[str, ...]:
        if self.firmware is None:
            return ()
        one, size = self.firmware.quantisation, self.firmware.estimate
        few = (
            f"Few bits change {count(one.n_differ)} of {count(one.n_events)} decisions: the float "
            f"model accepts {count(one.n_accepted)}, the quantised one "
            f"{count(one.n_other_accepted)}."
        )
        estimated = (
            f"Size and latency are estimates of da4ml before any synthesis: {size.cycles} cycles "
            f"of {plain(size.clock)} ns, with a new event at every one."
        )
        return few, estimated

    def _table(self) -> Table:
        columns = (
            Column("form"),
            Column("beside"),
            Column("events", form="count"),
            Column("accepted", form="count"),
            Column("accepted beside", form="count"),
            Column("decisions that differ", form="count"),
            Column("largest difference of scores"),
            Column("relative"),
        )
        rows = tuple(
            (one.other, one.reference, float(one.n_events), float(one.n_other_accepted),
             float(one.n_accepted), float(one.n_differ), one.largest_difference, one.relative)
            for one in self.every
        )  # fmt: skip
        return Table("Decisions at the working point", columns, rows)


def _check(one: Agreement) -> Check:
    return Check(
        what=f"{one.other} decides as the {one.reference} model",
        found=f"{count(one.n_differ)} of {count(one.n_events)} decisions differ",
        verdict="passed" if one.same else "failed",
        size=one.n_differ / one.n_events,
    )
