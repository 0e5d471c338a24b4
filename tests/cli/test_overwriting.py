"""No command writes over a file that it reads, however that is spelled."""

import shutil
from pathlib import Path

import pytest
from raw_events import write_raw

from anomalon.cli import main
from anomalon.core.errors import BadValue
from anomalon.features.conversion import Conversion

SPECTRUM = "low,high,events\n" + "".join(
    f"{m},{m + 100},{9000 - m}\n" for m in range(1000, 2000, 100)
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, *words):
    """What is said; every file is as before, and there is no other."""
    before = contents()
    assert main([str(word) for word in words]) == 2
    assert contents() == before
    return capsys.readouterr().err


def contents():
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def spelled(here, way):
    """Another path to raw.parquet."""
    if way == "symlink":
        (here / "other.parquet").symlink_to("raw.parquet")
        return "other.parquet"
    if way == "hard link":
        (here / "other.parquet").hardlink_to(here / "raw.parquet")
        return "other.parquet"
    if way == "linked folder":
        (here / "there").symlink_to(here, target_is_directory=True)
        return "there/raw.parquet"
    return {"same": "raw.parquet", "dots": "sub/../raw.parquet", "absolute": here / "raw.parquet"}[
        way
    ]


@pytest.mark.parametrize(
    "way", ["same", "dots", "absolute", "symlink", "hard link", "linked folder"]
)
def test_a_conversion_does_not_write_over_its_input(here, capsys, way):
    (here / "sub").mkdir()
    write_raw(here / "raw.parquet")
    out = spelled(here, way)
    said = refused(capsys, "data", "convert", "raw.parquet", out)
    assert f"got {out}, where raw.parquet is" in said
    assert "which is read as raw" in said
    with pytest.raises(BadValue, match="read as raw"):
        Conversion(raw=here / "raw.parquet", out=here / out).run()


def test_settings_are_not_written_over(here, capsys):
    write_raw(here / "raw.h5")
    (here / "mine.parquet").write_text('process = "qcd"\n')
    said = refused(capsys, "simulate", "dijet", "mine.parquet", "--set", 'out="mine.parquet"')
    assert "out: expected a place for a new file, got mine.parquet" in said
    assert "which is read as the settings" in said
    (here / "study").mkdir()
    (here / "study" / "run.toml").write_text('raw = "../raw.h5"\nout = "o.parquet"\n')
    said = refused(capsys, "data", "convert", "study/run.toml", "--run-folder", "study")
    assert "the run.toml of the run" in said, "with its comments"


@pytest.mark.parametrize("place", ["result.json", "figures/a.csv", "store/a/b.csv"])
@pytest.mark.parametrize("command", ["bump", "limit"])
def test_a_run_folder_does_not_take_the_place_of_an_input(here, capsys, command, place):
    file = here / "study" / place
    file.parent.mkdir(parents=True)
    file.write_text(SPECTRUM)
    said = refused(capsys, command, file, "--out", "study")
    assert f"the {place.partition('/')[0]} of the run: expected a place" in said
    assert "which is read as source.file" in said


def test_a_reference_is_read_as_well(here, capsys):
    (here / "s.csv").write_text(SPECTRUM)
    (here / "study").mkdir()
    (here / "study" / "references.bib").write_text(SPECTRUM)
    said = refused(capsys, "bump", "s.csv", "--reference", "study/references.bib", "--out", "study")
    assert "which is read as reference" in said


@pytest.mark.usefixtures("no_figures")
def test_an_input_beside_the_files_of_the_run_is_fine(here):
    (here / "study").mkdir()
    (here / "study" / "s.csv").write_text(SPECTRUM)
    assert main(["bump", "study/s.csv", "--out", "study", "--toys", "20", "--closure", "0"]) == 0
    before = (here / "study" / "result.json").read_bytes()
    assert main(["bump", "study/run.toml", "--out", "study"]) == 0, "its own settings are repeated"
    assert (here / "study" / "result.json").read_bytes() == before
    assert (here / "study" / "s.csv").read_text() == SPECTRUM


def test_a_file_is_not_put_where_the_run_folder_is(here, capsys):
    simulate = ("simulate", "dijet", "--process", "qcd")
    for out, folder in (("a", "a"), ("a", "a/b"), ("a/store/b.parquet", "a")):
        said = refused(capsys, *simulate, "--out", out, "--run-folder", folder)
        assert f"out: expected a place for a file beside those of the run folder {folder}" in said


def test_a_search_reads_its_data_and_what_says_their_columns(here, capsys):
    (here / "study" / "figures").mkdir(parents=True)
    (here / "study" / "figures" / "d.parquet").write_text("refused before it is read")
    (here / "map.toml").write_text('mass = "mjj"\n')
    (here / "c.toml").write_text(
        "[windows]\nstart = 2400\nstop = 5700\n[search]\nfeatures = [['x']]\n"
        '[data]\npath = "study/figures/d.parquet"\nmapping = "map.toml"\n'
    )
    said = refused(capsys, "search", "c.toml", "--out", "study")
    assert "which is read as data.path" in said
    shutil.move(here / "map.toml", here / "study" / "figures" / "map.toml")
    shutil.move(here / "study" / "figures" / "d.parquet", here / "d.parquet")
    said = refused(
        capsys, "search", "c.toml", "--out", "study", "--set", "data.path=d.parquet",
        "--set", "data.mapping=study/figures/map.toml",
    )  # fmt: skip
    assert "which is read as data.mapping" in said
