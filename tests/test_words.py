"""Word lists: one phrase a line, each where it is looked for, each list used."""

import re
import tomllib
from pathlib import Path

import pytest

from kb import words
from kb.words import Phrases, filled, phrases, table

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "kb/data/words").glob("*.txt"))
USED = re.compile(
    r"«([a-z]+): ([a-z ]+)[~+]?»|(?:phrases|table)\([\"']([a-z]+)[\"'], f?[\"']([a-z {}]+)[\"']\)|"
    r"_values\(\"([a-z ]+)\"\)")


def used_lists() -> set[tuple[str, str]]:
    found = set()
    for path in (ROOT / "kb").rglob("*.py"):
        for a, b, c, d, e in USED.findall(path.read_text()) if path.name != "words.py" else ():
            found.add((a or c or "numbers", b or d or e))
    return found | {("intents", f"{name} {language}") for language in ("en", "zh") for name in used_in_forms(language)}


def used_in_forms(language):
    """The lists that forms of questions name: <papers>."""
    lines = [line for section in words.sections("intents") if section.endswith(language)
             for line in phrases("intents", section)]
    return {name for line in lines for name in re.findall("<([a-z ]+)>", line)}


def test_a_phrase_stands_for_itself_and_its_conditions_for_what_they_say():
    assert phrases("negation", "zh")[0] == "不 (not before 如 同 仅 但 断 少 过 久 妨 只 论 管 错)"
    no = Phrases("«negation: zh»")
    assert no.search("它不好") and not no.search("它不仅快")
    points = Phrases("«follow: points zh»")
    assert points.search("它呢") and not points.search("其它呢")
    assert filled("«stop: question zh»").startswith("分(?=哪|几|为|成)|什么是|")


def test_the_spaces_of_a_phrase_are_one_space_or_any_white_space():
    assert not Phrases("«questions: number en»").search("how  many")
    assert Phrases("«questions: number en~»").search("how  many")


def test_a_list_with_values_is_a_table_and_gives_its_phrases_to_patterns():
    assert table("numbers", "scale zh")["万亿"] == "1000000000000"
    assert Phrases("«numbers: scale zh»").fullmatch("万亿")


def test_nothing_is_read_before_a_pattern_is_used(monkeypatch):
    words._lists.cache_clear()
    pattern = Phrases("«negation: en»")
    assert words._lists.cache_info().currsize == 0
    assert pattern.search("never")
    assert words._lists.cache_info().currsize == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_list_is_used_and_holds_no_phrase_twice(path):
    used = used_lists()
    for section in words.sections(path.stem):
        listed = phrases(path.stem, section)
        assert listed and len(set(listed)) == len(listed), section
        names = [listed for name, listed in used if name == path.stem]
        assert any(_pattern(name).fullmatch(section) for name in names) or section in {"en", "zh"}, section


def test_every_list_that_is_named_exists():
    for name, section in used_lists():
        if "{" in section:
            assert any(_pattern(section).fullmatch(listed) for listed in words.sections(name)), section
        else:
            assert phrases(name, section)


def _pattern(section):
    """The names of lists that a name with braces may mean."""
    return re.compile(re.sub(r"{[a-z]+}", "[a-z ]+", section))


def test_the_wheel_holds_the_lists():
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["kb"]
    assert "data/words/*" in packaged
