"""What a conversion has read and written."""

from dataclasses import dataclass
from typing import ClassVar

from anomalon.core.event_file import EventFile
from anomalon.core.result import Check, Number, Part, Result, Summary, Text

__all__ = ["ConversionResult"]


@dataclass(frozen=True, eq=False)
class ConversionResult(Result):
    """A file of features, made of one of particles or jets.

    Args:
        source: Name of the file that was read.
        layout: What it was recognised as.
        source_digest: SHA-256 of its bytes.
        n_read: Events of it that were read.
        n_dropped: Those with fewer than two jets, which are not in the new file.
        made: Digest of the events before they were written.
        file: What is in the new file, as it was read again.
        citations: Keys of the bibliography.
    """

    kind: ClassVar[str] = "conversion"

    source: str
    layout: str
    source_digest: str
    n_read: int
    n_dropped: int
    made: str
    file: EventFile
    citations: tuple[str, ...] = ()

    def checks(self) -> tuple[Check, ...]:
        """What has to hold of the new file."""
        n, left = self.file.n_events, self.n_read - self.n_dropped
        same = self.file.digest == self.made
        found = "as they were made" if same else "others than were made"
        return (
            Check(
                "events in the file",
                f"{n} of {self.n_read} read, {self.n_dropped} dropped",
                "passed" if n == left else "failed",
            ),
            Check("events, read again", found, "passed" if same else "failed"),
        )

    def summary(self) -> Summary:
        """How many events became how many, with which features."""
        checks, file = self.checks(), self.file
        names = ", ".join(column.name for column in file.features)
        dropped = self.n_dropped
        return Summary(
            kind="conversion",
            title=f"Conversion of {self.source}",
            status="done",
            verdict="Written",
            headline=f"{file.name}: {file.n_events} events, {dropped} dropped, features {names}",
            numbers=(
                Number("read", self.n_read, form="count", unit="events"),
                Number("dropped", dropped, form="count", unit="events"),
                *file.numbers(),
            ),
            ok=all(check.passed for check in checks),
            how="Events with fewer than two jets are dropped." if dropped else "",
            checks=checks,
            parts=(file.part(), self._source()),
            citations=self.citations,
        )

    def _source(self) -> Part:
        about = (
            Text("file", self.source),
            Text("layout", self.layout),
            Text("SHA-256", self.source_digest[:12]),
        )
        return Part("What was read", numbers=about)
