"""Validation: the whole search on samples without signal, and what follows for it.

* `families`: which generator is no relative of the template under test.
* `samples`: settings: a control selection, a simulation, up-down-sampling.
* `mocks`: data sets drawn from a generator.
* `prepared`: settings and data to data sets.
* `pieces`: the search of one data set.
* `judging`: pulls to verdicts and non-closure; `assembling`, to a result.
* `job`: `Validation`, and `ValidationJob`, which does it from files.
"""
