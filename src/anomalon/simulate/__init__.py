"""Pythia 8 and a light detector: collision events of known truth, emulations of no experiment."""
