"""What the head of a note and its file's name say of the paper that it is on."""

import pytest

from kb.readers import Limits, markdown
from kb.readers.metadata import merge
from kb.readers.text_block import with_title_block
from kb.types import Metadata


def read(text, name="note.md"):
    extract = with_title_block(markdown.read(text.encode(), Limits()))
    return merge(Metadata(), extract.metadata, extract.sections, name)


@pytest.mark.parametrize(("head", "year", "venue", "arxiv"), [
    ("# [ICPR 2021] Slow Pots in Fast Kilns\n\nA note.", 2021, "ICPR 2021", None),
    ("# 【2020 ICML】慢火制陶\n\n笔记。", 2020, "ICML 2020", None),
    ("# Slow Pots in Fast Kilns (2015-02)\n\nA note.", 2015, None, None),
    ("# Slow Pots\n\n## ICASSP 2019\n\nA note.", 2019, "ICASSP 2019", None),
    ("## [Slow Pots in Fast Kilns](http://arxiv.org/abs/1602.01234)\n\nTLDR; pots.", 2016, None, "1602.01234"),
    ("# Slow Pots\n[paper](https://arxiv.org/pdf/2204.01234.pdf) | [code](https://x.org/y)\n\nPots.", 2022, None,
     "2204.01234"),
    ("# Slow Pots\n\n> KILNS '06\n>\n> https://doi.org/10.1145/1\n", 2006, "KILNS 2006", None),
    ("# Slow Pots\n\n> Proc. ACM Manag. Data, 2023\n", 2023, "Proc. ACM Manag. Data 2023", None),
    ("# Slow Pots\n\n*Proceedings of the VLDB Endowment, September 2013*\n", 2013,
     "Proceedings of the VLDB Endowment 2013", None),
    ("# 慢火制陶\n\n> **发布时间**：2021 年 3 月\n\n笔记。", 2021, None, None),
    ("# 慢火制陶\n\n> 发布于 2021 年 3 月\n\n笔记。", 2021, None, None),
    ("# Slow Pots\n\n- **Venue**: OSDI 2023\n- **arXiv**: [2212.01234](https://arxiv.org/abs/2212.01234)\n", 2023,
     "OSDI 2023", "2212.01234"),
])
def test_a_note_says_when_and_where_its_paper_came_out(head, year, venue, arxiv):
    m = read(head)
    assert (m.year, m.venue, m.arxiv) == (year, venue, arxiv)
    assert {name for name in ("year", "venue", "arxiv") if getattr(m, name)} <= set(m.guessed)


@pytest.mark.parametrize(("line", "authors"), [
    ("**作者**：张晓明、欧阳华、王磊", ("张晓明", "欧阳华", "王磊")),
    ("- **Authors**: Ada Lovelace, Alan Turing, Grace Hopper", ("Ada Lovelace", "Alan Turing", "Grace Hopper")),
    ("Ada Lovelace, Alan M. Turing, and Grace Hopper", ("Ada Lovelace", "Alan M. Turing", "Grace Hopper")),
    ("| 作者 | 年份 |", ()),
    ("**代码**: [GitHub](https://github.com/x/y)", ()),
    ("**Code**: Slow Pots Library", ()),
])
def test_the_authors_are_those_that_a_line_calls_so(line, authors):
    assert read(f"# Slow Pots\n\n{line}\n\n## Abstract\n\nPots are fired slowly.").authors == authors


def test_a_line_of_names_below_the_title_is_no_line_of_things():
    assert read("# Slow\n\nAda Lovelace, Alan M. Turing\n\nPots.").authors == ("Ada Lovelace", "Alan M. Turing")
    assert read("# Slow\n\nLarge Models, Small Pots\n\nThe models are large and the pots small.").authors == ()


@pytest.mark.parametrize("text", [
    "# Object detection\n\n## [2019 ICCV] Slow Pots\n\n## [2020 CVPR] Fast Kilns\n",
    "# Slow Pots\n\n[a talk](https://arxiv.org/abs/2204.01234) and [another](https://arxiv.org/abs/2301.04321)\n",
    "# Slow Pots\n\n[paper](https://arxiv.org/abs/2204.01234) [paper](https://arxiv.org/abs/2301.04321)\n",
    "# Slow Pots\n\nIn 2019 pots were slow: they took 2020 days.\n",
    "# Slow Pots\n\nKilns have been slow since 2019. They are slower than in 2020",
    "# Slow Pots\n\nUniversity of Ely, 2019\n\nPots.",
    "# GPT-2 and [1234] pots (2048)\n",
])
def test_what_is_said_of_others_gives_no_year(text):
    assert read(text).year is None


@pytest.mark.parametrize(("name", "year", "venue"), [
    ("2021-03-09-slow-pots.md", 2021, None),
    ("2021_slow_pots.md", 2021, None),
    ("2021年慢火制陶.md", 2021, None),
    ("2021.03.09 slow pots.md", 2021, None),
    ("[CVPR 2020] slow pots.md", 2020, "CVPR 2020"),
    ("[2020 CVPR] slow pots.md", 2020, "CVPR 2020"),
    ("2048 game.md", None, None),
    ("2000.md", None, None),
    ("20210309.md", None, None),
    ("slow pots 2019.md", None, None),
])
def test_a_files_name_can_begin_with_its_year(name, year, venue):
    m = read("# Slow Pots\n\nA note.", name)
    assert (m.year, m.venue) == (year, venue)


def test_a_heading_that_says_note_is_no_title():
    assert read("#### note:\n\nPots.", "Slow Pots in Fast Kilns.md").title == "Slow Pots in Fast Kilns"
