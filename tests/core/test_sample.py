import dataclasses
import pickle

import numpy as np
import pytest

from anomalon import Sample, Search
from anomalon.background.cwola import Cwola
from anomalon.background.ideal import Ideal
from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, ColumnMissing, MassRequired
from anomalon.core.window import Window, sliding_windows
from anomalon.features.decorrelate import ConditionalQuantiles


def make(n=6, **changes):
    rng = np.random.default_rng(0)
    values = {
        "x": rng.normal(size=(n, 2)),
        "names": ("a", "b"),
        "mass": np.linspace(1000, 2000, n),
        "label": np.arange(n) % 2,
    } | changes
    return Sample(**values)


def test_defaults():
    s = make()
    assert len(s) == 6
    np.testing.assert_array_equal(s.weight, np.ones(6))
    np.testing.assert_array_equal(s.event, np.arange(6))


def test_slicing_keeps_identity_and_all_columns():
    s = make()[np.array([4, 1])]
    np.testing.assert_array_equal(s.event, [4, 1])
    np.testing.assert_array_equal(s.label, [0, 1])
    assert len(make()[-1]) == len(make()[2]) == 1
    assert make()[-1].event[0] == 5


def test_between_is_half_open():
    s = make()
    assert len(s.between(1000, 2000)) == 5


def test_blind_has_no_label_and_the_same_digest():
    assert make().blind().label is None
    assert make().blind().digest() == make().digest()


def test_digest_sees_all_else():
    base = make()
    changed = [
        make(x=base.x + 1e-9),
        make(mass=base.mass + 1),
        make(weight=np.full(6, 2.0)),
        make(event=np.arange(6)[::-1]),
        make(names=("a", "c")),
    ]
    assert len({s.digest() for s in [base, *changed]}) == 6


def test_select_and_column():
    s = make()
    np.testing.assert_array_equal(s.select(["b"]).x[:, 0], s.column("b"))
    with pytest.raises(ColumnMissing, match="did you mean 'tau21'"):
        make(names=("tau21", "b")).column("tau12")


def test_concatenate():
    s = Sample.concatenate([make(), make()])
    assert len(s) == 12
    assert s.label is not None
    assert Sample.concatenate([make(), make().blind()]).label is None
    with pytest.raises(BadLayout, match=r"\['a', 'b'\].*\['a', 'c'\]"):
        Sample.concatenate([make(), make(names=("a", "c"))])
    with pytest.raises(BadLayout):
        Sample.concatenate([])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"x": np.full((6, 2), np.nan)}, BadNumbers, r"feature 'a'.*6 of 6 rows \(first: 0, 1, 2"),
        ({"mass": np.full(6, np.inf)}, BadNumbers, "mass.*NaN or infinity"),
        (
            {"mass": np.array([1, 2, -3, 4, 5, 6])},
            BadNumbers,
            r"e\.g\. -3 in 1 of 6 rows \(first: 2",
        ),
        (
            {"label": [0, 1, 2, 0, 1, 2]},
            BadNumbers,
            r"label: .* got e\.g\. 2 in 2 of 6 rows \(first: 2",
        ),
        ({"label": [0.0, 0.5, 1, 1, 1, 1]}, BadNumbers, r"got e\.g\. 0\.5 in 1 of 6"),
        ({"names": ("a", "a")}, BadLayout, r"every name once, got \['a'\]"),
        ({"weight": np.ones(5)}, BadLayout, r"each of 6 events.*\(5,\)"),
        ({"label": np.ones(7)}, BadLayout, r"each of 6 events.*\(7,\)"),
        ({"names": ("a",)}, BadLayout, r"\(event, 1\).*\(6, 2\)"),
        ({"x": np.ones(6)}, BadLayout, r"\(event, 2\)"),
    ],
)
def test_bad_input_says_what_came(changes, error, message):
    with pytest.raises(error, match=message):
        make(**changes)


def test_pickles_for_worker_processes():
    s = pickle.loads(pickle.dumps(make()))
    assert s.digest() == make().digest()
    assert not s.x.flags.writeable


def without_mass():
    return make(mass=None, source="detector.csv")


def test_a_mass_is_not_required():
    s = without_mass()
    assert (s.has_mass, make().has_mass) == (False, True)
    assert s[2:4].mass is None
    assert Sample.concatenate([s, s]).mass is None
    assert repr(s) == "Sample(6 events, 3 signal, no mass, ['a', 'b'], from detector.csv)"
    assert s.digest() == pickle.loads(pickle.dumps(s)).digest() != make(mass=np.zeros(6)).digest()
    assert s.with_mass(np.linspace(1000, 2000, 6)).digest() == make().digest()


@pytest.mark.parametrize(
    "needs_it",
    [
        lambda s: s.between(1000, 2000),
        lambda s: Window(3000, 3600, 2400, 4200).check_inside(s),
        lambda s: ConditionalQuantiles().fit(s),
        lambda s: Cwola().fit(s, Window(3000, 3600, 2400, 4200)),
        lambda s: Ideal().fit(
            make(6, mass=[2500, 2700, 3100, 3200, 3700, 3800]),
            Window(3000, 3600, 2400, 4200),
            simulation=s,
        ),
        lambda s: Search(sliding_windows(2400, 4200), features=(("a", "b"),)).run(s),
    ],
)
def test_who_needs_a_mass_says_so(needs_it):
    with pytest.raises(MassRequired, match=r"from detector\.csv has none\. Give it with"):
        needs_it(without_mass())


def test_a_window_of_no_masses_is_an_error():
    with pytest.raises(MassRequired, match="window 3000-3600 GeV: expected the resonant mass"):
        Window(3000, 3600, 2400, 4200).in_signal_region(without_mass().mass)


def test_samples_with_and_without_mass_do_not_mix():
    with pytest.raises(BadLayout, match=r"memory has one and detector\.csv does not"):
        Sample.concatenate([without_mass(), make()])


def parts_of(s):
    return {
        "mask": s[s.x[:, 0] > 0],
        "slice": s[1:4],
        "rows": s[[4, 1]],
        "one": s[np.int64(2)],
        "none": s[[]],
        "select": s.select(["b"]),
        "with_x": s.with_x(np.zeros((6, 1)), ["c"]),
        "with_weight": s.with_weight(np.full(6, 2.0)),
        "with_mass": s.with_mass(np.ones(6)),
        "blind": s.blind(),
        "concatenate": Sample.concatenate([s, s[:2]]),
    }


@pytest.mark.parametrize("name", parts_of(make()))
def test_what_is_taken_apart_is_what_the_constructor_makes(name):
    part = parts_of(make())[name]
    fields = {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
    again = Sample(**fields)
    assert again.digest() == part.digest()
    for name, value in fields.items():
        other = getattr(again, name)
        assert type(other) is type(value)
        if isinstance(value, np.ndarray):
            assert (other.dtype, other.shape) == (value.dtype, value.shape)
            assert not value.flags.writeable


def test_trusted_parts_skip_the_checks_and_new_numbers_do_not(monkeypatch):
    s, seen = make(), []
    monkeypatch.setattr(check, "finite", lambda values, what: seen.append(what))
    for part in (s[:3], s[[0, 1]], s.select(["a"]), s.blind(), Sample.concatenate([s, s])):
        assert len(part)
    assert seen == []
    s.with_weight(np.ones(6))
    s.with_x(s.x)
    assert seen == ["memory: weight", "memory: feature 'a'", "memory: feature 'b'"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda s: s.with_x(np.full((6, 2), np.nan)), BadNumbers),
        (lambda s: s.with_x(np.ones((5, 2))), BadLayout),
        (lambda s: s.with_x(np.ones((6, 2)), ["a", "a"]), BadLayout),
        (lambda s: s.with_weight([1, 2]), BadLayout),
        (lambda s: s.with_weight([np.inf] * 6), BadNumbers),
        (lambda s: s.with_mass([-1.0] * 6), BadNumbers),
        (lambda s: s.select(["a", "a"]), BadLayout),
        (lambda s: s[np.ones(5, bool)], BadLayout),
        (lambda s: s[0.5], BadLayout),
        (lambda s: s[[0.5, 1.0]], BadLayout),
        (lambda s: s[[[0, 1]]], BadLayout),
        (lambda s: s[0, 1], BadLayout),
        (lambda s: s[...], BadLayout),
    ],
)
def test_bad_changes(change, error):
    with pytest.raises(error):
        change(make())


def test_shows_itself_in_little():
    many = make(x=np.zeros((6, 50)), names=tuple(f"<f{i}>" for i in range(50)))
    assert len(repr(many)) < 200
    page = many._repr_html_()
    assert "&lt;f0&gt;" in page
    assert "<f0>" not in page
    assert "mass (GeV)" in page
    assert page.count("<tr>") == 21
    assert "32 more rows" in page
    assert "no mass" in without_mass()._repr_html_()
    assert Sample(np.ones((0, 1)), ("a",))._repr_html_()
