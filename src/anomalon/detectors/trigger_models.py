"""Detectors of published triggers, as settings: nothing here was chosen on a signal.

| function | network | after |
|---|---|---|
| `base` | 60-32-8-2 | the base models of the ATLAS trigger poster |
| `improved` | 60-100-100-64-32-4 | its improved model; the network is that of HLTAD in GELATO |
| `latent_only` | 44-32-16-3, 57-32-16-3 | L1AD in GELATO (ATLAS); AXOL1TL (CMS), first versions |
| `embedded` | 57-29-10, then 10-9-6-4-6-9-10 | AXOL1TL since version 5 |

The first number is that of the events: 20 objects of pt, eta and phi are 60. What a source does not
say is as it is elsewhere here, and said below. `EnsembleDetector(base("l1"))` is several trainings
of one, `Distilled(base("l1"))` boosted trees of one, `dataclasses.replace` changes a setting.
"""

from math import pi
from typing import Literal, get_args

from anomalon.core import check
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.embedding import Embedding
from anomalon.detectors.learning import Learning
from anomalon.detectors.networks import FeedForward
from anomalon.detectors.reconstruction import Reconstruction
from anomalon.detectors.variational import Variational
from anomalon.features.per_kind import PerKind
from anomalon.features.trigger_objects import Divisors, Steps, TriggerObjects

__all__ = ["base", "embedded", "improved", "latent_only", "trigger_inputs"]

Level = Literal["l1", "hlt"]
Hardware = Literal["gelato", "axol1tl"]

_TOTAL = {"l1": 1.0, "hlt": 100.0}
_LEARNING = Learning(batch_size=512, halve_after=6, patience=9)  # HLTAD's, but for its step
_ONE = PerKind(1.0)


def _of_poster(total: float, floor: PerKind) -> TriggerObjects:
    """Momenta per event; angles as they are."""
    return TriggerObjects(
        floor=floor, phi="none", pt="per_event", total=total, divide=Divisors(_ONE, _ONE, _ONE)
    )


def base(
    level: Level, *, total: float | None = None, learning: Learning = _LEARNING
) -> Autoencoder:
    """The base models of the poster, whichever events they are trained on.

    All entries count in the loss, padding as well, and azimuths are compared as numbers.

    Args:
        level: "l1" or "hlt": the sum of pT of an event becomes 1 or 100.
        total: That sum, if it is another one. The table of the poster has 1 for its base models at
            both levels, and 100 for the improved one at the HLT.
        learning: How it is trained; the poster does not say.

    Raises:
        BadValue: If there is no such level.
    """
    check.one_of(level, "base: level", get_args(Level))
    inputs = _of_poster(_TOTAL[level] if total is None else total, PerKind())
    loss = Reconstruction(entries="all", circular=False)
    network = FeedForward((32, 8), "relu")
    return Autoencoder(network, 2, inputs, loss, l2=0.0, learning=learning)


def improved(level: Level, *, learning: Learning = _LEARNING) -> Autoencoder:
    """The improved model of the poster, which is trained on a mix (`mixed`) of samples.

    Padding does not count in the loss; jets below 50 GeV are no jets at the HLT.

    Args:
        level: "l1" or "hlt": the sum of pT of an event becomes 1 or 100.
        learning: How it is trained; the poster does not say.

    Raises:
        BadValue: If there is no such level.
    """
    check.one_of(level, "improved: level", get_args(Level))
    floor = PerKind(jet=50.0) if level == "hlt" else PerKind()
    inputs = _of_poster(_TOTAL[level], floor)
    loss = Reconstruction(circular=False)
    network = FeedForward((100, 100, 64, 32), "relu")
    return Autoencoder(network, 4, inputs, loss, l2=0.0, learning=learning)


def trigger_inputs(hardware: Hardware) -> TriggerObjects:
    """Events as the integers of a Level-1 trigger, which are shifted by whole bits.

    "gelato": pT in 0.1 GeV, eta in 1/40 and phi in 1/128 of a turn; shifts of 7, 5 and 5 bits, of
    6 and 5 for the missing momentum. "axol1tl": 0.5 GeV, 0.0435 and 1/144 of a turn, of muons
    0.010875 and 1/576; pT at the end of its range is dropped. The shifts of that one are ours, the
    published ones being measured on its events. Counts of the pT of muons begin at one, so the
    largest, 511, are 255 GeV.

    Raises:
        BadValue: If there is no such trigger.
    """
    if check.one_of(hardware, "trigger_inputs: hardware", get_args(Hardware)) == "gelato":
        return TriggerObjects(
            phi="none",
            divide=Divisors(PerKind(128.0, met=64.0), PerKind(32.0), PerKind(32.0)),
            step=Steps(PerKind(0.1), PerKind(1 / 40), PerKind(2 * pi / 128)),
            powers_of_two=True,
        )
    return TriggerObjects(
        saturated="drop",
        saturation=PerKind(met=2047.5, electron=255.5, photon=255.5, muon=255.0, jet=1023.5),
        phi="none",
        divide=Divisors(PerKind(64.0), PerKind(32.0, muon=128.0), PerKind(32.0, muon=128.0)),
        step=Steps(
            PerKind(0.5), PerKind(0.0435, muon=0.010875), PerKind(2 * pi / 144, muon=2 * pi / 576)
        ),
        powers_of_two=True,
    )


def latent_only(
    hardware: Hardware, *, beta: float = 0.1, learning: Learning = _LEARNING
) -> Variational:
    """A variational autoencoder that is judged by its encoder alone: the sum of mean².

    Args:
        hardware: "gelato" (44 numbers of 6 jets, 4 taus, 4 muons and the missing momentum, whose
            eta is a 45th here, always zero) or "axol1tl" (57).
        beta: Share of the divergence in the loss, beside the sum of squares of what is there;
            GELATO lets it go round from 0.1 to 0.85.
        learning: How it is trained.

    Raises:
        BadValue: If there is no such trigger.
    """
    return Variational(
        FeedForward((32, 16), "relu"),
        3,
        trigger_inputs(hardware),
        Reconstruction(reduce="sum"),
        beta=beta,
        score="mean_square",
        learning=learning,
    )


def embedded(*, learning: Learning | None = None) -> Embedding:
    """The encoder and autoencoder of AXOL1TL since its version 5.

    Objects are lost with probability 0.57 in training and events are turned, as published; the
    blur of 0.1 is ours.

    Args:
        learning: How both are trained; as `Embedding` says if None.
    """
    plain = Embedding()
    return Embedding(
        FeedForward((29,), "relu"),
        10,
        trigger_inputs("axol1tl"),
        drop=0.57,
        turn=True,
        hidden=(9, 6),
        n_middle=4,
        learning=learning or plain.learning,
        learning_back=learning or plain.learning_back,
    )
