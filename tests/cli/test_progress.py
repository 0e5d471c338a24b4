from anomalon.cli.progress import progress


def test_lines_go_to_stderr_and_tell_the_time_left(capsys):
    with progress("Dijets") as report:
        report(1, 4, "1 finished earlier")
        report(2, 4, "window 3000-3600 GeV")
        report(4, 4, "window 3300-3900 GeV")
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second, third = captured.err.splitlines()
    assert first == "Dijets: 1/4 1 finished earlier"
    assert second.startswith("Dijets: 2/4 window 3000-3600 GeV, about 0:00:0")
    assert second.endswith(" left")
    assert third == "Dijets: 4/4 window 3300-3900 GeV"
