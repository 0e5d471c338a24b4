"""Rates of selections, from events that stand for more or fewer than themselves; no learning."""
