from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from toy_trigger import trigger_background, trigger_events

from anomalon.core.plain import from_plain, to_plain
from anomalon.detection import Named
from anomalon.detectors import Baseline, Learning
from anomalon.studies.trigger.claims import PosterClaims, claims_of, supported_rate
from anomalon.studies.trigger.models import (
    BASE_DIJET,
    BASE_EB,
    FLOORED,
    IMPROVED,
    SMALL,
    models_of,
)
from anomalon.trigger import Model, Operation, operate

QUICK = Learning(epochs=1)


@pytest.mark.parametrize(("level", "floor"), [("hlt", 50.0), ("l1", 0.0)])
def test_the_models_are_those_of_the_poster(level, floor):
    every = {one.named.name: one for one in models_of(level, QUICK)}
    best, base = every[IMPROVED].named.detector, every[BASE_EB].named.detector
    assert (best.network.hidden, best.n_latent) == ((100, 100, 64, 32), 4)
    assert (base.network.hidden, base.n_latent) == ((32, 8), 2)
    assert best.inputs.floor.of("jet") == floor if floor else True
    assert best.loss.entries == "masked"
    assert base.loss.entries == "all"
    assert list(every[BASE_EB].emphasis) == ["background"]
    assert "background" not in every[BASE_DIJET].emphasis
    mix = every[IMPROVED].emphasis
    assert mix["jz4"] < mix["jz1"]
    assert mix["background"] == sum(w for name, w in mix.items() if name != "background")


def test_one_thing_is_changed_at_a_time():
    every = {one.named.name: one.named.detector for one in models_of("hlt", QUICK)}
    best = every[IMPROVED]
    assert replace(every[SMALL], network=best.network, n_latent=best.n_latent) == best
    assert replace(every[FLOORED], inputs=best.inputs) == best


@cache
def result(rate, better):
    """Cuts in the place of models: HT finds hard signals, multiplicity does not."""
    stand_in = dict.fromkeys((BASE_EB, BASE_DIJET, SMALL, FLOORED), "met") | {IMPROVED: better}
    every = [Model(Named(Baseline(q), name)) for name, q in stand_in.items()]
    return operate(
        trigger_background(),
        every,
        Operation(rate, trainings=1, halvings=20, chosen=IMPROVED),
        signals={n: trigger_events(300, i, 110.0, 1.0, label=1)
                 for i, n in enumerate(("zz4l", "hahm"), 30)},
        samples={n: trigger_events(400, i, 15.0, 1.0) for i, n in enumerate(("jz1", "jz2"), 40)},
    )  # fmt: skip


def outcomes(found):
    return {claim.sentence: claim.outcome for claim in found.claims}


def test_sentences_hold_where_the_improved_model_finds_more():
    found = outcomes(claims_of(result(6000.0, "ht"), result(6000.0, "met")))
    improved = next(v for k, v in found.items() if "HAHMggf" in k)
    assert improved == "holds"
    assert next(v for k, v in found.items() if "low energy jets and" in k) == "holds"
    assert next(v for k, v in found.items() if "did not significantly" in k) == "holds"
    assert next(v for k, v in found.items() if k.startswith("HLT: the score follows")) == "holds"


def test_sentences_do_not_hold_where_it_does_not():
    found = outcomes(claims_of(result(6000.0, "met"), result(6000.0, "ht")))
    assert next(v for k, v in found.items() if "HAHMggf" in k) == "does not hold"
    assert next(v for k, v in found.items() if "did not significantly" in k) == "does not hold"


def test_of_what_has_no_threshold_nothing_can_be_said():
    found = outcomes(claims_of(result(0.5, "ht"), result(6000.0, "ht")))
    assert next(v for k, v in found.items() if "HAHMggf" in k) == "cannot be said"
    assert np.isnan(result(0.5, "ht").model(IMPROVED).point.threshold)


def test_claims_survive_json():
    found = claims_of(result(6000.0, "ht"), result(6000.0, "ht"))
    assert from_plain(PosterClaims, to_plain(found)) == found or to_plain(
        from_plain(PosterClaims, to_plain(found))
    ) == to_plain(found)
    assert "sentences hold" in found.summary().headline


def test_where_no_threshold_is_known_the_least_round_rate_is_named():
    refused = result(0.5, "ht")
    named = supported_rate(refused)
    assert named > 0.5
    assert f"{named:.0e}"[0] in "125"
    assert not any(m.point.why for m in result(named, "ht").models[:5])
    assert supported_rate(result(6000.0, "ht")) == 6000.0
