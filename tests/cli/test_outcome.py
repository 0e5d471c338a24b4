import json
from dataclasses import replace
from pathlib import Path

from anomalon.cli.outcome import show
from anomalon.report import Report, summarise


def test_people_get_the_answer_a_table_and_the_failures(make_scan, capsys):
    show(summarise(Report.of(make_scan())), Path("run/report.html"), as_json=False)
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
    show(summarise(Report.of(scan)), Path("run/report.html"), as_json=False)
    out = capsys.readouterr().out
    assert "check failed: 3300-3700 GeV" in out
    assert "no mass sculpting: χ²/ndf = 400" in out


def test_machines_get_one_json_object(make_scan, capsys):
    show(summarise(Report.of(make_scan())), Path("run/report.html"), as_json=True)
    tree = json.loads(capsys.readouterr().out)
    assert tree["folder"] == "run"
    assert tree["sections"][0]["scan"]["status"] == "excess"
