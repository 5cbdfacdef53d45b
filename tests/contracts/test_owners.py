"""Whose collections and conversations are, in a folder and on a server."""

import pytest

from kb import KnowledgeBase
from kb.errors import ScopeError, UnknownConversation
from kb.store.copying import copy
from kb.store.opening import open_store
from kb.types import Scope

ANNA, BEN = "Anna@example.org", "ben@example.org"


@pytest.fixture
def base(place, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "papers").mkdir()
    for name, text in (("a", "A kiln is an oven for clay."), ("b", "A glaze is a coat of glass.")):
        (tmp_path / "papers" / f"{name}.md").write_text(f"# {name}\n\n{text}\n")
    with KnowledgeBase.open(place[1] or place[0], encoder="hashing") as opened:
        opened.add(tmp_path / "papers")
        yield opened


def refused(code, change):
    with pytest.raises(ScopeError) as caught:
        change()
    assert caught.value.code == code
    return caught.value


def names(base):
    return [(one.name, one.owner, one.is_private) for one in base.collections()]


def test_a_collection_belongs_to_who_made_it_and_others_see_it_only(base):
    anna, ben = base.acting_as(ANNA), base.acting_as(BEN)
    (one, other) = [info.id for info in base.documents()]
    assert anna.collect("Thesis/Clay", [one]) == 1
    assert names(ben) == [("Thesis", "anna@example.org", False), ("Thesis/Clay", "anna@example.org", False)]
    assert [info.id for info in ben.documents(Scope(collections=("Thesis",)))] == [one]
    before = names(base), [info.collections for info in base.documents()]
    for change in (lambda: ben.collect("thesis", [other]), lambda: ben.collect("Thesis/Glaze", [other]),
                   lambda: ben.take_out("Thesis/Clay", [one]), lambda: ben.rename_collection("Thesis", "Mine"),
                   lambda: ben.delete_collection("Thesis"), lambda: ben.own_collection("Thesis", BEN),
                   lambda: ben.own_collection("Thesis", private=True), lambda: anna.own_collection("Thesis", BEN)):
        assert "anna@example.org" in str(refused("E_NOT_YOURS", change))
    assert (names(base), [info.collections for info in base.documents()]) == before
    anna.rename_collection("Thesis", "Book")
    assert names(ben) == [("Book", "anna@example.org", False), ("Book/Clay", "anna@example.org", False)]
    assert anna.delete_collection("Book") == 1 and names(base) == []
    assert ben.collect("Book", [one]) == 1 and names(base) == [("Book", BEN, False)]


def test_a_private_one_is_not_shown_and_its_name_is_taken(base):
    anna, ben = base.acting_as(ANNA), base.acting_as(BEN)
    one = base.documents()[0].id
    anna.collect("Own/Inner", [one])
    assert anna.own_collection("Own", private=True).is_private
    assert names(ben) == [] and all(info.collections == () for info in ben.documents())
    assert names(anna) == names(base) == [("Own", "anna@example.org", True), ("Own/Inner", "anna@example.org", False)]
    for ask in (lambda: ben.documents(Scope(collections=("Own",))), lambda: ben.delete_collection("Own/Inner"),
                lambda: ben.search("clay", scope=Scope(collections=("Own/Inner",)))):
        refused("E_UNKNOWN_COLLECTION", ask)
    ben.collect("Mine", [one])
    for change in (lambda: ben.collect("own", [one]), lambda: ben.rename_collection("Mine", "OWN")):
        assert "anna" not in str(refused("E_NAME_TAKEN", change))
    assert [hit.document for hit in anna.search("clay and glass", scope=Scope(collections=("Own",)))] == [one]
    anna.own_collection("Own", private=False)
    assert [info.collections for info in ben.documents(Scope(collections=("Own",)))] == [("Mine", "Own/Inner")]


def test_the_operator_may_do_everything_and_what_nobody_owns_is_everybody_s(base):
    anna, ben = base.acting_as(ANNA), base.acting_as(BEN)
    one = base.documents()[0].id
    base.collect("Ours", [one])
    assert names(anna) == [("Ours", "", False)]
    assert ben.take_out("Ours", [one]) == 1 and anna.collect("Ours", [one]) == 1
    refused("E_NOT_YOURS", lambda: ben.own_collection("Ours", BEN))  # nobody takes what is everybody's
    refused("E_NO_OWNER", lambda: base.own_collection("Ours", private=True))
    anna.collect("Ours/Hers")
    refused("E_NOT_YOURS", lambda: ben.delete_collection("Ours"))  # hers is inside
    assert base.own_collection("Ours", BEN, private=True).owner == BEN and names(anna) == []
    assert base.own_collection("Ours", "").is_private is False
    assert base.delete_collection("Ours") == 1


def test_a_conversation_is_seen_and_changed_by_who_asked(base):
    anna, ben = base.acting_as(ANNA), base.acting_as(BEN)
    answer = base.ask("What is a kiln?")
    hers, ours = anna.keep(answer).conversation, base.keep(answer).conversation
    anna.keep(answer, hers)
    assert [(one.id, one.owner) for one in base.conversations()] == [(hers, "anna@example.org"), (ours, "")]
    assert [one.id for one in ben.conversations("kiln")] == [ours]
    for change in (lambda: ben.conversation(hers), lambda: ben.rename_conversation(hers, "x"),
                   lambda: ben.delete_conversations(hers), lambda: ben.keep(answer, hers),
                   lambda: ben.export(hers, "json")):
        with pytest.raises(UnknownConversation):
            change()
    assert ben.rename_conversation(ours, "Ours") == ours
    assert ben.delete_conversations() == 1 and [one.n_turns for one in base.conversations()] == [2]
    assert anna.delete_conversations() == 2 and base.conversations() == ()
    with base._store.read() as view:
        assert view.history.owners.of("conversation") == {}


def test_owners_go_over_in_a_copy_and_are_checked(base, tmp_path):
    base.acting_as(ANNA).collect("Own", [base.documents()[0].id])
    base.acting_as(ANNA).own_collection("Own", private=True)
    base.acting_as(ANNA).keep(base.ask("What is a kiln?"))
    copy(base._store, open_store(tmp_path / "copy"), lambda *_: None)
    with KnowledgeBase.open(tmp_path / "copy", encoder="hashing") as again:
        assert names(again.acting_as(BEN)) == [] and names(again) == names(base)
        assert [one.owner for one in again.conversations()] == ["anna@example.org"]
        again.backup(tmp_path / "file")
        assert KnowledgeBase.restore(tmp_path / "file", tmp_path / "back").check.is_sound
        with KnowledgeBase.open(tmp_path / "back") as back:
            assert names(back) == names(base)
        with again._store.write("verify") as writer:
            writer.connection.execute("UPDATE owners SET owner = 'ben@example.org'")
        assert not again.verify().is_sound


def test_a_library_made_before_has_no_owners(base):
    base.collect("Old", [base.documents()[0].id])
    with base._store.write("verify") as writer:
        writer.connection.execute("DROP TABLE owners")
    assert names(base.acting_as(ANNA)) == [("Old", "", False)]
    base.acting_as(ANNA).collect("New")
    assert names(base) == [("New", "anna@example.org", False), ("Old", "", False)]
