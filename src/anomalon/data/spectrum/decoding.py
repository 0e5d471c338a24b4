"""Bytes of a text as text, whatever wrote them."""

import codecs

from anomalon.core.errors import DataError

__all__ = ["decoded"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(content: bytes, where: str) -> tuple[str, str]:
    """The text, and a remark on its encoding if it is an unusual one.

    Raises:
        DataError: If it is no text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decode(content, encoding, where), ""
    if b"\0" in content:
        raise DataError(
            f"{where}: expected a table in text (CSV), got zero bytes in it: it is binary, or "
            "UTF-16 without a byte order mark. Save it as UTF-8."
        )
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        try:
            return content.decode("cp1252"), "the text is no UTF-8: read as Latin-1"
        except UnicodeDecodeError:  # bytes that Windows leaves free
            return content.decode("latin-1"), "the text is no UTF-8: read as Latin-1"


def _decode(content: bytes, encoding: str, where: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: expected text in {encoding.upper()}, as its first bytes say: {error}. It is "
            "truncated or damaged: fetch or write it again."
        ) from error
