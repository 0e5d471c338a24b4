"""The shipped samples of a trigger: what they hold, and that physics is as it should be."""

import numpy as np
import pytest

from anomalon.core.kinematics import energy_momentum
from anomalon.data import available, sample, sample_file
from anomalon.data.trigger import biased_sample
from anomalon.simulate.trigger_recipes import PROCESSES, SIGNALS, SLICES, trigger

SHIPPED = [name.removeprefix("trigger_") for name in available() if name.startswith("trigger_")]


@pytest.mark.parametrize("name", SHIPPED)
def test_each_has_both_levels_and_knows_its_truth(name):
    hlt, l1 = sample(f"trigger_{name}"), sample(f"trigger_{name}", level="l1")
    np.testing.assert_array_equal(hlt.column("event"), l1.column("event"))
    assert len(np.unique(hlt.column("event"))) == len(hlt)
    assert (hlt.label == int(name in SIGNALS)).all()
    if name in PROCESSES:
        assert len(hlt) >= 2000
        assert set(hlt.column("process")) == {PROCESSES[name]}
    fractions = np.bincount(hlt.column("split"), minlength=3) / len(hlt)
    wanted = [0.2, 0.05, 0.75] if name == "enhanced_bias" else [0.6, 0.15, 0.25]
    assert fractions == pytest.approx(wanted, abs=0.05)
    assert hlt.column("n_pv").mean() == pytest.approx(61, abs=2)  # those of jz2 and above


@pytest.mark.parametrize("name", [name for name in SHIPPED if name in SLICES])
def test_weights_of_slices_are_rates(name):
    found = sample(f"trigger_{name}")
    with sample_file(f"trigger_{name}") as path:
        drawn = biased_sample(path)
    assert drawn.rate == pytest.approx(trigger(name).stratum.rate)
    assert found.weight.sum() == pytest.approx(drawn.rate, rel=1e-4)
    np.testing.assert_allclose(drawn.weights(found), found.weight, rtol=1e-6)


@pytest.mark.skipif("enhanced_bias" not in SHIPPED, reason="enhanced bias is not shipped")
def test_enhanced_bias_closes():
    found = sample("trigger_enhanced_bias")
    with sample_file("trigger_enhanced_bias") as path:
        drawn = biased_sample(path)
    closed = drawn.closure(found)
    assert len(closed) == 13
    assert max(abs(c.pull) for c in closed) < 4
    assert found.weight.sum() == pytest.approx(31_575_960, rel=0.05)


@pytest.mark.skipif("enhanced_bias" not in SHIPPED, reason="enhanced bias is not shipped")
def test_the_first_level_keeps_what_has_a_hard_collision():
    """As at the LHC: about 100 kHz, and few of crossings that are nothing but pile-up."""
    found = sample("trigger_enhanced_bias")
    passed, soft = found.column("passes_l1"), np.isin(found.column("process"), [1, 2])
    kept = found.weight[passed].sum()
    assert 5e4 < kept < 1.5e5
    assert found.weight[passed & soft].sum() < 0.2 * kept


def test_leading_jets_rise_from_slice_to_slice():
    names = [name for name in sorted(SLICES) if name in SHIPPED]
    for level in ("hlt", "l1"):
        jets = [sample(f"trigger_{n}", level=level).of_kind("jet").objects[:, 0, 0] for n in names]
        medians = [np.median(pt) for pt in jets]
        assert (np.diff(medians) > 0).all()


@pytest.mark.skipif("hahm" not in SHIPPED, reason="not shipped")
def test_four_leptons_have_the_mass_of_the_higgs_boson():
    part = sample("trigger_hahm").of_kind("electron", "muon")
    rows = part.mask.sum(axis=1) == 4
    p4 = energy_momentum(*np.moveaxis(part.objects[rows], -1, 0), 0.0)
    total = np.where(part.mask[rows][:, :, None], p4, 0).sum(axis=1)
    mass = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    assert len(mass) > 100
    assert np.median(mass) == pytest.approx(125, rel=0.02)
