"""`Hls`: the quantised model as C++ for synthesis (hls4ml), compiled with g++ and run.

Compiled without the tools of a vendor, with the types of arbitrary width that hls4ml brings: the
same arithmetic, bit by bit, as in the synthesised firmware.
"""

import contextlib
import io
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import MissingExtra
from anomalon.core.shown import Shown
from anomalon.export.firmware.keras import quietly
from anomalon.export.firmware.quantised import Quantised
from anomalon.export.packages import needed

__all__ = ["Hls", "compiled_hls"]

NAME = "anomaly"


@final
@dataclass(frozen=True, eq=False, repr=False)
class Hls(Shown):
    """A compiled project.

    Args:
        quantised: What it was made of.
        folder: Where its sources are.
        project: In the words of hls4ml.
    """

    quantised: Quantised
    folder: Path
    project: Any

    def scores_of(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """The emulated scores, shape (event,)."""
        with _silence():
            found = self.project.predict(np.ascontiguousarray(inputs, np.float32))
        return np.asarray(found, np.float64).reshape(-1)


def compiled_hls(quantised: Quantised, folder: Path) -> Hls:
    """Write the C++ of a quantised model into a folder, and compile its emulation.

    Raises:
        MissingExtra: If hls4ml or g++ is not installed.
    """
    with _silence():
        hls4ml = needed("hls4ml", "firmware as C++")
    if shutil.which("g++") is None:
        raise MissingExtra("g++", "trigger", "emulation of firmware in C++")
    # precisions are those of the quantised layers: the one given here would be noticed
    model = {"Precision": "ap_fixed<1,0>", "ReuseFactor": 1, "Strategy": "latency"}
    with _silence():
        project = hls4ml.converters.convert_from_keras_model(
            quantised.model,
            output_dir=str(folder),
            project_name=NAME,
            backend="Vitis",
            io_type="io_parallel",
            hls_config={"Model": model},
        )
        project.compile()
    return Hls(quantised, folder, project)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """hls4ml prints what it does, layer by layer."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with quietly(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)
