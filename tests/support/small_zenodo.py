"""A host that answers like Zenodo, on this computer, and can be told to misbehave."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class SmallZenodo:
    """Records with files; what was asked is in `asked`.

    Args:
        records: Number -> name of a file -> its bytes.

    Attributes:
        address: Where it listens.
        breaks_after: Bytes after which every answer breaks off; None for never.
        knows_ranges: Whether it answers a request for a part with a part.
        md5: What it says of every file, instead of the truth.
    """

    def __init__(self, records: dict[int, dict[str, bytes]]) -> None:
        self.records = records
        self.asked: list[tuple[str, str | None]] = []
        self.breaks_after: int | None = None
        self.knows_ranges = True
        self.md5: str | None = None
        self.address = ""

    def record(self, number: int) -> bytes:
        files = [
            {
                "key": name,
                "size": len(data),
                "checksum": f"md5:{self.md5 or hashlib.md5(data).hexdigest()}",
                "links": {"self": f"{self.address}/api/records/{number}/files/{name}/content"},
            }
            for name, data in self.records[number].items()
        ]
        return json.dumps({"id": number, "files": files}).encode()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.asked.append((request.path, wanted))
        found = re.fullmatch(r"/api/records/(\d+)(?:/files/([^/]+)/content)?", request.path)
        number, name = (int(found[1]), found[2]) if found else (0, None)
        if number not in self.records or (name and name not in self.records[number]):
            request.send_error(404)
            return
        data = self.records[number][name] if name else self.record(number)
        start = int(wanted[6:-1]) if wanted and self.knows_ranges else 0
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(data) - start))
        request.end_headers()
        end = None if self.breaks_after is None or not name else start + self.breaks_after
        request.wfile.write(data[start:end])


@contextmanager
def small_zenodo(records: dict[int, dict[str, bytes]]) -> Iterator[SmallZenodo]:
    """The host, as long as the block lasts."""
    zenodo = SmallZenodo(records)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            zenodo.answer(self)

        def log_message(self, *args: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    zenodo.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield zenodo
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
