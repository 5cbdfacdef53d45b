"""The Library page in a real browser: a document's card, its form and its report, in both languages and schemes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import KnowledgeBase
from tests.browser import running_app
from tests.browser.test_ask_flow import FLAGS
from tests.making import make_pdf

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


def idle(page):
    page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]')
    page.wait_for_timeout(500)
    assert page.locator("[data-testid=stException]").count() == 0


def card_of(browser, url, locale, scheme):
    """The Library page with its one document chosen."""
    context = url.context(browser, viewport={"width": 1280, "height": 1600}, color_scheme=scheme, locale=locale)
    page = context.new_page()
    page.goto(f"{url}/library")
    page.wait_for_selector("[data-testid=stDataFrame] canvas")
    idle(page)
    box = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    page.mouse.click(box["x"] + 18, box["y"] + 52)  # the box before the first row
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


def _artefact(name):
    ARTEFACTS.mkdir(exist_ok=True)
    return str(ARTEFACTS / name)
