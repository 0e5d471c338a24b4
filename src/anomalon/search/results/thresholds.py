"""From where on something is claimed, and a check fails: the same for all searches."""

__all__ = ["ALARM", "EXCESS"]

EXCESS = 3.0
"""Global significance from which on an excess is claimed ("evidence" by custom)."""

ALARM = 0.01
"""A check with a p-value below this asks for an explanation."""
