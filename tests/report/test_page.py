import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from anomalon.report.summary import summary
from fake_scans import with_toys

from anomalon.report.environment import environment
from anomalon.report.page import render

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """A strict reader: elements nest, ids are unique, links and resources are collected."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag not in VOID:
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        for name in ("href", "src", "xlink:href", "action"):
            if name in values:
                self.links.append(values[name])

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def page(written) -> Page:
    page = Page()
    page.feed(written.html)
    page.close()
    return page


def test_elements_nest_and_ids_are_unique(page):
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_nothing_outside_is_linked_or_fetched(page, written):
    assert all(link.startswith("#") or link == "data:," for link in page.links)
    assert "http" not in written.html
    assert "@import" not in written.html
    assert not re.search(r"url\((?!#)", written.html)
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)


def test_it_needs_no_script(page):
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert not [name for _, values in page.tags for name in values if name.startswith("on")]


def test_every_drawing_has_words_and_every_table_headers(page):
    drawings = [values for tag, values in page.tags if tag == "svg"]
    assert drawings
    assert all(d.get("role") == "img" and d.get("aria-label") for d in drawings)
    headers = [values for tag, values in page.tags if tag == "th"]
    assert headers
    assert all(values.get("scope") in ("col", "row") for values in headers)


def test_tables_and_drawings_scroll_in_their_own_box(written):
    opened = re.findall(r"(<[^<>]+>)\s*<(?:table|svg class=\"figure\")", written.html)
    assert opened
    assert all('class="scroll"' in tag for tag in opened)


def test_text_of_the_author_is_escaped(page, written):
    assert "One &amp; &lt;two&gt;." in written.html
    assert "One & <two>." in page.text


def test_failures_are_shown_with_their_reason_before_any_figure(written):
    first = written.html[: written.html.index("<svg")]
    assert "Read this first" in first
    assert "TooFewEvents: 2 filled bins" in first
    assert "no answer" in first


def test_figures_stand_in_their_own_window(written):
    windows = written.html.split('<details class="window"')[1:4]
    names = [re.findall(r"Mass spectrum of window (\S+) GeV", w) for w in windows]
    assert [set(n) for n in names] == [{"2800-3200"}, {"3300-3700"}, {"2800-3200"}]
    assert all(len(n) == 2 for n in names)


def test_the_answer_comes_first(written):
    best = written.report.sections[0].scan.best
    assert f"window {best.window} GeV" in written.html[: written.html.index("<svg")]


def test_every_trial_is_in_the_ledger(written):
    rows = re.search(r'aria-label="Ledger of trials">(.*?)</table>', written.html, re.DOTALL)[1]
    assert rows.count("<tr") == 1 + len(written.report.sections[0].scan.ledger)


def test_pseudo_experiments_are_explained_where_there_are_some(written):
    assert "repeated in 20 pseudo-experiments" in written.html
    assert written.html.count("Look-elsewhere effect") == 1


def test_which_bound_is_used_and_why_is_said(make_scan):
    scan = with_toys(make_scan(signal=500.0), 40)
    refuted = replace(
        scan, p_global=1 / 41, p_global_source="number of pseudo-experiments",
        toys=replace(scan.toys, p_sidak=1e-4),
    )  # fmt: skip
    for one, words in (
        (scan, "do not contradict"),
        (refuted, "smaller than right ones would be"),
    ):
        section = {"heading": "A", "text": "", "scan": summary(one)}
        assert words in render("Title", [section], [[]], environment())


def test_a_doubted_excess_looks_like_none(make_scan):
    scan = make_scan(signal=500.0)
    tree = summary(scan) | {"status": "checks failed", "verdict": "Checks failed"}
    html = render("Title", [{"heading": "A", "text": "", "scan": tree}], [[]], environment())
    assert '<p class="status">Checks failed</p>' in html
    assert 'class="answer checks-failed"' in html


def test_the_page_stays_small(written):
    n_drawings = written.html.count("<svg")
    # 8 windows x 3 cuts x 2 feature sets make 116 drawings, which must stay below 6 MB.
    assert len(written.html) / n_drawings < 6e6 / 116


def test_a_figure_of_merit_says_its_purpose(page):
    text = " ".join("".join(page.text).split())
    assert "s / sqrt(b), a figure of merit for a discovery" in text


def test_weighted_counts_are_told_in_effective_events(make_scan):
    scan = make_scan(failing=False)  # events weigh 1.1
    cuts = (
        replace(c, n_effective=c.n, expected_effective=c.expected) for c in scan.windows[0].cuts
    )
    plain = replace(scan, windows=(replace(scan.windows[0], cuts=tuple(cuts)),))
    words = "In effective events, which are Poisson, the counts are"
    for one, told in ((scan, True), (plain, False)):
        section = {"heading": "A", "text": "", "scan": summary(one)}
        assert (words in render("Title", [section], [[]], environment())) == told
