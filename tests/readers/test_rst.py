"""reStructuredText: its marks are no text, what they hold is."""

from __future__ import annotations

import pytest

from tests.readers.conftest import blocks, headings

TEXT = """=========
The title
=========

:Author: Ada Example
:Date: 2021-05-01

.. a comment
   over two lines

Method
------

See :ref:`the data <data>` and `the site <http://x>`_, :math:`a+b`, :func:`~numpy.dot`, ``code``.

.. note:: Careful
   It breaks.

.. math::
   :label: one

   E = mc^2

.. code-block:: python
   :linenos:

   x = 1

So it is::

    y = 2

.. figure:: a.png
   :width: 3

   The caption.

.. [1] The footnote.

.. _target:
.. toctree::
   :maxdepth: 2

   other

End.
"""


def test_a_document_is_read_without_its_marks(read):
    document = read("a.rst", TEXT)
    assert headings(document) == [(1, "The title"), (2, "Method")]
    assert blocks(document, "formula") == ["$$E = mc^2$$"]
    assert blocks(document, "code") == ["```\nx = 1\n```", "```\ny = 2\n```"]
    assert "See the data and the site, $a+b$, dot, ``code``." in document.text
    for kept in ("Careful", "It breaks.", "The caption.", "[1] The footnote.", "So it is:", "End."):
        assert kept in document.text
    for gone in ("a comment", "two lines", "linenos", "label", "toctree", "other", "_target", "a.png"):
        assert gone not in document.text
    assert document.note == "left out: 1 comment, 1 picture, 1 list of contents"
    assert (document.metadata.title, document.metadata.authors, document.metadata.year) == (
        "The title", ("Ada Example",), 2021)


@pytest.mark.parametrize("text", ["Just words: two :: three\n", "Wait ...\n\n    quoted\n", "a\n\n..\n", "..math\n",
                                  ".. \n"])
def test_text_without_marks_keeps_its_words(read, text):
    assert read("a.rst", text + "\nWords.\n").text.endswith("Words.\n")


@pytest.mark.parametrize("mark", [".. note::\n", ".. x\n", "::\n\n  a\n", "   " * 3 + ".. a::\n", ":a:`b"])
def test_many_marks_end(read, mark):
    assert read("a.rst", mark * 5000 + "\nWords.\n").text.endswith("Words.\n")


def test_raised_and_lowered_characters_join_no_number(read):
    text = "95\\ :sup:`3` and 10\\ :sup:`-5`, H\\ :sub:`2`\\ O, x\\ :superscript:`2`.\n"
    assert read("a.rst", text).text == "95³ and 10⁻⁵, H₂O, x².\n"
