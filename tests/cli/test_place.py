"""`kb show ID:START-END` opens what an answer prints."""

import json
import re

import pytest

from kb.base.places import place_at
from kb.cli.main import main
from kb.errors import UnknownPlace
from kb.types import Document, Metadata, Page, Section

TEXT = "# A\n\nOne is first. Two is second.\n\n## B\n\nThree is third. 四是第四句。Five is fifth. Six is sixth.\n"


@pytest.fixture
def opened(capfdbinary, tmp_path):
    (tmp_path / "a.md").write_text(TEXT)
    main(["add", str(tmp_path / "a.md"), "--json"])
    document = json.loads(capfdbinary.readouterr().out)["added"][0]["document"]

    def shown(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return document, shown


def test_what_an_answer_prints_is_opened_with_the_sentences_around_it(opened):
    document, shown = opened
    place = re.search(r"\[(\w+:\d+-\d+)\]", shown("search", "Two")[1])[1]
    assert place.startswith(document) and shown("show", place)[0] == 0
    start = TEXT.index("Two")
    code, out, _ = shown("show", f"[{document[:6]}:{start}-{start + 14}]")
    assert code == 0
    assert f"[{document}:{start}-{start + 14}]" in out
    assert out.split("\n\n")[1:] == ["  One is first.", "> Two is second.\n"] or "> Two is second." in out
    assert "Three" not in out  # of another section


def test_a_span_in_json(opened):
    document, shown = opened
    start = TEXT.index("四是")
    code, out, _ = shown("show", f"{document}:{start}-{start + 6}", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["document"], found["start"], found["end"]) == (document, start, start + 6)
    assert (found["text"], found["section"][-1], found["page"]) == ("四是第四句。", "B", None)
    assert found["before"].strip().endswith("Three is third.")
    assert found["after"].strip() == "Five is fifth. Six is sixth."
    assert TEXT[found["start"] - len(found["before"]):found["start"]] == found["before"]


@pytest.mark.parametrize("span", ["5-5", "9-3", "0-100000", "100000-100001"])
def test_a_span_that_is_not_there_says_which_are(opened, span):
    document, shown = opened
    code, out, err = shown("show", f"{document}:{span}")
    assert (code, out) == (1, "")
    assert f"0-{len(TEXT)}" in err and span in err


def test_every_span_of_a_document_can_be_shown():
    document = Document("d", "d", "d.md", "md", Metadata("A"), "en", TEXT,
                        (Section("A", 1, 0, 38), Section("B", 2, 38, len(TEXT))), (Page(1, "i", 0, 20),
                                                                                  Page(2, "ii", 20, len(TEXT))))
    for start in range(len(TEXT)):
        for end in range(start + 1, len(TEXT) + 1):
            place = place_at(document, start, end)
            assert place.text == TEXT[start:end]
            assert TEXT[:start].endswith(place.before) and TEXT[end:].startswith(place.after)
            assert place.page == (1 if start < 20 else 2)


def test_a_place_that_is_not_there_is_said_in_one_language():
    document = Document(id="d0", sha256="0" * 64, path="a.md", kind="markdown", metadata=Metadata("A"), language="en",
                        text="ten letter")
    with pytest.raises(UnknownPlace) as caught:
        place_at(document, 5, 99)
    assert "its characters are 0-10" in caught.value.describe("en")[0] and "(" not in caught.value.describe("en")[0]
    assert "字符编号为 0-10" in caught.value.describe("zh")[0]
