import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from anomalon.core.result import Check, Column, Number, Part, Summary, Table
from anomalon.report.environment import environment
from anomalon.report.page import Picture, Placed, render

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
    papers = [v["href"] for tag, v in page.tags if tag == "a" and v["href"].startswith("http")]
    assert papers  # a reader may follow them; the page itself fetches nothing
    assert all(re.match(r"https://(arxiv\.org/abs|doi\.org)/", link) for link in papers)
    others = [link for link in page.links if link not in papers]
    assert all(link.startswith("#") or link == "data:," for link in others)
    assert written.html.count("http") == len(papers)
    assert "@import" not in written.html
    assert not re.search(r"url\((?!#)", written.html)
    inner = {link[1:] for link in others if link.startswith("#")}
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
    starts = [m.start() for m in re.finditer(r"<(summary|h4)>\d+-\d+ GeV", written.html)]
    windows = [written.html[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    assert len(windows) == 3
    names = [re.findall(r"Mass spectrum of window (\S+) GeV", w) for w in windows]
    assert [set(n) for n in names] == [{"2800-3200"}, {"3300-3700"}, {"2800-3200"}]
    assert all(len(n) == 2 for n in names)


def test_the_answer_comes_first(written):
    best = written.report.sections[0].result.best
    assert f"window {best.window} GeV" in written.html[: written.html.index("<svg")]


def test_every_trial_is_in_the_ledger(written):
    rows = re.search(r'aria-label="Ledger of trials">(.*?)</table>', written.html, re.DOTALL)[1]
    assert rows.count("<tr") == 1 + len(written.report.sections[0].result.ledger)


def test_pseudo_experiments_are_explained_where_there_are_some(written):
    assert "repeated in 20 pseudo-experiments" in written.html
    assert written.html.count("Look-elsewhere effect") == 1


def shown(summary, *pictures):
    return render("Title", [Placed("A", "", summary, pictures)], {}, environment())


def test_a_doubted_excess_looks_like_none(make_scan):
    summary = make_scan(signal=500.0).summary()
    html = shown(replace(summary, status="checks failed", verdict="Checks failed"))
    assert '<p class="status">Checks failed</p>' in html
    assert 'class="answer checks-failed"' in html


def test_the_page_stays_small(written):
    n_drawings = written.html.count("<svg")
    # 8 windows x 3 cuts x 2 feature sets make 116 drawings, which must stay below 6 MB.
    assert len(written.html) / n_drawings < 6e6 / 116


def test_a_figure_of_merit_says_its_purpose(page):
    text = " ".join("".join(page.text).split())
    assert "s / sqrt(b), a figure of merit for a discovery" in text


def test_everything_that_a_summary_says_is_shown():
    rows = ((3000.0, "x-cell"), (None, "y-cell"))
    table = Table("A table", (Column("m", "GeV", digits=4), Column("c")), rows, note="t-note")
    inner = Part("Inner", text="i-text", tables=(table,), folded=True, note="p-note")
    outer = Part(
        "Outer", numbers=(Number("n", 7.0, 2.0, unit="fb"),), figures=("a",), parts=(inner,)
    )
    summary = Summary(
        "toy", "Toy", "done", "Done", "h-line", (Number("p", 0.02, form="p-value"),),
        how="h-how", problems=("h-problem",), warnings=("h-warning",), notes=("h-note",),
        checks=(Check("c-what", "c-found", "failed", where="c-where"),), table=table,
        parts=(outer,),
    )  # fmt: skip
    pictures = (
        Picture("a", "cap-a", "", "<svg id='a'></svg>"),
        Picture("b", "cap-b", "", "<svg id='b'></svg>"),  # no part asks for it
    )
    html = shown(summary, *pictures)
    for words in (
        "h-line", str(summary.numbers[0]), "h-how", "h-problem", "h-warning", "h-note",
        "c-where: c-what: c-found",
        "m [GeV]", "3\u202f000", "x-cell", "y-cell", "t-note", "i-text", "p-note", "Inner", "Outer",
        "7.0\xa0± 2.0 fb", "cap-a", "cap-b",
    ):  # fmt: skip
        assert words in html, words
    assert html.count("<svg id='a'>") == html.count("<svg id='b'>") == 1
    assert '<th scope="row">c-what</th>' in html  # all checks have a table, though no part has it


def test_a_drawing_of_a_kind_that_many_parts_show_stands_in_its_own():
    parts = tuple(Part(f"P{i}", figures=("a",), name=str(i)) for i in range(2))
    summary = Summary("toy", "Toy", "done", "Done", "h", parts=parts)
    html = shown(summary, *(Picture("a", f"cap-{i}", str(i), "<svg></svg>") for i in (1, 0)))
    assert html.index("P0") < html.index("cap-0") < html.index("P1") < html.index("cap-1")
