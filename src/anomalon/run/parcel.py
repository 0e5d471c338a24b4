"""What goes to another process and comes back, packed where a mistake can be told.

The pools of the standard library pickle in threads of their own. What does not pickle, or does not
unpickle on the other side, ends the whole pool there, without a word of what it was: a missing
class of a notebook, a result with a lock in it, the error of a library whose constructor wants two
arguments. So both ways are packed here, and what comes back is always bytes.
"""

import traceback
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any

from anomalon.core.errors import BadValue, WorkerError

__all__ = ["HERE", "pack", "said", "unpack", "work"]

HERE = "or do the work in this process (`Serial()`, `--processes 1`)."
"""What else to do about work that does not pickle."""


def pack(function: Callable[..., Any], item: Any) -> bytes:
    """A piece of work as bytes.

    Raises:
        BadValue: If it does not pickle: a lambda, a class inside a function, an open file.
    """
    try:
        return bytes(ForkingPickler.dumps((function, item)))
    except Exception as error:  # whatever a foreign `__reduce__` raises
        raise BadValue(
            f"processes: this work cannot be handed to another process ({said(error)}). Define "
            f"its functions and classes at the top level of a module, {HERE}"
        ) from error


def work(parcel: bytes, shared: Callable[[], Any] | None = None) -> bytes:
    """Do a packed piece of work, in the other process; the answer is for `unpack`.

    Args:
        parcel: What `pack` made.
        shared: Gives what all pieces need; None if there is nothing.
    """
    try:
        function, item = ForkingPickler.loads(parcel)
        rest = () if shared is None else (shared(),)
    except Exception as error:
        return _answer(
            BadValue(
                f"processes: another process cannot load this work ({said(error)}). What is "
                "defined in a notebook or an interactive session is not there: put it into a "
                f"module (a file) and import it, {HERE}"
            )
        )
    try:
        result = function(item, *rest)
    except (Exception, SystemExit) as error:
        return _answer(_sent(error))
    try:
        return bytes(ForkingPickler.dumps((result, None)))
    except Exception as error:
        return _answer(
            WorkerError(
                "processes: the result of a piece of work cannot be handed back "
                f"({said(error)}). Return arrays and plain values, {HERE}"
            )
        )


def unpack(answer: bytes) -> Any:
    """The result of a piece of work; raises what it raised."""
    result, error = ForkingPickler.loads(answer)
    if error is not None:
        raise error
    return result


def _answer(error: Exception) -> bytes:
    return bytes(ForkingPickler.dumps((None, error)))


def _sent(error: BaseException) -> Exception:
    """The error as it can be handed over: itself, if it comes out as it went in."""
    where = "".join(traceback.format_exception(error))
    told = f"{type(error).__name__}: {said(error)}"
    same: Exception = WorkerError(f"processes: a piece of work raised {told}")
    if isinstance(error, Exception):
        try:
            again = ForkingPickler.loads(ForkingPickler.dumps(error))
            if type(again) is type(error) and str(again) == str(error):
                same = error
        except Exception as reason:
            same.add_note(f"(The error itself cannot be handed over: {said(reason)}.)")
    same.add_note(f"In another process:\n{where}")
    return same


def said(error: BaseException) -> str:
    """What an error says, whatever its `__str__` does."""
    try:
        return str(error) or type(error).__name__
    except Exception as reason:
        return f"no message: {type(reason).__name__}"
