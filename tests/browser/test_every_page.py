"""Every page in each of its states, looked at by axe-core and by our own count of contrast: wide and light, narrow and
dark.

Neither finds anything serious. Rules that Streamlit's own markup breaks and no style or script of ours can mend would
stand in `STREAMLITS`, each with the reason; there are none.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.browser import running_app, states
from tests.browser.test_ask_flow import browser  # noqa: F401

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
LOOKS = ((1440, "light"), (400, "dark"))
SERIOUS = ("serious", "critical")
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
    found = [(rule, node) for rule, impact, nodes in page.evaluate(AXE, OPTIONS) if impact in SERIOUS for node in nodes]
    found += [("contrast", one) for one in page.evaluate(CONTRAST)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(("wide", "the page scrolls sideways"))
    return [(rule, what) for rule, what in found if not any(f"{rule} {what}".startswith(known) for known in STREAMLITS)]


@pytest.mark.browser
@pytest.mark.slow
def test_nobody_is_kept_from_reading_or_using_a_page(browser, tmp_path):  # noqa: F811
    axe, home, found = axe_script(), tmp_path / "library", {}
    with running_app(home, "--encoder", "hashing") as url:
        for every in (states.EMPTY, states.FILLED):
            if every is states.FILLED:
                states.fill(home, tmp_path / "papers")
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
                    found |= {(name, width, scheme, *fault): True for fault in faults(page, axe)}
            assert page.title() != "run"
            page.context.close()
    assert list(found) == []
