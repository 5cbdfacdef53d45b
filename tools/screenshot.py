"""docs/ask.png: the Ask page over corpus/, a question in Chinese, its first source open.

    python -m tools.screenshot      from the root; needs Chromium and a Chinese font (`bash tools/test-packages.sh`)
"""

import re
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from kb import KnowledgeBase
from tests.browser import running_app
from tests.conftest import CHROMIUM, CORPUS, ROOT

PICTURE = ROOT / "docs" / "ask.png"
QUESTION = "什么是知识蒸馏？"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = {"width": 1280, "height": 860}


def main() -> None:
    """A library of the corpus with the bundled encoder, the app over it, one question."""
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:  # the page shows where a source is: not where we are
        home, corpus = Path(folder) / "library", Path(folder) / "corpus"
        shutil.copytree(CORPUS, corpus)
        with KnowledgeBase.open(home) as base:
            base.add([corpus / "papers", corpus / "article.zh.md", corpus / "article.en.md"])
        with running_app(home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            take(address.context(browser, viewport=SIZE, locale="zh-CN").new_page(), address)
            browser.close()


def take(page: Page, address: str) -> None:
    """Ask, open the first source, and take the picture when nothing moves any more."""
    page.goto(address)
    box = page.get_by_placeholder("输入问题，中文或英文")
    box.wait_for(timeout=60_000)
    box.fill(QUESTION)
    box.press("Enter")
    source = page.get_by_role("button", name=re.compile(r"^1 · ")).last  # its chip has the same name
    source.wait_for(timeout=60_000)
    settle(page)
    source.click()
    page.locator(".st-key-srcpanel mark, .st-key-srcpanel .mark.amber").first.wait_for(timeout=60_000)
    settle(page)
    page.mouse.move(1, 1)
    page.evaluate(TO_THE_TOP)
    settle(page)
    page.screenshot(path=str(PICTURE))


TO_THE_TOP = """() => {
    document.activeElement.blur();
    for (const element of document.querySelectorAll('*')) if (element.scrollTop) element.scrollTop = 0;
}"""


def settle(page: Page) -> None:
    """Wait until the page's script has ended and its fonts are there."""
    page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]', timeout=60_000)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(700)


if __name__ == "__main__":
    main()
