"""`ExportJob`: a saved detector as ONNX and firmware, compared with itself on events."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.kinds import counted_kinds, refuse_other_kinds
from anomalon.core.seed import Seed
from anomalon.core.seen import SPLIT, part, to_learn_from, with_split
from anomalon.data import load, sample
from anomalon.detectors.base import FittedDetector
from anomalon.export.agreeing import Agreement, agreement
from anomalon.export.firmware.inputs import fit_for_firmware
from anomalon.export.firmware.made import MadeFirmware
from anomalon.export.firmware.making import WorkingPoint, make_firmware
from anomalon.export.firmware.settings import Firmware
from anomalon.export.onnx import export_onnx
from anomalon.export.onnx_scorer import OnnxScorer
from anomalon.export.result import ExportResult
from anomalon.export.scores import exportable
from anomalon.learn.engine.storage import load_scorer
from anomalon.run.job import HERE, Job, Workplace

__all__ = ["ExportForm", "ExportJob"]

ExportForm = Literal["onnx", "da4ml", "hls4ml", "verilog"]
"""A graph; firmware as logic or as C++, emulated; the Verilog of the logic, simulated."""

_SAMPLE = "forty_mhz_background"


@dataclass(frozen=True)
class ExportJob(Job):
    """A detector in other forms.

    Args:
        model: What `anomalon.learn.save_scorer` wrote.
        events: To compare decisions on, and to learn from; the shipped background at 40 MHz if
            None. A column `split` says which are which, else half of them are drawn for the
            comparison.
        forms: What is made.
        accepted: Share of the background, by its weights, that the threshold accepts, if there is
            none.
        threshold: Events of at least this score are accepted.
        firmware: Bits, training, clock.
        seed: Of the quantised training and the parts.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "export"
    help: ClassVar[str] = "Make ONNX and firmware of a saved detector, and prove that it agrees."

    model: Path
    events: Path | None = None
    forms: tuple[ExportForm, ...] = ("onnx",)
    accepted: float = 0.01
    threshold: float | None = None
    firmware: Firmware = field(default_factory=Firmware)
    seed: int = 0

    def __post_init__(self) -> None:
        check.fields(self, self.kind, accepted="(0, 1)", firmware=Firmware)
        forms = check.several(self.forms, "export.forms", len(get_args(ExportForm)))
        for form in forms:
            check.one_of(form, "export.forms", get_args(ExportForm))
        if not forms:
            raise BadValue(f"export.forms: expected some of {get_args(ExportForm)}, got none.")
        object.__setattr__(self, "forms", tuple(dict.fromkeys(forms)))
        if self.threshold is not None:
            check.number(self.threshold, "export.threshold")
        Seed.of(self.seed)

    @property
    def title(self) -> str:
        """What it is called while it runs, and on its page."""
        return f"Export of {self.model.name}"

    def run(self, place: Workplace = HERE) -> ExportResult:
        """Make the forms, and compare them.

        Raises:
            BadLayout: If the model is no detector of events, or these are not as it knows them.
            BadValue: If it has not these forms.
            MissingExtra: If a package of the extra `trigger` is missing.
        """
        fitted = load_scorer(self.model)
        if not isinstance(fitted, FittedDetector):
            raise BadLayout(
                f"{self.model}: expected a saved detector, got {type(fitted).__name__}."
            )
        firm = tuple(form for form in self.forms if form != "onnx")
        if "onnx" in self.forms:
            exportable(fitted)
        if firm:
            fit_for_firmware(fitted)
        point = self._point(fitted)
        made = None
        if firm:
            place.say("quantised training")
            made = make_firmware(
                fitted, point, firm, self.firmware, seed=Seed(self.seed).child("export")
            )
        return self._found(fitted, point, made)

    def _point(self, fitted: FittedDetector) -> WorkingPoint:
        """Events, and the threshold."""
        events = sample(_SAMPLE) if self.events is None else load(self.events)
        if not isinstance(events, Events):
            raise BadLayout(f"{self.events}: expected events with objects, got {events!r}.")
        _refuse_other_kinds(fitted, events, self.events)
        if SPLIT not in events.columns:
            events = with_split(events, test=0.5, seed=self.seed)
        learn, test = to_learn_from(events), part(events, "test")
        least = self.threshold
        if least is None:
            least = accepting(fitted.score(learn), learn.weight, self.accepted)
        return WorkingPoint(learn, test, least)

    def _found(
        self, fitted: FittedDetector, point: WorkingPoint, made: MadeFirmware | None
    ) -> ExportResult:
        onnx, graph = None, b""
        if "onnx" in self.forms:
            onnx, graph = compared_graph(fitted, point)
        return ExportResult(
            name=self.title,
            detector=repr(fitted.detector),
            source=point.test.source,
            n_learned=len(point.learn),
            threshold=point.threshold,
            onnx=onnx,
            firmware=made,
            citations=fitted.detector.cites,
            graph=graph,
        )


def _refuse_other_kinds(fitted: FittedDetector, events: Events, path: Path | None) -> None:
    """Events of another layout than those that the detector was fitted on."""
    known, has = fitted.inputs.layout.kinds, events.object_kinds
    if path is not None:
        remedy = ": these are events of another layout."
        refuse_other_kinds(has, known, str(path), "the model knows", remedy)
    elif Counter(known) != Counter(has):
        raise BadLayout(
            f"export.events: expected a file of background (--events), because the model knows "
            f"{counted_kinds(known)}, and the shipped background at 40 MHz has "
            f"{counted_kinds(has)}."
        )


def accepting(
    scores: NDArray[np.floating[Any]], weights: NDArray[np.floating[Any]], share: float
) -> float:
    """The score above which that share of the weights is.

    Args:
        scores: Shape (event,).
        weights: Shape (event,), not all zero.
        share: In (0, 1).

    Raises:
        BadNumbers: If a weight is negative.
        TooFewEvents: If all are zero.
    """
    check.non_negative(weights, "export: weights of the events")
    if not weights.sum() > 0:
        raise TooFewEvents("export: expected events with weights above zero, got none.")
    order = np.argsort(-scores, kind="stable")
    total = np.cumsum(weights[order])
    middle = (total - weights[order] / 2) / total[-1]
    return float(np.interp(share, middle, scores[order]))


def compared_graph(fitted: FittedDetector, point: WorkingPoint) -> tuple[Agreement, bytes]:
    """The ONNX graph beside the detector, and its file."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = export_onnx(fitted, Path(folder) / "model.onnx", point.threshold)
        found = agreement(
            fitted.score(point.test), OnnxScorer(path).score(point.test), point.threshold,
            names=("detector", "onnx"),
        )  # fmt: skip
        return found, path.read_bytes()
