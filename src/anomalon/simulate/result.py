"""What a simulation has made: its events by process, and the file that they are in."""

from dataclasses import dataclass
from math import hypot, sqrt
from typing import ClassVar

from anomalon.core.event_file import EventFile
from anomalon.core.result import Check, Column, Number, Part, Result, Summary, Table, Text

__all__ = ["Process", "SimulationResult"]


@dataclass(frozen=True)
class Process:
    """The events of one process.

    Args:
        name: Of the recipe.
        label: Truth: 1 signal, 0 background.
        mass: Of the resonance in GeV; None if it has none.
        n_generated: Events that came from the generator, after its veto if it has one.
        n_accepted: Events that passed the selection.
        n_written: Events in the file; those beyond what was asked for are left out.
        cross_section: The generator's, after the veto, in pb.
        cross_section_error: Its statistical uncertainty, in pb; None in older results.
    """

    name: str
    label: int
    mass: float | None
    n_generated: int
    n_accepted: int
    n_written: int
    cross_section: float
    cross_section_error: float | None = None

    @property
    def efficiency(self) -> float:
        """Of the selection: accepted over generated."""
        return self.n_accepted / self.n_generated

    @property
    def efficiency_error(self) -> float:
        """Its binomial standard deviation; that of a count, if an event has several jets."""
        spread = self.efficiency * (1 - self.efficiency) if self.efficiency < 1 else self.efficiency
        return sqrt(spread / self.n_generated)

    @property
    def luminosity(self) -> float:
        """That the written events correspond to at the generator's cross section, in fb^-1."""
        return self.n_written / (1e3 * self.cross_section * self.efficiency)

    @property
    def luminosity_error(self) -> float | None:
        """Its standard deviation: of the cross section and of the efficiency; None without one."""
        if self.cross_section_error is None:
            return None
        relative = hypot(
            self.cross_section_error / self.cross_section, self.efficiency_error / self.efficiency
        )
        return self.luminosity * relative


@dataclass(frozen=True, eq=False)
class SimulationResult(Result):
    """A file of simulated events.

    Args:
        variation: Of the generator's settings.
        generator: Name and version.
        seed: Of the sample.
        asked: Events that were asked for.
        processes: What they are of.
        file: What is in the file, as it was read again.
        citations: Keys of the bibliography.
        missing: Processes of the mixture of which there is no event.
    """

    kind: ClassVar[str] = "simulation"

    variation: str
    generator: str
    seed: int
    asked: int
    processes: tuple[Process, ...]
    file: EventFile
    citations: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of all its processes."""
        return " + ".join(process.name for process in self.processes)

    def checks(self) -> tuple[Check, ...]:
        """What has to hold of the file."""
        file, signal = self.file, sum(p.n_written for p in self.processes if p.label == 1)
        rows = [
            ("events in the file", file.n_events, self.asked, "asked for"),
            ("true signal in the file", file.n_signal, signal, "made"),
        ]
        return tuple(
            Check(what, f"{n} of {of} {words}", "passed" if n == of else "failed")
            for what, n, of, words in rows
        )

    def summary(self) -> Summary:
        """How many events of what, and what they stand for."""
        checks = self.checks()
        first, *others = self.processes
        other = "" if self.variation == "data" else f" ({self.variation})"
        stands_for = "" if others else (
            f"acceptance {first.efficiency:.3f}, {first.luminosity:.4g} fb⁻¹, "
        )  # fmt: skip
        headline = (
            f"{self.file.name}: {self.file.n_events} events of {self.name}{other}, {stands_for}"
            f"{self.generator}"
        )
        efficiency = Number("acceptance", first.efficiency, first.efficiency_error)
        of_one = (
            Number("generated", first.n_generated, form="count", unit="events"),
            efficiency,
            Number("cross section", first.cross_section, first.cross_section_error, unit="pb"),
            Number("luminosity", first.luminosity, first.luminosity_error, unit="fb⁻¹"),
        )
        return Summary(
            kind="simulation",
            title=f"Simulation of {self.name}",
            status="done",
            verdict="Written",
            headline=headline,
            numbers=(*self.file.numbers(), *([] if others else of_one)),
            ok=all(check.passed for check in checks),
            how="Pythia 8 with a light detector model: an emulation, not data of an experiment.",
            checks=checks,
            warnings=self._warnings(),
            parts=(self.file.part(), self._made()),
            citations=self.citations,
        )

    def _warnings(self) -> tuple[str, ...]:
        if not self.missing:
            return ()
        names = ", ".join(self.missing)
        text = f"Of {names} there is no event: the file does not stand for them. Ask for more."
        return (text,)

    def _made(self) -> Part:
        columns = (
            Column("process"),
            Column("mass", "GeV", digits=6),
            Column("generated", form="count"),
            Column("accepted", form="count"),
            Column("written", form="count"),
            Column("acceptance", form="percent"),
            Column("± (stat.)", form="percent"),
            Column("cross section", "pb"),
            Column("± (stat.)", "pb", digits=2),
            Column("luminosity", "fb⁻¹"),
        )
        rows = tuple(
            (
                p.name, p.mass, p.n_generated, p.n_accepted, p.n_written, p.efficiency,
                p.efficiency_error, p.cross_section, p.cross_section_error, p.luminosity,
            )
            for p in self.processes
        )  # fmt: skip
        note = "Cross sections are the generator's, after its veto and before the selection."
        table = Table("Processes", columns, rows, note=note)
        about = (
            Text("generator", self.generator),
            Text("settings", self.variation),
            Number("seed", self.seed, digits=10),
        )
        return Part("How they were made", numbers=about, tables=(table,))
