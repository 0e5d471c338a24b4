"""Data sets that others have published: where they are, how many events they have, who to cite."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from anomalon.core.errors import UnknownKey, suggest
from anomalon.core.plain import to_plain

__all__ = ["PUBLIC", "PublicDataset", "public_dataset"]

ZENODO = "https://zenodo.org"


@dataclass(frozen=True)
class PublicDataset:
    """A published file of events.

    Args:
        name: How `anomalon data download` calls it.
        what: For people.
        records: Numbers of the Zenodo records that it may be in. If there are several, nobody has
            noted which one it is: its file is told by `word`, and by its number of events.
        word: A part of the name of its file, without regard to case and without underscores.
        n_events: How many events it has; None if not known before it is there.
        label: The truth of all of them; None if it is not published.
        cites: Keys of `anomalon.core.bibliography.BIBLIOGRAPHY`.
        substitute: The sample shipped with anomalon that is simulated to be like it, if any.
        licence: Of the record; None if not known.
        size: Bytes; None if not known before the record is asked.
        md5: None if not known before the record is asked.
        simulation: What `anomalon simulate` calls events of this kind.
    """

    name: str
    what: str
    records: tuple[int, ...]
    word: str
    n_events: int | None
    label: int | None
    cites: tuple[str, ...] = ("Govorkova:2021hqu", "Govorkova:2021utb")
    substitute: str | None = None
    licence: str | None = None
    size: int | None = None
    md5: str | None = None
    simulation: str = "forty-mhz"

    @property
    def pages(self) -> tuple[str, ...]:
        """Where a person finds it."""
        return tuple(f"{ZENODO}/records/{record}" for record in self.records)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**to_plain(self), "pages": list(self.pages)}


# The four records of signals are known; which of them has which signal is not.
_SIGNALS = (7152590, 7152599, 7152614, 7152617)

# Jets of arXiv:2007.01850: names of files are known, numbers of events (about 100,000 of a signal)
# and licences are not.
_JETS, _JET_SIGNALS = (4641460,), (4614656,)


def _jets(name: str, what: str, records: tuple[int, ...], word: str, label: int) -> PublicDataset:
    return PublicDataset(
        name, what, records, word, None, label, ("Cheng:2020dal",), name, simulation="jets"
    )


_ENTRIES = (
    PublicDataset(
        "adc2021_background",
        "Standard Model events with a lepton: W, QCD, Z and tt",
        (5046389,),
        "background",
        13_451_915,
        0,
        substitute="forty_mhz_background",
    ),
    PublicDataset(
        "adc2021_black_box",
        "black box of the Anomaly Detection Data Challenge 2021, without truth",
        (5072068,),
        "blackbox",
        4_210_492,
        None,
    ),
    PublicDataset(
        "adc2021_a", "A (50 GeV) -> 4 leptons", _SIGNALS, "Ato4l", 55_969, 1,
        substitute="forty_mhz_a",
    ),
    PublicDataset(
        "adc2021_lq", "leptoquark (80 GeV) -> b tau", _SIGNALS, "leptoquark", 340_544, 1,
        substitute="forty_mhz_lq",
    ),
    PublicDataset(
        "adc2021_h0", "h0 (60 GeV) -> tau tau", _SIGNALS, "hToTauTau", 691_283, 1,
        substitute="forty_mhz_h0",
    ),
    PublicDataset(
        "adc2021_hplus", "h+ (60 GeV) -> tau nu", _SIGNALS, "hChToTauNu", 760_272, 1,
        substitute="forty_mhz_hplus",
    ),
    _jets("jets_qcd", "QCD jets with constituents", _JETS, "qcddijet", 0),
    _jets("jets_top", "top jets with constituents", _JET_SIGNALS, "top100k", 1),
    _jets("jets_w", "W jets with constituents", _JET_SIGNALS, "w100k", 1),
    replace(
        _jets(
            "jets_higgs", "jets of a heavy Higgs (174 GeV) to two others (80 GeV), with "
            "constituents", _JET_SIGNALS, "h3m174h80", 1,
        ),
        substitute=None,
    ),
)  # fmt: skip

PUBLIC = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""The public data sets by name. Their counts are those of the files; slides in circulation permute
those of the signals."""


def public_dataset(name: str) -> PublicDataset:
    """A public data set by name.

    Raises:
        UnknownKey: If there is none of that name.
    """
    if name not in PUBLIC:
        raise UnknownKey(f"no public data set '{name}'; {suggest(name, PUBLIC)}")
    return PUBLIC[name]
