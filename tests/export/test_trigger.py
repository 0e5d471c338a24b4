import numpy as np
import pytest
from toy_trigger import found_trigger, trigger_background

pytest.importorskip("onnxruntime", reason="the extra `trigger` is not installed")

from anomalon.export import OnnxScorer


def test_a_trigger_is_exported_with_its_threshold(tmp_path):
    result = found_trigger(onnx=True)
    check = next(c for c in result.checks if c.what.startswith("the exported graph"))
    assert check.verdict == "passed"
    (tmp_path / "model.onnx").write_bytes(result.graph)
    graph = OnnxScorer(tmp_path / "model.onnx")
    assert graph.threshold == pytest.approx(result.model("mixed").point.threshold)
    events = trigger_background(500, seed=50)
    assert np.array_equal(graph.accepts(events), graph.score(events) >= np.float32(graph.threshold))
    assert "model.onnx" in result.exports()
