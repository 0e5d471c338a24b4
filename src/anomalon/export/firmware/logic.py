"""`Logic`: the quantised model as adders and shifts (da4ml), emulated, estimated, as Verilog.

Distributed arithmetic (Sun et al., arXiv:2507.04535): products with constants become sums of
shifted values, so there is no multiplier but those of the squares. The emulation is exact, bit by
bit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core.shown import Shown
from anomalon.export.firmware.keras import quietly
from anomalon.export.firmware.made import Estimate
from anomalon.export.firmware.quantised import Quantised
from anomalon.export.firmware.settings import Firmware
from anomalon.export.packages import needed

__all__ = ["NAME", "Logic", "traced"]

NAME = "anomaly"
"""Of the module in Verilog."""


@final
@dataclass(frozen=True, eq=False, repr=False)
class Logic(Shown):
    """The same function as the quantised model.

    Args:
        quantised: What it was made of.
        combinational: In the words of da4ml.
    """

    quantised: Quantised
    combinational: Any

    @property
    def fraction_bits(self) -> int:
        """Of the score."""
        return int(np.max(np.asarray(self.combinational.out_kifs)[2]))

    def scores_of(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """The emulated scores, shape (event,)."""
        found = self.combinational.predict(np.ascontiguousarray(inputs, np.float64), n_threads=1)
        return np.asarray(found, np.float64).reshape(-1)

    def integer_threshold(self, threshold: float) -> int:
        """The smallest whole number of score that reaches a threshold, score being an integer.

        Firmware has the score as a whole number of 2^-`fraction_bits`.
        """
        return int(np.ceil(threshold * 2.0**self.fraction_bits))

    def estimate(self, settings: Firmware) -> Estimate:
        """Size and latency with registers after so many levels."""
        stages = self._pipeline(settings)
        return Estimate(
            luts=float(self.combinational.cost),
            levels=float(max(self.combinational.latency)),
            cycles=len(stages.solutions),
            clock=settings.clock,
            register_bits=int(stages.reg_bits),
        )

    def _pipeline(self, settings: Firmware) -> Any:
        trace = needed("da4ml.trace", "an estimate of firmware")
        return trace.to_pipeline(self.combinational, settings.levels, verbose=False)

    def verilog(self, folder: Path, settings: Firmware) -> Any:
        """Write the project of the hardware description: sources, constraints, scripts.

        Returns:
            The project in the words of da4ml.
        """
        codegen = needed("da4ml.codegen", "Verilog")
        with quietly():
            project = codegen.RTLModel(
                self.combinational,
                NAME,
                folder,
                flavor="verilog",
                latency_cutoff=settings.levels,
                clock_period=settings.clock,
            )
            project.write()
        return project


def traced(quantised: Quantised) -> Logic:
    """The logic of a quantised model.

    Raises:
        MissingExtra: If da4ml is not installed.
    """
    converter = needed("da4ml.converter", "firmware logic")
    trace = needed("da4ml.trace", "firmware logic")
    with quietly():
        combinational = trace.comb_trace(*converter.trace_model(quantised.model))
    return Logic(quantised, combinational)
