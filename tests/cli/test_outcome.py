import json
from dataclasses import replace
from pathlib import Path

import pytest

from anomalon.cli.outcome import show
from anomalon.report import Report, Section


def test_people_get_the_answer_a_table_and_the_failures(make_scan, capsys):
    show(Report.of(make_scan()), Path("run/report.html"), as_json=False)
    out = capsys.readouterr().out
    assert out.startswith("Excess in window 3300-3700 GeV")
    header, *rows = [line for line in out.splitlines() if "GeV  " in line or "no cut" in line]
    assert header.split()[:3] == ["window", "no", "cut"]
    assert len(rows) == 3
    assert rows[2].split()[-5] == "none" or "none" in rows[2]
    assert "no answer: 3800-4200 GeV" in out
    assert out.rstrip().endswith("report: run/report.html")


def test_failed_checks_are_said(make_scan, capsys):
    scan = make_scan()
    window = scan.windows[1]
    uneven = replace(window.cuts[1].pass_fraction, chi2=4e5, ndf=10)
    bent = replace(window.cuts[1], pass_fraction=uneven)
    window = replace(window, cuts=(window.cuts[0], bent, window.cuts[2]))
    scan = replace(scan, windows=(scan.windows[0], window, scan.windows[2]))
    show(Report.of(scan), Path("run/report.html"), as_json=False)
    out = capsys.readouterr().out
    assert "check failed: 3300-3700 GeV" in out
    assert "no mass sculpting: χ²/ndf = 400" in out


def test_machines_get_one_json_object(make_scan, capsys):
    show(Report.of(make_scan()), Path("run/report.html"), as_json=True)
    tree = json.loads(capsys.readouterr().out)
    assert tree["folder"] == "run"
    assert tree["report"] == "run/report.html"
    (result,) = tree["results"]
    assert result["status"] == "excess"
    assert result["heading"] == "Toy dijet search"
    numbers = {row["name"]: row["value"] for row in result["numbers"]}
    assert numbers["best local significance"] == pytest.approx(make_scan().best.z_local)
    assert (numbers["trials"], numbers["trials with an answer"]) == (9, 8)
    assert result["table"]["rows"][2][3] is None
    assert {check["passed"] for check in result["checks"]} == {True}
    assert not {"parts", "citations"} & result.keys()


def test_an_answer_that_does_not_say_its_verdict_is_preceded_by_it(bump, capsys):
    show(Report.of(bump), Path("run/report.html"), as_json=False)
    out = capsys.readouterr().out
    assert out.startswith("No significant excess. Largest excess in ")


def test_results_of_several_sections_are_told_apart(make_scan, capsys):
    sections = (Section(make_scan(), "With"), Section(make_scan(signal=0.0), "Without"))
    show(Report("Two", sections), Path("run/report.html"), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines.index("With") < lines.index("Without")
    assert lines[lines.index("Without") + 1].startswith("No significant excess. The largest is in")
