import json
import tomllib
from dataclasses import replace

import pytest

from anomalon.core.errors import BadValue, DataError
from anomalon.core.plain import to_plain
from anomalon.report import Report, read_run_folder, write_run_folder
from anomalon.report.run_folder import result_to_dict, rewrite_report
from anomalon.search.results.failed import failed_cut


def test_everything_is_there_and_nothing_else(written):
    assert {p.name for p in written.folder.iterdir()} == {
        "run.toml", "result.json", "report.html", "figures", "environment.json",
        "references.bib",
    }  # fmt: skip
    figures = {p.name for p in (written.folder / "figures").iterdir()}
    assert {"1-significance.svg", "1-significance.png", "2-significance.svg"} <= figures
    assert not [name for name in figures if name.startswith(".")]


def test_a_run_is_read_back_without_loss(written):
    again = read_run_folder(written.folder)
    assert again.title == written.report.title
    for before, after in zip(written.report.sections, again.sections, strict=True):
        assert (after.heading, after.text) == (before.heading, before.text)
        assert to_plain(after.scan) == to_plain(before.scan)


def test_the_same_report_is_written_as_the_same_bytes(small, tmp_path):
    for name in ("a", "b"):
        write_run_folder(small, tmp_path / name)
    rewrite_report(tmp_path / "b")
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(files) > 8
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_result_begins_with_what_to_read_first(written):
    tree = json.loads((written.folder / "result.json").read_text("utf-8"))
    assert tree == result_to_dict(written.report)
    assert list(tree)[:4] == ["format", "kind", "title", "summary"]
    assert tree["summary"][0]["scan"]["status"] == "excess"


def test_settings_and_references_are_written(written):
    assert tomllib.loads((written.folder / "run.toml").read_text("utf-8")) == {"seed": 7}
    assert "eprint = {1708.02949}" in (written.folder / "references.bib").read_text("utf-8")


def test_environment_names_versions_but_no_machine(written):
    import platform
    from importlib.metadata import version

    text = (written.folder / "environment.json").read_text("utf-8")
    tree = json.loads(text)
    assert tree["packages"]["numpy"] == version("numpy")
    assert platform.node() not in text
    assert "/" not in text


def test_a_folder_without_a_result_is_explained(tmp_path):
    with pytest.raises(DataError, match=r"no result\.json in it.*same --out"):
        read_run_folder(tmp_path)


@pytest.mark.parametrize("content", ["{not json", '{"format": "other 9"}', "[]"])
def test_a_broken_result_is_named(tmp_path, content):
    (tmp_path / "result.json").write_text(content)
    with pytest.raises(DataError, match=r"result\.json: expected"):
        read_run_folder(tmp_path)


def test_a_report_needs_a_section():
    with pytest.raises(BadValue, match="at least one section"):
        Report("Empty", ())


def test_a_page_can_be_made_of_working_points_without_any_number(small, tmp_path):
    scan = small.sections[0].scan
    window = replace(
        scan.windows[0], cuts=(scan.windows[0].cuts[0], failed_cut(0.1, "dijet", "No template."))
    )
    report = Report.of(replace(scan, windows=(window,)))
    page = write_run_folder(report, tmp_path).read_text("utf-8")
    assert "No template." in page
    (section,) = read_run_folder(tmp_path).sections
    before, failed = section.scan.windows[0].cuts
    assert before.n == window.cuts[0].n
    assert failed.n != failed.n  # not a number
    assert len(failed.fit.counts) == 0
