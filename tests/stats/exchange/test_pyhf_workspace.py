import json

import numpy as np
import pyhf
import pytest

from anomalon.stats import cls_upper_limit
from anomalon.stats.exchange import BinnedModel, to_pyhf
from anomalon.stats.limits import ClsMethod, cls

# pyhf uses a deprecated part of jsonschema
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MODELS = {
    "one count": BinnedModel(observed=51, background=50, signal=12, sigma_background=3),
    "published example": BinnedModel(
        observed=[51, 48], background=[50, 52], signal=[12, 11], sigma_background=[3, 7]
    ),
    "known background": BinnedModel(observed=[4, 2, 0], background=[3, 2, 0.5], signal=[2, 3, 1]),
    "one bin known": BinnedModel(
        observed=[51, 48], background=[50, 52], signal=[12, 11], sigma_background=[0, 7]
    ),
    "gaussian": BinnedModel(
        observed=[51, 48],
        background=[50, 52],
        signal=[12, 11],
        sigma_background=[3, 7],
        constraint="gaussian",
    ),
    "log-normal": BinnedModel(
        observed=[51, 48, 2],
        background=[50, 52, 3],
        signal=[12, 11, 1],
        sigma_background=[3, 7, 0],
        constraint="log_normal",
    ),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("mu", [0.3, 1.0, 2.0])
def test_pyhf_gives_our_cls(name, mu):
    model = MODELS[name]
    workspace = pyhf.Workspace(json.loads(json.dumps(to_pyhf(model))))  # validates
    theirs = workspace.model()
    found = pyhf.infer.hypotest(mu, workspace.data(theirs), theirs, test_stat="qtilde")
    ours = cls(
        mu,
        model.observed,
        model.background,
        model.sigma,
        signal=model.signal,
        method=ClsMethod(constraint=model.constraint),
    )
    assert float(found) == pytest.approx(float(ours), abs=1e-4)


def test_the_published_number():
    """CLs(mu = 1) of pyhf's own documentation."""
    workspace = pyhf.Workspace(to_pyhf(MODELS["published example"]))
    model = workspace.model()
    observed = pyhf.infer.hypotest(1.0, workspace.data(model), model, test_stat="qtilde")
    assert float(observed) == pytest.approx(0.05251497, abs=1e-5)


def test_limits_are_within_the_bounds():
    """Also for a signal in units that make the limit a large number."""
    model = BinnedModel(observed=60, background=50, signal=0.01, sigma_background=3)
    ours = float(cls_upper_limit(60, 50, 3)) / 0.01
    workspace = to_pyhf(model, poi="strength")
    (parameter,) = workspace["measurements"][0]["config"]["parameters"]
    assert parameter["name"] == workspace["measurements"][0]["config"]["poi"] == "strength"
    assert parameter["bounds"][0][1] > 2 * ours
    made = pyhf.Workspace(workspace)
    limit = pyhf.infer.hypotest(ours, made.data(made.model()), made.model(), test_stat="qtilde")
    assert float(limit) == pytest.approx(0.05, abs=1e-3)


def test_variations_move_all_bins_together():
    """A single source that is proportional to the background is a normalisation uncertainty."""
    background, signal = np.array([50.0, 30.0]), np.array([5.0, 3.0])
    model = BinnedModel(
        observed=[55, 33], background=background, signal=signal, variations=0.1 * background
    )
    workspace = pyhf.Workspace(to_pyhf(model))
    made = workspace.model()
    found = pyhf.infer.hypotest(2.0, workspace.data(made), made, test_stat="qtilde")
    # signal and background have the same form: this is one bin with a Gaussian 10 %
    one = cls(2.0 * 8, 88, 80, 8, method=ClsMethod(constraint="gaussian"))
    assert float(found) == pytest.approx(float(one), abs=1e-4)


def test_variations_move_the_parts_of_a_background_together():
    bins = {"observed": [55, 33], "background": [50.0, 30.0], "signal": [5.0, 3.0]}
    together = BinnedModel(**bins, variations=[5.0, 3.0])
    apart = BinnedModel(**bins, variations=[5.0, 3.0], constraint="log_normal")
    found = []
    for model in (together, apart):
        workspace = pyhf.Workspace(to_pyhf(model))
        made = workspace.model()
        found.append(float(pyhf.infer.hypotest(2.0, workspace.data(made), made)))
    assert found[1] == pytest.approx(found[0], abs=1e-5)
