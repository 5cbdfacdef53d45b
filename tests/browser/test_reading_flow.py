"""Reading in a real browser, by the keyboard: a long PDF at its quote, a search in it, a highlight that stays; a text
with formulas."""

from __future__ import annotations

import pytest

from kb import KnowledgeBase
from tests.browser import running_app
from tests.browser.test_ask_flow import Watched, amber_pixels, browser  # noqa: F401
from tests.browser.test_heard import LISTEN
from tests.making import make_pdf
from tests.waiting import LONGEST, wait_until

QUOTE = "Pruning removes the weights of a network that matter least to what it says."
TEXT = r"""# Attention

## Scores

A score is $\frac{q \cdot k}{\sqrt{d_k}}$ of **two** vectors. It costs $5 and $6.

$$
a_{ij} = \exp(s_{ij}) \text{ for all}
$$

## Cost

The cost is $O(n^2)$.
"""
FOCUSED = """() => {
    let element = document.activeElement;
    while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return `${element.localName}.${element.className}`;
}"""


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The app, its library, and the ids of a PDF of 400 pages and of a note."""
    folder = tmp_path_factory.mktemp("reading")
    pages = [[f"Page {n} of a long book.", *(["So it goes.", QUOTE] if n == 300 else ["Nothing new."])]
             for n in range(1, 401)]
    pages[349].append("A zebra crosses it once.")
    (folder / "long.pdf").write_bytes(make_pdf(*pages))
    (folder / "note.md").write_text(TEXT, "utf-8")
    home = folder / "library"
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.add([folder / "long.pdf", folder / "note.md"])
        ids = {info.kind: info.id for info in base.documents()}
    with running_app(home, KB_ENCODER="hashing") as address, KnowledgeBase.open(home, encoder="hashing") as base:
        yield address, base, ids


def is_at(page, number):
    wait_until(lambda: page.locator(".kb-reader .number").input_value() == str(number))


@pytest.mark.browser
def test_a_long_pdf_is_read_searched_and_highlighted_by_the_keyboard(browser, read):  # noqa: F811
    url, base, ids = read
    text = base.document(ids["pdf"]).text
    start = text.index(QUOTE)
    watched = Watched(browser, url)
    page = watched.page
    link = f"{url}/?lang=en&doc={ids['pdf']}&start={start}&end={start + len(QUOTE)}"
    page.goto(link)
    page.locator(".kb-reader .mark.amber").first.wait_for()
    watched.idle()
    is_at(page, 300)
    pages = page.locator(".kb-reader .pages")
    wait_until(lambda: amber_pixels(pages.screenshot()) > 500)
    assert page.locator(".kb-reader img").count() < 10  # of 400
    assert page.locator("[data-page='300'] .layer span").last.bounding_box()["height"] > 11
    boxes = [page.locator(part) for part in (".st-key-close_source", ".kb-reader .bar", ".kb-reader .pages")]
    wait_until(lambda: all(box["y"] >= 60 and box["y"] + box["height"] <= 900
                           for box in (part.bounding_box() for part in boxes)))

    pages.focus()
    page.keyboard.press("/")
    page.keyboard.type("ZEBRA crosses")
    is_at(page, 350)
    page.locator("[data-page='350'] .mark.found.now").wait_for()
    page.keyboard.press("Escape")  # out of the search, not out of the source
    assert page.evaluate(FOCUSED) == "div.pages"

    page.locator(".kb-reader .number").fill("300")
    page.keyboard.press("Enter")
    is_at(page, 300)
    pages.focus()
    page.locator("[data-page='300'] .mark.amber").first.wait_for()
    page.keyboard.press("Shift+ArrowDown")
    page.locator(".kb-reader .pick button").first.wait_for()
    page.keyboard.press("h")
    page.locator("[data-page='300'] .mark.note").first.wait_for()
    (note,) = base.notes(ids["pdf"])
    assert (note.kind, note.quote, note.start, note.page) == ("highlight", QUOTE, start, 300)

    page.goto(link)  # as it is opened again
    page.locator("[data-page='300'] .mark.note").first.wait_for()
    watched.idle()
    page.get_by_role("button", name="Notes (1)").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Notes (0)").wait_for()
    assert base.notes(ids["pdf"]) == ()
    page.locator("[data-page='300'] .mark.note").first.wait_for(state="detached")

    page.keyboard.press("Escape")
    pages.focus()
    page.get_by_role("button", name="Fill the window").press("Enter")
    wait_until(lambda: page.locator(".kb-reader").bounding_box()["width"] > 1300)
    page.keyboard.press("Escape")
    wait_until(lambda: page.locator(".kb-reader").bounding_box()["width"] < 900)
    page.keyboard.press("Escape")
    page.locator(".kb-reader").wait_for(state="detached")
    watched.check()
    watched.context.close()


CARET = """() => {
    const { anchorNode, anchorOffset } = document.getSelection();
    const layer = anchorNode?.parentElement?.closest('.layer');
    return layer && document.activeElement === anchorNode.parentElement
        ? [layer.closest('.page').dataset.page, anchorNode.textContent.slice(anchorOffset)] : null;
}"""


BEGINS = "document.querySelector('.kb-reader [data-start]')?.textContent ?? ''"


@pytest.mark.browser
def test_a_screen_reader_begins_at_the_quote_of_a_page_and_goes_on_to_the_next_line(browser, read):  # noqa: F811
    watched = Watched(browser, read[0])
    page = watched.page
    page.goto(f"{read[0]}/?lang=en")
    page.locator("textarea").fill("Which weights does pruning remove?")
    page.keyboard.press("Enter")
    page.locator(".kb button").first.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    page.evaluate(LISTEN)
    page.locator(".kb button").first.press("Enter")
    wait_until(lambda: (page.evaluate(CARET) or [""])[0] == "300")
    found = page.evaluate(CARET)[1]
    assert QUOTE.startswith(found[:20]) and len(found) > 20
    wait_until(lambda: any(line.endswith(f"p. 300. {QUOTE}") for line in page.evaluate("window.heard")))
    page.locator(".kb button").first.press("Enter")  # the same again, while it is open
    wait_until(lambda: sum(line.endswith(f"p. 300. {QUOTE}") for line in page.evaluate("window.heard")) == 2)
    assert page.evaluate(CARET)[1] == found
    page.get_by_role("button", name="Larger (+)").press("Enter")  # the page is drawn anew
    page.locator(".kb-reader [data-start]").focus()
    page.keyboard.press("+")
    wait_until(lambda: page.evaluate(FOCUSED) == "div.pages")
    watched.check()
    watched.context.close()


@pytest.mark.browser
def test_the_caret_goes_to_a_quote_within_a_chinese_line_and_on_to_the_next_quote_of_the_page(browser, tmp_path):  # noqa: F811
    said = {"剪枝": "剪枝是指去掉网络里作用最小的权重的方法。", "量化": "量化是指用更少的比特表示每个权重的方法。"}
    written = browser.new_page()
    written.set_content(f"<html><title>笔记</title><body style='font-family:Noto Sans CJK SC'><h1>模型压缩</h1>"
                        f"<p>本页说两件事。{said['剪枝']}</p><p>还有一件。{said['量化']}</p></body></html>")
    (tmp_path / "note.pdf").write_bytes(written.pdf())
    written.close()
    home = tmp_path / "library"
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.add([tmp_path / "note.pdf"])
    with running_app(home, KB_ENCODER="hashing") as url:
        watched = Watched(browser, url)
        page = watched.page
        page.goto(f"{url}/?lang=zh")
        for i, (word, quote) in enumerate(said.items()):
            page.locator("textarea").fill(f"什么是{word}？")
            page.keyboard.press("Enter")
            page.locator(f".st-key-sources{i} button").first.wait_for(timeout=LONGEST * 1000)
            watched.idle()
            page.locator(f".st-key-sources{i} button").first.press("Enter")
            wait_until(lambda quote=quote: (page.evaluate(CARET) or ["", ""])[1].startswith(quote[:4]))
        watched.check()
        watched.context.close()


@pytest.mark.browser
def test_a_text_is_set_with_its_formulas_and_copied_as_it_is_written(browser, read):  # noqa: F811
    url, base, ids = read
    start, end = TEXT.index("A score"), TEXT.index(" It costs")
    watched = Watched(browser, url, permissions=["clipboard-read", "clipboard-write"])
    page = watched.page
    page.goto(f"{url}/?lang=en&doc={ids['markdown']}&start={start}&end={end}")
    shown = page.locator(".kb-reader > .text")
    shown.locator(".katex").nth(1).wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert shown.locator(".displayed .katex").count() == 1 and shown.locator("b").inner_text() == "two"
    assert shown.locator(".p").first.inner_text().rstrip().endswith("It costs $5 and $6.")
    assert shown.locator("mark .katex-html").count() == 1  # the quote and its formula are marked
    words = shown.locator(".katex .text")  # KaTeX calls them as the source's own box is called
    assert words.evaluate("node => getComputedStyle(node).borderTopWidth") == "0px"

    shown.evaluate("""element => {
        document.getSelection().selectAllChildren(element.querySelector('.p'));
        element.focus();
    }""")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()").strip() == TEXT[start:TEXT.index("\n\n$$")]

    page.locator(".kb-reader .pick button").first.wait_for()
    page.keyboard.press("n")
    page.keyboard.type("Divided by the root.")
    page.keyboard.press("Control+Enter")
    shown.locator("mark.note").first.wait_for()
    (note,) = base.notes(ids["markdown"])
    assert (note.text, note.quote) == ("Divided by the root.", TEXT[start:TEXT.index("\n\n$$")])

    page.get_by_role("button", name="Next section").press("Enter")
    page.locator(".kb-reader .name", has_text="Cost").wait_for()
    assert page.evaluate(FOCUSED) != "body."
    page.keyboard.press("Escape")
    shown.wait_for(state="detached")
    watched.check()
    watched.context.close()
