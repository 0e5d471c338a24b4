"""An executor that hands work over as to other processes, and starts none."""

from dataclasses import dataclass

from anomalon.run.parcel import pack, unpack, work
from anomalon.run.shared import Shared, parts_of


@dataclass(frozen=True)
class Parcels:
    """Pieces are packed, done last first with what is shared read-only, and packed again.

    A piece that needs what an earlier one has left, changes what is shared, or does not pickle is
    noticed as with worker processes, which take seconds to load everything. That those give the
    same as well is asked once for every kind of work, in tests/run/test_real_work.py.
    """

    at_once: int = 2

    def map_unordered(self, function, items, shared=None):
        there = None
        if shared is not None:
            mapped = Shared(b"".join(parts_of(shared)))
            there = lambda: mapped.value  # noqa: E731
        for index in reversed(range(len(items))):
            yield index, unpack(work(pack(function, items[index]), there))
