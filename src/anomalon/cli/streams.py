"""stdout and stderr as they may be: closed, full, read by nobody, or of an encoding of long ago.

Results that cannot be printed are no reason to lose them, and progress that cannot be printed is no
reason to stop.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, TextIO

import click

from anomalon.cli.exit_status import FAILED, NOBODY_READS
from anomalon.cli.plain import printable

__all__ = ["Unprinted", "can_encode", "standard_streams"]


class Unprinted(click.ClickException):
    """stdout takes no more."""

    exit_code = FAILED

    def __init__(self, error: OSError | None) -> None:
        why = "it is closed" if error is None else error.strerror or str(error)
        super().__init__(
            f"stdout cannot be written ({why}). The files of this command are not affected."
        )

    def show(self, file: IO[Any] | None = None) -> None:
        """Say so on stderr."""
        click.echo(self.message, file=file, err=True)


class _Unread(Unprinted):
    """Whoever read stdout wanted no more: nothing to talk about."""

    exit_code = NOBODY_READS

    def show(self, file: IO[Any] | None = None) -> None:
        pass


class _Stream:
    """A text stream that prints what its encoding has; closed if None."""

    encoding, errors = "utf-8", "strict"  # for whoever asks: it takes everything

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self._why: OSError | None = None

    def write(self, text: str) -> int:
        if not isinstance(text, str):  # by this, others find out that it is no stream of bytes
            raise TypeError(f"expected text, got {type(text).__name__}")
        if text:
            self._use(lambda stream: stream.write(printable(text, stream.encoding)))
        return len(text)

    def flush(self) -> None:
        if self.stream is not None:
            self._use(lambda stream: stream.flush())

    def _use(self, do: Callable[[TextIO], object]) -> None:
        if self.stream is not None:
            try:
                do(self.stream)
            except OSError as error:
                self._why = error
            except ValueError:  # closed under our hands
                self._why = None
            else:
                return
            self._drop(self.stream)
        self._gone(self._why)

    def _drop(self, stream: TextIO) -> None:
        # What is left in its buffer, the interpreter would try to write when it ends.
        self.stream = None
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)

    def _gone(self, error: OSError | None) -> None:
        """It can no longer be written; there was no error if it is closed."""

    def isatty(self) -> bool:
        return self.stream is not None and self.stream.isatty()

    def fileno(self) -> int:
        if self.stream is None:
            raise OSError(errno.EBADF, "there is no such stream")
        return self.stream.fileno()

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class _Results(_Stream):
    def _gone(self, error: OSError | None) -> None:
        unread = error is not None and error.errno in (errno.EPIPE, errno.ESHUTDOWN)
        raise _Unread(error) if unread else Unprinted(error)


@contextmanager
def standard_streams() -> Iterator[None]:
    """Inside the block `sys.stdout` raises `Unprinted` if it has to, and `sys.stderr` nothing."""
    _fill_gaps()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Results(sys.stdout), _Stream(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def can_encode(text: str) -> bool:
    """Whether stdout can print the text as it is."""
    stream = sys.stdout.stream if isinstance(sys.stdout, _Stream) else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return printable(text, encoding) == text


def _fill_gaps() -> None:
    # A closed stream leaves its number to the next file that is opened, and what a library prints
    # would go into that file.
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                null = os.open(os.devnull, os.O_RDWR)
                if null == number:
                    os.set_inheritable(number, True)  # noqa: FBT003  as streams are
                else:
                    os.dup2(null, number)
                    os.close(null)
