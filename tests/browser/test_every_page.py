"""Every page in each of its states, looked at by axe-core and by our own count of contrast: wide and light, narrow and
dark; and the way to an answer, its source and a card by the keyboard alone.

Neither finds anything serious, nor headings that leave out a level. Rules that Streamlit's own markup breaks and no
style or script of ours can mend would stand in `STREAMLITS`, each with the reason; there are none.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.browser import running_app, running_login, states
from tests.browser.test_ask_flow import browser  # noqa: F401
from tests.waiting import wait_until

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
LOOKS = ((1440, "light"), (400, "dark"))
SERIOUS = ("serious", "critical")
OURS = ("heading-order", )  # of those that are called moderate, what we set ourselves
STREAMLITS: dict[str, str] = {}  # rule and selector -> why
AXE = """options => axe.run(document, options).then(found => found.violations.map(
    ({ id, impact, nodes }) => [id, impact, nodes.map(node => `${node.target.flat().join(' ')} ${node.html}`)]))"""
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
OPTIONS = {"resultTypes": ["violations"], "iframes": False, "elementRef": False}


def axe_script():
    """What finds: axe-core, in one file. The package that brings it is found without being imported."""
    package = importlib.util.find_spec("axe_playwright_python")
    assert package is not None, "axe-playwright-python is not installed: make setup"
    return Path(next(iter(package.submodule_search_locations)), "axe.min.js").read_text("utf-8")


def faults(page, axe):
    """What is wrong with the page as it stands: [(rule, what)]."""
    page.evaluate(axe)
    found = [(rule, node) for rule, impact, nodes in page.evaluate(AXE, OPTIONS) if impact in SERIOUS or rule in OURS
             for node in nodes]
    found += [("contrast", one) for one in page.evaluate(CONTRAST)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(("wide", "the page scrolls sideways"))
    found += [("picture", f"{source} is not drawn") for source in page.evaluate(BROKEN)]
    if page.evaluate(UNCOVERED):
        found.append(("panel", "what is over the page leaves some of it to be seen"))
    found += [("place", one) for one in page.evaluate(MISPLACED)]
    return [(rule, what) for rule, what in found if not any(f"{rule} {what}".startswith(known) for known in STREAMLITS)]


BROKEN = "[...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src)"
UNCOVERED = """() => [...document.querySelectorAll('[data-testid=stColumn]:has(.st-key-srcpanel)')].some(
    one => getComputedStyle(one).position === 'fixed' && one.offsetHeight < window.innerHeight)"""
# A tag outside of its field, a field for a question that is not as wide as what is above it, a × at the left.
MISPLACED = """() => {
    const box = part => part.getBoundingClientRect(), found = [];
    for (const tag of document.querySelectorAll('[data-tag]')) {
        const field = box(tag.closest('.react-aria-ComboBox'));
        if (box(tag).right > field.right || box(tag).bottom > field.bottom) found.push(`tag ${tag.innerText}`);
    }
    const [ask, head] = ['[data-testid=stChatInput]', '.stMain h1'].map(name => document.querySelector(name));
    const column = head?.closest('[data-testid=stColumn], [data-testid=stMainBlockContainer] > *');
    const isSame = (a, b) => Math.abs(box(a).left - box(b).left) < 2 && Math.abs(box(a).right - box(b).right) < 2;
    const isCovered = innerWidth <= 760 && document.querySelector('.st-key-srcpanel');
    if (ask && column && !isCovered && !isSame(ask, column)) found.push('the field for a question');
    for (const close of document.querySelectorAll('.st-key-close_source'))
        if (box(close).right < box(close.closest('.st-key-srchead')).right - 2) found.push('the × of a source');
    return found;
}"""
FOCUSED = """() => {
    let node = document.activeElement;
    while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    let part = node;
    while (part && ![...(part.classList ?? [])].some(name => name.startsWith('st-key-')))
        part = part.parentElement ?? part.getRootNode().host;
    return `${part?.className.match(/st-key-[\\w-]+/)} ${node.localName}.${node.className} ${node.ariaLabel ?? ''}`;
}"""
# Whether an answer stands before its sources, and what a screen reader is told of it.
ORDER = """() => {
    const answer = document.querySelector('.st-key-answer0'), sources = document.querySelector('.st-key-sources0');
    const root = [...answer.querySelectorAll('*')].map(node => node.shadowRoot).find(Boolean);
    const said = root.querySelector('[aria-live=polite]');
    return [Boolean(answer.compareDocumentPosition(sources) & Node.DOCUMENT_POSITION_FOLLOWING), said.textContent];
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The app over a library that is empty yet, and that library."""
    home = tmp_path_factory.mktemp("every") / "library"
    with running_app(home, "--encoder", "hashing") as url:
        yield url, home


@pytest.fixture(scope="module")
def filled(app):
    """The app, once its library has everything."""
    url, home = app
    states.fill(home, home.parent / "papers")
    return url


def looked_at(browser, url, every):  # noqa: F811
    """What is wrong with each of these states."""
    axe, found = axe_script(), {}
    # axe is set into the page, which the content policy would not let in
    page = url.context(browser, viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
    for name, go in every.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light")
        go(page, url)
        page.add_style_tag(content=STILL)  # colours pass from one to the other: what is between is no fault
        assert page.locator("[data-testid=stException]").count() == 0, name
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(100)
            if wrong := faults(page, axe):
                states.idle(page)  # what is drawn anew is pale meanwhile, and no fault
                found |= {(name, width, scheme, *fault): True for fault in faults(page, axe) if fault in wrong}
    assert page.title() != "run"
    page.context.close()
    return list(found)


@pytest.mark.browser
@pytest.mark.slow
def test_nobody_is_kept_from_reading_or_using_a_page_of_an_empty_library(browser, app):  # noqa: F811
    assert looked_at(browser, app[0], states.EMPTY) == []


@pytest.mark.browser
@pytest.mark.slow
def test_nobody_is_kept_from_reading_or_using_a_page(browser, filled):  # noqa: F811
    assert looked_at(browser, filled, states.FILLED) == []


@pytest.mark.browser
def test_nobody_is_kept_from_following_what_goes_on(browser, filled, app):  # noqa: F811
    run = states.job(app[1])
    try:
        assert looked_at(browser, filled, states.JOB) == []
    finally:
        run.set_status("done")


@pytest.mark.browser
def test_nobody_is_kept_from_the_login(browser, tmp_path):  # noqa: F811
    with running_login(tmp_path) as url:
        assert looked_at(browser, url, states.LOGIN) == []
        url.user = {"email": "another@example.org"}
        assert looked_at(browser, url, states.REFUSED) == []


def tab_to(page, wanted, *, key="Tab", most=60, by=FOCUSED):
    """Presses Tab until the focus is where `wanted` is part of what is said of it. by: what says it."""
    for _ in range(most):
        if wanted in page.evaluate(by):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} is not reached; the focus is on {page.evaluate(FOCUSED)}")


@pytest.mark.browser
def test_a_question_its_source_and_a_card_by_the_keyboard_alone(browser, filled):  # noqa: F811
    page = filled.context(browser, viewport={"width": 1440, "height": 900}, locale="en-GB").new_page()
    page.goto(f"{filled}/?lang=en")
    page.locator("textarea").wait_for()
    tab_to(page, "textarea")
    page.keyboard.type(states.QUESTION)
    page.keyboard.press("Enter")
    page.locator(".st-key-sources0 button").first.wait_for()
    wait_until(lambda: page.evaluate(ORDER)[1].startswith("found. From "))
    assert "Knowledge distillation is" in page.evaluate(ORDER)[1]
    assert page.evaluate(ORDER)[0], "the sources come before the answer"
    states.idle(page)
    tab_to(page, " 1 · ", key="Shift+Tab")
    chip = page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    page.locator(".kb-reader [data-opened]").wait_for()
    wait_until(lambda: "st-key-srcpanel" in page.evaluate(FOCUSED) or "reader" in page.evaluate(FOCUSED))
    place = page.locator(".kb-reader [data-opened]")
    assert place.get_attribute("role") == "region" and len(place.get_attribute("aria-label")) > 10
    page.keyboard.press("Escape")
    page.locator(".st-key-srcpanel").wait_for(state="detached")
    wait_until(lambda: page.evaluate(FOCUSED).split("1 ·")[1:] == chip.split("1 ·")[1:])

    page.goto(f"{filled}/library?lang=en")
    page.locator(".row .title a").first.wait_for()
    states.idle(page)
    tab_to(page, "div.cell title")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".st-key-detail").wait_for()
    states.idle(page)
    tab_to(page, "st-key-card_close")
    page.keyboard.press("Enter")
    page.locator(".st-key-detail").wait_for(state="detached")
    wait_until(lambda: "div.cell title" in page.evaluate(FOCUSED))  # where one was
    page.context.close()


# The titles of an outline's documents in their order, and whether something can be taken back.
OUTLINE = """() => [...document.querySelectorAll('[class*="st-key-outline-"] *')].map(node => node.shadowRoot)
    .filter(Boolean).flatMap(root => [...root.querySelectorAll('.list > :not(.unused) [data-key^="d:"]')])
    .map(grip => grip.getAttribute('aria-label'))"""


@pytest.mark.browser
def test_an_outline_and_a_table_by_the_keyboard_alone(browser, filled):  # noqa: F811
    page = filled.context(browser, viewport={"width": 1440, "height": 900}, locale="en-GB").new_page()
    page.goto(f"{filled}/survey?lang=en&survey={states.survey()}")
    page.locator(".st-key-survey_exports").wait_for()
    states.idle(page)
    tab_to(page, "Outline", by="() => (document.activeElement.innerText ?? '').trim().split('\\n').pop()")
    page.keyboard.press("Enter")
    page.locator(".kb .list").wait_for()
    before = wait_until(lambda: page.evaluate(OUTLINE))
    assert len(before) > 1
    tab_to(page, f"button.grip {before[0]}")
    page.keyboard.press("ArrowDown")
    wait_until(lambda: page.evaluate(OUTLINE)[:2] == [before[1], before[0]])
    wait_until(lambda: before[0] in page.evaluate(FOCUSED))  # the one that was moved
    page.keyboard.press("Control+z")
    wait_until(lambda: page.evaluate(OUTLINE) == before)

    page.goto(f"{filled}/table?lang=en")
    page.locator(".st-key-table_go button").wait_for()
    states.idle(page)
    tab_to(page, "st-key-table_go")
    page.keyboard.press("Enter")
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    states.idle(page)
    tab_to(page, "canvas")
    page.keyboard.press("ArrowDown")
    first = wait_until(lambda: page.locator(".st-key-table_card h2").all_inner_texts())
    wait_until(lambda: "st-key-table_grid" in page.evaluate(FOCUSED))  # where one was
    page.keyboard.press("ArrowDown")
    wait_until(lambda: page.locator(".st-key-table_card h2").all_inner_texts() not in ([], first))
    wait_until(lambda: "st-key-table_grid" in page.evaluate(FOCUSED))
    page.context.close()
