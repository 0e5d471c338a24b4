"""Lines of a text, and the tables among them: what stands between empty lines or headers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Line", "Part", "parts_of"]

_END = re.compile(r"\r\n|\r|\n")
_COMMENT = ("#", "%", "//")
# Lines under the names of a table in Markdown; what Excel wants to know.
_RULER = re.compile(r"\s*[|+:=-][|+:=\s-]*[-=][|+:=\s-]*|\s*sep=.\s*")
_NAME = re.compile(r"#:\s*name:\s*(.+)")

Line = tuple[int, str]
"""Its number from 1, and its text."""


@dataclass(frozen=True)
class Part:
    """Lines that belong together.

    Args:
        lines: Without comments and empty lines.
        comments: Those before the first of the lines.
        name: What a comment of HEPData calls it, or "".
        from_hepdata: Whether it has comments of HEPData.
    """

    lines: tuple[Line, ...]
    comments: tuple[str, ...]
    name: str
    from_hepdata: bool


def parts_of(text: str) -> list[Part]:
    """The parts of a text between empty lines. Comments do not end a part."""
    parts = list(_parts(text))
    hepdata = any(part.from_hepdata for part in parts)
    name, named = "", []
    for part in parts:  # a name holds for all tables until the next
        name = part.name or name
        named.append(Part(part.lines, part.comments, name, hepdata))
    return named


def _parts(text: str) -> Iterator[Part]:
    lines: list[Line] = []
    comments: list[str] = []
    for number, line in enumerate([*_END.split(text), ""], 1):
        if line.lstrip().startswith(_COMMENT) or _RULER.fullmatch(line):
            if not lines:
                comments.append(line.strip())
        elif line.strip(" \t,;"):
            lines.append((number, line))
        elif lines:
            name = next((found[1] for c in comments if (found := _NAME.match(c))), "")
            hepdata = any(c.startswith("#:") for c in comments)
            yield Part(tuple(lines), tuple(comments), name.strip(), hepdata)
            lines, comments = [], []
