"""`Firmware`: how a detector is made small enough for a Level-1 trigger."""

from dataclasses import dataclass

from anomalon.core import check

__all__ = ["Firmware"]


@dataclass(frozen=True)
class Firmware:
    """Bits, training and clock of a quantised encoder.

    Args:
        integer_bits: Of the inputs, without the sign; what is larger saturates.
        fraction_bits: Of the inputs: what is below 2^-fraction_bits is cut off, as by a shift.
        weight_bits: Of weights, at the start of the training, which takes bits away.
        value_bits: Fractional bits of hidden values, at the start.
        cost: Weight of the number of bit operations in the training: larger, smaller firmware.
        epochs: Times that every event is seen.
        batch_size: Events per step.
        learning_rate: Adam's step size.
        clock: Period in ns.
        levels: Levels of logic between two registers, at most.

    Raises:
        BadValue: If a setting is outside its range.
    """

    integer_bits: int = 4
    fraction_bits: int = 6
    weight_bits: int = 8
    value_bits: int = 6
    cost: float = 2e-8
    epochs: int = 20
    batch_size: int = 256
    learning_rate: float = 2e-3
    clock: float = 5.0
    levels: int = 5

    def __post_init__(self) -> None:
        check.fields(
            self,
            "firmware",
            integer_bits=(0, 16),
            fraction_bits=(0, 16),
            weight_bits=(1, 16),
            value_bits=(-8, 16),
            cost="[0, inf)",
            epochs=(0, 100_000),
            batch_size=(1, 10_000_000),
            learning_rate="(0, 1000]",
            clock="(0, inf)",
            levels=(1, 1000),
        )
