from anomalon.cli.progress import progress
from anomalon.run.progress import Told


def test_lines_go_to_stderr_and_tell_the_time_left(capsys):
    with progress("Dijets") as report:
        report(1, 4, "1 finished earlier")
        report(2, 4, "window 3000-3600 GeV")
        report(4, 4, "window 3300-3900 GeV")
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second, third = captured.err.splitlines()
    assert first == "Dijets: 1/4 1 finished earlier, estimating the time left"
    assert second.startswith("Dijets: 2/4 window 3000-3600 GeV, about 0:00:0")
    assert second.endswith(" left")
    assert third == "Dijets: 4/4 window 3300-3900 GeV"


def test_a_forecast_is_said_before_anything_is_finished(capsys):
    with progress("Hunt") as report:
        report(0, 4, Told("beginning", forecast=3600.0))
    assert capsys.readouterr().err == "Hunt: 0/4 beginning, about 1:00:00 left\n"
