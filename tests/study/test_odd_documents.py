"""Documents whose lines no sentence has: a table out of them comes to an end, and says no number that is not there."""

import pytest

from kb.study.cells import Source, fill
from kb.study.columns import read_column
from kb.study.papers import Paper
from kb.types import Document, Metadata, Section

ODD = {
    "an open bracket before many digits": "See [" + "1" * 60 + " for GreenPeas.",
    "a row of empty values": "GreenPeas" + " ," * 60 + " x RedBeans is the data set.",
    "a head of plus signs": "<table><tr><td>Model</td><td>A" + "+" * 60 + " %</td></tr>\n"
                            "<tr><td>PeaNet</td><td>91.4</td></tr></table>",
    "a ruled line behind a language": "The data are in English " + "-" * 4000 + " as usual.",
}


def paper(body):
    text = f"PeaNet: Sorting peas\n\nExperiments\n\nWe evaluate on the GreenPeas data set.\n\n{body}\n"
    at = text.index("Experiments")
    return Paper(Document("d" * 12, "e" * 64, "d.md", "md", Metadata(title="PeaNet: Sorting peas"), "en", text,
                          (Section("", 1, 0, at), Section("Experiments", 1, at, len(text)))))


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_no_line_takes_more_than_one_reading(body):
    source = Source(paper(body), "d.md", (), {}, None)
    cells = {name: fill(source, read_column(name)) for name in ("data set", "metric", "best result", "base model",
                                                                "language", "limitation", "code")}
    assert cells["data set"].text == "GreenPeas"


@pytest.mark.parametrize(("body", "text", "value", "shown"), [
    ("The number of seeds is 12,500.", "12,500", 12500.0, "12,500"),
    ("The number of seeds is $9 3 . 1 \\%$.", "$9 3 . 1 \\%$", 93.1, "93.1%"),
    ("The number of seeds is $1 2 3 4 5 6 7$.", "$1 2 3 4 5 6 7$", 1234567.0, "1234567"),
    ("The number of seeds is 10e-4.", "10e-4", 0.001, "10e-4"),
    ("The number of seeds is 25 × 10^3.", "25 × 10^3", 25000.0, "25 × 10^3"),
    ("The number of seeds is 2 × 10⁻⁵.", "2 × 10⁻⁵", 0.00002, "2 × 10⁻⁵"),
])
def test_the_value_of_a_cell_is_the_number_that_stands_there(body, text, value, shown):
    cell = fill(Source(paper(body), "d.md", (), {}, None), read_column("number of seeds"))
    assert (cell.text, cell.value, cell.shown) == (text, value, shown)
