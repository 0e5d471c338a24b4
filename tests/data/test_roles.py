"""What a search takes the columns of a table for: each has a role, or is said to be left out."""

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from anomalon.core.errors import ColumnMissing, UnknownKey
from anomalon.data import describe, event_roles, load

COLUMNS = {"mass": [1.0, 2.0], "a": [0.1, 0.2], "b": [0.3, 0.4], "id": [7, 8], "truth": [0, 1]}


@pytest.fixture
def table(tmp_path):
    def write(**more):
        path = tmp_path / "events.parquet"
        pq.write_table(pa.table(COLUMNS | more), path)
        return path

    return write


def test_every_column_has_a_role_or_is_left_out(table):
    path = table(w=[1.0, 2.0], run=[1, 1], text=["x", "y"])
    options = {"mass": "mass", "features": {"tau": "a"}, "weight": "w", "label": "truth",
               "event": "id", "scale": 1000}  # fmt: skip
    roles = event_roles(path, **options)
    assert roles.used == (
        "mass in GeV from `mass`, times 1000",
        "features `a` as tau",
        "weights from `w`",
        "truth from `truth`, kept from the methods",
        "identities of events from `id`",
    )
    assert roles.left_out == ("b", "run", "text")
    assert roles.said == (*roles.used, "left out: `b`, `run`, `text`")
    assert roles.doubts == ()
    sample = load(path, **options)
    assert sample.names == tuple(name for name, _ in roles.features)


@pytest.mark.parametrize(
    "name",
    ["weight", "w", "genWeight", "mc_weight", "eventWeight", "evtwgt", "wt", "weights", "w_nominal",
     "xsec_weight", "WEIGHT", "weight_up"],
)  # fmt: skip
def test_a_weight_that_is_left_out_is_named(table, name):
    path = table(**{name: [1.0, 2.0]})
    said = event_roles(path, mass="mass", features=["a"])
    assert f"named like weights of events: `{name}`" in said.doubts[0]
    assert "say `weight`" in said.doubts[0]
    assert event_roles(path, mass="mass", features=["a"], weight=name).doubts == ()
    assert said.doubts[0] in describe(path, mass="mass", features=["a"]).roles


@pytest.mark.parametrize(
    "name", ["width", "weighted_pt", "dwarf", "jet_w_mass2", "n_wheels", "run"]
)
def test_other_columns_are_no_weights(table, name):
    roles = event_roles(table(**{name: [1.0, 2.0]}), mass="mass", features=["a"])
    assert roles.doubts == ()
    assert name in roles.left_out


def test_known_layouts_and_units(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("mjj,mJ1,delta_mJ,weight,label,lumi\n1,2,3,1,0,5\n2,3,4,1,1,6\n", "utf-8")
    roles = event_roles(path)
    assert (roles.mass, roles.weight, roles.label) == ("mjj", "weight", "label")
    assert roles.features == (("mJ1", "mJ1"), ("dmJ", "delta_mJ"))
    assert roles.left_out == ("lumi",)
    path.write_text("m_TeV,a\n1,2\n2,3\n", "utf-8")
    doubt = event_roles(path, mass="m_TeV", features=["a"]).doubts[0]
    assert "`m_TeV` says TeV" in doubt
    assert event_roles(path, mass="m_TeV", features=["a"], scale=1000).doubts == ()
    bare = event_roles(path)
    assert (bare.mass, bare.features, bare.left_out) == (None, (), ())


def test_wrong_options_are_refused_as_by_load(table):
    with pytest.raises(ColumnMissing, match="no column 'mas'"):
        event_roles(table(), mass="mas", features=["a"])
    with pytest.raises(UnknownKey, match="unknown option 'weigth'"):
        event_roles(table(), weigth="w")
