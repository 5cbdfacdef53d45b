"""The references of a survey as CSL JSON. What is missing is left out and said in a note."""

from __future__ import annotations

from kb.bibliography.csl import to_item
from kb.survey.entries import entry_of
from kb.survey.folder import dumps
from kb.survey.records import Survey
from kb.survey.render.bibliography import notes_of, recognised


def to_csl(survey: Survey) -> str:
    """A list of items, in the order of keys."""
    sure = recognised(survey)
    return dumps([to_item(entry_of(r, "; ".join(notes_of(r, sure.get(r.document, "")))))
                  for r in sorted(survey.references, key=lambda r: r.key)])
