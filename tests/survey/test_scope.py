"""A survey of a part of a library draws on that part alone, says so of itself, and stays in it when it is updated."""

import pytest

from kb import Scope
from kb.errors import EmptyScope
from kb.survey import folder_name, make_request, read_survey
from kb.survey.records import Request


def test_a_survey_stays_in_its_scope_and_its_update_takes_what_came_into_it(library, tmp_path):
    old = {info.id for info in library.documents() if info.year and info.year <= 2015}
    library.collect("Chosen", old)
    scope = Scope(collections=("Chosen",))
    survey = library.survey("model compression", scope=scope, out=tmp_path / "survey")
    told = {row.document for row in survey.references} | {row.document for row in survey.unused}
    assert told and told <= old and read_survey(tmp_path / "survey").request.scope == scope
    other = next(info.id for info in library.documents() if info.id not in old and info.language == "en")
    library.collect("Chosen", other)
    new, _ = library.surveyor().update(tmp_path / "survey")
    told = {row.document for row in new.references} | {row.document for row in new.unused}
    assert other in told and told <= {*old, other}
    with pytest.raises(EmptyScope, match="none is left by “year 1900”"):
        library.survey("model compression", scope=Scope(first_year=1900, last_year=1900))


def test_a_request_without_a_scope_is_what_it_was():
    request = make_request("model compression")
    assert request == make_request("model compression", scope=Scope()) and request.scope is None
    assert Request.from_dict(request.to_dict()) == request
    scoped = make_request("model compression", scope=Scope(tags=("a",), states=("read",)))
    assert Request.from_dict(scoped.to_dict()) == scoped and folder_name(scoped) != folder_name(request)
