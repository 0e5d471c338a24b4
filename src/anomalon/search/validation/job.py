"""`Validation`: the whole search on samples without signal; `ValidationJob`: the same from files.

```toml
# everything that `anomalon search` takes, and

[[samples]]
kind = "control"
cut = "abs(dY) > 1.2"
data = { path = "control.parquet" }

[[samples]]
kind = "simulation"
data = { path = "other_generator.parquet" }

[[samples]]
kind = "resampled"
n = 20
```
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

from anomalon.core import check, config
from anomalon.core.bibliography import in_order
from anomalon.core.errors import BadValue
from anomalon.core.provenance import code_version
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.run import do
from anomalon.run.job import HERE, Job, Workplace
from anomalon.run.settings import decode, encode, refuse_unknown
from anomalon.search.events.citing import citations
from anomalon.search.events.job import DataSource, SearchJob
from anomalon.search.events.scan import Search
from anomalon.search.events.selector import columns_of
from anomalon.search.results.scan import DataInfo
from anomalon.search.results.validation import ValidationResult
from anomalon.search.validation.assembling import places
from anomalon.search.validation.pieces import Found, SearchPiece, Shared
from anomalon.search.validation.prepared import Fixed, Prepared, prepared
from anomalon.search.validation.samples import Control, Resampled, SignalFree, with_source

__all__ = ["Validation", "ValidationJob"]

# Raised when the same settings give other numbers.
_FORMAT = 1


@dataclass(frozen=True)
class Validation:
    """How a search is validated.

    Args:
        samples: Samples without signal.
        level: A window fails if pulls as wide as its own are less probable, with the non-closure of
            windows elsewhere among their uncertainties.
        chance: Pulls that are too wide, but not less probable than this, are taken for chance, and
            cost nothing; 1 to take whatever is likeliest.

    Raises:
        BadValue: If there is no sample, two have one name, or a number is outside (0, 1].

    Example:
        >>> Validation((Resampled(n=20), Control("abs(dY) > 1.2"))).samples[0].generator is None
        True
    """

    samples: tuple[SignalFree, ...]
    level: float = 0.001
    chance: float = 0.1

    def __post_init__(self) -> None:
        samples = check.several(self.samples, "samples", 1000)
        if not samples:
            raise BadValue("samples: expected at least one sample without signal, got none.")
        for i, sample in enumerate(samples):
            if not isinstance(sample, SignalFree):
                raise BadValue(f"samples[{i}]: expected a sample, got {check.shown(sample)}.")
        check.once([sample.title for sample in samples], "samples: names")
        object.__setattr__(self, "samples", samples)
        check.fields(self, "validation", level="(0, 1)", chance="(0, 1]")

    def run(
        self,
        search: Search,
        data: Sample,
        simulation: Sample | None = None,
        *,
        seed: Seed | int = 0,
        place: Workplace = HERE,
    ) -> ValidationResult:
        """Search every sample, and judge the pulls.

        Args:
            search: What is validated.
            data: What it searches: control selections and mock data are made of them.
            simulation: What it uses beside the data.
            seed: Root of all random numbers.
            place: Where it is done.

        Raises:
            ColumnMissing: If a sample lacks a column.
            TooFewEvents: If there are too few events to train a generator, or none passes a cut.
            BadValue: If a simulation is that of the search, or a generator is of the family of its
                background method.
            DidNotConverge: If the spectrum of the data cannot be fitted, for mock data.
        """
        seed = Seed.of(seed)
        data.required_mass("validation: data")
        _check_one_method(search)
        seeds = tuple(seed.child("validation", sample=one.title) for one in self.samples)
        given = tuple(
            prepared(one, search, data, simulation, of)
            for one, of in zip(self.samples, seeds, strict=True)
        )
        bare = replace(search, n_toys=0, validation=None)
        pieces = list(_pieces(bare, data, simulation, given, seeds))
        values = do(
            pieces,
            shared=Shared(bare, simulation, given, seeds),
            executor=place.executor,
            store=place.store,
            progress=place.progress,
        )
        found: dict[str, dict[int, list[Found]]] = {one.about.name: {} for one in given}
        for piece, rows in zip(pieces, values, strict=True):
            of_sample = found[given[piece.sample].about.name]
            of_sample.setdefault(piece.number, []).extend(map(Found.of, rows))
        _, selectors = search.selectors(data)
        return ValidationResult(
            name=search.name,
            samples=tuple(one.about for one in given),
            places=places(
                search.windows, selectors, search.efficiencies, found, (self.level, self.chance)
            ),
            level=self.level,
            chance=self.chance,
            settings=bare.settings,
            data=DataInfo(data.source, len(data), data.digest(), has_truth=data.label is not None),
            seed=seed.root,
            citations=in_order(*citations(bare, data), *_cited(given)),
        )


def _check_one_method(search: Search) -> None:
    if len(search.methods) > 1:
        raise BadValue(
            "search.background: expected one method to validate, got several. Validate each alone."
        )


def _pieces(
    search: Search,
    data: Sample,
    simulation: Sample | None,
    given: Sequence[Prepared],
    seeds: Sequence[Seed],
) -> Iterator[SearchPiece]:
    """A data set each; of a sample that has only one, a window each."""
    searched, selectors = search.selectors(data)
    used = (searched.digest(), "" if simulation is None else simulation.digest())
    how = (*search.methods, search.windows, selectors)
    of = config.digest(code_version(), _FORMAT, *how, used, list(map(str, seeds)))
    every = tuple(range(len(search.windows)))
    for k, sample in enumerate(given):
        name = sample.about.name
        if isinstance(sample, Fixed):
            for i in every:
                title = f"{name}, window {search.windows[i]} GeV"
                yield SearchPiece(of, sample.key, k, 0, (i,), title)
        else:
            for number in range(sample.about.n_sets):
                title = f"{name}, data set {number + 1}"
                yield SearchPiece(of, sample.key, k, number, every, title)


def _cited(given: Sequence[Prepared]) -> tuple[str, ...]:
    return tuple(key for one in given if not isinstance(one, Fixed) for key in one.cites)


@dataclass(frozen=True)
class ValidationJob(Job):
    """A validation from files, as `anomalon validate` does it.

    Args:
        search: The search with its data.
        validation: The samples.
    """

    kind: ClassVar[str] = "validate"
    help: ClassVar[str] = "Run a search on samples without signal."

    search: SearchJob
    validation: Validation = field(default_factory=lambda: Validation((Resampled(),)))

    def __post_init__(self) -> None:
        for sample in self.validation.samples:
            if isinstance(getattr(sample, "data", None), Sample):
                raise BadValue(
                    f"samples: {sample.title}: a job is repeated from files. Give a DataSource in "
                    "the place of the Sample."
                )

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Those of its table."""
        return (*SearchJob.keys(), "samples", "validation")

    @classmethod
    def of(cls, table: Mapping[str, Any], *, folder: str | Path = ".") -> Self:
        """The validation that a table, as read from TOML, describes.

        Args:
            table: What a search has; `samples`, a list of tables; `validation`, a table of levels.
            folder: Where relative paths are looked for first.
        """
        refuse_unknown(table, cls.keys(), "")
        known = SearchJob.keys()
        of_search = {key: table[key] for key in known if key in table}
        if isinstance(settings := of_search.get("search"), Mapping):
            # the file may be that of the search that uses this validation
            of_search["search"] = {k: v for k, v in settings.items() if k != "validation"}
        search = SearchJob.of(of_search, folder=folder)
        levels = table.get("validation", {})
        refuse_unknown(levels, ("level", "chance"), "validation")
        rows = check.several(table.get("samples", [{"kind": "resampled"}]), "samples")
        samples = [
            with_source(row, search.data, f"samples[{i}]", folder) for i, row in enumerate(rows)
        ]
        validation = decode(Validation, {**levels, "samples": samples}, "", folder=folder)
        return cls(search, validation)

    def table(self, folder: str | Path | None = None) -> dict[str, Any]:
        """The reverse of `of`."""
        v = self.validation
        rows = [_row(sample, folder) for sample in v.samples]
        levels = {"level": v.level, "chance": v.chance}
        return {**self.search.table(folder), "validation": levels, "samples": rows}

    def reads(self) -> dict[str, Path]:
        """The files of the search, and those of the samples."""
        files = super().reads() | self.search.reads()
        for i, sample in enumerate(self.validation.samples):
            source = getattr(sample, "data", None)
            mapping = None if source is None else source.options.get("mapping")
            if isinstance(mapping, str | Path):
                files[f"samples[{i}].data.mapping"] = Path(mapping)
        return files

    @property
    def title(self) -> str:
        """What it is called while it runs."""
        return f"Validation: {self.search.title}"

    def run(self, place: Workplace = HERE) -> ValidationResult:
        """Read the data and the samples, and search those."""
        cuts = [s.cut for s in self.validation.samples if isinstance(s, Control) and s.data is None]
        job = self.search
        if cuts:
            more = partial(columns_of, None, cuts)
            job = replace(job, data=job.data.with_columns(more))
        roles = job.roles()
        for line in roles:
            place.say(f"read {line}")
        data, simulation = job.load()
        samples = tuple(self._read(sample) for sample in self.validation.samples)
        validation = replace(self.validation, samples=samples)
        found = validation.run(job.search, data, simulation, seed=job.seed, place=place)
        return replace(found, roles=roles)

    def _read(self, sample: SignalFree) -> SignalFree:
        """The same with its events."""
        source = getattr(sample, "data", None)
        if not isinstance(source, DataSource):
            return sample
        search = self.search.search
        cuts = (*search.cuts, sample.cut) if isinstance(sample, Control) else search.cuts
        full = source.with_columns(partial(columns_of, search.score, cuts))
        return replace(sample, data=full.read())  # type: ignore[type-var]


def _row(sample: SignalFree, folder: str | Path | None) -> dict[str, Any]:
    source = getattr(sample, "data", None)
    if not isinstance(source, DataSource):
        return encode(sample, folder=folder)
    bare = encode(replace(sample, data=DataSource(Path())), folder=folder)  # type: ignore[type-var]
    return {**bare, "data": source.table(folder)}
