"""`distilled_trees`: boosted trees that learn the score of a detector, as firmware (conifer).

A student of few trees instead of a network, for any detector whose inputs are numbers or objects.
It regresses ln(score) on background (no event is called anomalous), in xgboost; conifer writes it
as C++ with fixed-point thresholds and sums, which is compiled with g++ and run. Unlike a quantised
network it is not exact: sums of floats are not sums of fixed-point numbers.
"""

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import TooFewEvents
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.seen import refuse_leaks
from anomalon.core.shown import Shown
from anomalon.detectors.base import FittedDetector, flattened
from anomalon.export.firmware.keras import quietly
from anomalon.export.packages import needed

__all__ = ["Trees", "distilled_trees"]

_LEAST = 1e-12  # of a score, before its logarithm


@final
@dataclass(frozen=True, eq=False, repr=False)
class Trees(Shown):
    """Boosted trees that stand for a detector.

    Args:
        fitted: The detector.
        student: The regressor of xgboost.
    """

    fitted: FittedDetector
    student: Any

    def inputs(self, events: Events) -> NDArray[np.float32]:
        """What the trees see, shape (event, input): the inputs of the detector."""
        return flattened(self.fitted.inputs(events))

    def scores_of(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """ln(score) as the trees have it, shape (event,)."""
        return np.asarray(self.student.predict(inputs), np.float64)

    def emulated(
        self, inputs: NDArray[np.float32], folder: Path, *, bits: int = 24, whole: int = 8
    ) -> NDArray[np.float64]:
        """The same by fixed-point firmware, written into a folder and compiled with g++.

        Args:
            inputs: Of events.
            folder: Where its sources go.
            bits: Of all numbers.
            whole: How many of them are in front of the point, the sign among them.

        Raises:
            MissingExtra: If conifer or hls4ml, whose header files it takes, is not installed.
        """
        with quietly(), contextlib.redirect_stdout(io.StringIO()):
            hls4ml = needed("hls4ml", "firmware of trees")
            headers = Path(hls4ml.__file__).parent / "templates/vivado/ap_types"
            os.environ.setdefault("XILINX_AP_INCLUDE", str(headers))
            conifer = needed("conifer", "firmware of trees")
            settings = conifer.backends.xilinxhls.auto_config()
            settings |= {"OutputDir": str(folder), "Precision": f"ap_fixed<{bits},{whole}>"}
            model = conifer.converters.convert_from_xgboost(self.student, settings)
            model.compile()
            return np.asarray(model.decision_function(inputs), np.float64).reshape(-1)


def distilled_trees(
    fitted: FittedDetector,
    background: Events,
    *,
    n_trees: int = 20,
    depth: int = 3,
    seed: Seed | int = 0,
) -> Trees:
    """Train boosted trees on the score of a detector.

    Args:
        fitted: The detector, with scores above zero.
        background: To learn from.
        n_trees: How many.
        depth: Of each.
        seed: Of the training.

    Raises:
        Leak: If there is true signal among them, or events that are kept for the test.
        TooFewEvents: If there are none.
        MissingExtra: If xgboost is not installed.
    """
    n_trees = check.whole(n_trees, "trees: n_trees", 1, 10_000)
    depth = check.whole(depth, "trees: depth", 1, 20)
    refuse_leaks(background, "trees")
    if len(background) == 0:
        raise TooFewEvents("trees: expected events to learn from, got none.")
    xgboost = needed("xgboost", "distilled trees")
    target = np.log(np.maximum(fitted.score(background), _LEAST))
    student = xgboost.XGBRegressor(
        n_estimators=n_trees,
        max_depth=depth,
        learning_rate=0.3,
        n_jobs=1,
        random_state=Seed.of(seed).child("trees").integer(),
    )
    student.fit(flattened(fitted.inputs(background)), target)
    return Trees(fitted, student)
