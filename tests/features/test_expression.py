"""Formulas mean what they say, and nothing that is not on the list is done."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon import Sample
from anomalon.core.errors import AnomalonError, BadNumbers, BadValue, ColumnMissing
from anomalon.features.expression import Expression

RNG = np.random.default_rng(1)
X = np.column_stack([RNG.normal(size=50), RNG.integers(0, 3, 50), RNG.exponential(size=50)])
SAMPLE = Sample(X, ("a", "n_b", "m(jj)"), np.ones(50))
A, B, M = X.T


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("-a", -A),
        (" +a ", A),
        ('"m(jj)" / 2', M / 2),
        ("a + n_b * 'm(jj)' ** 2 - 1", A + B * M**2 - 1),
        ("(a + 1) * 3", (A + 1) * 3),
        ("max(abs(a), sqrt(n_b))", np.maximum(abs(A), np.sqrt(B))),
        ("log10('m(jj)') + exp(min(a, 0))", np.log10(M) + np.exp(np.minimum(A, 0))),
        ("a < 0.5", A < 0.5),
        ("a < 0.5 and n_b != 1", (A < 0.5) & (B != 1)),
        ("a >= 0.5 or n_b == 1 and 'm(jj)' > 1", (A >= 0.5) | ((B == 1) & (M > 1))),
        ("not (a > 0 or n_b < 1)", ~((A > 0) | (B < 1))),
        ("-1 < a <= 1 < 'm(jj)'", (A > -1) & (A <= 1) & (M > 1)),
        ("a > 0\n  and n_b > 0", (A > 0) & (B > 0)),
        ("n_b > 0 and a / n_b > 0.2", (B > 0) & (A > 0.2 * B)),  # 0/0 does not matter where it is
        ("n_b == 0 or a / n_b > 0.2", (B == 0) | (A > 0.2 * B)),
    ],
)
def test_the_value_is_that_of_numpy(text, expected):
    formula = Expression(text)
    assert formula.kind == ("condition" if expected.dtype == bool else "number")
    np.testing.assert_allclose(formula.on(SAMPLE), expected, rtol=1e-14)


def test_columns_are_named_in_order_and_functions_are_none():
    formula = Expression("sqrt('m(jj)') > 3 and a < n_b and a > log(n_b)")
    assert formula.columns == ("m(jj)", "a", "n_b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a <", "at character 4.*not a formula"),
        ("a = 3", "at character 3.*not a formula"),
        ("a > 1 and n_b", "at character 11.*expected a condition, got the number `n_b`.*n_b == 1"),
        ("(a > 1) + 2", "at character 2.*expected a number, got the condition"),
        ("a & n_b", "write `and`"),
        ("~(a > 1)", "write `not`"),
        ("sqr(a)", "no function `sqr`; did you mean 'sqrt'"),
        ("min(a)", "`min` takes 2"),
        ("5", "expected the name of a column"),
        ("", "not a formula"),
        ("a > True", "got `True`"),
        ("a if a > 1 else 2", "at character 1"),
        ("a.b > 1", "got `a.b`"),
        ("a[0] > 1", "got"),
        ("__import__('os').system('true') > 1", "no function"),
        ("(lambda: 3)() > a", "no function"),
        ("[a for a in (1, 2)] > 1", "got"),
        ("f'{a}' > a", "got"),
        ("a > 1" + "0" * 400, "got"),
        ("-" * 900 + "a", "levels"),
        ("a +" * 400 + "a", "at most 1000 characters"),
        ("a > 1\0", "null"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, said):
    with pytest.raises(BadValue, match=said) as caught:
        Expression(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_column_that_is_not_there_is_named_with_the_nearest_one():
    with pytest.raises(ColumnMissing, match="'n_bb'; did you mean 'n_b'"):
        Expression("n_bb > 1").on(SAMPLE)


@pytest.mark.parametrize("text", ["log(a)", "a / n_b > 1", "1 / (n_b - n_b)", "not a / 0 > 1"])
def test_no_event_is_dropped_silently(text):
    sample = Sample(np.array([[0.0, 0.0, 1.0], [2.0, 1.0, 1.0]]), SAMPLE.names, np.ones(2))
    with pytest.raises(BadNumbers, match=r"in \d of 2 rows"):
        Expression(text).on(sample)


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("ab01.<>=()+-*/ notr\"'&|_[]{}:,é"), max_size=30))
def test_any_text_is_a_formula_or_refused(text):
    try:
        values = Expression(text).on(SAMPLE)
    except AnomalonError as error:
        values, said = np.zeros(50), str(error)
    else:
        said = ""
    assert "\n" not in said
    assert values.shape == (50,)
    assert np.isfinite(values).all()
