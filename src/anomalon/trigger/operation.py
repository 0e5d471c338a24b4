"""`Operation`: at which rate a trigger is operated, and how that is found out."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.detection.batches import Split

__all__ = ["Counting", "Operation"]

Counting = Literal["total", "pure"]


@dataclass(frozen=True)
class Operation:
    """How a trigger is operated.

    Args:
        rate: Asked for, in Hz.
        counting: "total": all that fires counts; "pure": only what the menu does not have.
        incoming: Rate in Hz of all that the background stands for; None: its weights are in Hz.
        after: Column that says what reaches this trigger, e.g. "passes_l1"; "": all does.
        menu: Column of what the present menu has; "": there is none.
        items: Columns of its items, or patterns of them ("fired_*"), whose overlap is told.
        constant_in: Columns in which the rate has to be constant, e.g. "run"; it is told of others.
        trainings: Times that each model is trained, with other seeds; baselines once.
        halvings: Times that the test background is halved, to see whether thresholds close.
        split: Parts of background and samples, where their files do not say them.
        onnx: Whether the chosen model is exported with its threshold (the extra `trigger`).
        chosen: Name of the model that the headline is about; the last one if "".
        name: Title.

    Raises:
        BadValue: If a number is out of range, or a pure rate has no menu.
    """

    rate: float
    counting: Counting = "total"
    incoming: float | None = None
    after: str = ""
    menu: str = ""
    items: tuple[str, ...] = ()
    constant_in: tuple[str, ...] = ()
    trainings: int = 5
    halvings: int = 200
    split: Split = field(default_factory=Split)
    onnx: bool = False
    chosen: str = ""
    name: str = "Anomaly trigger"

    def __post_init__(self) -> None:
        check.fields(
            self, "", rate="(0, inf)", counting=get_args(Counting), trainings=(1, 1000),
            halvings=(1, 100_000), onnx=bool, after=str, menu=str, chosen=str, name=str,
        )  # fmt: skip
        for key in ("items", "constant_in"):
            given = check.several(getattr(self, key), key)
            object.__setattr__(self, key, tuple(check.text(name, key) for name in given))
        check.of_kind(self.split, "split", Split)
        if self.incoming is not None:
            check.number(self.incoming, "incoming", "(0, inf)")
        if self.counting == "pure" and not self.menu:
            raise BadValue(
                "menu: expected the column of the present menu, because a pure rate is what that "
                "does not have, got none."
            )
