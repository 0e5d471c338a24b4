"""The documents say what the code does."""

import re
from pathlib import Path

import click
import pytest

import anomalon
from anomalon.cli.main import COMMANDS, cli

ROOT = Path(anomalon.__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "cli.md"


def commands() -> list[tuple[str, click.Command]]:
    """Every command and subcommand with its full name."""
    found = []
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", c) for sub, c in command.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_and_option_is_documented(name, command):
    reference = REFERENCE.read_text("utf-8")
    heading = re.search(rf"^#+ `anomalon {re.escape(name)}`$", reference, re.MULTILINE)
    assert heading, f"docs/reference/cli.md: no heading for `anomalon {name}`"
    part = re.split(r"^#+ `anomalon ", reference[heading.end() :], maxsplit=1, flags=re.MULTILINE)[
        0
    ]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            longest = max(parameter.opts, key=len)
            assert f"`{longest}" in part, f"anomalon {name}: {longest} is not documented"


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_and_option_has_help(name, command):
    assert command.help, name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"anomalon {name} {parameter.opts[0]}"


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_no_place_was_left_to_be_filled():
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    left = [p.name for p in pages if re.search(r"@[A-Z]{3,}@|TODO", p.read_text("utf-8"))]
    assert left == []


def test_the_classifier_of_the_how_to_works():
    import numpy as np

    scope: dict = {"__name__": "how_to"}
    exec(compile(blocks("docs/how-to/classifier.md", "python")[0], "classifier.md", "exec"), scope)
    rng = np.random.default_rng(3)
    shift = np.array([1.0, -0.5])
    signal, background = (
        anomalon.Sample(rng.normal(size=(4000, 2)) + k * shift, ("a", "b"), np.full(4000, 3e3))
        for k in (1, 0)
    )
    scorer = scope["Fisher"]().fit(signal, background, seed=1)
    found = anomalon.evaluate(scorer.score(background), scorer.score(signal))
    # Two unit Gaussians at a distance d: the best possible AUC is Phi(d / sqrt(2)).
    from scipy.special import ndtr

    assert abs(float(found.auc) - ndtr(np.hypot(*shift) / np.sqrt(2))) < 0.02


def test_the_background_method_of_the_how_to_works():
    """Side-band events moved along a straight line are events of the signal region."""
    import numpy as np

    scope: dict = {"__name__": "how_to"}
    for block in blocks("docs/how-to/background.md", "python"):
        exec(compile(block, "background.md", "exec"), scope)
    assert repr(scope["search"].background) == "Morph(degree=1)"
    rng = np.random.default_rng(3)
    mass = rng.uniform(2400, 4200, 9000)
    data = anomalon.Sample(rng.normal(0.002 * mass, 1)[:, None], ("a",), mass)
    window = anomalon.search.Window(3000, 3600, 2400, 4200)
    found = scope["Morph"]().fit(data, window, seed=1).sample
    assert found.mass.min() >= 3000
    assert found.mass.max() < 3600
    rest = found.x[:, 0] - 0.002 * found.mass
    assert abs(rest.mean()) < 4 / np.sqrt(3000)
    assert abs(rest.std() - 1) < 4 / np.sqrt(2 * 6000)


def test_the_events_of_the_how_to_are_written_and_read(tmp_path, monkeypatch, capsys):
    from forty_mhz_events import forty_mhz_events

    from anomalon.data.forty_mhz import write_forty_mhz

    monkeypatch.chdir(tmp_path)
    write_forty_mhz(
        forty_mhz_events(60_000, columns=False), tmp_path / "background_for_training.h5"
    )
    scope: dict = {"__name__": "how_to"}
    for block in blocks("docs/how-to/event-data.md", "python"):
        exec(compile(block, "event-data.md", "exec"), scope)
    assert "(50000, 19, 3)" in capsys.readouterr().out
    met = scope["events"].feature("pt")[:, 0]
    assert len(anomalon.load("high.h5")) == (met > 30).sum() > 100


def test_the_job_of_the_how_to_works(tmp_path, monkeypatch):
    import sys
    import types

    from anomalon.cli import main
    from anomalon.report import drawing
    from anomalon.run import job

    monkeypatch.setattr(job, "JOBS", dict(job.JOBS))
    monkeypatch.setattr(drawing, "RESULTS", dict(drawing.RESULTS))
    drawing.RESULTS.pop("lifetime", None)
    job.JOBS.pop("lifetime", None)
    module = types.ModuleType("how_to_job")
    monkeypatch.setitem(sys.modules, "how_to_job", module)
    exec(compile(blocks("docs/how-to/job.md", "python")[0], "job.md", "exec"), module.__dict__)
    (tmp_path / "lifetime.toml").write_text("lifetime = 2.5\n")
    words = ("--set", "pieces=2", "--processes", "1", "--out", str(tmp_path / "run"))
    assert main(["lifetime", str(tmp_path / "lifetime.toml"), *words]) == 0
    assert "Times of the decays." in (tmp_path / "run" / "report.html").read_text("utf-8")


def test_the_tutorial_can_be_followed(tmp_path, monkeypatch):
    import tomllib

    from anomalon.search.events.job import SearchJob

    monkeypatch.chdir(tmp_path)
    page = "docs/tutorial/first-search.md"
    exec(compile(blocks(page, "python")[0], "first-search.md", "exec"), {"__name__": "tutorial"})
    job = SearchJob.of(tomllib.loads(blocks(page, "toml")[0]), folder=tmp_path)
    data, _ = job.load()
    assert (data.label == 1).sum() == 400
    assert len(job.search.features) == 2
    for window in job.search.windows:
        window.check_inside(data)


def test_the_example_of_the_readme_works(tmp_path, monkeypatch, make_scan):
    import numpy as np

    rng = np.random.default_rng(1)
    table = np.c_[2500 + rng.exponential(600, 50), rng.normal(100, 20, (50, 2))]
    (tmp_path / "events.parquet").write_text("mjj,mJ1,dmJ\n")  # the content decides, not the name
    with (tmp_path / "events.parquet").open("a") as file:
        np.savetxt(file, table, "%.6g", ",")
    monkeypatch.chdir(tmp_path)
    searched = {}

    def run(search, events, *, seed):
        searched.update(events=events, windows=search.windows)
        return make_scan(centres=(3000.0,), efficiencies=(1.0,), truth=False)

    monkeypatch.setattr("anomalon.search.Search.run", run)
    (example,) = blocks("README.md", "python")
    assert len(example.splitlines()) <= 18
    exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})
    assert {"mJ1", "dmJ"} <= set(searched["events"].names)
    assert len(searched["events"]) == 30_000
    assert searched["windows"]
    for window in searched["windows"]:
        window.check_inside(searched["events"])
    (own,) = re.findall(r"^# (anomalon\.load\(.*\))$", example, re.MULTILINE)
    assert eval(own, {"anomalon": anomalon}).names == ("mJ1", "dmJ")
    assert (tmp_path / "runs" / "mine" / "report.html").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pyhf")  # a part of jsonschema
@pytest.mark.usefixtures("no_figures")
def test_the_histogram_how_to_works(tmp_path, monkeypatch, capsys):
    import numpy as np

    from anomalon.cli.main import main

    edges = np.linspace(2000.0, 6000.0, 41)
    counts = np.random.default_rng(4).poisson(4000 * np.exp(-(edges[:-1] - 2000) / 600))
    rows = zip(edges[:-1], edges[1:], counts, strict=True)
    lines = ["# a comment", "low,high,count", *(f"{a},{b},{n}" for a, b, n in rows)]
    (tmp_path / "spectrum.csv").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    assert main(["limit", "spectrum.csv", "--range", "2000", "4000", "--closure", "0"]) == 0
    in_pyhf, example = blocks("docs/how-to/histogram.md", "python")
    capsys.readouterr()
    exec(compile(in_pyhf, "histogram.md", "exec"), {"__name__": "how_to"})
    assert float(capsys.readouterr().out) == pytest.approx(0.05, abs=1e-3)
    scope: dict = {"__name__": "how_to"}
    exec(compile(example, "histogram.md", "exec"), scope)
    assert scope["fit"].integral(2000, 6000).value == pytest.approx(counts.sum())
    assert "global p = " in capsys.readouterr().out


def test_the_own_score_of_the_how_to_works(capsys):
    (example,) = blocks("docs/how-to/own-score.md", "python")
    scope: dict = {}
    exec(compile(example, "own-score.md", "exec"), scope)
    assert {result.by for result in scope["scan"].windows} == {"score", "cut"}
    assert "result" in capsys.readouterr().out


def test_the_limits_of_the_how_to_work(capsys):
    """Up to the strength of its signal, which is far above the limit."""
    (example,) = blocks("docs/how-to/limits.md", "python")
    exec(compile(example, "limits.md", "exec"), {})
    observed = float(capsys.readouterr().out.split()[0])
    assert 10 <= observed < 160


def test_every_setting_is_documented():
    from dataclasses import fields

    from anomalon.background import ESTIMATORS
    from anomalon.learn import CLASSIFIERS
    from anomalon.search import FitSettings, InjectionLimits, Search
    from anomalon.search.events.job import Injection

    text = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    settings = (Search, FitSettings, Injection, InjectionLimits)
    names = [f.name for setting in settings for f in fields(setting) if f.name != "search"]
    missing = [name for name in (*names, *ESTIMATORS, *CLASSIFIERS) if f"`{name}`" not in text]
    assert missing == []
    assert "## `[windows]`" in text


def test_readme_has_two_lines_of_set_up():
    readme = (ROOT / "README.md").read_text("utf-8")
    block = re.search(r"<!-- set-up -->\s*```bash\n(.*?)```", readme, re.DOTALL)
    lines = block[1].strip().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("anomalon demo")
    assert lines[1].endswith("pytest")


def test_version_is_the_same_everywhere():
    assert f"version: {anomalon.__version__}" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {anomalon.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_links_between_documents_lead_somewhere():
    broken = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not re.match(r"[a-z]+:", link) and not (page.parent / link).exists():
                broken.append(f"{page.relative_to(ROOT)}: {link}")
    assert broken == []


def test_the_detection_of_the_how_to_works(capsys):
    audited, compared, *foreign = blocks("docs/how-to/detect.md", "python")
    for block in foreign:
        exec(compile(block, "detect.md", "exec"), {})
    exec(compile(audited, "detect.md", "exec"), {})
    assert capsys.readouterr().out.startswith("Leaks in 1 of 1: mine")
    scope: dict = {}
    exec(compile(compared, "detect.md", "exec"), scope)
    assert len(scope["found"].detector("isolation forest").mean_auc) == 2


def test_the_rates_of_the_how_to_work(capsys):
    (block,) = blocks("docs/how-to/trigger.md", "python")
    exec(compile(block, "trigger.md", "exec"), {})
    assert "effective events: 88.2" in capsys.readouterr().out


def test_every_setting_of_a_trigger_is_documented():
    from anomalon.trigger import TriggerJob

    text = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    text = text[text.index("## Trigger\n") : text.index("## Jets\n")]
    groups = ("samples", "signals", "split", "models")
    names = [f"[{n}]" if n in groups else n for n in TriggerJob.keys()]  # noqa: SIM118
    assert [n for n in names if f"`{n}`" not in text.replace("[[models]]", "[models]")] == []


def test_every_setting_of_detection_is_documented():
    from anomalon.detection import DetectJob
    from anomalon.detectors import DETECTORS

    text = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    text = text[text.index("## Detect") :]
    keys = DetectJob.keys()
    names = [name for name in keys if name not in ("signals", "split", "detectors")]
    assert [name for name in (*names, *DETECTORS) if f"`{name}`" not in text] == []
