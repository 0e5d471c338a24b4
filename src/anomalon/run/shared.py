"""What all pieces of work need, as bytes from which its arrays are taken without a copy.

Pickle (protocol 5, PEP 574) keeps large buffers beside the pickle. Here they follow it in one run
of bytes, each where a processor likes to read it: a file with them can be mapped into the memory
of many processes, which then share one copy. Arrays come out read-only.

    number of parts | their lengths | pickle | buffer | buffer …     (parts at multiples of 64)
"""

import io
import pickle
import struct
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from anomalon.core.errors import BadValue
from anomalon.run.parcel import HERE, said

__all__ = ["Shared", "parts_of"]

_ALIGNED = 64


def parts_of(shared: Any) -> Iterator[bytes | memoryview]:
    """What to write, one after the other, for `Shared` to read; large arrays are not copied.

    Raises:
        BadValue: If it does not pickle.
    """
    buffers: list[pickle.PickleBuffer] = []
    file = io.BytesIO()
    try:
        ForkingPickler(file, 5, True, buffers.append).dump(shared)  # noqa: FBT003  by position only
        parts: list[bytes | memoryview] = [file.getvalue(), *(b.raw() for b in buffers)]
    except Exception as error:  # whatever a foreign `__reduce__` raises
        raise BadValue(
            f"processes: what all pieces of work need cannot be handed to another process "
            f"({said(error)}). Define its classes at the top level of a module, {HERE}"
        ) from error
    lengths = [memoryview(part).nbytes for part in parts]
    head = struct.pack(f"<{len(parts) + 1}q", len(parts), *lengths)
    for part in (head, *parts):
        yield part
        yield bytes(-memoryview(part).nbytes % _ALIGNED)


class Shared:
    """What `parts_of` has written, unpacked when it is first asked for.

    Args:
        memory: All of it: bytes, or a file that is mapped into memory.
    """

    def __init__(self, memory: Any) -> None:
        self._memory = memory

    @cached_property
    def value(self) -> Any:
        """The shared object; its arrays are read-only and look into the memory."""
        memory = _aligned(memoryview(self._memory).cast("B").toreadonly())
        (n,) = struct.unpack_from("<q", memory)
        head = 8 * (n + 1)
        lengths = struct.unpack_from(f"<{n}q", memory, 8)
        begin = accumulate((_padded(length) for length in lengths), initial=_padded(head))
        first, *buffers = (memory[a : a + m] for a, m in zip(begin, lengths, strict=False))
        return pickle.loads(first, buffers=buffers)


def _padded(length: int) -> int:
    return length + -length % _ALIGNED


def _aligned(memory: memoryview) -> memoryview:
    """The same bytes, copied if they do not begin where compiled code wants numbers to be."""
    if np.frombuffer(memory, dtype=np.uint8).ctypes.data % _ALIGNED == 0:
        return memory
    room = np.empty(len(memory) + _ALIGNED, dtype=np.uint8)
    first = -room.ctypes.data % _ALIGNED
    room[first : first + len(memory)] = memory
    return room[first : first + len(memory)].data.toreadonly()
