"""Files of a Zenodo record: what the record says of them, and their bytes, as far as they come."""

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from anomalon.core.errors import DataError
from anomalon.core.provenance import anomalon_version

__all__ = ["Interrupted", "NotThere", "RecordFile", "Unreachable", "files_of", "opened"]

_SECONDS = 60.0
"""Without an answer, after which a host counts as gone."""
_CHECKSUM = re.compile(r"md5:[0-9a-f]{32}")


class Unreachable(Exception):
    """No host answers, or not as one should."""


class NotThere(Unreachable):
    """The host answers that there is no such record or file."""


class Interrupted(Exception):
    """The connection broke while bytes came."""


@dataclass(frozen=True)
class RecordFile:
    """One file of a record, as the record describes it.

    Args:
        record: Number of the record.
        name: Of the file.
        size: Bytes.
        md5: 32 hexadecimal digits.
        url: Where its bytes are.
    """

    record: int
    name: str
    size: int
    md5: str
    url: str


def files_of(record: int, host: str) -> tuple[RecordFile, ...]:
    """The files of a record, from `HOST/api/records/NUMBER`.

    Raises:
        Unreachable: If the host does not answer.
        NotThere: If it has no such record.
        DataError: If its answer is none of Zenodo's.
    """
    url = f"{host}/api/records/{record}"
    with opened(url) as (answer, _):
        text = answer.read()
    try:
        entries = json.loads(text)["files"]
        return tuple(_file(record, entry, url) for entry in entries)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{url}: expected a record with files, their sizes and MD5 sums, got something else "
            f"({type(error).__name__}: {error})."
        ) from error


def _file(record: int, entry: dict[str, Any], url: str) -> RecordFile:
    name, checksum = str(entry["key"]), str(entry["checksum"])
    if not _CHECKSUM.fullmatch(checksum):
        raise ValueError(f"checksum {checksum!r} of {name}")
    link = entry.get("links", {}).get("self", f"{url}/files/{quote(name)}/content")
    if urlsplit(link).scheme not in ("https", "http"):
        raise ValueError(f"address {link!r} of {name}")
    # A name is a name: what a record calls ../x does not leave the folder.
    return RecordFile(record, PurePosixPath(name).name, int(entry["size"]), checksum[4:], link)


@contextmanager
def opened(url: str, start: int = 0) -> Iterator[tuple[IO[bytes], int]]:
    """What is at an address, from byte `start` if the host can do that, and the first byte.

    Raises:
        Unreachable: If the host does not answer, or refuses.
        NotThere: If it says that there is nothing.
        Interrupted: If the connection breaks inside the block.
    """
    headers = {"User-Agent": f"anomalon/{anomalon_version()}"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        answer = urlopen(Request(url, headers=headers), timeout=_SECONDS)
    except HTTPError as error:
        kind = NotThere if error.code in (404, 410) else Unreachable
        error.close()
        raise kind(f"GET {url}: {error.code} {error.reason}") from error
    except (URLError, OSError, http.client.HTTPException) as error:
        why = getattr(error, "reason", None) or error
        raise Unreachable(f"GET {url}: {why or type(error).__name__}") from error
    with answer:
        try:
            yield answer, start if answer.status == 206 else 0
        except (OSError, http.client.HTTPException) as error:
            raise Interrupted(str(error) or type(error).__name__) from error
