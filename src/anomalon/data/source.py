"""`Source`: a recognised file that can be read in slices. What `load` and `chunks` work on."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from anomalon.core import Events, Sample
from anomalon.core.errors import AnomalonError, BadLayout, BadRows, BadValue, DataError
from anomalon.core.folder import no_such_file

__all__ = ["LARGEST_LOAD", "Source", "reading"]

LARGEST_LOAD = 4 * 2**30
"""Bytes in memory above which a load in one piece is refused: 4 GiB, 250,000 raw LHCO events."""
BLOCK = 64 * 2**20
"""Bytes that are read from a file at a time for pieces that are smaller.

Many formats can only be read in blocks of thousands of rows: without this, each small piece would
read such a block again."""


@dataclass(frozen=True)
class Source(ABC):
    """A file whose layout is known: how many events it holds and how to read any slice of them.

    Args:
        path: The file.
        layout: What it was recognised as, for people.
        n_events: How many events it holds.
        bytes_per_event: Memory that one event takes once read.
        unread: What the file holds beside and the reader leaves alone, for people.
    """

    path: Path
    layout: str
    n_events: int
    bytes_per_event: int
    unread: tuple[str, ...] = ()

    @property
    def leaves_out(self) -> str:
        """Which events a reader may leave out, for the message of `none_left`."""
        return ""

    @abstractmethod
    def _read(self, start: int, stop: int) -> Events | Sample:
        """The events start <= row < stop; both are inside the file."""

    def read(self, start: int = 0, stop: int | None = None) -> Events | Sample:
        """The events start <= row < stop, as a slice would pick them.

        Raises:
            BadLayout: If there are no events to read.
            BadValue: If the slice is not one, or does not fit into memory.
            DataError: If the file is broken.
        """
        start, stop = self.rows(start, stop)
        size = (stop - start) * self.bytes_per_event
        if size > LARGEST_LOAD:
            raise BadValue(
                f"{self.path}: {stop - start} events would take {size / 2**30:.1f} GiB of memory, "
                f"more than the {LARGEST_LOAD / 2**30:.0f} GiB that one load may take. Read a part "
                "with `start` and `stop`, iterate with `anomalon.data.chunks(path)`, or turn raw "
                "particles into features with `anomalon data convert`."
            )
        try:
            with reading(self.path, self.layout):
                return self._read(start, stop)
        except BadRows as error:
            raise error.moved(start) from None

    def pieces(
        self, size: int, start: int = 0, stop: int | None = None
    ) -> Iterator[Events | Sample]:
        """The events start <= row < stop, `size` at a time.

        Small pieces are slices of a block of at most 64 MiB, which is in memory as long as one of
        them is. An error about rows counts those in all of them, as if they were read at once.
        """
        start, stop = self.rows(start, stop)
        n = 0
        step = size * max(1, min(BLOCK, LARGEST_LOAD) // max(1, size * self.bytes_per_event))
        for first in range(start, stop, step):
            try:
                block = self.read(first, min(first + step, stop))
            except BadRows as error:
                rest = self._bad_rows(range(first + step, stop, step), stop)
                raise error.among(stop - start, rest) from None
            n += len(block)
            for row in range(0, len(block), size):
                yield block[row : row + size]
        if n == 0:
            raise self.none_left(stop - start)

    def none_left(self, n: int) -> BadLayout:
        """What to say where a reader leaves out all of so many events."""
        return BadLayout(
            f"{self.path} ({self.layout}): expected events, got none: of {n} that would be read, "
            f"all are left out{self.leaves_out}."
        )

    def _bad_rows(self, starts: range, stop: int) -> list[BadRows]:
        found = []
        for start in starts:
            try:
                self.read(start, min(start + starts.step, stop))
            except BadRows as error:
                found.append(error)
        return found

    def rows(self, start: int = 0, stop: int | None = None) -> tuple[int, int]:
        """`start` and `stop` as row numbers inside the file, checked."""
        for name, value in (("start", start), ("stop", 0 if stop is None else stop)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise BadValue(
                    f"{self.path}: `{name}` should be a non-negative row number, got {value!r}."
                )
        if self.n_events == 0:
            raise BadLayout(
                f"{self.path} ({self.layout}): expected events, got none: the table is empty."
            )
        end = self.n_events if stop is None else min(stop, self.n_events)
        if start >= end:
            raise BadValue(
                f"{self.path}: rows {start} to {end} are no events; the file has {self.n_events}."
            )
        return start, end


@contextmanager
def reading(path: Path, layout: str) -> Iterator[None]:
    """Turn whatever a file library raises on a broken file into one `DataError`."""
    try:
        yield
    except (AnomalonError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise no_such_file(path) from error
    except Exception as error:  # h5py, pyarrow and uproot each raise half a dozen kinds
        text = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path}: expected {layout}, but the file cannot be read ({text[:300]}). It is "
            "truncated or damaged: compare its size and checksum with the original, and fetch or "
            "write it again."
        ) from error
