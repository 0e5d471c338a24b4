"""What is drawn of events of objects, and of jets."""

import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events
from toy_jets import toy_jets

from anomalon.data.overview import overview


def test_events_are_counted_by_kind():
    events = forty_mhz_events(20)
    sample = overview(events)
    assert {"pt_met", "n_jet", "ht"} <= set(sample.names)
    jets = events.of_kind("jet")
    np.testing.assert_array_equal(sample.column("n_jet"), jets.mask.sum(axis=1))


def test_jets_have_mass_and_substructure():
    jets = toy_jets(20)
    tau = {"tau1": np.arange(20.0), "tau2": np.full(20, 0.5)}
    sample = overview(jets.with_columns({**jets.columns, **tau}))
    np.testing.assert_array_equal(sample.column("n_constituent"), jets.mask.sum(axis=1))
    np.testing.assert_array_equal(sample.column("jet_mass"), jets.column("jet_mass"))
    assert sample.column("tau21")[:2].tolist() == [0, 0.5]
    assert "tau32" not in sample.names
    assert overview(jets).column("pt_constituent") == pytest.approx(jets.objects[:, 0, 0])
