"""The bundled encoder fitted to a library: what it learns from, how it is judged, and that nothing changes unless it is
better."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.encoder import adapt, encode, engine
from kb.encoder import distill as d
from kb.encoder.vocabulary import make, save
from kb.errors import DataError, EncoderError, SettingError
from kb.types import Passage
from tests.making import WORDS, make_small_bert

REAL = adapt.adapt


@pytest.fixture(params=["fp32", "int8"])
def small(tmp_path, monkeypatch, request):
    """The bundled encoder as a small random one with a row for each of twenty Chinese words, run as some machines
    choose to and as others do."""
    monkeypatch.setenv("KB_ENGINE", request.param)
    folder = make_small_bert(tmp_path / "model")
    for module in (d, adapt, encode):
        monkeypatch.setattr(module, "minilm_folder", lambda: folder)
    rows = np.random.default_rng(0).normal(0, 1, (len(WORDS), 16)).astype(np.float32)
    save(tmp_path / "zh", make(WORDS, np.arange(len(WORDS), dtype=np.int32), rows), {})
    monkeypatch.setattr(encode, "VOCABULARY", tmp_path / "zh")
    for cached in (encode.bundled, encode.open_vocabulary, engine._opened, engine._of_kind):
        cached.cache_clear()
    yield encode.bundled()
    for cached in (encode.bundled, encode.open_vocabulary, engine._opened, engine._of_kind):
        cached.cache_clear()


@pytest.fixture
def library(small, tmp_path):
    """Notes with a Chinese heading of three words and an English body of the same three: what the random encoder cannot
    know and can learn."""
    rng = np.random.default_rng(1)
    english, chinese = list(WORDS.values()), list(WORDS)
    files = tmp_path / "files"
    files.mkdir()
    for n in range(220):
        picked = rng.choice(len(WORDS), 3, replace=False)
        body = " ".join(english[i] for i in [*picked, *picked, *picked, *picked]) + "."
        (files / f"{n}.md").write_text(f"# {''.join(chinese[i] for i in picked)}\n\n{body} {body}\n", encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as opened:
        opened.add([files])
        yield opened


def eager(*arguments, **named):
    """The real adaptation with larger steps, for a random encoder has further to go."""
    recipe = replace(adapt.RECIPE, epochs=15, row_rate=0.1, delta_rate=1e-3, cosine_weight=0.1)
    return REAL(*arguments, recipe=recipe, **named)


def test_pairs_come_from_headings_sentences_and_questions_and_a_passage_is_on_one_side_only():
    text = (
        "# Attention\n\nAttention weighs every token of the input by its relevance. It was proposed for machine "
        "translation in 2014. Today it is everywhere in language models."
    )
    passages = [Passage(0, len(text), text, ("Attention",))]
    pairs = adapt.pairs_of([("A note", passages)], [("When was it proposed?", "proposed for machine translation"),
                                                    ("Else?", "not in it")])
    kinds = {pair.kind: pair for pair in pairs}
    assert set(kinds) == {"heading", "sentence", "question"} and len(pairs) == 3
    assert kinds["sentence"].question not in kinds["sentence"].passage
    assert not kinds["heading"].passage.startswith("#")
    assert len({pair.is_held for pair in pairs}) == 1


def test_a_better_encoder_is_kept_the_library_is_encoded_with_it_and_undo_goes_back(library, monkeypatch):
    monkeypatch.setattr(adapt, "adapt", eager)
    first, before = library.status().fingerprint, library.search("猫和狗的故事", 3)
    result = library.adapt()
    assert result.kept and result.difference.low > 0
    assert result.after.ndcg_at_10 > result.before.ndcg_at_10 and result.held >= adapt.MIN_HELD
    assert library.status().fingerprint == result.fingerprint != first
    assert library.encoder().fingerprint == result.fingerprint
    assert library.search("猫和狗的故事", 3)
    with KnowledgeBase.open(library.home) as again:  # another process finds it by what the database says
        assert again.encoder().fingerprint == result.fingerprint and again.ask("猫在哪里？")
    assert library.unadapt() == library.status().passages
    assert library.status().fingerprint == first and not list((library.home / "encoder").iterdir())
    assert [(hit.document, hit.start) for hit in library.search("猫和狗的故事", 3)] == [
        (hit.document, hit.start) for hit in before
    ]


def test_a_second_adaptation_starts_from_the_first(library, monkeypatch):
    monkeypatch.setattr(adapt, "adapt", eager)
    first = library.adapt()
    monkeypatch.setattr(
        adapt, "adapt",
        lambda *a, **k: REAL(*a, recipe=replace(adapt.RECIPE, epochs=1, row_rate=1e-12, delta_rate=1e-12), **k))
    second = library.adapt()
    assert second.before.ndcg_at_10 == pytest.approx(first.after.ndcg_at_10, abs=0.02)
    assert second.after.ndcg_at_10 == pytest.approx(second.before.ndcg_at_10, abs=0.02)
    assert library.status().fingerprint == first.fingerprint


def test_what_is_not_surely_better_is_not_kept(library, monkeypatch):
    first = library.status().fingerprint
    monkeypatch.setattr(
        adapt, "adapt",
        lambda *a, **k: REAL(*a, recipe=replace(adapt.RECIPE, epochs=1, row_rate=1e-12, delta_rate=1e-12), **k))
    result = library.adapt()
    assert not result.kept and "stays" in result.reason.message
    assert result.before.ndcg_at_10 == pytest.approx(result.after.ndcg_at_10, abs=0.02)
    assert library.status().fingerprint == first
    assert not (library.home / "encoder").exists()


def test_a_library_that_is_too_small_says_what_is_missing(small, tmp_path):
    (tmp_path / "one.md").write_text("# One\n\nOnly one note with one sentence.", encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as opened:
        opened.add([tmp_path / "one.md"])
        first = opened.encoder().fingerprint
        with pytest.raises(DataError) as caught:
            opened.adapt()
        assert caught.value.code == "E_TOO_LITTLE" and "100" in str(caught.value)
        assert opened.encoder().fingerprint == first


def test_broken_questions_change_nothing(library, tmp_path):
    first = library.encoder().fingerprint
    (tmp_path / "q.jsonl").write_text('{"question": "x", "quote": "y"}\nbroken', encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        library.adapt(tmp_path / "q.jsonl")
    assert library.encoder().fingerprint == first


def test_questions_in_the_form_of_the_corpus_are_read(tmp_path):
    lines = [{"question": "a?", "quote": "b", "document": "x"}, {"question": "no answer", "kind": "unanswerable"}]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert adapt.read_user_questions(tmp_path / "q.jsonl") == [("a?", "b"), ("no answer", "")]


def test_only_the_bundled_encoder_can_be_adapted(tmp_path):
    with KnowledgeBase.open(tmp_path / "home",
                            encoder="hashing") as opened, pytest.raises(SettingError, match="bundled"):
        opened.adapt()


def test_a_damaged_adapted_encoder_is_named_and_not_replaced_in_silence(library, monkeypatch):
    monkeypatch.setattr(adapt, "adapt", eager)
    library.adapt()
    engine._opened.cache_clear()
    engine._of_kind.cache_clear()
    (file,) = (library.home / "encoder").glob("*/rows.safetensors")
    file.write_bytes(file.read_bytes()[:-1])
    with KnowledgeBase.open(library.home) as again, pytest.raises(EncoderError) as caught:
        again.search("猫")
    assert caught.value.code == "E_VOCABULARY"
