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
