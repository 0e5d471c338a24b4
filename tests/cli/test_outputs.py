"""Where nothing can be written, no command begins to work."""

import pytest

from anomalon.cli import main


@pytest.mark.parametrize(
    "command", [["demo"], ["search", "job.toml"], ["bump", "s.csv"], ["limit", "s.csv"]]
)
@pytest.mark.parametrize("given", [True, False])
def test_a_run_folder_that_cannot_be_made(tmp_path, monkeypatch, capsys, command, given):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").write_text("a plain file")
    status = main([*command, *(["--out", "runs/mine"] if given else [])])
    said = capsys.readouterr()
    assert (status, said.out) == (1, "")
    assert said.err.startswith("DataError: runs/")
    assert "cannot be written (runs is a file)" in said.err
    assert said.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
