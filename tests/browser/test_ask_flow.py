"""One flow in a real browser: add a Chinese PDF, ask, open the citation, see the quote marked on its page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.browser import running_app
from tests.browser.states import idle
from tests.waiting import LONGEST, wait_until

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"
]
ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
FILLER = "这一段只是为了占满第一页，说明排版与换行，与问题无关。" * 12
PAPER = f"""<html><head><meta charset="utf-8"><title>模型压缩 ![x](http://evil.example/title.png) 笔记</title>
<style>body{{font-family:'Noto Sans CJK SC';line-height:1.7}} h2{{break-before:page}}</style></head><body>
<h1>模型压缩笔记</h1><p>{FILLER}</p><p>{FILLER}</p>
<h2>知识蒸馏</h2><p>知识蒸馏是指让一个小的学生模型学习一个大的教师模型的输出分布，从而在缩小规模的同时保留大部分能力的训练方法。它通常还需要一个温度参数。</p>
<p>图片 <b>![y](http://evil.example/text.png)</b> 不应当被加载。</p></body></html>"""
QUOTE = "知识蒸馏是指让一个小的学生模型学习一个大的教师模型的输出分布，从而在缩小规模的同时保留大部分能力的训练方法。"


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def paper(browser, tmp_path_factory):
    path = tmp_path_factory.mktemp("paper") / "压缩.pdf"
    page = browser.new_page()
    page.set_content(PAPER.replace("<img", ""))
    page.pdf(path=str(path), format="A4")
    page.close()
    return path


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    home = tmp_path_factory.mktemp("library")
    with running_app(home) as address:
        yield address


class Watched:
    """A page that remembers what it asked for and complained of."""

    def __init__(self, browser, url, width=1440, scheme="light", **options):
        self.context = url.context(browser, viewport={"width": width, "height": 900}, color_scheme=scheme,
                                   **{"locale": "zh-CN", **options})
        self.page, self.host = self.context.new_page(), url.partition("//")[2]
        self.hosts, self.complaints = set(), []
        self.page.on(
            "request",
            lambda request: (
                self.hosts.add(re.sub(r"^(?:blob:)?\w+://([^/]*).*", r"\1", request.url))
                if "://" in request.url
                else None
            ),
        )
        self.page.on("console", lambda message: self.complaints.append(message.text)
                     if message.type == "error" else None)

    def idle(self):
        idle(self.page)

    def shot(self, name):
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=str(ARTEFACTS / f"{name}.png"))

    def check(self):
        assert self.hosts <= {self.host}
        # Streamlit asks below the page's own path first when a page is opened by its address: two 404s that change
        # nothing.
        assert [text for text in self.complaints if "404" not in text] == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def amber_pixels(png):
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return sum(1 for r, g, b in image.get_flattened_data() if r > 235 and 165 < g < 215 and b < 110)


@pytest.mark.browser
@pytest.mark.engine
def test_add_a_chinese_pdf_ask_and_open_the_marked_page(browser, paper, url):
    watched = Watched(browser, url)
    page = watched.page
    page.goto(f"{url}/library")
    watched.idle()
    page.locator("input[type=file]").first.set_input_files(str(paper))
    page.get_by_role("button", name="添加所选文件").click()
    page.get_by_text("1 个已添加").first.wait_for(timeout=LONGEST * 1000)
    assert "job=" in page.url
    page.reload()
    page.get_by_text("1 个已添加").first.wait_for(timeout=LONGEST * 1000)
    watched.shot("library-light-1440")

    page.get_by_role("link", name="提问").click()
    box = page.get_by_placeholder("输入问题，中文或英文")
    box.wait_for()
    box.fill("什么是知识蒸馏？")
    box.press("Enter")
    source = page.locator(".st-key-sources0 button").first
    source.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert page.locator(".kb .lead").inner_text().startswith(QUOTE[:20])
    assert page.get_by_text("有依据", exact=True).count() == 1
    source.click()
    picture = page.locator(".kb-reader .mark.amber").first
    picture.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert page.locator(".kb-reader .number").input_value() == "2"
    assert page.locator(".kb-reader .of").first.inner_text() == "/ 2"
    wait_until(lambda: amber_pixels(page.locator(".kb-reader .pages").screenshot()) > 500)
    assert QUOTE in re.sub(r"\s", "", page.locator(".kb-reader .layer").last.text_content())
    assert "doc=" in page.url
    watched.shot("ask-light-1440")

    page.keyboard.press("Escape")
    picture.wait_for(state="detached", timeout=LONGEST * 1000)
    assert "doc=" not in page.url
    watched.idle()
    page.locator(".kb button").first.click()  # the chip opens it again
    picture.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert page.locator("h1").count() == 1
    link = page.url

    box = page.get_by_placeholder("输入问题，中文或英文")
    box.fill("What is knowledge distillation?")
    box.press("Enter")
    page.get_by_text("部分引文与提问的语言不同").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert page.locator(".kb .lead").last.inner_text().startswith(QUOTE[:20])
    asked = page.locator("[data-testid=stChatMessage]").nth(2)  # the question is in view with what answers it
    wait_until(lambda: 0 <= asked.bounding_box()["y"] < 450)
    watched.shot("ask-other-language-1440")
    watched.check()
    watched.context.close()

    for width, scheme in ((400, "light"), (400, "dark"), (1440, "dark")):
        watched = Watched(browser, url, width, scheme)
        watched.page.goto(link)
        watched.page.locator(".kb-reader .mark.amber").first.wait_for(timeout=LONGEST * 1000)
        watched.idle()
        top = watched.page.locator(".st-key-close_source").bounding_box()["y"]
        assert top >= (60 if width > 760 else 0)  # the head of the page covers nothing of it
        watched.shot(f"source-{scheme}-{width}")
        watched.check()
        watched.page.goto(f"{url}/library")
        watched.page.get_by_text("段落").first.wait_for(timeout=LONGEST * 1000)
        watched.idle()
        watched.shot(f"library-{scheme}-{width}")
        watched.check()
        background = watched.page.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == (scheme == "dark")
        watched.context.close()
