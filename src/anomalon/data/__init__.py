"""Files in, events out: LHC Olympics files, tables (Parquet, CSV, HDF5, ROOT), shipped samples."""

from anomalon.data.catalogue import available, sample, sample_file
from anomalon.data.describe import Description, describe
from anomalon.data.loading import chunks, load
from anomalon.data.roles import EventRoles, event_roles
from anomalon.data.spectrum import SpectrumChoices, SpectrumTable, read_spectrum
from anomalon.data.stream import Stream, stream
from anomalon.data.writing import write

__all__ = [
    "Description",
    "EventRoles",
    "SpectrumChoices",
    "SpectrumTable",
    "Stream",
    "available",
    "chunks",
    "describe",
    "event_roles",
    "load",
    "read_spectrum",
    "sample",
    "sample_file",
    "stream",
    "write",
]
