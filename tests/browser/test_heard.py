"""What a screen reader is told beside what it reads, and where the focus goes: another page, a card, a lab's run, a
survey that is written."""

from __future__ import annotations

import pytest

from kb.runs import Run
from tests.browser import running_app, states
from tests.browser.test_ask_flow import browser  # noqa: F401
from tests.waiting import LONGEST, wait_until

# Keeps every line that comes into the region, which takes it away again.
LISTEN = """() => {
    const region = document.querySelector('.kb-told');
    window.heard = [region.getAttribute('aria-live')];
    new MutationObserver(changes => changes.forEach(({ addedNodes }) => addedNodes.forEach(
        line => window.heard.push(line.textContent)))).observe(region, { childList: true });
}"""
FOCUS = "document.activeElement.localName + ' ' + (document.activeElement.innerText ?? '').trim()"
QUOTE = """document.activeElement.matches('mark.amber')
    && document.activeElement.contains(document.getSelection().anchorNode)"""
CHARTS = """[...document.querySelectorAll('[data-testid=stVegaLiteChart]')].map(
    chart => chart.getAttribute('aria-hidden'))"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The app over a library that has everything, and that library."""
    home = tmp_path_factory.mktemp("heard") / "library"
    states.fill(home, home.parent / "papers")
    with running_app(home, "--encoder", "hashing") as url:
        yield url, home


@pytest.fixture
def page(browser, app):  # noqa: F811
    context = app[0].context(browser, viewport={"width": 1440, "height": 900}, locale="en-GB")
    yield context.new_page()
    context.close()


def heard(page):
    return page.evaluate("window.heard")


def opened(page, url, shown):
    page.goto(url)
    page.locator(shown).first.wait_for(timeout=LONGEST * 1000)
    states.idle(page)
    page.evaluate(LISTEN)
    assert heard(page) == ["polite"]


@pytest.mark.browser
def test_another_page_is_told_and_named_by_the_window(page, app):
    opened(page, f"{app[0]}/?lang=en", "textarea")
    assert page.title() == "Ask · kb"
    page.get_by_role("link", name="Settings").press("Enter")
    wait_until(lambda: "Settings" in heard(page))
    wait_until(lambda: page.title() == "Settings · kb")
    page.get_by_role("link", name="Ask").press("Enter")
    wait_until(lambda: heard(page) == ["polite", "Settings", "Ask"])


@pytest.mark.browser
def test_a_card_opened_by_a_key_has_the_focus_on_its_title_each_time(page, app):
    opened(page, f"{app[0]}/library?lang=en", ".row .title a")
    for row in (0, 1):
        link = page.locator(".row .title a").nth(row)
        title = link.inner_text()
        page.locator(".row .cell.title").nth(row).press("Enter")
        wait_until(lambda title=title: page.evaluate(FOCUS).startswith(f"h2 {title[:40]}"))
        states.idle(page)
    page.get_by_role("link", name="Ask").press("Enter")
    page.locator("textarea").wait_for()
    page.get_by_role("link", name="Library").press("Enter")
    page.locator(".st-key-detail h2").wait_for()
    states.idle(page)
    assert not page.evaluate(FOCUS).startswith("h2")  # it was open before


@pytest.mark.browser
def test_the_run_of_a_lab_is_told_and_its_charts_are_kept_from_a_screen_reader_while_they_change(page, app):
    url, home = app
    run = Run(home / "labs" / "finetune-20260103-000000-0")
    run.begin("lab:finetune", {"epochs": 2})
    for step in (1, 2, 3):
        run.event("metric", step=step, loss=1 / step)
    opened(page, f"{url}/labs?lang=en&lab=finetune&run={run.folder.name}", "[data-testid=stVegaLiteChart]")
    assert page.locator(".st-key-labran h2").first.inner_text() == "Result"
    run.event("metric", step=4, loss=1 / 4)
    wait_until(lambda: page.evaluate(CHARTS) and set(page.evaluate(CHARTS)) == {"true"})
    run.set_status("done")
    page.locator(".st-key-stop_lab").wait_for(state="detached", timeout=LONGEST * 1000)
    wait_until(lambda: any(line.startswith("Done, ") for line in heard(page)))
    wait_until(lambda: page.evaluate(CHARTS) and set(page.evaluate(CHARTS)) == {None})


@pytest.mark.browser
def test_the_writing_of_a_survey_is_told_by_stages_and_its_end_once(page, app):
    url, home = app
    job = Run(home / "jobs" / "20260103-000000-bbbbbb")
    job.begin(f"survey:{states.survey()}", {"arguments": ["survey", "write"]})
    job.event("progress", phase="read", done=1, total=3, item="a.md")
    opened(page, f"{url}/survey?lang=en&survey={states.survey()}", ".st-key-survey_stop")
    job.event("progress", phase="write", done=1, total=4, item="Works")
    wait_until(lambda: "writing 1/4" in heard(page))
    page.locator(".st-key-survey_stop button").focus()
    job.set_status("done")
    wait_until(lambda: any(line.startswith("The survey is written: ") for line in heard(page)))
    wait_until(lambda: page.evaluate(FOCUS).startswith("h2 "))
    assert page.locator(".st-key-survey_text [role=alert]").count() == 0  # it would be read at each press
    page.locator(".st-key-survey_text .kb button:not([aria-label*='in practice'])").first.press("Enter")
    source = page.locator(".st-key-srcpanel [role=region]")
    assert len(source.get_attribute("aria-label")) > 10
    wait_until(lambda: page.evaluate(QUOTE))
    said = f"{source.get_attribute('aria-label')}. {page.locator('mark.amber').first.inner_text()}"
    wait_until(lambda: any(line.startswith(said) for line in heard(page)))
    states.idle(page)
    assert len([line for line in heard(page) if line.startswith("The survey is written")]) == 1
