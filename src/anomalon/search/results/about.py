"""`About`: what a result says of where it comes from, in the words of who asked for it."""

from dataclasses import dataclass, replace
from typing import Any

__all__ = ["NOTHING_SAID", "About"]


@dataclass(frozen=True)
class About:
    """What a result says of its spectrum.

    Args:
        name: Title for the report; "" for that of the kind of search.
        source: Where the spectrum came from.
        roles: What every part of it was taken for; what `read_spectrum` says if not given.
        digest: Of its numbers.
    """

    name: str = ""
    source: str = "a spectrum"
    roles: tuple[str, ...] = ()
    digest: str = ""

    def of(self, spectrum: Any, name: str) -> "About":
        """The same, with what a spectrum says itself and a title where there is none."""
        roles = self.roles or tuple(getattr(spectrum, "roles", ()))
        return replace(self, name=self.name or name, roles=roles)


NOTHING_SAID = About()
"""What is known without being told."""
