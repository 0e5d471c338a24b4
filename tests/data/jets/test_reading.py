"""Jets of any origin become the same events: arrays, lists, rows, trees, and the public set."""

import re

import awkward as ak
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot
from toy_jets import toy_jets

from anomalon.core import Events, Particles
from anomalon.core.errors import (
    BadLayout,
    BadNumbers,
    BadRows,
    BadValue,
    ColumnMissing,
    DataError,
    UnknownKey,
)
from anomalon.data import chunks, load
from anomalon.features import clustered_jets

JETS = toy_jets(60, most=9)
N = JETS.mask.sum(axis=1)
PT, DETA, DPHI = (JETS.feature(name)[JETS.mask] for name in ("pt", "eta", "phi"))
ETA = DETA + np.repeat(JETS.column("jet_eta"), N)
PHI = np.arctan2(*(f(DPHI + np.repeat(JETS.column("jet_phi"), N)) for f in (np.sin, np.cos)))
NUMBERS = {"jpt": "jet_pt", "jeta": "jet_eta", "jphi": "jet_phi", "jmass": "jet_mass"}
RELATIVE = {"pt": "c_pt", "deta": "c_deta", "dphi": "c_dphi"}
ABSOLUTE = {"pt": "c_pt", "eta": "c_eta", "phi": "c_phi"}
CARTESIAN = {"px": "c_px", "py": "c_py", "pz": "c_pz", "energy": "c_e"}
OF_JETS = {"pt": "jpt", "eta": "jeta", "phi": "jphi", "mass": "jmass"}
BESIDE = {"weight": "w", "label": "truth", "event": "id"}


def flat() -> dict[str, np.ndarray]:
    """All numbers per constituent, jet by jet."""
    px, py, pz = PT * np.cos(PHI), PT * np.sin(PHI), PT * np.sinh(ETA)
    return {
        "c_pt": PT, "c_deta": DETA, "c_dphi": DPHI, "c_eta": ETA, "c_phi": PHI,
        "c_px": px, "c_py": py, "c_pz": pz, "c_e": PT * np.cosh(ETA),
    }  # fmt: skip


def per_jet() -> dict[str, np.ndarray]:
    beside = {"w": JETS.weight, "truth": JETS.label, "id": JETS.column("event")}
    return {name: JETS.column(column) for name, column in NUMBERS.items()} | beside


def lists() -> dict[str, ak.Array]:
    return {name: ak.unflatten(values, N) for name, values in flat().items()}


def parquet(path):
    columns = {name: values.to_list() for name, values in lists().items()}
    pq.write_table(pa.table(columns | per_jet()), path / "j.parquet", row_group_size=17)
    return path / "j.parquet", {}


def rows(path, suffix):
    table = {"jet": np.repeat(np.arange(len(N)) * 3, N)} | flat()
    table |= {name: np.repeat(values, N) for name, values in per_jet().items()}
    if suffix == "csv":
        text = [
            ",".join(table),
            *(",".join(map(repr, map(float, r))) for r in zip(*table.values(), strict=True)),
        ]
        (path / "j.csv").write_text("\n".join(text))
    elif suffix == "parquet":
        pq.write_table(pa.table(table), path / "j.parquet")
    else:
        with h5py.File(path / "j.h5", "w") as file:
            for name, values in table.items():
                file[name] = values
    return path / f"j.{suffix}", {"jet": "jet"}


def tree_of_jets(path, form="mktree"):
    with uproot.recreate(path / "j.root") as file:
        filled(file, form, "tree", lists() | per_jet())
    return path / "j.root", {}


def filled(file, form, name, columns):
    """A tree, or an RNTuple."""
    if form == "mkrntuple":
        file.mkrntuple(name, columns)
        return
    file.mktree(
        name,
        {n: v.type.content if isinstance(v, ak.Array) else v.dtype for n, v in columns.items()},
    )
    file[name].extend(columns)


def tree_of_events(path, form="mktree"):
    """Two jets per event, lists of lists as ROOT writes vectors, here by an index."""
    event, columns = np.arange(len(N)) // 2, flat()
    of_event = np.bincount(event)
    candidates = np.bincount(event, weights=N).astype(int)
    jet = np.repeat(np.arange(len(N)) % 2, N)
    rng = np.random.default_rng(5)
    order = np.lexsort((rng.random(len(jet)), np.repeat(event, N)))  # shuffled within events
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    starts = np.repeat(np.cumsum(candidates) - candidates, candidates)
    written = {
        **{name: ak.unflatten(values[order], candidates) for name, values in columns.items()},
        **{name: ak.unflatten(v, of_event) for name, v in per_jet().items() if name in NUMBERS},
        "link_jet": ak.unflatten(jet, candidates),
        "link_constituent": ak.unflatten(place - starts, candidates),
        "w": JETS.weight[::2], "truth": JETS.label[::2], "id": JETS.column("event")[::2],
    }  # fmt: skip
    with uproot.recreate(path / "e.root") as file:
        filled(file, form, "Events", written)
    return path / "e.root", {"index": {"jet": "link_jet", "constituent": "link_constituent"}}


CASES = {
    "parquet": parquet,
    "csv": lambda path: rows(path, "csv"),
    "rows in parquet": lambda path: rows(path, "parquet"),
    "rows in HDF5": lambda path: rows(path, "h5"),
    "tree of jets": tree_of_jets,
    "tree of events": tree_of_events,
    "ntuple of jets": lambda path: tree_of_jets(path, "mkrntuple"),
    "ntuple of events": lambda path: tree_of_events(path, "mkrntuple"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("roles", [RELATIVE, ABSOLUTE, CARTESIAN])
def test_jets_are_the_same_from_everywhere(tmp_path, case, roles):
    path, how = CASES[case](tmp_path)
    options = {"constituents": roles, "jets": OF_JETS, **BESIDE, **how}
    found = load(path, **options)
    k = len(JETS.object_names)
    assert found.object_kinds == ("constituent",) * 100
    np.testing.assert_array_equal(found.mask[:, :k], JETS.mask)
    np.testing.assert_allclose(found.objects[:, :k], JETS.objects, atol=3e-5, rtol=1e-5)
    for name in ("jet_pt", "jet_eta", "jet_phi", "jet_mass", "event", "n_constituents"):
        np.testing.assert_allclose(found.column(name), JETS.column(name), rtol=1e-6)
    wanted = JETS if "events" not in case else JETS[np.arange(60) // 2 * 2]
    np.testing.assert_array_equal(found.label, wanted.label)
    np.testing.assert_allclose(found.weight, wanted.weight)


@pytest.mark.parametrize("case", CASES)
def test_pieces_are_the_whole(tmp_path, case):
    path, how = CASES[case](tmp_path)
    options = {"constituents": RELATIVE, "jets": OF_JETS, **how, "n_constituents": 7}
    whole = load(path, **options)
    assert whole.objects.shape[1] == 7
    for size in (1, 7, 60):
        together = Events.concatenate(list(chunks(path, size=size, **options)))
        np.testing.assert_array_equal(together.objects, whole.objects)
        for name, values in whole.columns.items():
            np.testing.assert_array_equal(together.column(name), values)


@pytest.mark.parametrize("roles", [ABSOLUTE, CARTESIAN])
def test_axes_are_made_of_constituents_if_nobody_tells_them(tmp_path, roles):
    path, _ = parquet(tmp_path)
    found = load(path, constituents=roles)
    jets = Particles.polar(PT, ETA, PHI, np.concatenate([[0], np.cumsum(N)]))
    total = np.add.reduceat(jets.p4, jets.offsets[:-1])
    np.testing.assert_allclose(
        found.column("jet_pt"), np.hypot(total[:, 1], total[:, 2]), rtol=1e-5
    )
    energy = np.sqrt(
        (found.column("jet_pt") * np.cosh(found.column("jet_eta"))) ** 2
        + found.column("jet_mass") ** 2
    )
    np.testing.assert_allclose(energy, total[:, 0], rtol=1e-4)
    pt, _, phi = np.moveaxis(found.objects.astype(float), -1, 0)
    np.testing.assert_allclose((pt * np.sin(phi)).sum(axis=1) / pt.sum(axis=1), 0, atol=1e-5)
    assert (np.abs(phi) <= np.pi).all()


@pytest.mark.parametrize("kind", ["npz", "npy", "h5"])
def test_arrays(tmp_path, kind):
    path = tmp_path / f"j.{kind}"
    beside = {"truth": JETS.label, "w": JETS.weight, "mass": JETS.column("jet_mass")}
    if kind == "npy":
        np.save(path, JETS.objects)
        beside, options = {}, {}
    else:
        options = {"label": "truth", "weight": "w", "jets": {"mass": "mass"}, "key": "x"}
        options |= {"constituents": ["pt", "deta", "dphi"]}
        if kind == "npz":
            np.savez(path, x=JETS.objects, **beside)
        else:
            with h5py.File(path, "w") as file:
                for name, values in {"x": JETS.objects, **beside}.items():
                    file[name] = values
    found = load(path, **options)
    np.testing.assert_array_equal(found.objects, JETS.objects)
    np.testing.assert_array_equal(found.mask, JETS.mask)
    if beside:
        np.testing.assert_array_equal(found.label, JETS.label)
        np.testing.assert_array_equal(found.column("jet_mass"), JETS.column("jet_mass"))
    together = Events.concatenate(list(chunks(path, size=13, **options)))
    np.testing.assert_array_equal(together.objects, JETS.objects)


def test_the_last_axis_can_be_told(tmp_path):
    mixed = np.concatenate([JETS.objects[:, :, [2, 1, 0]], JETS.mask[:, :, None]], axis=2)
    np.savez(tmp_path / "j.npz", particles=mixed)
    found = load(tmp_path / "j.npz", constituents=["dphi", "deta", "pt", "-"])
    np.testing.assert_array_equal(found.objects, JETS.objects)
    with pytest.raises(BadValue, match="4 numbers per constituent"):
        load(tmp_path / "j.npz")
    with pytest.raises(BadValue, match="last axis"):
        load(tmp_path / "j.npz", constituents=["pt", "deta", "dphi"])
    with pytest.raises(BadValue, match="at most once"):
        load(tmp_path / "j.npz", constituents=["pt", "pt", "deta", "dphi"])
    np.savez(tmp_path / "two.npz", a=JETS.objects, b=JETS.objects)
    with pytest.raises(BadValue, match="key"):
        load(tmp_path / "two.npz")
    np.testing.assert_array_equal(load(tmp_path / "two.npz", key="b").objects, JETS.objects)
    np.savez(tmp_path / "none.npz", a=np.ones(4))
    with pytest.raises(BadLayout, match=r"jet, constituent, 3"):
        load(tmp_path / "none.npz")
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY\x01\x00 and nothing")
    with pytest.raises(DataError):
        load(tmp_path / "broken.npy")


def test_collections_of_nanoaod_are_named_by_their_prefix(tmp_path):
    path, _ = tree_of_events(tmp_path)
    with uproot.open(path) as file:
        arrays = file["Events"].arrays()
    written = {
        "PFCands_pt": arrays["c_pt"], "PFCands_eta": arrays["c_eta"],
        "PFCands_phi": arrays["c_phi"],
        "FatJet_pt": arrays["jpt"], "FatJet_eta": arrays["jeta"], "FatJet_phi": arrays["jphi"],
        "FatJet_mass": arrays["jmass"], "FatJet_tau1": arrays["jmass"],
        "FatJetPFCands_jetIdx": arrays["link_jet"],
        "FatJetPFCands_pFCandsIdx": arrays["link_constituent"],
    }  # fmt: skip
    with uproot.recreate(tmp_path / "nano.root") as file:
        filled(file, "mktree", "Events", written)
    found = load(
        tmp_path / "nano.root", constituents="PFCands", jets="FatJet", index="FatJetPFCands"
    )
    np.testing.assert_allclose(found.objects[:, :9], JETS.objects, atol=3e-5, rtol=1e-5)
    assert "tau1" in found.columns
    np.testing.assert_array_equal(found.column("event"), np.arange(60) // 2)
    with pytest.raises(BadValue, match="index"):
        load(tmp_path / "nano.root", constituents="PFCands", jets="FatJet")
    with pytest.raises(BadValue, match="jets"):
        load(tmp_path / "nano.root", constituents="PFCands", index="FatJetPFCands")
    wrong = {"jet": "FatJetPFCands_pFCandsIdx", "constituent": "FatJetPFCands_jetIdx"}
    with pytest.raises(BadLayout, match="count the"):
        load(tmp_path / "nano.root", constituents="PFCands", jets="FatJet", index=wrong)


def test_real_nanoaod_has_no_constituents_and_says_so(real):
    path = real("root/nanoAOD_2015_CMS_Open_Data_ttbar.root")
    with pytest.raises(ColumnMissing, match="PFNano"):
        load(path, constituents="PFCands", jets="FatJet", index="FatJetPFCands")


def test_real_delphes_trees_are_clustered(real):
    pytest.importorskip("fastjet", reason="jets are made by FastJet: install anomalon[simulate]")
    path = real("root/uproot-issue513.root")
    flow = ["EFlowTrack", "EFlowPhoton", "EFlowNeutralHadron"]
    particles = load(path, particles=flow)
    assert len(particles) == 10
    assert set(particles.object_kinds) == {"particle"}
    assert (np.diff(particles.feature("pt"), axis=1) <= 0).all()
    jets = clustered_jets(particles, radius=0.8, pt_min=30.0)
    assert len(jets) > 3
    assert (jets.column("jet_pt") > 30).all()
    total = np.hypot(
        (jets.feature("pt") * np.cos(jets.feature("phi"))).sum(axis=1),
        (jets.feature("pt") * np.sin(jets.feature("phi"))).sum(axis=1),
    )
    np.testing.assert_allclose(total, jets.column("jet_pt"), rtol=1e-4)
    pieces = Events.concatenate(list(chunks(path, size=3, particles=flow)))
    np.testing.assert_array_equal(pieces.objects, particles.objects)
    with pytest.raises(ColumnMissing, match="particles"):
        load(path, particles="EFlowTracks")
    with pytest.raises(ColumnMissing, match="EFlowTrack"):
        load(path, constituents="Constituent")


@pytest.mark.parametrize("case", ["parquet", "tree of jets", "rows in parquet"])
def test_what_is_missing_is_said(tmp_path, case):
    path, how = CASES[case](tmp_path)
    with pytest.raises(ColumnMissing, match=r"constituents\.pt.*'c_ptt'.*did you mean 'c_pt'"):
        load(path, constituents=RELATIVE | {"pt": "c_ptt"}, **how)
    with pytest.raises(ColumnMissing, match=r"jets\.mass.*one number per jet.*'jmas'"):
        load(path, constituents=RELATIVE, jets={"mass": "jmas"}, **how)
    with pytest.raises(ColumnMissing, match="label"):
        load(path, constituents=RELATIVE, label="nobody", **how)
    with pytest.raises(BadValue, match=r"pt, eta and phi; pt, deta and dphi"):
        load(path, constituents={"pt": "c_pt"}, **how)
    with pytest.raises(UnknownKey, match=r"'ptt'.*did you mean 'pt'"):
        load(path, constituents={"ptt": "c_pt"}, **how)
    with pytest.raises(BadValue, match="`jets`"):
        load(path, constituents=RELATIVE, jets={"mass": 3}, **how)
    with pytest.raises(BadValue, match="tables of features"):
        load(path, constituents=RELATIVE, mass="jmass", **how)


def test_what_is_of_the_wrong_kind_is_said(tmp_path):
    path, _ = parquet(tmp_path)
    with pytest.raises(ColumnMissing, match="'jmass', which is a column of float"):
        load(path, constituents=RELATIVE | {"pt": "jmass"})
    with pytest.raises(ColumnMissing, match="'c_pt', which is a column of list"):
        load(path, constituents=RELATIVE, jets={"mass": "c_pt"})
    with pytest.raises(BadValue, match="goes with `constituents`"):
        load(path, jets=OF_JETS)
    path, _ = rows(tmp_path, "csv")
    with pytest.raises(BadValue, match="`jet`"):
        load(path, constituents=RELATIVE)
    with pytest.raises(ColumnMissing, match="numbers the jets"):
        load(path, constituents=RELATIVE, jet="jett")


def test_lists_of_different_lengths_are_refused(tmp_path):
    columns = {
        "c_pt": [[1.0, 2.0], [3.0]],
        "c_deta": [[0.0, 0.0], []],
        "c_dphi": [[0.0] * 2, [0.0]],
    }
    pq.write_table(pa.table(columns), tmp_path / "j.parquet")
    with pytest.raises(BadLayout, match=r"lists of one length.*jet 1"):
        load(tmp_path / "j.parquet", constituents=RELATIVE)
    columns["c_deta"] = [[0.0, 0.0], None]
    pq.write_table(pa.table(columns), tmp_path / "j.parquet")
    with pytest.raises(BadLayout, match="missing"):
        load(tmp_path / "j.parquet", constituents=RELATIVE)
    columns["c_deta"] = [[0.0, 0.0], [np.nan]]
    pq.write_table(pa.table(columns), tmp_path / "j.parquet")
    with pytest.raises(BadNumbers, match="deta"):
        load(tmp_path / "j.parquet", constituents=RELATIVE)


def test_rows_of_a_jet_are_together(tmp_path):
    (tmp_path / "j.csv").write_text("jet,pt,deta,dphi\n0,1,0,0\n1,1,0,0\n0,1,0,0\n")
    with pytest.raises(BadLayout, match="jet 0 of column 'jet' begins 2 times"):
        load(tmp_path / "j.csv", jet="jet", constituents={n: n for n in ("pt", "deta", "dphi")})


def test_lists_of_lists(tmp_path):
    of_event = np.full(30, 2)
    deep = {n: ak.unflatten(v, of_event) for n, v in lists().items() if n in RELATIVE.values()}
    beside = {n: ak.unflatten(v, of_event) for n, v in per_jet().items() if n in NUMBERS}
    with uproot.recreate(tmp_path / "d.root") as file:
        file.mkrntuple("tree", {**deep, **beside, "id": np.arange(30)})
    options = {"constituents": RELATIVE, "event": "id"}
    for given in ({}, {"jets": OF_JETS}):
        found = load(tmp_path / "d.root", **options, **given)
        np.testing.assert_array_equal(found.objects[:, :9], JETS.objects)
        np.testing.assert_array_equal(found.column("event"), np.arange(60) // 2)
        pieces = list(chunks(tmp_path / "d.root", size=7, **options, **given))
        np.testing.assert_array_equal(Events.concatenate(pieces).objects, found.objects)
    np.testing.assert_array_equal(found.column("jet_mass"), JETS.column("jet_mass"))


# The public set


def public(path, *, width=5, n=40, variable=True):
    """A file in the layout of Zenodo 4641460, as it is known."""
    rng = np.random.default_rng(2)
    jets = np.zeros((n, 2, 9))
    jets[:, :, 0] = rng.uniform(450, 900, (n, 2))
    jets[:, :, 1], jets[:, :, 2] = rng.normal(0, 1, (n, 2)), rng.uniform(-3.1, 3.1, (n, 2))
    jets[:, :, 3:] = rng.uniform(0, 1, (n, 2, 6))
    with h5py.File(path, "w") as file:
        file["objects/jets/obs"] = jets
        if variable:
            lists = file.create_dataset(
                "objects/jets/constituents", (n, 2), dtype=h5py.vlen_dtype(np.float32)
            )
            for i in range(n):
                for j in range(2):
                    lists[i, j] = constituents(jets[i, j], width, i + j).ravel()
    return path, jets


def constituents(jet, width, size):
    """Two massless ones beside the axis, and more of a few GeV; pT-sorted."""
    pt = np.array([0.6 * jet[0], 0.4 * jet[0], *np.linspace(9, 1, size % 7)])
    eta, phi = jet[1] + 0.01 * np.arange(len(pt)), jet[2] - 0.02 * np.arange(len(pt))
    p4 = [pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)]
    return np.stack([*p4, *([np.arange(len(pt))] * (width - 4))], axis=1)


@pytest.mark.parametrize("width", [5, 4])
@pytest.mark.parametrize("jet", [0, 1])
def test_the_public_set(tmp_path, width, jet):
    path, jets = public(tmp_path / "qcd_dijet.h5", width=width)
    found = load(path, **({"jet": 1} if jet else {}))
    assert found.objects.shape == (40, 100, 3)
    np.testing.assert_array_equal(found.mask.sum(axis=1), 2 + (np.arange(40) + jet) % 7)
    np.testing.assert_allclose(found.objects[:, 0, 0], 0.6 * jets[:, jet, 0], rtol=1e-5)
    np.testing.assert_allclose(found.objects[:, 1, 1:], [[0.01, -0.02]] * 40, atol=1e-4)
    names = ("jet_pt", "jet_eta", "jet_phi", "jet_mass", "tau1", "tau2", "tau3", "tau4", "tau5")
    for i, name in enumerate(names):
        np.testing.assert_allclose(found.column(name), jets[:, jet, i], rtol=1e-6)
    few = Events.concatenate(list(chunks(path, size=7, n_constituents=3, jet=jet)))
    np.testing.assert_array_equal(few.objects, found.objects[:, :3])


def test_the_public_set_is_checked(tmp_path):
    path, _ = public(tmp_path / "a.h5")
    with pytest.raises(BadValue, match="jet"):
        load(path, jet=2)
    with pytest.raises(BadValue, match="number of a jet"):
        load(path, jet="leading")
    with h5py.File(path, "r+") as file:
        lists = file["objects/jets/constituents"]
        lists[3, 0] = np.array([1.0, 5.0, 0.0, 0.0, 1.0], np.float32)  # E below |p|
    with pytest.raises(BadLayout, match=r"E, px, py and pz.*E is below"):
        load(path)


def test_the_public_set_without_constituents_is_one_of_jets(tmp_path, real):
    path, jets = public(tmp_path / "a.h5", variable=False)
    found = load(path)
    assert found.object_names == ("jet1", "jet2")
    np.testing.assert_allclose(found.objects, jets)
    for name in (path, real("jets/slim_montreal_jets.h5")):
        with pytest.raises(BadLayout, match=r"this file has none.*objects/jets/constituents"):
            load(name, n_constituents=50)


def test_collections_of_a_tree_are_particles(tmp_path):
    soft = ak.Array([[3.0, 0.0], [], [7.0]])
    hard = ak.Array([[5.0], [9.0, 8.0], [1.0]])
    columns = {
        f"{name}_{what}": pt if what == "pt" else pt * factor
        for name, pt in (("Track", soft), ("Tower", hard))
        for what, factor in (("pt", 1), ("eta", 0.1), ("phi", 0.2))
    }
    with uproot.recreate(tmp_path / "p.root") as file:
        filled(file, "mktree", "Events", columns)
    found = load(tmp_path / "p.root", particles=["Track", "Tower"])
    np.testing.assert_array_equal(found.feature("pt"), [[5, 3], [9, 8], [7, 1]])
    np.testing.assert_allclose(found.feature("phi"), 0.2 * found.feature("pt"))
    np.testing.assert_array_equal(found.column("event"), [0, 1, 2])
    first = load(tmp_path / "p.root", particles="Track", n_constituents=1)
    np.testing.assert_array_equal(first.feature("pt"), [[3], [0], [7]])
    np.testing.assert_array_equal(first.mask, [[True], [False], [True]])
    with pytest.raises(ColumnMissing, match=r"pt of 'Trak'.*Trak_pt"):
        load(tmp_path / "p.root", particles="Trak")
    with pytest.raises(BadValue, match="names of collections"):
        load(tmp_path / "p.root", particles=[3])
    with pytest.raises(BadValue, match="for ROOT files"):
        load(parquet(tmp_path)[0], particles="Track")


def arrays(path, x, **beside):
    np.savez(path / "j.npz", x=x, **beside)
    return load(path / "j.npz", key="x", constituents=["pt", "deta", "dphi"],
                **{name: name for name in beside})  # fmt: skip


def test_a_difference_of_azimuths_is_that_within_half_a_turn(tmp_path):
    x = JETS.objects.copy()
    x[3, 0, 2] += 2 * np.pi
    found = arrays(tmp_path, x)
    np.testing.assert_allclose(found.objects, JETS.objects, atol=1e-6)
    same = np.arange(len(x)) != 3
    np.testing.assert_array_equal(found.objects[same], JETS.objects[same])


@pytest.mark.parametrize("padding", [-999.0, np.nan])
def test_padding_that_is_not_zero_is_told_by_its_jets(tmp_path, padding):
    x = np.where(JETS.mask[..., None], JETS.objects, padding)
    bad = np.flatnonzero(~JETS.mask.all(axis=1))
    with pytest.raises(BadRows, match=r"Padding is what has pt = 0") as refused:
        arrays(tmp_path, x)
    said = str(refused.value)
    assert f"in {len(bad)} of 60 rows (first: {', '.join(map(str, bad[:5]))}" in said
    # in slots without pt the other numbers say nothing
    x[..., 0] = np.where(JETS.mask, JETS.objects[..., 0], 0)
    np.testing.assert_array_equal(arrays(tmp_path, x).objects, JETS.objects)


def test_an_energy_below_the_momentum_is_told(tmp_path):
    px, py, pz = (np.full((50, 3), value) for value in (3.0, 0.0, 4.0))
    energy = np.full((50, 3), 5.0 * (1 - 1e-5))  # in few digits
    columns = {"x": px, "y": py, "z": pz, "e": energy}
    roles = {"px": "x", "py": "y", "pz": "z", "energy": "e"}

    def written():
        lists = {name: pa.array(values.tolist()) for name, values in columns.items()}
        pq.write_table(pa.table(lists), tmp_path / "jets.parquet")
        return tmp_path / "jets.parquet"

    assert len(load(written(), constituents=roles)) == 50
    energy[7, 1] = 4.0
    with pytest.raises(BadRows, match=r"energy .*at least \|p\|.* got 4 in 1 of 50 rows .*7"):
        load(written(), constituents=roles)


@pytest.mark.parametrize("momentum", [("px", "py", "pz"), ("pt", "eta", "phi")])
@pytest.mark.parametrize("fourth", ["energy", "mass"])
def test_masses_of_constituents_count_whatever_says_them(tmp_path, momentum, fourth):
    rng = np.random.default_rng(1)
    p = rng.normal(0, 20, (40, 3, 3))
    energy = np.sqrt((p**2).sum(axis=2) + 20.0**2)
    px, py, pz = np.moveaxis(p, 2, 0)
    pt = np.hypot(px, py)
    polar = {"pt": pt, "eta": np.arcsinh(pz / pt), "phi": np.arctan2(py, px)}
    masses = {"energy": energy, "mass": np.full_like(pt, 20.0)}
    every = {"px": px, "py": py, "pz": pz, **polar, **masses}
    lists = {name: pa.array(every[name].tolist()) for name in (*momentum, fourth)}
    pq.write_table(pa.table(lists), tmp_path / "jets.parquet")
    found = load(tmp_path / "jets.parquet", constituents={name: name for name in lists})
    mass2 = energy.sum(axis=1) ** 2 - (p.sum(axis=1) ** 2).sum(axis=1)
    np.testing.assert_allclose(found.column("jet_mass"), np.sqrt(mass2), rtol=1e-5)


@pytest.mark.parametrize(
    "more", [{"energy": "e", "mass": "m"}, {"deta": "a", "dphi": "b", "mass": "m"}]
)
def test_roles_that_nothing_is_made_of_are_refused(tmp_path, more):
    path, _ = parquet(tmp_path)
    with pytest.raises(BadValue, match="not both"):
        load(path, constituents={"pt": "x", "eta": "y", "phi": "z", **more})


def test_a_jet_is_the_same_whatever_comes_before_it(tmp_path):
    rng = np.random.default_rng(2)
    px, py, pz = rng.normal(0, 20, (3, 60, 5))
    px[0] = 1e15

    def masses(rows):
        columns = {"px": px, "py": py, "pz": pz}
        lists = {name: pa.array(values[rows].tolist()) for name, values in columns.items()}
        pq.write_table(pa.table(lists), tmp_path / "jets.parquet")
        return load(tmp_path / "jets.parquet", constituents={name: name for name in lists})

    whole, part = masses(slice(None)), masses(slice(30, None))
    np.testing.assert_array_equal(whole.column("jet_mass")[30:], part.column("jet_mass"))
    np.testing.assert_array_equal(whole.objects[30:], part.objects)


def test_a_negative_pt_is_told_by_its_jet_wherever_reading_begins(tmp_path):
    x = JETS.objects.copy()
    x[40, 0, 0] = -3
    with pytest.raises(BadRows, match=r"got -3 in 1 of 60 rows \(first: 40\)"):
        arrays(tmp_path, x)
    with pytest.raises(BadRows, match=r"in 1 of 40 rows \(first: 40\)"):
        load(tmp_path / "j.npz", key="x", constituents=["pt", "deta", "dphi"], start=20)


@pytest.mark.parametrize(
    ("label", "what"),
    [
        (np.full(60, "qcd"), "an array of <U3 of shape (60,)"),
        (np.zeros((60, 2)), "an array of float64 of shape (60, 2)"),
        (np.zeros(59), "an array of float64 of shape (59,)"),
    ],
)
def test_what_is_there_and_no_number_of_a_jet_is_said(tmp_path, label, what):
    with pytest.raises(ColumnMissing, match=re.escape(f"got 'label', which is {what}")):
        arrays(tmp_path, JETS.objects, label=label)


def test_texts_in_parquet_are_said_to_be_texts(tmp_path):
    path, _ = parquet(tmp_path)
    table = pq.read_table(path).append_column("name", pa.array(["a"] * 60))
    pq.write_table(table, path)
    with pytest.raises(ColumnMissing, match="got 'name', which is a column of string"):
        load(path, constituents=RELATIVE, label="name")
