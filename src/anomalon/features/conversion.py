"""`Conversion`: particles or jets to a file of their features, as `anomalon data convert` does."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from anomalon.core import Events, Sample, check
from anomalon.core.atomic import check_writable
from anomalon.core.bibliography import cited
from anomalon.core.config import digest
from anomalon.core.errors import BadLayout, BadRows, BadValue
from anomalon.core.provenance import code_version
from anomalon.data import load, write
from anomalon.data.event_file import check_name, written
from anomalon.data.recognise import recognise
from anomalon.data.source import Source
from anomalon.features.conversion_result import ConversionResult
from anomalon.features.dijet import dijet
from anomalon.features.feature_sets import joined
from anomalon.features.subjettiness import Subjettiness
from anomalon.run import Serial
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.overwriting import refuse_overwriting
from anomalon.run.progress import Told
from anomalon.run.settings import flat, output
from anomalon.run.work import do

__all__ = ["Conversion", "DijetFeatures"]


@dataclass(frozen=True)
class DijetFeatures:
    """Which dijet features are made of an event (see `anomalon.features.dijet`).

    Args:
        radius: Anti-kT radius.
        pt_min: Smallest pT of a jet, in GeV.
        n_tau: Largest N of tau_N.
        betas: Exponents of tau_N.
        substructure: "ratios" of neighbouring tau_N, the "taus" themselves, or "both".
        feature_sets: Names of sets (`anomalon.features.FEATURE_SETS`) in place of `n_tau`, `betas`
            and `substructure`: their features, each once, and dR and dY.
        on_missing: What to do with events that have fewer than two jets: "raise" or "drop".

    Raises:
        BadValue: If a value is outside what is allowed, or sets are given beside what they say.
        UnknownKey: If there is no such set.
    """

    cites: ClassVar[tuple[str, ...]] = ("Cacciari:2011ma", "Cacciari:2008gp", "Thaler:2010tr")

    radius: float = 1.0
    pt_min: float = 20.0
    n_tau: int = 3
    betas: tuple[float, ...] = (1.0,)
    substructure: Literal["ratios", "taus", "both"] = "ratios"
    on_missing: Literal["raise", "drop"] = "raise"
    feature_sets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            radius="(0, 10]",
            pt_min="[0, inf)",
            n_tau=(1, 9),
            substructure=("ratios", "taus", "both"),
            on_missing=("raise", "drop"),
        )
        given = check.once(check.several(self.betas, "betas", 100), "betas")
        betas = tuple(check.number(beta, "betas", "(0, 1000]") for beta in given)
        if not betas:
            raise BadValue("betas: expected at least one exponent of tau_N, got none.")
        object.__setattr__(self, "betas", betas)
        sets = check.once(check.several(self.feature_sets, "feature_sets", 100), "feature_sets")
        object.__setattr__(self, "feature_sets", sets)
        joined(sets, "feature_sets")  # what is wrong with a name is said at once
        said = (self.n_tau, self.betas, self.substructure)
        if sets and said != (3, (1.0,), "ratios"):
            raise BadValue(
                f"feature_sets: {', '.join(sets)} say which features there are; expected neither "
                "`n_tau` nor `betas` nor `substructure` beside them, got "
                f"{self.n_tau}, {list(self.betas)}, '{self.substructure}'."
            )

    @property
    def names(self) -> tuple[str, ...] | None:
        """The features of the sets; None without any."""
        if not self.feature_sets:
            return None
        return tuple(dict.fromkeys((*joined(self.feature_sets, "feature_sets"), "dR", "dY")))

    def of(self, events: Events) -> Sample:
        """The features of some events."""
        return dijet(
            events,
            features=self.names,
            subjettiness=Subjettiness(self.betas, self.n_tau),
            substructure=self.substructure,
            radius=self.radius,
            pt_min=self.pt_min,
            on_missing=self.on_missing,
        )


@dataclass(frozen=True, kw_only=True)
class Conversion(Job):
    """A file of particles or jets, and the file of features that becomes of it.

    The file is read piece by piece, so that the 18 GB of the LHC Olympics need little memory.
    Finished pieces are kept until the new file is written.

    Args:
        raw: The file of particles or jets.
        out: The Parquet file to write.
        features: What is made of an event.
        stop: Event to stop before; all if None.
        size: Events in memory at a time.

    Raises:
        BadValue: If a value is outside what is allowed.
    """

    kind: ClassVar[str] = "data convert"
    help: ClassVar[str] = "Turn particles or jets into a table of dijet features."

    raw: Path
    out: Path = field(metadata=output)
    features: DijetFeatures = field(default_factory=DijetFeatures, metadata=flat)
    stop: int | None = None
    size: int = 5000

    def __post_init__(self) -> None:
        check.fields(self, "", raw=Path, out=Path, features=DijetFeatures, size=(1, check.MOST))
        check_name(self.out, "out")
        if self.stop is not None:
            check.fields(self, "", stop=(1, check.MOST))

    @property
    def title(self) -> str:
        """What it is called while it runs."""
        return f"{self.raw.name} -> {self.out.name}"

    def run(self, place: Workplace = HERE) -> ConversionResult:
        """Read, convert and write.

        Raises:
            BadLayout: If the file has neither particles nor jets.
            BadValue: If the new file would take the place of that which is read.
            DataError: If it cannot be read, or the new one not be written.
            TooFewEvents: If an event has fewer than two jets and is not to be dropped.
        """
        refuse_overwriting(self.reads(), self.writes())
        check_writable(self.out)
        source = recognise(self.raw)
        first, end = source.rows(0, self.stop)
        content = _digest_of(self.raw)
        made_of = digest("conversion", code_version(), content, self.features)
        pieces = [
            _Rows(made_of, start, min(start + self.size, end))
            for start in range(first, end, self.size)
        ]
        sample = Sample.concatenate(self._converted(source, pieces, place))
        dropped = end - first - len(sample)
        note = f" ({dropped} of {end - first} events with fewer than two jets dropped)"
        write(replace(sample, source=f"{self.raw.name}{note if dropped else ''}"), self.out)
        if place.store is not None:
            place.store.forget(piece.key for piece in pieces)
        return ConversionResult(
            source=self.raw.name,
            layout=source.layout,
            source_digest=content,
            n_read=end - first,
            n_dropped=dropped,
            made=sample.digest(),
            file=written(self.out),
            citations=cited(self),
        )

    def _converted(self, source: Source, pieces: "list[_Rows]", place: Workplace) -> list[Sample]:
        """The samples of all pieces, in order."""
        tell = place.progress
        try:
            values = do(
                pieces,
                shared=(self.raw, self.features),
                executor=Serial() if len(pieces) == 1 else place.executor,
                store=place.store,
                progress=None
                if tell is None
                else lambda n, of, what: tell(n, of, Told.of(what).reworded("events")),
                sizes=[piece.stop - piece.start for piece in pieces],
            )
        except BadRows:  # an error counts the rows of all pieces, not of the first that has some
            for _ in source.pieces(self.size, pieces[0].start, pieces[-1].stop):
                pass
            raise
        return [Sample(**{**value, "names": tuple(value["names"])}) for value in values]


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class _Rows:
    """Rows of a file to convert; gives the fields of a sample.

    Args:
        made_of: Digest of the file, the features and the code.
        start: First of them.
        stop: The one after the last.
    """

    made_of: str
    start: int
    stop: int

    @property
    def key(self) -> str:
        return digest("rows", self.made_of, self.start, self.stop)

    @property
    def what(self) -> str:
        return f"events {self.start} to {self.stop - 1}"

    def __call__(self, shared: tuple[Path, DijetFeatures]) -> Mapping[str, Any]:
        path, features = shared
        events = load(path, start=self.start, stop=self.stop)
        if not isinstance(events, Events):
            raise BadLayout(
                f"{path}: expected particles or jets to convert, got a table of features "
                f"{list(events.names)}, which needs no conversion."
            )
        sample = features.of(events)
        return {f.name: getattr(sample, f.name) for f in fields(sample)}
