"""The Ask page with a language model in a real browser: quotes before the first word, text as it comes, Stop, and
nobody else asked."""

import threading

import pytest

from kb import KnowledgeBase
from tests.browser import running_app
from tests.browser.test_ask_flow import Watched, browser  # noqa: F401
from tests.chatserver import ChatServer, Says
from tests.waiting import LONGEST

KEY = "sk-canary-browser"
NOTE = "# 压缩\n\n知识蒸馏是指用大模型指导训练小模型的方法。它需要一个教师模型。\n"
TEXT = (
    "知识蒸馏用大模型指导训练小模型 [1]。![x](http://evil.example/a.png) 它由 Frankenstein 提出 [1]。"
    "它需要一个教师模型 [1]。"
    + "它需要一个教师模型 [1]。" * 400  # minutes, at its pace: Stop comes before the end
)


@pytest.fixture
def app(tmp_path):
    (tmp_path / "note.md").write_text(NOTE)
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        base.add([tmp_path / "note.md"])
    gate = threading.Event()  # the server says nothing until the test has seen the quotes

    def play(_):
        gate.wait()
        return Says(TEXT, drip=0.1)

    with ChatServer(play) as server:
        settings = {"KB_LLM_URL": server.url, "KB_LLM_MODEL": "scripted", "KB_LLM_KEY": KEY}
        with running_app(tmp_path / "library", "--encoder", "hashing", **settings) as address:
            yield address, server, gate


@pytest.mark.browser
def test_quotes_come_before_the_first_word_and_stop_keeps_what_is_there(browser, app):  # noqa: F811
    url, server, gate = app
    watched = Watched(browser, url)
    page = watched.page
    page.goto(url, timeout=LONGEST * 1000)
    box = page.get_by_placeholder("输入问题，中文或英文")
    box.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    page.locator(".st-key-use_llm label").first.click()
    watched.idle()
    box.fill("什么是知识蒸馏？")
    box.press("Enter")
    page.locator(".kb .lead").wait_for(timeout=LONGEST * 1000)
    assert "大模型指导训练小模型的方法" in page.locator(".kb .lead").inner_text()
    page.get_by_text("模型正在阅读引文").wait_for(timeout=LONGEST * 1000)
    gate.set()
    page.get_by_text("知识蒸馏用大模型指导训练小模型").wait_for(timeout=LONGEST * 1000)
    watched.shot("ask-model-live")
    page.get_by_text("Frankenstein").last.wait_for(timeout=LONGEST * 1000)  # the sentence before it is whole
    page.locator(".st-key-stop_answer button").click()
    page.get_by_text("回答已停止，不完整").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert "知识蒸馏用大模型指导训练小模型" in page.locator(".kb .written").inner_text()
    assert page.locator(".kb .written button").count() >= 1
    watched.shot("ask-model-stopped")
    assert KEY not in page.content()
    watched.check()
    assert {path for path, _, _ in server.seen} == {"/v1/chat/completions"}
