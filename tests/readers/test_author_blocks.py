"""Authors in blocks of their own, in rows of blocks."""

import pytest

from tests.readers.test_title_block import read

TITLE, ABSTRACT = ("A Study of Caches in Practice", 18, 0.2, 0.8), ("ABSTRACT", 12, 0.1, 0.2)
PLACES = ((0.1, 0.3), (0.4, 0.6), (0.7, 0.9))


def row(*texts, size=12):
    return [(text, size, *place) for text, place in zip(texts, PLACES, strict=False) if text]


def authors_of(*lines):
    return read(TITLE, 1, *lines, 1, ABSTRACT).authors


@pytest.mark.parametrize("gap", [0, 0.4, 1])
def test_every_row_of_blocks_counts(gap):
    assert authors_of(
        row("Ada Lovelace", "Alan Turing", "Grace Hopper"), row("Lakeside Labs", "Lakeside Labs", "Hill Labs", size=10),
        row("ada@lake.example", "alan@lake.example", "grace@hill.example"), gap,
        row("Mary Somerville", "Charles Babbage"), row("Netbank∗", "Lakeside Labs", size=10),
        row("mary@net.example", "charles@lake.example"),
    ) == ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Mary Somerville", "Charles Babbage")


def test_an_address_and_a_name_may_need_two_lines():
    assert authors_of(
        row("Ada Lovelace", "Chandrashekhar", "Alan Turing"), row("", "Ramanujan", ""),
        row("Lakeside Labs", "Hill Labs", "Lakeside Labs", size=10),
        row("ada@lakeside-labs", "c@hill.example", "alan@lake.example"), row("industries.example", "", ""), 0.6,
        row("Grace Hopper"), row("Hill Labs", size=10), row("grace@hill.example"),
    ) == ("Ada Lovelace", "Chandrashekhar Ramanujan", "Alan Turing", "Grace Hopper")


def test_several_authors_may_share_a_block():
    assert authors_of(
        row("Ada Lovelace,", "Grace Hopper"), row("Alan Turing", "Hill University"), row("Dstill", "12 Hill Street"),
        row("{ada,alan}@dstill.example", "grace@hill.example"),
    ) == ("Ada Lovelace", "Alan Turing", "Grace Hopper")


def test_a_list_above_one_address_is_read_as_a_list():
    assert authors_of(("Ada Lovelace, Alan Turing, Bo Liu⇤, Grace Hopper", 12, 0.2, 0.8),
                      ("Lakeside Labs", 10, 0.4, 0.6), ("{ada, alan}@lake.example", 12, 0.3, 0.7)) == (
        "Ada Lovelace", "Alan Turing", "Bo Liu", "Grace Hopper")
