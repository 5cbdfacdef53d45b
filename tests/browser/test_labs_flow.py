"""The Labs page in a real browser: a run of its own process, live curves, Stop, a text of one's own."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_ask_flow import Watched, browser, url  # noqa: F401 - fixtures
from tests.labs.conftest import sentences, write_csv
from tests.waiting import LONGEST


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.slow
def test_run_a_lab_watch_it_stop_it_and_try_its_model(browser, url, tmp_path):  # noqa: F811
    watched = Watched(browser, url)
    page = watched.page
    page.goto(f"{url}/labs?lab=parameters")
    watched.idle()
    page.get_by_role("button", name="运行", exact=True).click()
    page.get_by_text("22,565,376").first.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert "run=parameters-" in page.url
    watched.shot("labs_parameters_zh")
    watched.check()

    page.goto(f"{url}/labs?lab=finetune")
    watched.idle()
    page.locator("input[type=file]").first.set_input_files(
        str(write_csv(tmp_path / "reviews.csv", sentences("zh", 160))))
    page.get_by_text("更多设置").click()
    page.get_by_label("轮数").fill("20")
    page.get_by_label("批大小").fill("4")
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="运行", exact=True).click()
    page.locator(".st-key-stop_lab button").wait_for(timeout=LONGEST * 1000)
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for(timeout=LONGEST * 1000)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    watched.shot("labs_live_zh")
    page.locator(".st-key-stop_lab button").click()
    page.get_by_text(re.compile("已停止，保留了最好的结果")).first.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    page.get_by_label("你的文本").fill("服务非常差，很失望")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="试一试").click()
    page.locator(".st-key-try [data-testid=stTable]").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    watched.shot("labs_done_zh")
    watched.check()
    page.reload()
    watched.idle()
    assert page.get_by_text(re.compile("已停止，保留了最好的结果")).count() > 0
    watched.context.close()
    dark = Watched(browser, url, width=400, scheme="dark")
    dark.page.goto(f"{url}/labs?lab=parameters")
    dark.idle()
    dark.shot("labs_narrow_dark")
    dark.check()
