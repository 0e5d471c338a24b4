import re

import pytest
from matplotlib.figure import Figure

from anomalon.report import style


@pytest.fixture
def figure() -> Figure:
    @style.styled
    def draw() -> Figure:
        figure = Figure(figsize=(3, 2))
        axes = figure.subplots()
        axes.plot([1, 2, 3], [3, 1, 2], "o-", color=style.LIGHT["blue"])
        axes.set_xlabel("mass [GeV]")
        return figure

    return draw()


def test_the_same_figure_gives_the_same_bytes(figure):
    assert style.svg(figure) == style.svg(figure)
    for form in ("png", "pdf"):
        assert style.image(figure, form) == style.image(figure, form)


def test_images_are_what_they_are_called_and_name_no_date_and_no_version(figure):
    assert style.image(figure, "png").startswith(b"\x89PNG")
    pdf = style.image(figure, "pdf")
    assert pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf
    assert b"Matplotlib v" not in pdf


def test_an_svg_names_no_date_and_no_version(figure):
    text = style.svg(figure)
    assert "dc:date" not in text
    assert "Matplotlib v" not in text


def test_inline_follows_the_page_and_is_named(figure):
    text = style.inline(style.svg(figure), "f1", 'a "line" & <more>')
    assert 'role="img"' in text
    assert 'aria-label="a &quot;line&quot; &amp; &lt;more>"' in text
    assert "var(--blue)" in text
    assert not re.search(r"#[0-9a-f]{6}", text)
    assert "http" not in text


def test_inline_keeps_references_whole_and_ids_its_own(figure):
    text = style.inline(style.svg(figure), "f1", "a line")
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("f1-") for name in ids)
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text)) <= set(ids)


def test_labels_stay_text(figure):
    assert "mass [GeV]</text>" in style.inline(style.svg(figure), "f1", "a line")


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours, WCAG 2.1."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize(("colours", "page"), [(style.LIGHT, "#ffffff"), (style.DARK, "#14171a")])
def test_series_stand_out_from_the_page(colours, page):
    # WCAG 2.1, 1.4.11: graphical objects need a contrast of 3, text (ink, muted) one of 4.5.
    for name, colour in colours.items():
        if name in ("grid", "region", "one_sigma", "two_sigma"):  # areas: lines are drawn on them
            continue
        assert _contrast(colour, page) >= (4.5 if name in ("ink", "muted") else 3), name


@pytest.mark.parametrize("colours", [style.LIGHT, style.DARK])
def test_lines_stand_out_from_the_bands_and_these_from_each_other(colours):
    for name in ("region", "one_sigma", "two_sigma"):
        assert _contrast(colours["ink"], colours[name]) >= 3, name
    assert _contrast(colours["one_sigma"], colours["two_sigma"]) > 1.2


def test_both_themes_have_the_same_names():
    assert style.LIGHT.keys() == style.DARK.keys()
    assert len(set(style.LIGHT.values())) == len(style.LIGHT)
