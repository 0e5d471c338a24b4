"""Events at 40 MHz (arXiv:2107.02157): nineteen objects each, read and written in their layout.

`anomalon.load` and `anomalon.data.chunks` recognise such files; what is here writes them, and names
the slots.
"""

from anomalon.data.forty_mhz.layout import FEATURE_NAMES, OBJECT_NAMES
from anomalon.data.forty_mhz.writing import write_chunks, write_forty_mhz

__all__ = ["FEATURE_NAMES", "OBJECT_NAMES", "write_chunks", "write_forty_mhz"]
