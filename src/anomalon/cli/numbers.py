"""Types of options that are numbers, as strict as settings are: no NaN, no 2.5 that becomes 2."""

from math import inf
from typing import Any

import click

from anomalon.core import check
from anomalon.core.errors import BadValue

__all__ = ["Number", "Whole"]


class Whole(click.ParamType):
    """A whole number from `low` to `high`.

    Args:
        low, high: Both included; no highest if not given.
    """

    name = "integer"

    def __init__(self, low: int, high: float = inf) -> None:
        self._limits = low, high

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """The number of a text, or of a value from TOML."""
        try:
            given = int(value) if isinstance(value, str) else value
        except ValueError:
            given = value
        try:
            return check.whole(given, "", *self._limits)
        except BadValue as error:
            self.fail(str(error).removeprefix(": "), param, ctx)


class Number(click.ParamType):
    """A number in an interval, as "(0, 1]"."""

    name = "float"

    def __init__(self, interval: str = "(-inf, inf)") -> None:
        self._interval = interval

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The number of a text, or of a value from TOML."""
        try:
            given = float(value) if isinstance(value, str) else value
        except ValueError:
            given = value
        try:
            return check.number(given, "", self._interval)
        except BadValue as error:
            self.fail(str(error).removeprefix(": "), param, ctx)
