"""How readers and the ledger name a window."""

from collections.abc import Mapping

__all__ = ["window_name"]


def window_name(window: Mapping[str, float]) -> str:
    """The two edges of a signal region in GeV.

    Example:
        >>> window_name({"low": 3300.0, "high": 3700.0})
        '3300-3700 GeV'
    """
    return f"{window['low']:g}-{window['high']:g} GeV"
