"""The 40 MHz study: event-level anomaly detection, the way it was done and the way it can be."""
