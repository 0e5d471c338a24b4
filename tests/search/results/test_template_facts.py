"""What is said of the templates that classifiers were shown."""

import pytest

from anomalon.search.results.window import TemplateFacts


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (TemplateFacts("draws", 4000, 4000.0), []),
        (TemplateFacts("draws", 60, 45.0), []),  # few events, but all of them
        (TemplateFacts("simulation", 4000, 29.3), ["worth 29.3"]),
        (TemplateFacts("simulation", 60, 12.0), ["worth 12"]),
        (TemplateFacts("moved", 4000, 3000.0, 0.52, 0.004), []),
        (TemplateFacts("moved", 4000, 3000.0, 0.58, 0.04), []),  # may be chance
        (TemplateFacts("moved", 4000, 3000.0, 0.58, 0.01), ["0.580"]),
        (TemplateFacts("moved", 4000, 3000.0, 0.42, 0.01), ["0.420"]),
        (TemplateFacts("moved", 4000, 9.0, 1.0, 0.0), ["worth 9", "curve of 1"]),
    ],
)
def test_a_template_that_is_of_no_use_is_told(facts, said):
    assert len(facts.warnings) == len(said)
    for warning, words in zip(facts.warnings, said, strict=True):
        assert words in warning
        assert "may stay unseen" in warning
