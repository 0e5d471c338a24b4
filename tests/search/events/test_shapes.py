"""Arrays that pass between rooms have the axes that their annotations name."""

from dataclasses import fields
from typing import get_type_hints

import jaxtyping
import numpy as np
import pytest
from toy_search import background

from anomalon.background import Cwola
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn import BoostedTrees
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.method import Method
from anomalon.search.events.selection import MemberScores, Selection, score_members, select

WINDOW = Window(3000, 3600, 2400, 4200)


def fits(value, **swapped) -> bool:
    """Whether the arrays of a value fit its annotations; axes of one name have one length."""
    hints = get_type_hints(type(value))
    arrays = {f.name: getattr(value, f.name) for f in fields(value)} | swapped
    with jaxtyping.jaxtyped("context"):
        return all(
            isinstance(arrays[name], hint)
            for name, hint in hints.items()
            if isinstance(arrays[name], np.ndarray)
        )


@pytest.fixture(scope="module")
def scores():
    method = Method(
        background=Cwola(),
        classifier=BoostedTrees(n_trees=3),
        n_members=4,
        n_folds=3,
        subsample=0.5,
        decorrelate=None,
        efficiencies=(0.1,),
        fit=FitSettings(),
    )
    return score_members(background(3000).blind(), WINDOW, None, method, Seed(1))


def test_scores_of_members_and_cuts_have_their_axes(scores):
    events = background(3000)
    (selection,) = select(scores, events, WINDOW, (0.1,))
    assert isinstance(scores, MemberScores)
    assert isinstance(selection, Selection)
    assert fits(scores)
    assert fits(selection)
    assert scores.saw.shape == (3, 4, len(scores.fold))
    assert not fits(scores, saw=scores.saw.swapaxes(0, 1))  # members and folds are no synonyms
    assert not fits(scores, score=scores.score.T)
    assert not fits(scores, fold=scores.fold.astype(float))
