"""Vectors of the CMS Level-1 trigger: real ones, and .npz files that are something else."""

import zipfile

import numpy as np
import pytest
from forty_mhz_events import forty_mhz_events

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadRows, BadValue, DataError
from anomalon.data import chunks, describe, load, read_spectrum
from anomalon.data.forty_mhz import write_forty_mhz


@pytest.mark.parametrize("name", ["data_2024_v1_3_0", "data_2022_v1_4_0", "mc_ttbar_2022_v1_4_0",
                                  "adt_v6"])  # fmt: skip
def test_real_vectors(real, name):
    path = real(f"l1/{name}.npz")
    events = load(path)
    arrays = np.load(path)
    assert len(events) == 3564
    np.testing.assert_array_equal(events.objects, arrays["adc_like"][:, :, :3])
    np.testing.assert_array_equal(events.mask, arrays["adc_like"][:, :, 3] > 0)
    np.testing.assert_array_equal(events.column("bx"), np.arange(3564))
    np.testing.assert_array_equal(events.column("passes_l1"), arrays["finor"] == 1)
    assert events.label is None


def test_real_integers_of_the_hardware_are_these_numbers(real):
    """Its steps: 0.5 GeV, 2 pi / 144 of a circle and 0.0435 of eta for electrons."""
    path = real("l1/data_2024_v1_3_0.npz")
    electrons = load(path).of_kind("electron")
    raw = np.load(path)["eg"][:, :4].astype(float)
    filled = electrons.mask
    np.testing.assert_allclose(electrons.feature("pt")[filled], 0.5 * raw[filled][:, 0])
    np.testing.assert_allclose(
        electrons.feature("eta")[filled], 0.0435 * raw[filled][:, 1], rtol=1e-5
    )
    turns = (electrons.feature("phi")[filled] - raw[filled][:, 2] * np.pi / 72) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-6)


def test_real_vectors_go_through_a_file(real, tmp_path):
    events = load(real("l1/data_2024_v1_3_0.npz"))
    again = load(write_forty_mhz(events, tmp_path / "l1.h5"))
    np.testing.assert_array_equal(again.objects, events.objects)
    np.testing.assert_array_equal(again.mask, events.mask)
    np.testing.assert_array_equal(again.column("passes_l1"), events.column("passes_l1"))


def vectors(n=10, **beside):
    events = forty_mhz_events(n)
    kinds = np.repeat([1, 2, 3, 4], [1, 4, 4, 10])
    particles = np.zeros((n, 19, 4), dtype=np.float32)
    particles[:, :, :3] = events.objects
    particles[:, :, 3] = np.where(events.mask, kinds, 0)
    return {"adc_like": particles} | beside


def test_any_bit_is_a_decision(tmp_path):
    bits = np.zeros((10, 64), dtype=np.uint8)
    bits[3, 63], bits[7, 0] = 128, 1
    path = tmp_path / "v.npz"
    np.savez_compressed(path, **vectors(algo=bits, bx=np.arange(10, dtype=np.int16), mu=np.ones(3)))
    events = load(path)
    assert np.flatnonzero(events.column("passes_l1")).tolist() == [3, 7]
    assert describe(path).unread == ("mu",)
    joined = Events.concatenate(list(chunks(path, size=3)))
    np.testing.assert_array_equal(joined.objects, events.objects)
    np.testing.assert_array_equal(joined.column("event"), np.arange(10))


def test_without_bits_there_is_no_decision(tmp_path):
    np.savez(tmp_path / "v.npz", **vectors())
    assert set(load(tmp_path / "v.npz").columns) == {"event"}


def test_the_final_decision_serves_where_there_are_no_bits(tmp_path):
    np.savez(tmp_path / "v.npz", **vectors(finor=np.arange(10, dtype=np.uint8) % 2))
    assert load(tmp_path / "v.npz").column("passes_l1").tolist() == [False, True] * 5


def test_impossible_numbers(tmp_path):
    arrays = vectors()
    arrays["adc_like"][6, 0, 2] = 6.0
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(BadRows, match=r"'adc_like': phi: .*first: 6\)"):
        load(tmp_path / "v.npz")


def test_other_arrays_are_refused_with_what_there_is(tmp_path):
    np.savez(tmp_path / "v.npz", x=np.ones((3, 2)), adc_like=np.ones((3, 18, 4)))
    with pytest.raises(
        BadLayout, match=r"'adc_like' of shape .* got 'x' \(3, 2\), 'adc_like' \(3, 18"
    ):
        load(tmp_path / "v.npz")


def test_no_pickle_is_read(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was read",))

    particles = np.empty((2, 19, 4), dtype=object)
    particles[:] = Trap()
    np.savez(tmp_path / "v.npz", adc_like=particles)
    with pytest.raises(BadLayout, match=r"expected an \.npz file with the array 'adc_like'"):
        load(tmp_path / "v.npz")


def test_options_of_tables_are_refused(tmp_path):
    np.savez(tmp_path / "v.npz", **vectors())
    with pytest.raises(BadValue, match=r"\['mass'\] are for tables"):
        load(tmp_path / "v.npz", mass="mjj")


def test_a_zip_file_is_still_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("events.csv", "a,b\n1,2\n")
        archive.writestr("words.npy", "no array")
    with pytest.raises(DataError, match=r"got a zip or \.npz file .*unpack a zip first"):
        load(tmp_path / "v.zip")


def test_half_a_file_is_broken(tmp_path):
    np.savez(tmp_path / "v.npz", **vectors())
    whole = (tmp_path / "v.npz").read_bytes()
    (tmp_path / "v.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"fetch a damaged \.npz again"):
        load(tmp_path / "v.npz")


def test_damaged_numbers_are_a_damaged_file(tmp_path):
    np.savez(tmp_path / "v.npz", **vectors(200))
    data = bytearray((tmp_path / "v.npz").read_bytes())
    data[-30_000:-29_980] = b"?" * 20
    (tmp_path / "v.npz").write_bytes(data)
    with pytest.raises(DataError, match="truncated or damaged"):
        load(tmp_path / "v.npz")


def test_it_is_no_spectrum(tmp_path):
    np.savez(tmp_path / "v.npz", **vectors())
    with pytest.raises(BadLayout, match="got npz"):
        read_spectrum(tmp_path / "v.npz")
    with pytest.raises(BadLayout, match="got npz"):
        read_spectrum(tmp_path / "v.npz", mass="mjj", edges=[1, 2])
    assert describe(tmp_path / "v.npz").gives == "Events"
