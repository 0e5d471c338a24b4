from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
import toy_trigger
from toy_trigger import (
    found_trigger,
    toy_models,
    trigger_background,
    trigger_events,
)

from anomalon.core import Events, Seed
from anomalon.core.errors import (
    BadLayout,
    BadNumbers,
    BadValue,
    ColumnMissing,
    Leak,
    MissingExtra,
    TooFewEvents,
    UnknownKey,
)
from anomalon.detection import Named
from anomalon.detection.training import TEST
from anomalon.detectors import Baseline
from anomalon.report.trigger_figures import trigger_drawings
from anomalon.trigger import Model, Operation, measured_rate, operate
from anomalon.trigger.checking import checks_of
from anomalon.trigger.dividing import divided
from anomalon.trigger.training import BACKGROUND

of_cuts = partial(toy_trigger.of_cuts, halvings=20)


@cache
def found():
    return found_trigger()


def scores_of(result, file, column):
    rows = result.scores["file"] == file
    return result.scores[column][rows], result.scores["weight"][rows]


@pytest.mark.parametrize("model", ["base", "mixed"])
def test_thresholds_have_their_rate_on_the_test_background(model):
    for i, point in enumerate(found().model(model).points):
        scores, hz = scores_of(found(), "background", f"{model}-{i + 1}")
        rate = measured_rate(scores >= point.threshold, hz)
        assert point.hz == pytest.approx(rate.hz)
        assert point.sigma == pytest.approx(rate.sigma)
        assert abs(point.hz - 6000.0) <= hz[scores >= point.threshold].max()


def test_shares_are_those_of_the_scores():
    for model in found().models:
        for i, point in enumerate(model.points):
            scores, _ = scores_of(found(), "hard", f"{model.name}-{i + 1}")
            assert model.signals[0].share[i] == pytest.approx(np.mean(scores >= point.threshold))


def test_the_test_part_stands_for_all_that_comes_in():
    working = found().working
    assert working.incoming_hz == pytest.approx(303_100.0)
    assert working.reaching_hz == pytest.approx(0.9 * 303_100.0, rel=0.03)
    assert working.reaching_sigma < 0.05 * working.reaching_hz
    _, hz = scores_of(found(), "background", "base-1")
    assert hz.sum() == pytest.approx(working.reaching_hz)


def test_only_what_reaches_the_trigger_is_judged():
    assert 0.8 < found().files[1].n_test / 250 < 1.0  # of the test quarter of 1000
    assert 0.85 < found().files[2].n_test / 500 < 0.95


def test_nothing_that_is_judged_was_learned_from():
    assert [model.seen for model in found().learned] == [0.0, 0.0]


def test_baselines_stand_beside():
    assert {"ht", "leading_pt", "met"} <= {model.name for model in found().baselines}
    ht = found().model("ht")
    assert len(ht.points) == 1
    assert ht.leading_pt[0] > 0.7
    assert found().model("leading_pt").leading_pt[0] == pytest.approx(1.0)


def test_pure_rates_leave_out_the_menu():
    total, pure = (
        of_cuts(4000.0, menu="passes_hlt"),
        of_cuts(4000.0, menu="passes_hlt", counting="pure"),
    )
    of_total, of_pure = (r.model("sum").points[0] for r in (total, pure))
    assert of_total.hz == of_total.total_hz
    assert of_pure.total_hz > of_pure.hz
    kept = pure.model("sum").signals[0]
    assert kept.median_pure < kept.median
    assert kept.gain == pytest.approx(kept.median_pure / kept.menu)


def test_items_are_counted_beside_the_model():
    result = found()
    (item,) = result.items
    assert (item.name, result.always) == ("passes_hlt", ("passes_l1",))  # nothing else reaches it
    assert item.hz == pytest.approx(result.working.menu_hz)
    total = result.model("mixed").point.total_hz
    assert 0 < item.shared_hz < min(item.hz, total)
    assert result.beside_items_hz == pytest.approx(total - item.shared_hz)


def test_incoming_rates_scale_the_weights():
    hz = of_cuts(2500.0).model("sum").points[0]
    scaled = of_cuts(25_000.0, incoming=3_031_000.0).model("sum").points[0]
    assert scaled.threshold == pytest.approx(hz.threshold)


def test_rates_of_the_test_part_have_the_errors_that_are_quoted():
    """Soft, heavy events do not pass, wherever they are: 40 of weight 100 beside 8000 of one."""
    pulls = []
    for seed in range(60):
        soft = trigger_events(40, 1000 + seed, 1.0, 4000.0)
        hard = trigger_events(8000, 2000 + seed, 60.0, 8000.0)
        events = Events.concatenate([soft, hard])
        passes = events.feature("pt")[:, 1:].max(axis=1) > 150.0
        truth = events.weight[passes].sum()  # of the whole file: the test part is drawn from it
        _, judged, _ = divided({BACKGROUND: events}, [], Operation(1000.0), Seed(seed))
        fired = judged.events[TEST].feature("pt")[:, 1:].max(axis=1) > 150.0
        hz = judged.hz[fired]
        share = len(judged.hz) / len(events)
        pulls.append((hz.sum() - truth) / np.sqrt((hz**2).sum() * (1 - share)))
    assert 0.8 < np.std(pulls) < 1.25
    assert abs(np.mean(pulls)) < 0.45


def test_what_reaches_the_trigger_has_the_error_of_a_ratio_if_what_comes_in_is_given():
    pulls = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        one = trigger_background(6000, seed=10 * seed)
        events = replace(one, weight=one.weight * rng.poisson(1.0, len(one)))
        every = Operation(1e3, incoming=303_100.0)
        working = divided({BACKGROUND: events}, [], every, Seed(seed))[2]
        assert (working.reaching_hz, working.reaching_sigma) == (pytest.approx(303_100.0), 0.0)
        after = replace(every, after="passes_l1")
        working = divided({BACKGROUND: events}, [], after, Seed(seed))[2]
        pulls.append((working.reaching_hz - 0.9 * 303_100.0) / working.reaching_sigma)
    assert 0.75 < np.std(pulls) < 1.3


def test_no_more_reaches_a_trigger_than_comes_in():
    background = trigger_background(400)
    for seed in range(5):
        _, judged, working = divided({BACKGROUND: background}, [], Operation(1e3), Seed(seed))
        assert working.reaching_hz == working.incoming_hz == pytest.approx(background.weight.sum())
        assert working.reaching_sigma == working.incoming_sigma > 0
        assert judged.hz.sum() != working.incoming_hz  # the test part has what it happens to have


def test_a_test_part_that_is_not_like_the_rest_is_a_failed_check():
    background = trigger_background()
    rng = np.random.default_rng(3)
    heavy = background.weight > 10.0
    other = np.where(rng.random(len(background)) < np.where(heavy, 0.25, 0.9), 2, 0)
    fair = np.where(rng.random(len(background)) < 0.5, 2, 0)
    for split, verdict in ((other, "failed"), (fair, "passed")):
        found = operate(
            background.with_columns({**background.columns, "split": split}),
            (Model(Named(Baseline("ht"), "sum")),),
            Operation(20_000.0, trainings=1, halvings=20),
        )
        told = {c.what: c.verdict for c in found.checks if c.where == "background"}
        assert told == {"the test part is a random part of the background": verdict}


def test_a_model_without_the_asked_rate_is_not_told_at_it():
    background = trigger_background()
    objects = background.objects.copy()
    objects[:, 0] = (50.0, 0.0, 0.0)  # all of one missing momentum
    flat = replace(background, objects=objects)
    found = operate(
        flat,
        (Model(Named(Baseline("met"), "flat")),),
        Operation(30_000.0, trainings=1, halvings=20, chosen="flat"),
        signals={"hard": trigger_events(50, 8, 200.0, 1.0, label=1)},
    )
    assert "instead of 30 000 Hz: too many" in headline(found).replace("\u202f", " ")


def test_a_sum_of_weights_that_few_events_carry_is_a_failed_check():
    def verdict(result):
        checks = {(c.what, c.where): c.verdict for c in checks_of(result)}
        return checks["the sum of weights is known", "sum"]

    result = of_cuts(2500.0, incoming=303_100.0)
    weight = trigger_background().weight
    assert result.working.scale_error == pytest.approx(np.sqrt((weight**2).sum()) / weight.sum())
    assert verdict(result) == "passed"
    few = replace(result.working, scale_error=2 * result.model("sum").point.sigma / 2500.0)
    assert verdict(replace(result, working=few)) == "failed"
    assert of_cuts(2500.0).working.scale_error == 0.0  # weights are in Hz


def test_a_rate_that_the_events_cannot_know_is_no_answer():
    result = of_cuts(0.5)
    summary = result.summary()
    assert summary.status == "no answer"
    assert not summary.ok
    assert "effective events" in summary.headline
    assert np.isnan(result.model("sum").signals[0].share).all()


def test_the_same_seed_gives_the_same_numbers():
    again = found_trigger()
    assert again.scores["mixed-2"].tolist() == found().scores["mixed-2"].tolist()
    assert again.summary().headline == found().summary().headline


def test_the_headline_is_about_the_last_model_and_names_the_best_cut():
    summary = found().summary()
    assert "mixed keeps" in summary.headline
    assert "a cut on" in summary.headline
    assert of_cuts(1500.0).chosen == "sum"


def test_a_cut_whose_steps_miss_the_rate_is_no_yardstick():
    result = found()
    best = next(one for one in result.baselines if f"a cut on {one.name}" in headline(result))
    off = replace(best.points[0], reached=False)
    missed = tuple(replace(m, points=(off,)) if m is best else m for m in result.models)
    assert f"a cut on {best.name}" not in headline(replace(result, models=missed))
    assert "a cut on" in headline(replace(result, models=missed))


def headline(result):
    return result.summary().headline


def bad(change, **operation):
    given = {
        "background": trigger_background(400), "models": (Model(Named(Baseline("ht"), "sum")),),
        "signals": {"hard": trigger_events(50, 8, 200.0, 1.0, label=1)}, "samples": {},
    }  # fmt: skip
    given |= change
    return operate(
        given["background"],
        given["models"],
        Operation(50_000.0, **{"trainings": 1} | operation),
        signals=given["signals"],
        samples=given["samples"],
    )


def test_bad_input_is_named():
    background = trigger_background(400)
    with pytest.raises(TooFewEvents, match="weights are all zero"):
        bad({"background": replace(background, weight=np.zeros(len(background)))})
    with pytest.raises(Leak, match="background: expected no true signal"):
        bad({"background": replace(background, label=np.ones(len(background)))})
    with pytest.raises(BadLayout, match=r"signals\.hard: expected signal alone"):
        bad({"signals": {"hard": trigger_events(50, 8, 200.0, 1.0)}})
    with pytest.raises(ColumnMissing, match="passes_l1"):
        bad({}, after="pases_l1")
    with pytest.raises(BadLayout, match=r"expected decisions .* 'n_pv'"):
        bad({}, menu="n_pv")
    with pytest.raises(ColumnMissing, match="fired_"):
        bad({}, items=["fired_*"])
    with pytest.raises(BadValue, match="pure rate"):
        Operation(1.0, counting="pure")
    with pytest.raises(UnknownKey, match=r"emphasis.*background"):
        bad({"models": (Model(Named(Baseline("ht"), "sum"), {"backgrund": 1.0}),)})
    with pytest.raises(UnknownKey, match="chosen"):
        bad({}, chosen="som")
    with pytest.raises(BadValue, match="at least one"):
        bad({"models": ()})
    with pytest.raises(BadValue, match="names"):
        bad({"samples": {"hard": background}})
    with pytest.raises(TooFewEvents, match="25 events"):
        bad({"background": background[:30]})
    none = {**background.columns, "passes_l1": np.zeros(len(background), bool)}
    with pytest.raises(TooFewEvents, match="that reach this trigger"):
        bad({"background": background.with_columns(none)}, after="passes_l1")
    with pytest.raises(BadValue, match="emphasis"):
        Model(toy_models()[0].named, {"background": 0.0})


def test_without_the_packages_onnx_is_refused_at_once(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match="trigger"):
        of_cuts(4000.0, onnx=True)


def test_a_menu_that_takes_everything_leaves_no_pure_rate():
    background = trigger_background(2000)
    every = {**background.columns, "passes_hlt": np.ones(len(background), bool)}
    found = bad({"background": background.with_columns(every)}, menu="passes_hlt", counting="pure")
    assert found.summary().status == "no answer"


def test_nearly_all_that_comes_in_is_a_rate():
    assert not of_cuts(290_000.0).model("sum").point.why


def test_weights_of_one_are_said_to_be():
    background = replace(trigger_background(4000), weight=np.ones(4000))
    found = operate(
        background,
        (Model(Named(Baseline("ht"), "sum")),),
        Operation(300.0, trainings=1, halvings=20),
    )
    assert any("1 Hz" in warning for warning in found.summary().warnings)
    assert not any("1 Hz" in warning for warning in of_cuts(6000.0).summary().warnings)


def test_shares_in_words_are_those_of_one_training():
    kept = found().model("mixed").signals[0]
    assert kept.median in kept.share
    assert kept.low <= kept.median <= kept.high


def test_where_a_rate_has_to_be_constant_it_is_checked():
    told = {c.what: c.verdict for c in of_cuts(6000.0).checks if c.where == "sum"}
    asked = of_cuts(6000.0, constant_in=["run"])
    checked = {c.what: c.verdict for c in asked.checks if c.where == "sum"}
    assert told["the rate does not depend on run"] == "for information"
    assert checked["the rate does not depend on run"] == "passed"


def test_any_column_of_numbers_may_have_to_be_constant():
    def of(column, values):
        background = trigger_background()
        events = background.with_columns({**background.columns, column: values(background)})
        found = operate(
            events,
            (Model(Named(Baseline("ht"), "sum")),),
            Operation(60_000.0, trainings=1, halvings=20, constant_in=(column,)),
        )
        what = f"the rate does not depend on {column}"
        return next(c.verdict for c in found.checks if c.where == "sum" and c.what == what)

    assert of("fill", lambda e: e.feature("pt")[:, 1:4].sum(axis=1)) == "failed"
    assert of("fill", lambda e: np.random.default_rng(0).integers(1, 4, len(e))) == "passed"
    assert of("odd", lambda e: np.arange(len(e)) % 2 == 0) == "passed"
    assert of("run", lambda e: np.full(len(e), 7)) == "not made"
    assert of("fill", lambda e: np.maximum(e.feature("pt")[:, 1] - 40.0, 0.0)) == "failed"
    assert (
        of("odd", lambda e: np.where(np.arange(len(e)) % 2, 1.0, np.nextafter(1, 2))) == "not made"
    )
    with pytest.raises(ColumnMissing, match="typo"):
        of_cuts(6000.0, constant_in=["typo"])
    with pytest.raises(BadLayout, match="constant_in: expected columns of finite numbers"):
        of("era", lambda e: np.where(np.arange(len(e)) < 9, "a", "b"))


def test_files_of_another_layout_are_refused():
    signal = trigger_events(50, 8, 200.0, 1.0, label=1)
    fewer = replace(
        signal, objects=signal.objects[:, :4], mask=signal.mask[:, :4],
        object_names=signal.object_names[:4], object_kinds=signal.object_kinds[:4],
    )  # fmt: skip
    with pytest.raises(BadLayout, match="1 met, 3 jet, 1 muon, got 1 met, 3 jet"):
        bad({"signals": {"hard": fewer}})
    order = [4, 0, 1, 2, 3]  # of the slots: no matter
    same = replace(
        signal, objects=signal.objects[:, order], mask=signal.mask[:, order],
        object_names=tuple(signal.object_names[i] for i in order),
        object_kinds=tuple(signal.object_kinds[i] for i in order),
    )  # fmt: skip
    kept = [bad({"signals": {"hard": s}}).model("sum").signals[0].share for s in (signal, same)]
    assert kept[0] == pytest.approx(kept[1], nan_ok=True)


def test_collisions_of_minus_one_make_no_fill():
    background = trigger_background()
    n_pv = np.where(np.arange(len(background)) < 200, -5, background.column("n_pv"))
    found = operate(
        background.with_columns({**background.columns, "n_pv": n_pv}),
        (Model(Named(Baseline("ht"), "sum")),),
        Operation(6000.0, trainings=1, halvings=20),
    )
    assert found.control is None
    assert not found.model("sum").point.why


def test_items_that_fire_always_are_left_out():
    background = trigger_background()
    every = {**background.columns, "fired_test": np.ones(len(background), bool)}
    found = operate(
        background.with_columns({**every, "fired_hard": every["passes_hlt"]}),
        (Model(Named(Baseline("ht"), "sum")),),
        Operation(6000.0, trainings=1, halvings=20, items=("fired_*",)),
    )
    assert found.always == ("fired_test",)
    assert [item.name for item in found.items] == ["fired_hard"]
    assert found.beside_items_hz > 0


def test_more_than_comes_in_cannot_be_asked_for():
    with pytest.raises(BadValue, match=r"rate: expected at most .* got 1e\+09 Hz"):
        of_cuts(1e9)
    with pytest.raises(BadValue, match=r"at most 99\.3 Hz"):
        bad({}, incoming=100.0)


def divided_with(**operation):
    background = trigger_background(400)
    return divided({BACKGROUND: background}, (), Operation(5000.0, **operation), Seed(1))


def test_columns_that_are_no_items_are_told_before_anything_is_trained():
    with pytest.raises(ColumnMissing, match="nope"):
        divided_with(items=("nope*",))
    with pytest.raises(BadLayout, match="Name another column than 'n_pv'"):
        divided_with(items=("n_*",))


def test_files_of_another_level_and_odd_weights_are_refused_at_once():
    signal = trigger_events(50, 8, 200.0, 1.0, label=1)
    with pytest.raises(BadLayout, match="same level"):
        bad({"signals": {"hard": replace(signal, object_kinds=("met",) + ("tau",) * 4)}})
    with pytest.raises(BadNumbers, match="hard: weight"):
        bad({"signals": {"hard": replace(signal, weight=-signal.weight)}})


def test_events_without_objects_are_no_leak():
    background = trigger_background(4000)
    empty = np.arange(len(background)) % 3 == 0
    mask = background.mask & ~empty[:, None]
    objects = np.where(mask[:, :, None], background.objects, 0)
    found = operate(
        replace(background, objects=objects, mask=mask), toy_models()[:1],
        Operation(60_000.0, trainings=1, halvings=20),
    )  # fmt: skip
    assert found.model("base").seen == 0.0


def test_a_menu_that_has_everything_leaves_no_pure_rate_but_a_page():
    background = trigger_background(400)
    every = replace(background, columns=background.columns | {"has": np.ones(len(background))})
    signal = trigger_events(50, 8, 200.0, 1.0, label=1)
    signal = replace(signal, columns=signal.columns | {"has": np.ones(len(signal))})
    result = bad({"background": every, "signals": {"hard": signal}}, menu="has", counting="pure")
    assert "at most 0 Hz" in result.summary().headline
    assert [drawing.kind for drawing in trigger_drawings(result)][:1] == ["planes"]
