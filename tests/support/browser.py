"""Chromium, driven over its pipe: pages at any width, which a window of its own does not get."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

__all__ = ["Browser", "browser"]

# The protocol is spoken on descriptors 3 and 4.
_START = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page of a headless Chromium, that is told what to do in the DevTools protocol."""

    def __init__(self, to: RawIOBase, back: BufferedReader) -> None:
        self._to, self._back, self._n, self._session = to, back, 0, ""
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        attached = self.do("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.do("Page.enable")

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events on the way are passed over."""
        self._n += 1
        message = {"id": self._n, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._n:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, page: Path, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Load a file into a window of so many CSS pixels."""
        self.do(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.do("Emulation.setEmulatedMedia", features=[scheme])
        self.do("Page.navigate", url=page.as_uri())
        while self._read().get("method") != "Page.loadEventFired":
            pass

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript, a promise's when it has one."""
        answer = self.do(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def printed(self) -> bytes:
        """The page as PDF, on A4, with the margins of the page."""
        pdf = self.do("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(pdf["data"])

    def picture(self) -> bytes:
        """The whole page as PNG."""
        shot = self.do("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def _read(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._back.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("Chromium has gone")
            text += byte
        return json.loads(text)


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Browser]:
    """Start Chromium, and end it."""
    (child_reads, we_write), (we_read, child_writes) = os.pipe(), os.pipe()
    command = [sys.executable, "-c", _START, str(child_reads), str(child_writes), program]
    arguments = [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--remote-debugging-pipe", f"--user-data-dir={profile}",
    ]  # fmt: skip
    process = subprocess.Popen(
        [*command, *arguments], pass_fds=(child_reads, child_writes),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(child_reads)
    os.close(child_writes)
    try:
        with os.fdopen(we_write, "wb", buffering=0) as to, os.fdopen(we_read, "rb") as back:
            yield Browser(to, back)
    finally:
        process.terminate()
        process.wait(timeout=30)
