"""CWoLa: the side bands stand for the background of the signal region.

Classification without labels, Metodiev, Nachman, Thaler, arXiv:1708.02949; as a resonance search,
Collins, Howe, Nachman, arXiv:1805.02664 and arXiv:1902.02634.

The optimal classifier of two mixtures of signal and background is the optimal classifier of signal
and background, if background looks the same in both. Here the mixtures are the signal region and
its side bands. When not to use it: features that depend on the mass break the "if"; decorrelate
them first.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from anomalon.background.base import BackgroundEstimator
from anomalon.background.template import Template
from anomalon.core.errors import TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window

__all__ = ["Cwola"]


@final
@dataclass(frozen=True)
class Cwola(BackgroundEstimator):
    """Both side bands as reference, each with the same total weight.

    A falling spectrum fills the lower side band more. With equal totals a feature that drifts
    linearly with the mass has the same mean in the reference as in the signal region.
    """

    kind: ClassVar[str] = "cwola"
    cites: ClassVar[tuple[str, ...]] = (
        "Metodiev:2017vrx",
        "Collins:2018epr",
        "Collins:2019jip",
    )
    learns: ClassVar[bool] = False  # it is made of side-band events and knows two sums of weights

    def _fit(
        self,
        data: Sample,
        window: Window,
        simulation: Sample | None,  # noqa: ARG002 - CWoLa needs none
        seed: Seed,  # noqa: ARG002 - nor random numbers
    ) -> Template:
        sidebands = data[window.in_sidebands(data.mass)]
        weight = sidebands.weight.copy()
        total = weight.sum()
        for name, side in (("lower", window.in_low_sideband), ("upper", window.in_high_sideband)):
            inside = side(sidebands.mass)
            own = np.sum(weight[inside])
            if not own > 0:
                raise TooFewEvents(
                    f"cwola: the {inside.sum()} events of the {name} side band of the window "
                    f"{window} GeV have no weight (sum {own:g}) in {data.source}."
                )
            weight[inside] *= total / (2 * own)
        return Template(
            sidebands.with_weight(weight),
            self.kind,
            f"{len(sidebands)} side-band events, each side with half of the weight",
        )
