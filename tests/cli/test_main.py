import subprocess
import sys

import click
import pytest

from anomalon import __version__
from anomalon.cli import main
from anomalon.cli.main import COMMANDS
from anomalon.core.errors import BadValue, DataError, TooFewEvents


@pytest.fixture
def failing(monkeypatch):
    """Replace the command `info` by one that raises what it is told."""

    def install(error: BaseException) -> None:
        @click.command()
        def broken() -> None:
            raise error

        monkeypatch.setattr("anomalon.cli.data.info", broken)

    return install


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"anomalon {__version__}\n"


def test_help_lists_the_commands_in_the_order_of_the_work(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    order = [
        "demo",
        "search",
        "validate",
        "reach",
        "detect",
        "jets",
        "trigger",
        "export",
        "study",
        "bump",
        "limit",
        "report",
        "simulate",
        "data",
        "info",
    ]
    assert list(COMMANDS) == order
    places = [out.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("error", "status"),
    [(BadValue("seed: too bad"), 2), (DataError("x.h5: broken"), 1), (TooFewEvents("none"), 1)],
)
def test_errors_become_one_message_and_a_status(failing, capsys, error, status):
    failing(error)
    assert main(["info"]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{type(error).__name__}: {error}\n"


def test_debug_shows_where(failing, capsys):
    failing(DataError("x.h5: broken"))
    assert main(["--debug", "info"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_bug_is_not_dressed_up(failing):
    failing(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        main(["info"])


def test_interruption(failing, capsys):
    failing(KeyboardInterrupt())
    assert main(["info"]) == 130
    assert "Interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["search"], ["search", "--nonsense", "x"]])
def test_wrong_usage_is_2_and_shows_how(arguments, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Usage: anomalon" in captured.err


def test_a_command_that_is_nearly_right_is_suggested(capsys):
    assert main(["serch", "a.toml"]) == 2
    assert "no command 'serch'; did you mean 'search'?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["search", "validate", "reach", "bump", "limit"])
@pytest.mark.parametrize("content", [None, "= 3"])
def test_a_configuration_that_cannot_be_read_is_2(tmp_path, capsys, command, content):
    path = tmp_path / "a.toml"
    if content is not None:
        path.write_text(content)
    assert main([command, str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "a.toml: " in captured.err
    assert "Traceback" not in captured.err


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "anomalon", "serch"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Usage: anomalon" in done.stderr
