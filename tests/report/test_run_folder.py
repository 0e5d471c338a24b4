import json
import tomllib
from dataclasses import replace

import pytest

from anomalon.core.errors import BadValue, DataError
from anomalon.core.plain import to_plain
from anomalon.report import Report, read_run, write_run
from anomalon.report.run_folder import FORMAT, brief, check_folder, rewrite_report
from anomalon.search.results.bump import BumpResult
from anomalon.search.results.failed import failed_cut
from anomalon.stats import SignalNuisances


def test_everything_is_there_and_nothing_else(written):
    assert {p.name for p in written.folder.iterdir()} == {
        "run.toml", "result.json", "report.html", "figures", "environment.json",
        "references.bib",
    }  # fmt: skip
    figures = {p.name for p in (written.folder / "figures").iterdir()}
    assert {"1-significance.svg", "1-significance.png", "2-significance.svg"} <= figures
    assert not [name for name in figures if name.startswith(".")]


def test_a_run_is_read_back_without_loss(written):
    again = read_run(written.folder)
    assert again.title == written.report.title
    for before, after in zip(written.report.sections, again.sections, strict=True):
        assert (after.heading, after.text) == (before.heading, before.text)
        assert to_plain(after.result) == to_plain(before.result)


def test_the_same_report_is_written_as_the_same_bytes(small, tmp_path):
    for name in ("a", "b"):
        write_run(small, tmp_path / name)
    rewrite_report(tmp_path / "b")
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(files) > 8
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_result_begins_with_what_to_read_first(written):
    tree = json.loads((written.folder / "result.json").read_text("utf-8"))
    assert list(tree)[:4] == ["format", "kind", "title", "summary"]
    assert (tree["format"], tree["kind"], tree["title"]) == (FORMAT, "search", "Two searches")
    results = [section.result for section in written.report.sections]
    assert tree["summary"] == [brief(result.summary()) for result in results]
    assert tree["summary"][0]["status"] == "excess"
    assert [row["result"] for row in tree["sections"]] == [to_plain(result) for result in results]
    assert tree["settings"] == {"seed": 7}


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
        read_run(tmp_path)


@pytest.mark.parametrize("content", ["{not json", '{"format": "other 9"}', "[]"])
def test_a_broken_result_is_named(tmp_path, content):
    (tmp_path / "result.json").write_text(content)
    with pytest.raises(DataError, match=r"result\.json: expected"):
        read_run(tmp_path)


def test_a_report_needs_a_section():
    with pytest.raises(BadValue, match="at least one section"):
        Report("Empty", ())


def test_a_page_can_be_made_of_working_points_without_any_number(small, tmp_path):
    scan = small.sections[0].result
    window = replace(
        scan.windows[0], cuts=(scan.windows[0].cuts[0], failed_cut(0.1, "dijet", "No template."))
    )
    report = Report.of(replace(scan, windows=(window,)))
    page = write_run(report, tmp_path).read_text("utf-8")
    assert "No template." in page
    (section,) = read_run(tmp_path).sections
    before, failed = section.result.windows[0].cuts
    assert before.n == window.cuts[0].n
    assert failed.n != failed.n  # not a number
    assert len(failed.fit.counts) == 0


@pytest.mark.parametrize("which", ["bump", "limit"])
def test_a_run_in_a_histogram_is_complete_and_its_page_can_be_made_again(which, request, tmp_path):
    result = request.getfixturevalue(which)
    page = write_run(result, tmp_path, settings={"file": "spectrum.csv", "shape": "exponential"})
    names = {"run.toml", "result.json", "report.html", "environment.json", "references.bib"}
    assert names <= {p.name for p in tmp_path.iterdir()}
    tree = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert tree["kind"] == which
    text = page.read_text(encoding="utf-8")
    assert result.summary().headline.split(":")[0] in text
    assert "<script" not in text
    drawn = {path.stem for path in (tmp_path / "figures").iterdir()} - {"figures"}
    assert text.count("<svg") == len(drawn) >= 6  # none is made and then left out of the page
    assert figures(tmp_path) == {f"{n}.{form}" for n in drawn for form in ("svg", "png", "pdf")}
    cited = ("http://www.w3.org", 'href="https://arxiv.org/abs/', 'href="https://doi.org/')
    assert text.count("http") == sum(map(text.count, cited))
    page.unlink()
    assert rewrite_report(tmp_path).read_text(encoding="utf-8") == text
    (section,) = read_run(tmp_path).sections
    assert to_plain(section.result.summary()) == to_plain(result.summary())  # by way of JSON


def figures(folder):
    """The names of the figures, without the list of them."""
    return {path.name for path in (folder / "figures").iterdir()} - {"figures.json"}


def test_figures_of_an_earlier_run_go_and_what_others_put_there_stays(small, make_scan, tmp_path):
    write_run(small, tmp_path)
    before = figures(tmp_path)
    more = make_scan(centres=(3000.0, 3500.0), efficiencies=(1.0,), truth=False, failing=False)
    write_run(more, tmp_path)
    assert {name for name in figures(tmp_path) if name.startswith("window-2-")}
    (tmp_path / "figures" / "mine.pdf").write_text("mine")
    write_run(small, tmp_path)
    assert figures(tmp_path) == {*before, "mine.pdf"}


@pytest.mark.usefixtures("no_figures")
def test_exports_of_an_earlier_run_go_and_what_others_put_there_stays(limit, tmp_path):
    some = replace(limit, luminosity=139.0, nuisances=SignalNuisances(efficiency=0.1))
    write_run(some, tmp_path)
    exported = set(some.exports())
    assert {name.split("/")[0] for name in exported} == {"pyhf", "combine", "hepdata"}
    assert all(
        (tmp_path / name).read_text("utf-8") == text for name, text in some.exports().items()
    )
    (tmp_path / "pyhf" / "mine.json").write_text("{}")
    few = replace(limit, method=("",) * (len(limit.masses) - 3) + limit.method[-3:])
    write_run(few, tmp_path)
    places = [tmp_path / name for name in ("pyhf", "combine", "hepdata")]
    left = {path.relative_to(tmp_path).as_posix() for p in places for path in p.iterdir()}
    assert left == {"pyhf/mine.json", *few.exports()}
    assert not exported <= left


@pytest.mark.usefixtures("no_figures")
def test_a_name_that_leads_out_of_the_folder_is_not_followed(limit, tmp_path):
    (tmp_path / "precious").write_text("mine")
    folder = tmp_path / "run"
    write_run(limit, folder)
    tree = json.loads((folder / "result.json").read_text("utf-8"))
    (folder / "result.json").write_text(json.dumps(tree | {"exports": ["../precious"]}))
    write_run(limit, folder)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_folder_of_another_kind_is_refused_and_one_of_the_same_is_not(bump, tmp_path):
    check_folder(tmp_path / "new", "bump")
    check_folder(tmp_path, "bump")
    (tmp_path / "result.json").write_text("{not json")
    check_folder(tmp_path, "bump")
    (tmp_path / "result.json").write_text('{"kind": "search"}')
    with pytest.raises(
        BadValue, match=r"one of a bump run, got one that holds a search run.*--out"
    ):
        check_folder(tmp_path, BumpResult.kind)
    check_folder(tmp_path, "search")


def test_files_of_others_are_refused_before_they_are_lost(tmp_path):
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(BadValue, match=r"report\.html, which no run has written.*--out"):
        check_folder(tmp_path, "bump")
    (tmp_path / "store").mkdir()  # a run has begun here
    check_folder(tmp_path, "bump")
    (tmp_path / "result.json").write_text('{"mine": 1}')
    with pytest.raises(BadValue, match=r"result\.json, which no run has written"):
        check_folder(tmp_path, "bump")


@pytest.mark.usefixtures("no_figures")
def test_citations_are_those_of_what_was_used(bump, tmp_path):
    write_run(replace(bump, narrow=None), tmp_path)
    assert "2011qn" in (tmp_path / "references.bib").read_text("utf-8")
    assert "Gross:2010qma" not in (tmp_path / "references.bib").read_text("utf-8")
    write_run(bump, tmp_path)
    assert "Gross:2010qma" in (tmp_path / "references.bib").read_text("utf-8")
