"""Searches in events: windows, one window, the scan, injection, and what may be claimed of it."""
