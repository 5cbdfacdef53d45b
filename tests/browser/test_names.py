"""What a screen reader is told of every page: no English of Streamlit's own on a Chinese one, no backslash, no button
that is called by a sign, each formula in words, each table with its headers.

Looked at in the tree that the browser gives to screen readers.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit
from kb_app.components import script
from kb_app.heard_words import AFTER, FORMULA

from tests.browser import states
from tests.browser.test_ask_flow import browser  # noqa: F401
from tests.browser.test_every_page import app, filled  # noqa: F401
from tests.waiting import wait_until

BUNDLE = Path(streamlit.__file__).parent / "static/static/js"
PRODUCTS = {"Markdown", "PDF", "LaTeX", "BibTeX", "JSON", "CSV", "HTML", "DOI", "arXiv", "English"}  # in any language
STARTS = re.compile(r"^(Help for|Remove|Upload|Fullscreen:|Chat message from) | — (start|end)$")
CONTENT = {"StaticText", "InlineTextBox", "cell", "gridcell", "row", "ListMarker", "rowheader", "columnheader",
           "option", "heading"}
MENU = "[data-testid=stMainMenu] button"
# Links of headings to themselves, formulas without words, tables without headers or a name.
UNTOLD = """() => {
    const found = [], every = [];
    const look = root => root.querySelectorAll('*').forEach(part => {
        every.push(part);
        if (part.shadowRoot) look(part.shadowRoot);
    });
    look(document);
    for (const part of every) {
        if (part.matches('[data-testid=stHeaderActionElements] a')) found.push(`link to ${part.href}`);
        if (part.matches('.katex') && !part.closest('[role=img][aria-label]'))
            found.push(`formula ${part.textContent}`);
        if (part.matches('[data-testid=stVegaLiteChart] svg [aria-label]')) found.push(`of a chart ${part.ariaLabel}`);
        if (part.matches('[data-testid=stTable] table')) {
            if (!part.ariaLabel) found.push(`table without a name: ${part.textContent.slice(0, 60)}`);
            if (part.querySelector('th:not([scope])') || !part.querySelector('th[scope=col]'))
                found.push(`table without headers: ${part.textContent.slice(0, 60)}`);
        }
    }
    return found;
}"""
FORMULAS = [
    (r"h = W_0 x + \frac{\alpha}{r} B A x", "h equals W sub 0 x plus alpha over r B A x"),
    (r"\mathrm{softmax}\left(\frac{Q K^\top}{\sqrt{d_k}}\right) V",
     "softmax ( fraction Q K transposed over root of d sub k end of root end of fraction ) V"),
    (r"\hat{y} = \sum_{i=1}^{n} x_i^2", "y hat equals sum from i equals 1 to n x sub i squared"),
    (r"r \times k \quad \text{for each } x \in \mathbb{R}", "r times k for each x in R"),
    (r"\sqrt[3]{x} \leq e^{-x}", "3 root of x is at most e to the power of minus x"),
    (r"a \\ & b }} \frac", "a , , b over"),
]


@pytest.mark.browser
@pytest.mark.parametrize(("tex", "said"), FORMULAS)
def test_a_formula_is_told_in_words(blank, tex, said):
    assert spoken(blank, tex, "en") == said
    assert not re.search(r"[\\{}_^$]|undefined|null", spoken(blank, tex, "zh"))


@pytest.fixture(scope="module")
def blank(browser):  # noqa: F811
    page = browser.new_page()
    yield page
    page.close()


def spoken(page, tex, language):
    words = {name: pair.in_(language) for name, pair in FORMULA.items()}
    words["after"] = {name: pair.in_(language) for name, pair in AFTER.items()}
    code = script("spoken.js").replace("export function", "function")
    return page.evaluate(f"([tex, words]) => {{ {code}; return inWords(tex, words); }}", [tex, words])


# --- whole pages


def told(page):
    """[(role, name)] of what a screen reader is told of besides the text."""
    return [(role, name) for role, name in told_all(page) if role not in CONTENT]


def told_all(page):
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]


def streamlits():
    """What Streamlit says, among all that stands in its scripts."""
    code = "\n".join(path.read_text("utf-8") for path in BUNDLE.glob("*.js"))
    return set(re.findall(r"[`\"']([A-Z][A-Za-z/ .-]{2,60})[`\"']", code)) | {"file upload", "visualization"}


def faults(page, english):
    found = list(page.evaluate(UNTOLD))
    for role, name in told(page):
        if re.search(r"\\[^\w\s]|&lt;|&amp;lt;", name):
            found.append(f"escaped {role}: {name}")
        if role in ("button", "link") and (not re.search(r"\w", name) or re.search("[✕⋯]", name)):
            found.append(f"a sign {role}: {name}")
        if english and (name in english or STARTS.search(name)) and name not in PRODUCTS:
            found.append(f"English {role}: {name}")
    return found


def gone_through(browser, url, every, locale, english=frozenset()):  # noqa: F811
    page = url.context(browser, viewport={"width": 1440, "height": 900}, locale=locale).new_page()
    found = {}
    for name, go in every.items():
        go(page, url)
        if wrong := faults(page, english):
            states.idle(page)  # and what is called once the page stands
            if wrong := [one for one in faults(page, english) if one in wrong]:
                found[name] = wrong
    page.locator(MENU).click()
    page.locator("[data-testid=stMainMenuPopover]").wait_for()
    page.wait_for_timeout(300)
    if wrong := faults(page, english):
        found["menu"] = wrong
    page.context.close()
    return found


@pytest.mark.browser
@pytest.mark.slow
def test_a_chinese_page_of_an_empty_library_is_told_in_chinese(browser, app):  # noqa: F811
    assert gone_through(browser, app[0], states.EMPTY, "zh-CN", streamlits()) == {}


@pytest.mark.browser
@pytest.mark.slow
def test_a_chinese_page_is_told_in_chinese(browser, filled):  # noqa: F811
    assert gone_through(browser, filled, states.FILLED, "zh-CN", streamlits()) == {}


@pytest.mark.browser
def test_an_english_page_is_told_as_it_is_shown(browser, filled):  # noqa: F811
    some = ("ask-found", "labs", "labs-done", "survey-written", "survey-source")
    every = {name: states.FILLED[name] for name in some}
    assert gone_through(browser, filled, every, "en-GB") == {}


# What has the focus in the library's table, and a mark set on it, which a part that is made anew has not.
CELL = """() => {
    let node = document.activeElement;
    while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    const row = node.closest('[role=row]'), grid = node.closest('[role=grid]');
    const head = [...grid.querySelectorAll('[role=columnheader]')].find(
        one => one.ariaColIndex === node.ariaColIndex);
    const was = Boolean(row.seen);
    row.seen = true;
    return { role: node.role, row: row.ariaRowIndex, rows: grid.ariaRowCount, head: head?.ariaLabel, was,
             first: grid.querySelector('[aria-rowindex="2"]').seen ?? false };
}"""


@pytest.mark.browser
def test_the_librarys_table_tells_its_cells_and_keeps_its_rows(browser, filled):  # noqa: F811
    page = filled.context(browser, viewport={"width": 1440, "height": 900}, locale="en-GB").new_page()
    page.goto(f"{filled}/library")
    page.locator(".row .title").first.click(position={"x": 2, "y": 2})
    states.idle(page)
    page.locator(".row .title").first.focus()
    first = page.evaluate(CELL)
    assert (first["role"], first["row"], first["head"]) == ("gridcell", "2", "Title")
    page.keyboard.press("ArrowDown")
    second = page.evaluate(CELL)
    assert (second["row"], second["head"], second["was"], second["first"]) == ("3", "Title", False, True)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")  # what is chosen stays as well
    third = page.evaluate(CELL)
    assert (third["row"], third["head"], third["was"], third["first"]) == ("3", "Authors", True, True)
    cells = [name for role, name in told_all(page) if role in ("gridcell", "columnheader")]
    assert "empty" in cells and "Year" in cells and not any(name.startswith("Sort by") for name in cells)
    page.locator(".row .check input").nth(2).click()
    page.keyboard.press("Space")  # the row of the box, not the one before
    wait_until(lambda: page.locator(".row.on").count() == 1)
    page.locator(".sorts").nth(1).focus()
    page.keyboard.press("Enter")
    wait_until(lambda: "↑" in page.evaluate(BUTTON))  # the focus is still on it
    page.context.close()


BUTTON = """() => {
    let node = document.activeElement;
    while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return node.innerText ?? '';
}"""
