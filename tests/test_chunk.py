import random

from kb.chunk import chunk
from kb.types import Block, Document, Metadata, Page, Section


def count_tokens(texts):
    """One token a character that is not white space, and two special ones."""
    return [2 + sum(not c.isspace() for c in text) for text in texts]


def make(text, sections=(), blocks=(), pages=()):
    return Document("0" * 12, "0" * 64, "x.md", "markdown", Metadata(), "zh", text, tuple(sections), tuple(pages),
                    tuple(blocks))


def test_passages_are_the_text_without_gaps():
    rng = random.Random(1)
    for _ in range(200):
        text = "".join(rng.choice("知识。！ab c.\n，；") for _ in range(rng.randrange(400)))
        passages = chunk(make(text), count_tokens, 40)
        if text.strip():
            assert "".join(p.text for p in passages) == text
        assert all(p.text == text[p.start:p.end] and p.text.strip() for p in passages)


def test_no_passage_is_longer_than_the_window():
    text = "这是一个没有句号的很长的句子，" * 50 + "x" * 300
    passages = chunk(make(text), count_tokens, 64)
    assert max(count_tokens([p.text for p in passages])) <= 64
    assert "".join(p.text for p in passages) == text


def test_chinese_is_not_cut_inside_a_sentence_that_fits():
    text = "".join(f"第{i}句说明了模型的第{i}个特点。" for i in range(60))
    for passage in chunk(make(text), count_tokens, 60):
        assert passage.text[-1] == "。"


def test_a_sentence_longer_than_the_window_is_cut_at_its_clauses():
    text = "模型有很多层；" * 20 + "完。"
    for passage in chunk(make(text), count_tokens, 40)[:-1]:
        assert passage.text[-1] == "；"


def test_passages_stay_inside_sections_and_carry_the_headings():
    text = "# A\nOne. Two.\n## B\nThree.\n# C\nFour.\n"
    cuts = [text.index(h) for h in ("# A", "## B", "# C")] + [len(text)]
    sections = [
        Section(h, lv, a, b) for (h, lv), a, b in zip((("A", 1), ("B", 2), ("C", 1)), cuts, cuts[1:], strict=False)
    ]
    passages = chunk(make(text, sections), count_tokens, 200)
    assert [p.section for p in passages] == [("A",), ("A", "B"), ("C",)]


def test_a_heading_with_nothing_under_it_goes_to_the_section_that_follows():
    text = "# A\n\n## B\nThree words here.\n"
    sections = [Section("A", 1, 0, 5), Section("B", 2, 5, len(text))]
    passages = chunk(make(text, sections), count_tokens, 200)
    assert [(p.text, p.section) for p in passages] == [(text, ("A", "B"))]


def test_code_and_formulas_stay_whole():
    code = "```python\na = 1. \nb = 2\n```\n"
    text = "Before it. " * 3 + "\n" + code + "After it. " * 3
    block = Block("code", text.index("```"), text.index("```") + len(code))
    for window in (40, 50, 80):
        passages = chunk(make(text, blocks=[block]), count_tokens, window)
        assert any(code in p.text for p in passages)


def test_pieces_of_a_section_are_of_about_equal_length():
    text = "Ten chars. " * 26  # 234 tokens for a window of 202
    sizes = [len(p.text) for p in chunk(make(text), count_tokens, 202)]
    assert len(sizes) == 2
    assert max(sizes) < 1.3 * min(sizes)


def test_the_page_is_that_of_the_first_character():
    text = "First page. \n\nSecond page."
    pages = [Page(1, "1", 0, 13), Page(2, "2", 13, len(text))]
    assert [p.page for p in chunk(make(text, pages=pages), count_tokens, 14)] == [1, 2]


def test_a_document_without_text_has_no_passages():
    assert chunk(make("  \n"), count_tokens, 100) == []


def test_a_word_without_an_end_is_cut_and_nothing_of_it_is_lost():
    rng = random.Random(3)
    word = "".join(rng.choice("ACGT") for _ in range(400_000))
    for text in (word, f"The gene is {word}. It ends here.", "https://a.org/" + word, "# A\n\n" + "=" * 100_000):
        passages = chunk(make(text), lambda texts: [2 + len(item.split()) for item in texts], 254)
        assert max(len(p.text) for p in passages) <= 254 * 21
        assert "".join(p.text for p in passages) == text
    assert len(chunk(make("a" + " " * 100_000 + "b"), count_tokens, 254)) == 1
