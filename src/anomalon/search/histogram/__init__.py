"""Searches in a histogram that is all there is: no events, no features, no classifier."""
