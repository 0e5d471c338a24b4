from dataclasses import replace

import numpy as np
import pytest

from anomalon.stats.exchange import BinnedModel, to_combine


def read_card(card):
    """A card as Combine reads it: counts, rates, and (name, type, number, fields) of nuisances."""
    lines = [line.split() for line in card.splitlines() if line[0] not in "#-"]
    sizes = {line[0]: int(line[1]) for line in lines[:3]}
    (_, *channels), (_, *observed), (_, *bins), (_, *names), (_, *ids), (_, *rates) = lines[3:9]
    nuisances = []
    for name, kind, *fields in lines[9:]:
        number = int(fields.pop(0)) if kind == "gmN" else None
        nuisances.append((name, kind, number, fields))
    assert sizes["imax"] == len(channels) == len(observed)
    assert sizes["jmax"] == len(set(names)) - 1
    assert sizes["kmax"] == len(nuisances)
    width = len(channels) * 2
    assert len(bins) == len(names) == len(ids) == len(rates) == width
    assert all(len(fields) == width for *_, fields in nuisances)
    assert set(bins) == set(channels)
    signal = [i for i, number in enumerate(ids) if int(number) <= 0]
    assert [names[i] for i in signal] == ["signal"] * len(channels)
    return channels, [float(n) for n in observed], np.array(rates, dtype=float), nuisances


def test_a_count_with_a_control_region():
    model = BinnedModel(observed=4, background=2, signal=3, sigma_background=1, name="SR600")
    channels, observed, rates, nuisances = read_card(to_combine(model))
    assert channels == ["SR600"]
    assert observed == [4.0]
    assert rates.tolist() == [3.0, 2.0]
    ((_, kind, number, fields),) = nuisances
    assert (kind, number, fields) == ("gmN", 4, ["-", "0.5"])
    assert number * float(fields[1]) == rates[1]  # Combine insists on it
    assert float(fields[1]) * np.sqrt(number) == 1.0


def test_bins_have_a_channel_each():
    model = BinnedModel(
        observed=[51, 48, 10],
        background=[50, 52, 9],
        signal=[12, 11, 0],
        sigma_background=[3, 7, 0],
    )
    card = to_combine(model)
    channels, observed, rates, nuisances = read_card(card)
    assert channels == ["SR_1", "SR_2", "SR_3"]
    assert observed == [51.0, 48.0, 10.0]
    assert rates.tolist() == [12.0, 50.0, 11.0, 52.0, 0.0, 9.0]
    # 50^2/3^2 is no integer: log-normal, and the card says so
    assert nuisances[0][1:] == ("lnN", None, ["-", "1.06", "-", "-", "-", "-"])
    assert [float(f) for f in nuisances[1][3] if f != "-"] == [pytest.approx(1 + 7 / 52)]
    assert "# SR_1: log-normal in place of the gamma constraint" in card
    assert len(nuisances) == 2


def test_variations_are_one_nuisance_over_all_channels():
    model = BinnedModel(
        observed=[51, 48],
        background=[50, 40],
        signal=[12, 11],
        variations=[[5.0, -4.0], [0.0, 60.0]],
    )
    _, _, _, nuisances = read_card(to_combine(model))
    assert [n[1] for n in nuisances] == ["lnN", "lnN"]
    assert nuisances[0][3] == ["-", "0.9/1.1", "-", "1.1/0.9"]
    assert nuisances[1][3] == ["-", "-", "-", "0.01/2.5"]  # never a negative rate


def test_a_known_background_has_no_nuisance():
    card = to_combine(BinnedModel(observed=0, background=1.5, signal=1), name="note")
    assert read_card(card)[3] == []
    assert card.startswith("# note\n")


def test_gaussian_constraints_are_log_normal():
    model = BinnedModel(
        observed=4, background=2, signal=3, sigma_background=1, constraint="gaussian"
    )
    assert read_card(to_combine(model))[3][0][1:] == ("lnN", None, ["-", "1.5"])
    assert "in place of the gaussian" in to_combine(model)
    exact = to_combine(replace(model, constraint="log_normal"))
    assert read_card(exact)[3][0][1:] == ("lnN", None, ["-", "1.5"])
    assert "in place of" not in exact
