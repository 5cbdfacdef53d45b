"""Whether words can be read: the contrast of the theme's colours, as WCAG 2.1 counts it, is 4.5:1 in light and dark."""

import re
import tomllib

import pytest
from kb_app.components import STATIC, static

THEME = tomllib.loads((STATIC.parent / ".streamlit/config.toml").read_text("utf-8"))["theme"]
LEAST = 4.5
WHITE = (255, 255, 255)


def rgb(colour):
    return tuple(int(colour[i:i + 2], 16) for i in (1, 3, 5))


def over(colour, ground, share):
    """A colour of which so much is seen over another."""
    return tuple(share * a + (1 - share) * b for a, b in zip(colour, ground, strict=True))


def luminance(colour):
    parts = [value / 255 for value in colour]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def opacity(css, selector):
    """What a rule of a style file says."""
    return float(re.search(rf"{re.escape(selector)} \{{[^}}]*opacity: ([\d.]+)", static(css))[1])


def test_it_is_counted_as_the_standard_says():
    assert contrast((0, 0, 0), WHITE) == pytest.approx(21) and contrast(WHITE, WHITE) == 1
    assert contrast(rgb("#767676"), WHITE) == pytest.approx(4.54, abs=0.01)  # the lightest grey that passes on white


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_stand_out_from_their_ground(mode):
    colours = {name: rgb(value) for name, value in THEME[mode].items() if isinstance(value, str)}
    grounds = {name: colours[name] for name in ("backgroundColor", "secondaryBackgroundColor")}
    text, link = colours["textColor"], colours["linkColor"]
    quiet = {"caption": opacity("main.css", "[data-testid='stCaptionContainer']"),
             "around": opacity("text.css", ".kb .around"), "unsupported": opacity("text.css", ".kb .unsupported"),
             "note": opacity("text.css", ".kb .note")}
    for name, ground in grounds.items():
        assert contrast(text, ground) >= 7, name
        assert contrast(link, ground) >= LEAST, name
        for what, share in quiet.items():
            assert contrast(over(text, ground, share), ground) >= LEAST, (what, name)
        # a chosen option: words on a ground that has a little of the primary colour
        assert contrast(text, over(colours["primaryColor"], ground, 0.2)) >= LEAST, name
    assert contrast(WHITE, colours["primaryColor"]) >= LEAST, "the words of a primary button"
    assert contrast(colours["backgroundColor"], link) >= LEAST, "the number of a chip that is open"


@pytest.mark.parametrize("file", ["outline.css", "draft.css", "citations.css", "text.css"])
def test_quiet_words_are_no_quieter_than_what_is_counted(file):
    least = opacity("text.css", ".kb .around")
    shares = [float(share) for share in re.findall(r"^ +opacity: ([\d.]+);", static(file), re.MULTILINE)]
    assert [share for share in shares if 0.4 < share < least] == []  # below .4: what is switched off or dragged


def test_chips_and_chosen_options_take_the_colours_that_are_counted():
    assert "color: var(--st-link-color)" in static("text.css")
    assert re.search(r"\[data-selected\]\[aria-checked\] \{\s*color: inherit", static("main.css"))
