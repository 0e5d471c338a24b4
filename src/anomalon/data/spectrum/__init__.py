"""Spectra in files: which column, which bin and which unit means what."""

from anomalon.data.spectrum.choices import SpectrumChoices
from anomalon.data.spectrum.reading import holds_bins, read_spectrum
from anomalon.data.spectrum.table import SpectrumTable

__all__ = ["SpectrumChoices", "SpectrumTable", "holds_bins", "read_spectrum"]
