"""The first minute in a real browser: an empty library, a file, a question that it answers, the source, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import running_app
from tests.browser.test_ask_flow import Watched, browser  # noqa: F401
from tests.waiting import LONGEST, wait_until

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
TIDES = """# 潮汐笔记

## 调和分析

调和分析是指把水位分解为若干个周期已知的分潮的方法。它需要至少一个月的观测，分潮越多，所需的观测越长。

## 余水位

余水位是指实测水位减去天文潮位之后剩下的部分，主要由风和气压引起。它不能由分潮预报，需要气象资料。
"""
FOCUSED = """() => {
  let node = document.activeElement;
  while (node.shadowRoot?.activeElement) { node = node.shadowRoot.activeElement; }
  return node.getAttribute('aria-label');
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_app(tmp_path_factory.mktemp("library")) as address:
        yield address


@pytest.mark.browser
@pytest.mark.engine
def test_it_ends_with_a_cited_answer_that_a_reload_and_another_tab_show(browser, url):  # noqa: F811
    watched = Watched(browser, url)
    page = watched.page
    page.goto(url)
    page.get_by_role("heading", name="用原文回答的资料库").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    watched.shot("first-light-1440")
    page.locator("input[type=file]").set_input_files(
        {"name": "潮汐.md", "mimeType": "text/markdown", "buffer": TIDES.encode()})
    page.get_by_role("button", name="添加所选文件").click()
    example = page.locator(".st-key-examples button").first
    example.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    asked = example.inner_text()
    example.click()
    page.locator(".st-key-sources0 button").first.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert page.get_by_text("有依据", exact=True).count() == 1 and page.locator(".kb .lead").inner_text()[:3] in asked
    assert page.locator(".said").first.inner_text().startswith("有依据")  # to a screen reader, before the sources
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert page.locator("[data-testid=stMainMenuButton]").get_attribute("aria-label") == "主菜单"
    assert page.locator("[data-testid=stSkipToContent]").inner_text() == "跳到正文"
    link = page.url
    assert "chat=" in link

    chip = page.locator(".kb button").first
    chip.click()
    page.locator(".st-key-srcpanel").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    page.keyboard.press("Escape")
    page.locator(".st-key-srcpanel").wait_for(state="detached", timeout=LONGEST * 1000)
    wait_until(lambda: (page.evaluate(FOCUSED) or "").startswith("1 · "))  # the focus is on the chip again

    page.reload()
    page.locator(".st-key-sources0 button").first.wait_for(timeout=LONGEST * 1000)
    watched.check()
    for width, scheme, locale in ((1440, "dark", "en-US"), (400, "light", "zh-CN")):
        other = Watched(browser, url, width, scheme, locale=locale)
        other.page.goto(link)
        other.page.locator(".st-key-sources0 button").first.wait_for(timeout=LONGEST * 1000)
        other.idle()
        other.page.locator(".kb button").first.click()
        other.page.locator(".st-key-srcpanel").wait_for(timeout=LONGEST * 1000)
        other.idle()
        other.shot(f"chat-{scheme}-{width}")
        assert other.page.evaluate(CONTRAST) == []
        other.check()
        other.context.close()
    watched.context.close()
