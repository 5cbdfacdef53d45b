"""Broken bibliographies: each entry that cannot be read is named with what is wrong, and the others are there."""

from kb.readers.bibtex_entries import read_bibtex
from kb.readers.ris import read_ris

BIB = """@article{first, title={A good entry about kilns}, year={2019}}
@article{unclosed, title={An entry without its brace, author={Lin, Bao}, year={2020}
@article{second, title={Another about glaze}, abstract={It begins
@ home, which is no entry, and {closes}.}, year={2020}}
@article{notitle, author={Roth, Eva}}
@articel{nocomma title={missing}, year=2001}
@misc{last, title={The last of all}}
@string{x =
"""


def test_an_entry_of_bibtex_that_is_not_closed_costs_no_other():
    found = read_bibtex(BIB)
    assert [entry.key for entry in found.entries] == ["first", "second", "last"]
    assert found.entries[1].abstract.endswith("and closes.") and found.entries[1].year == 2020
    said = {where: why.en for where, why in found.problems}
    assert said.keys() >= {"unclosed (line 2)", "notitle", "nocomma (line 6)"} and len(said) == 4
    assert "not closed" in said["unclosed (line 2)"] and "comma" in said["nocomma (line 6)"]


def test_many_entries_that_are_not_closed_take_no_time_without_end():
    found = read_bibtex("@article{a, title={x,\n" * 3000 + "@misc{last, title={The last of all}}\n")
    assert [entry.key for entry in found.entries] == ["last"]


def test_marks_of_html_in_a_field_are_no_text():
    found = read_bibtex("@article{a, title={Growth of <i>E. coli</i> in H<sub>2</sub>O where 1 < 2}, "
                        "abstract={<jats:p>We grow it.</jats:p>}}").entries[0]
    assert (found.title, found.abstract) == ("Growth of E. coli in H2O where 1 < 2", "We grow it.")


def test_a_record_of_ris_without_its_first_line_is_named():
    found = read_ris("TY  - JOUR\nTI  - One\nER  - \n\nTI  - Two has no type\nAU  - Lin, Bao\nER  - \n\nTY  - JOUR\n"
                     "AU  - Roth, Eva\nER  - \n\nTY  - JOUR\nTI  - Three never ends\n")
    assert [entry.title for entry in found.entries] == ["One", "Three never ends"]
    assert [where for where, _ in found.problems] == ["Two has no type", "line 9"]
