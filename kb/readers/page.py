"""What of a web page is its text: everything but what the page itself hides, strikes out, or navigates with.

Reads: the tree of a page, which it changes.  Gives: what was left out, for the note. Formulas become <formula> elements
first, so that none goes with a hidden copy. What is navigation is seen by its element, its role, its place and the
share of its words that are links, never by an id or a class: "related-work" and "social-bias" name sections as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kb.readers.marks import without_data
from kb.readers.mathml import formula

# Elements without text for a reader; what they hold is code, a picture or a control.
_NO_TEXT = ("script", "style", "noscript", "svg", "iframe", "object", "head", "select", "button", "input", "canvas",
             "audio", "video", "rp", "rt", "datalist")
_TOLD = {"select": "control", "iframe": "object", "object": "object", "svg": "diagram"}
_LONG = 80  # letters: less is no encoded data
_STRUCK = ("del", "s", "strike")
# What KaTeX, MathJax and Wikipedia draw formulas with; in it, or behind it, stands what the formula says.
_RENDERED = {"katex", "MathJax", "MathJax_Preview", "MathJax_Display", "MathJax_SVG", "MathJax_SVG_Display",
             "MathJax_CHTML", "mwe-math-element"}
_ROLES = {"navigation", "search", "menu", "menubar", "toolbar", "dialog", "alertdialog", "tablist", "contentinfo"}
_PROSE = 80  # letters without links, a Chinese character two: a sentence, no label
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def clear(tree: Any) -> Counter[str]:
    """Takes out of the tree what is not its text. Gives how much: of "hidden", "struck" and "formulas" the places, of
    "list" the lists of contents, of "around" and "data" the letters."""
    lost: Counter[str] = Counter()
    _keep_formulas(tree, lost)
    _leave_out(tree, lost)
    body = tree.find("body")
    _navigation(tree if body is None else body, lost)
    _without_data(tree, lost)
    return lost


def classes(element: Any) -> set[str]:
    """The class names of an element."""
    return set((element.get("class") or "").split())


def _role(element: Any) -> str:
    return (element.get("role") or "").strip().lower()


def drop(element: Any) -> None:
    """Takes an element out; the text behind it stays."""
    if element.getparent() is not None:
        element.drop_tree()


# --- formulas


def _keep_formulas(tree: Any, lost: Counter[str]) -> None:
    """A <formula> for each formula: its TeX where the page has it, else what its MathML shows. One that is only drawn
    is lost."""
    for script in list(tree.iter("script")):
        if (script.get("type") or "").startswith("math/tex"):
            _drop_drawn(script)
            _put_formula(script, script.text or "", "display" in script.get("type"))
    for element in _outermost(tree, lambda node: _is_math(node) or node.tag == "mjx-container"
                              or bool(classes(node) & _RENDERED)):
        _keep_rendered(element, lost)
    for picture in list(tree.iter("img")):
        if _is_formula_picture(picture) and picture.getroottree().getroot() is tree:
            _put_formula(picture, picture.get("alt") or "", False)


def _is_math(element: Any) -> bool:
    return isinstance(element.tag, str) and element.tag.split(":")[-1] == "math"


def _keep_rendered(element: Any, lost: Counter[str]) -> None:
    maths = [node for node in element.iter() if _is_math(node)]
    if maths:
        is_display = (maths[0].get("display") == "block" or element.get("display") in ("true", "block")
                      or bool({"katex-display", "MathJax_Display"} & _above(element)))
        _put_formula(element, formula(maths[0]), is_display)
    elif pictures := [node for node in element.iter("img") if node.get("alt")]:
        _put_formula(element, pictures[0].get("alt"), False)
    elif not element.xpath(".//formula"):
        lost["formula"] += any(node.tag == "svg" for node in element.iter()) or bool(element.text_content().strip())
        drop(element)


def _above(element: Any) -> set[str]:
    return classes(element) | {name for node in element.iterancestors() for name in classes(node)}


def _drop_drawn(script: Any) -> None:
    """Takes out what MathJax has drawn before the source of a formula."""
    while (before := script.getprevious()) is not None and isinstance(before.tag, str) and (
            classes(before) & _RENDERED) and not (before.tail or "").strip():
        drop(before)


def _is_formula_picture(element: Any) -> bool:
    alt = element.get("alt") or ""
    known = {"latex", "tex", "math", "mwe-math-fallback-image-inline", "mwe-math-fallback-image-display"}
    return bool(alt.strip()) and (bool(classes(element) & known) or bool(re.search("latex", element.get("src") or "")))


def _put_formula(element: Any, tex: str, is_display: bool) -> None:
    """A <formula> in place of an element, and of a hidden one that is only its wrapper."""
    tex = tex.strip()
    tex = re.sub(r"^\{\\(?:displaystyle|textstyle) (.*)\}$", r"\1", tex, flags=re.DOTALL).strip().strip("$").strip()
    while (above := element.getparent()) is not None and _hides(above) and (
            "".join(above.itertext()).strip() == "".join(element.itertext()).strip()):
        element = above
    following = element.getnext()
    if following is not None and following.tag == "img" and not (element.tail or "").strip() and (
            _is_formula_picture(following)):
        drop(following)  # the same formula as a picture
    element.clear(keep_tail=True)
    if not tex:
        drop(element)
        return
    element.tag = "formula"
    element.text = tex
    if is_display:
        element.set("display", "block")


# --- hidden and struck


def _hides(element: Any) -> bool:
    style = re.sub(r"\s", "", (element.get("style") or "").lower())
    return ("display:none" in style or "visibility:hidden" in style
            or element.get("hidden", "until-found").lower() != "until-found"
            or element.tag == "template" or element.tag == "dialog" and element.get("open") is None)


def _is_struck(element: Any) -> bool:
    return element.tag in _STRUCK or bool(re.search(r"text-decoration[\w-]*\s*:[^;]*line-through",
                                                    (element.get("style") or "").lower()))


def _leave_out(tree: Any, lost: Counter[str]) -> None:
    import lxml.etree

    lxml.etree.strip_elements(tree, lxml.etree.Comment, lxml.etree.ProcessingInstruction, with_tail=False)
    for element in _outermost(tree, lambda node: node.tag in _NO_TEXT or _hides(node) or _is_struck(node)):
        if element.tag == "body":
            continue
        if element.tag not in _NO_TEXT and element.text_content().strip():
            lost["hidden" if _hides(element) else "struck"] += 1
        elif not _hides(element):
            lost[_told(element)] += 1
        drop(element)
    del lost[""]


def _told(element: Any) -> str:
    """The kind that an element counts as which shows a reader words and is not read; "" for code, buttons, adverts."""
    if element.tag == "svg":
        shows = any((node.text or "").strip() for node in element.iter("text", "tspan"))
    else:
        shows = bool(element.get("srcdoc") if element.tag == "iframe" else element.text_content().strip())
    return _TOLD.get(element.tag, "") if shows else ""


def _without_data(tree: Any, lost: Counter[str]) -> None:
    for element in tree.iter():
        for place in ("text", "tail"):
            words = getattr(element, place)
            if words and len(words) >= _LONG and isinstance(element.tag, str):
                words, n = without_data(words)
                if n:
                    setattr(element, place, words)
                    lost["data"] += n


# --- navigation


@dataclass(slots=True)
class _Words:
    """Of an element: letters, those in links, links, links into the page itself."""

    n: int = 0
    n_linked: int = 0
    links: int = 0
    own_links: int = 0

    @property
    def own(self) -> int:
        """Letters outside links."""
        return self.n - self.n_linked


def _navigation(body: Any, lost: Counter[str]) -> None:
    words = _count(body)
    roots = _main_parts(body)
    for element in _outermost(body, lambda node: _is_chrome(node, words)):
        if not any(root in roots for root in element.iter()):
            _take(element, words, lost, "around")
    words = _count(body)
    if roots:
        for element in list(_beside(body, roots)):
            if not _speaks(element, words):
                _take(element, words, lost, "around")
    else:
        _menus(body, words, lost)
    words = _count(body)
    for element in _outermost(body, lambda node: _is_contents(node, words)):
        _take(element, words, lost, "list")


def _count(body: Any) -> dict[Any, _Words]:
    """What each element holds."""
    found: dict[Any, _Words] = {}
    for element in reversed(list(body.iter())):  # children before their parents
        words = found.setdefault(element, _Words())
        words.n += _weight(element.text) if isinstance(element.tag, str) else 0
        if element.tag == "a" and element.get("href"):
            words.n_linked, words.links = words.n, 1
            words.own_links = element.get("href").startswith("#")
        if element is body:
            break
        above = found.setdefault(element.getparent(), _Words())
        above.n += words.n + _weight(element.tail)
        above.n_linked += words.n_linked
        above.links += words.links
        above.own_links += words.own_links
    return found


def _weight(text: str | None) -> int:
    """Letters without white space; a Chinese one counts two."""
    return sum(2 if sign > "\u2e7f" else 1 for sign in text if not sign.isspace()) if text else 0


def _main_parts(body: Any) -> list[Any]:
    """The <main> of the page, else its only <article>."""
    mains = list(_outermost(body, lambda node: node.tag == "main" or _role(node) == "main"))
    articles = list(_outermost(body, lambda node: node.tag == "article" or _role(node) == "article"))
    return mains or (articles if len(articles) == 1 else [])


def _outermost(element: Any, is_it: Any) -> list[Any]:
    """The elements below one for which something holds, without those inside another."""
    found: list[Any] = []
    waiting = [child for child in reversed(element) if isinstance(child.tag, str)]
    while waiting:
        node = waiting.pop()
        if is_it(node):
            found.append(node)
        else:
            waiting += [child for child in reversed(node) if isinstance(child.tag, str)]
    return found


def _is_chrome(element: Any, words: dict[Any, _Words]) -> bool:
    """Whether an element says of itself that it stands around the text, and does."""
    role = _role(element)
    if element.tag == "nav" or role in _ROLES:
        return role.endswith("dialog") or not _has_prose(element, words)
    if element.tag not in ("header", "footer", "aside") and role not in ("banner", "contentinfo", "complementary"):
        return False
    if any(node.tag in ("main", "article", "section", "blockquote", "figure", "li", "details") or _role(node) == "main"
           for node in element.iterancestors()):
        return False
    if element.tag == "header" or role == "banner":
        titles = [node for node in element.iter(*_HEADINGS) if node.text_content().strip()]
        return not any(words[node].own for node in titles) and not _has_prose(element, words)
    if element.tag == "aside" or role == "complementary":
        return not _has_prose(element, words)
    return not _holds_notes(element)


def _has_prose(element: Any, words: dict[Any, _Words]) -> bool:
    """Whether it holds a sentence that is not made of links."""
    return any(words[node].own >= _PROSE and words[node].own > words[node].n_linked
               for node in element.iter("p", "li", "dd", "td", "blockquote", "pre", "figcaption"))


def _holds_notes(element: Any) -> bool:
    """Whether the text outside it points at items in it: notes, references."""
    names = {node.get("id") for node in element.iter("li", "p", "dd") if node.get("id")}
    outside = (link.get("href", "")[1:] for link in element.getroottree().iter("a")
               if link.get("href", "").startswith("#") and element not in link.iterancestors())
    return bool(names & set(outside)) if names else False


def _beside(body: Any, roots: list[Any]) -> Iterator[Any]:
    """The outermost elements that neither are a main part nor hold one."""
    for child in body:
        if not isinstance(child.tag, str) or child in roots:
            continue
        if any(root in child.iter() for root in roots):
            yield from _beside(child, roots)
        else:
            yield child


def _speaks(element: Any, words: dict[Any, _Words]) -> bool:
    """Whether an element outside the main part is text all the same: a section, or sentences under a heading."""
    found = words[element]
    if element.tag in ("section", "article", "p", *_HEADINGS):
        return found.own >= _PROSE / 2 and found.own > found.n_linked
    return (element.tag == "header" or any(True for _ in element.iter(*_HEADINGS, "section"))
            ) and found.own >= _PROSE and found.own > found.n_linked


def _menus(body: Any, words: dict[Any, _Words], lost: Counter[str]) -> None:
    """Blocks of short links before the first sentence and after the last one, on a page that names no main part."""
    order = {element: i for i, element in enumerate(body.iter())}
    prose = [order[node] for node in body.iter("p", "li", "dd", "td", "pre", "blockquote", "div")
             if words[node].own >= _PROSE and words[node].own > words[node].n_linked]
    if not prose:
        return
    for element in _outermost(body, lambda node: _is_menu(node, words)):
        last = max(order[node] for node in element.iter() if node in order)
        if last < max(prose) and order[element] > min(prose):
            continue
        _take(element, words, lost, "around")


def _is_menu(element: Any, words: dict[Any, _Words]) -> bool:
    found = words[element]
    return (element.tag in ("ul", "ol", "div", "table", "p", "td", "tr", "center", "form", "dl") and found.links >= 4
            and found.n_linked >= 0.75 * found.n and found.n_linked / found.links < 25)


def _is_contents(element: Any, words: dict[Any, _Words]) -> bool:
    """A list of links into the page itself."""
    found = words[element]
    return (element.tag in ("ul", "ol", "dl", "table", "div") and found.own_links >= 3
            and found.own_links >= 0.9 * found.links and found.n_linked >= 0.85 * found.n)


def _take(element: Any, words: dict[Any, _Words], lost: Counter[str], kind: str) -> None:
    lost[kind] += 1 if kind == "list" else words[element].n
    drop(element)
