"""The Library page in a real browser: a document's card, its form and its report, in both languages and schemes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import KnowledgeBase
from tests.browser import running_app
from tests.browser.states import idle
from tests.browser.test_ask_flow import FLAGS
from tests.making import make_pdf
from tests.waiting import wait_until

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
PAGES = [["Draft of March", "", "# Pruning", "Pruning is a method that removes weights of a network."],
         ["Draft of March", "", "# Order", "The smallest weights go first, then the network is trained again."],
         ["Draft of March", "", "# Results", "Nine weights of ten can go before the accuracy falls."], ["ii"]]


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def home(tmp_path):
    (tmp_path / "scan_0042.pdf").write_bytes(make_pdf(*PAGES))
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        base.add([tmp_path / "scan_0042.pdf"])
    return tmp_path / "library"


def card_of(browser, url, locale, scheme):
    """The Library page with its one document chosen."""
    context = url.context(browser, viewport={"width": 1280, "height": 1600}, color_scheme=scheme, locale=locale)
    page = context.new_page()
    page.goto(f"{url}/library")
    page.locator(".row .title a").first.click()
    page.wait_for_selector(".st-key-detail")
    idle(page)
    return page


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "scheme", "words"), [
    ("en-GB", "light", ("(edited)", "Ada Lovelace, 王小明 · 1843", "Reading report", "edited")),
    ("zh-CN", "dark", ("（已改定）", "Ada Lovelace, 王小明 · 1843", "读取报告", "改定"))])
def test_a_document_is_set_right_on_its_card(browser, home, locale, scheme, words):
    mark, facts, report, _ = words
    with running_app(home, "--encoder", "hashing") as url:
        page = card_of(browser, url, locale, scheme)
        page.locator(".st-key-edit button").click()
        idle(page)
        form = page.locator("[data-testid=stForm]")
        form.locator("input[type=text]").first.fill("剪枝 Pruning, revisited")
        form.locator("textarea").fill("Ada Lovelace\n王小明")
        form.locator("input[type=text]").nth(1).fill("1843")
        page.locator(".st-key-detail").screenshot(path=_artefact(f"card_edit_{locale}.png"))
        page.locator(".st-key-edit_save button").click()
        page.wait_for_selector(f".st-key-detail >> text={mark}")
        idle(page)
        card = page.locator(".st-key-detail")
        assert "剪枝 Pruning, revisited" in card.inner_text() and facts in card.inner_text()
        card.locator("[data-testid=stExpander] summary").filter(has_text=report).click()
        idle(page)
        card.screenshot(path=_artefact(f"card_report_{locale}.png"))
        assert report in card.inner_text()
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0
        page.context.close()
    with KnowledgeBase.open(home, encoder="hashing") as base:
        (info,) = base.documents()
        assert (info.title, info.authors, info.year) == (
            "剪枝 Pruning, revisited", ("Ada Lovelace", "王小明"), 1843)


HOSTILE = ("<script>document.title = 'run'</script>", "مقدمة في التعلم العميق",
           "😀 ![x](http://evil.example/x.png) 标题", "A title that does not end " * 18)


@pytest.mark.browser
def test_the_table_is_worked_in(browser, tmp_path):
    """One server: the table filtered, sorted, edited, several marked and that undone, in two tabs; the map; 400 px."""
    for n, title in enumerate(HOSTILE):
        (tmp_path / f"{n}.md").write_text(f"---\ntitle: \"{title.strip()}\"\nyear: {2000 + n}\n---\n# A\n\nText {n}.\n")
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        base.add(sorted(tmp_path.glob("*.md")))
    with running_app(tmp_path / "library", "--encoder", "hashing") as url:
        context = url.context(browser, viewport={"width": 1280, "height": 1100}, locale="en-GB")
        asked = []
        context.on("request", lambda request: asked.append(request.url))
        page, other = context.new_page(), context.new_page()
        for each in (page, other):
            each.goto(f"{url}/library")
            each.wait_for_selector(".row")
            idle(each)
        rows, years = page.locator(".row"), page.locator(".row .year")
        page.locator(".filter").press_sequentially("title")
        assert rows.count() == 2 and "2 of 4" in page.locator(".count").inner_text()  # no Enter was pressed
        page.locator(".filter").fill("")
        page.locator(".head .year .sorts").click()
        assert years.all_inner_texts() == ["2000", "2001", "2002", "2003"]
        page.locator(".head .year .sorts").click()
        assert years.all_inner_texts() == ["2003", "2002", "2001", "2000"]
        # edited in place, by the keyboard
        years.first.click()
        page.keyboard.press("F2")
        page.keyboard.type("1999")
        page.keyboard.press("Enter")
        page.wait_for_selector(".st-key-done >> text=Year changed")
        assert page.locator("[data-testid=stToast]").count() == 0, "what the page says is said twice"
        idle(page)
        assert years.all_inner_texts() == ["2002", "2001", "2000", "1999"], "sorted again, the same document"
        # the other tab shows the year as it was: what it sets is not taken over the change
        other.locator(".row .year", has_text="2003").dblclick()
        other.keyboard.type("1888")
        other.keyboard.press("Enter")
        other.wait_for_selector(".st-key-done >> text=Nothing was changed")
        other.wait_for_selector(".row .year >> text=1999")
        # the window narrows and widens meanwhile: what was typed stays, and is saved where it cannot be seen any more
        page.bring_to_front()  # else nothing is laid out anew
        rows.first.locator(".title").click(position={"x": 2, "y": 5})
        page.keyboard.press("F2")
        page.keyboard.type("Typed")
        for width, tall in ((600, 62), (1280, 34)):
            page.set_viewport_size({"width": width, "height": 1100})
            wait_until(lambda tall=tall: rows.first.evaluate("row => row.offsetHeight") == tall)
            assert page.locator(".row .editor:focus").input_value() == "Typed"
            assert rows.first.evaluate("row => row.scrollHeight") <= tall
        page.keyboard.type(" on")
        page.keyboard.press("Enter")
        page.wait_for_selector(".row .title:not(.pending) >> text=Typed on")
        idle(page)
        rows.first.locator(".venue").dblclick()
        page.keyboard.type("NeurIPS")
        page.set_viewport_size({"width": 600, "height": 1100})
        page.wait_for_selector(".st-key-done >> text=Venue changed")
        page.set_viewport_size({"width": 1280, "height": 1100})
        page.wait_for_selector(".row .venue:not(.pending) >> text=NeurIPS")
        idle(page)
        # several at once, and back
        for n in (0, 2):
            rows.nth(n).locator("input").click()
        page.wait_for_selector(".st-key-bulk >> text=2 selected")
        idle(page)
        page.locator(".st-key-bulk button", has_text="State").click()
        page.locator(".st-key-bulk_read button").click()
        page.wait_for_selector('.row .state >> text="read" >> nth=1')
        idle(page)
        assert page.locator(".row .state").all_inner_texts() == ["read", "unread", "read", "unread"]
        page.keyboard.press("Escape")
        idle(page)
        page.locator(".st-key-bulk .st-key-undo button:visible").click()
        page.wait_for_selector(".st-key-undo", state="detached")
        idle(page)
        assert page.locator(".row .state").all_inner_texts() == ["unread"] * 4
        page.screenshot(path=_artefact("library_table.png"))
        # the map opens what is pressed; nothing scrolls sideways on a telephone
        other.set_viewport_size({"width": 400, "height": 900})
        other.goto(f"{url}/library?view=map")
        other.locator(".dot").first.click()
        other.wait_for_selector(".st-key-detail")
        idle(other)
        assert other.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        other.screenshot(path=_artefact("library_map_400.png"))
        assert page.title() != "run" and all("127.0.0.1" in address or address.startswith(("data:", "blob:"))
                                             for address in asked)
        context.close()


def _artefact(name):
    ARTEFACTS.mkdir(exist_ok=True)
    return str(ARTEFACTS / name)
