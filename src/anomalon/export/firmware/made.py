"""`MadeFirmware`: what became of a detector, in plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from anomalon.core.plain import beside
from anomalon.core.shown import Shown
from anomalon.export.agreeing import Agreement

__all__ = ["Estimate", "MadeFirmware"]


@final
@dataclass(frozen=True, repr=False)
class Estimate(Shown):
    """What da4ml expects, before any synthesis.

    Args:
        luts: LUT-equivalents.
        levels: Levels of logic from input to output.
        cycles: Of the clock, from input to output, with a new event at every one.
        clock: Period in ns.
        register_bits: Bits of registers between the stages.
    """

    luts: float
    levels: float
    cycles: int
    clock: float
    register_bits: int

    @property
    def latency(self) -> float:
        """From input to output, in ns."""
        return self.cycles * self.clock


@final
@dataclass(frozen=True, eq=False, repr=False)
class MadeFirmware(Shown):
    """What became of a detector.

    Args:
        quantisation: The quantised model beside the float one: how much few bits cost.
        emulations: Firmware beside the quantised model, which it has to be, bit by bit.
        threshold: The smallest score that is accepted, a whole number of 2^-`fraction_bits`.
        fraction_bits: Of the score.
        bit_operations: Cost of the quantised model.
        estimate: Size and latency of the logic.
        files: Sources, by their path; no part of the plain form.
    """

    quantisation: Agreement
    emulations: tuple[Agreement, ...]
    threshold: int
    fraction_bits: int
    bit_operations: float
    estimate: Estimate
    files: Mapping[str, str] = field(default_factory=dict, metadata=beside)
