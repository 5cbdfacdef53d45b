"""The encoder on ONNX Runtime, held against the one in torch."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kb import KnowledgeBase, encode, engine, graph, vocabulary
from kb.encode import BundledEncoder
from kb.engine import EngineEncoder, open_bundled
from kb.errors import SettingError
from kb.vocabulary import load, make, save
from tests.making import WORDS, make_small_bert

TEXTS = ["the cat see a dog.", "猫看狗。", "a big book in the sky", "学生 love the 老师", "火车", "water", "猫 " * 40, "dog " * 70]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small encoder with Chinese rows and deltas, in a cache of its own."""
    rng = np.random.default_rng(0)
    model = make_small_bert(tmp_path / "model")
    rows = rng.normal(0, 1, (len(WORDS), 16)).astype(np.float32)
    deltas = {"encoder.layer.1.intermediate.dense.weight": (rng.normal(0, 0.3, (32, 2)).astype(np.float32), rng.normal(0, 0.3, (2, 16)).astype(np.float32))}
    save(tmp_path / "zh", make(WORDS, np.arange(len(WORDS), dtype=np.int32), rows, deltas), {})
    monkeypatch.setenv("KB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(encode, "VOCABULARY", tmp_path / "zh")
    monkeypatch.setattr(encode, "minilm_folder", lambda: model)
    forget()
    yield tmp_path
    forget()


def forget():
    for cached in (encode.bundled, engine._opened, engine._of_kind):
        cached.cache_clear()


def reference(small):
    return BundledEncoder(small / "model", load(small / "zh"))


def test_fp32_gives_the_vectors_of_torch_and_shares_their_fingerprint(small):
    encoder = open_bundled("fp32")
    assert isinstance(encoder, EngineEncoder)
    assert np.abs(encoder.encode(TEXTS) - reference(small).encode(TEXTS)).max() < 1e-5
    assert encoder.fingerprint == reference(small).fingerprint


def test_int8_gives_nearly_the_same_vectors_under_another_fingerprint(small):
    encoder = open_bundled("int8")
    assert (encoder.encode(TEXTS) * reference(small).encode(TEXTS)).sum(axis=1).min() > 0.97
    assert encoder.fingerprint == reference(small).fingerprint.replace("+zh:", "+zh-int8:")
    assert encoder.fingerprint != open_bundled("fp32").fingerprint


def test_a_vector_does_not_depend_on_what_it_is_encoded_with(small):
    encoder = open_bundled("fp32")
    together = encoder.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.abs(encoder.encode([text])[0] - vector).max() < 1e-5
    assert encoder.encode([]).shape == (0, 16)


@pytest.mark.parametrize("harm", ["cut", "flip", "gone", "card"])
def test_a_damaged_cache_is_built_again(small, harm):
    before = open_bundled("fp32").encode(TEXTS)
    (folder,) = (small / "cache" / "engine").iterdir()
    file = folder / "zh.fp32.onnx"
    data = file.read_bytes()
    if harm == "cut":
        file.write_bytes(data[:100])
    elif harm == "flip":
        file.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    elif harm == "gone":
        file.unlink()
    else:
        (folder / "card.json").write_text("[")
    forget()
    assert np.array_equal(open_bundled("fp32").encode(TEXTS), before)
    assert file.read_bytes() == data


def test_a_cache_that_cannot_be_written_costs_only_the_work_again(small, monkeypatch, caplog):
    (small / "file").write_text("")
    monkeypatch.setenv("KB_CACHE", str(small / "file" / "cache"))
    forget()
    assert open_bundled("auto").encode(TEXTS).shape == (8, 16)
    assert "could not be cached" in caplog.text


def test_two_that_build_at_once_do_not_harm_each_other(small):
    def build(_):
        return EngineEncoder(small / "model", load(small / "zh")).as_kind("int8").encode(TEXTS)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(build, range(4)))
    assert all(np.array_equal(vectors, made[0]) for vectors in made)
    forget()
    assert np.array_equal(open_bundled("int8").encode(TEXTS), made[0])
    (folder,) = (small / "cache" / "engine").iterdir()
    assert not list(folder.glob(".new-*"))


def test_the_choice_is_measured_once_and_kept(small):
    steps = []
    kind = open_bundled("auto", on_progress=steps.append).kind
    (card,) = (small / "cache" / "engine").glob("*/card.json")
    found = json.loads(card.read_text())
    assert found["choice"] == kind and set(found["tokens_per_second"]) == {"fp32", "int8"} and len(steps) == 3
    card.write_text(json.dumps({**found, "choice": "fp32" if kind == "int8" else "int8"}))
    forget()
    steps.clear()
    assert open_bundled("auto", on_progress=steps.append).kind != kind and not steps


def test_a_library_is_opened_with_the_kind_that_made_its_vectors(small, tmp_path, monkeypatch):
    (tmp_path / "cats.md").write_text("# 猫\n\n猫看狗。The cat see the dog.")
    monkeypatch.setenv("KB_ENGINE", "int8")
    with KnowledgeBase.open(tmp_path / "library") as library:
        library.add([tmp_path / "cats.md"])
        assert "-int8:" in library.status().fingerprint
    monkeypatch.setenv("KB_ENGINE", "fp32")
    with KnowledgeBase.open(tmp_path / "library") as library:
        assert library.search("猫")[0].dense is not None
        assert library.encoder().kind == "int8"
        assert any("ONNX Runtime int8" in finding.message for finding in library.doctor().findings)
        library.reindex()
        assert library.status().fingerprint == library.encoder().fingerprint and library.encoder().kind == "fp32"


def test_an_engine_that_is_not_known_is_named(small, tmp_path, monkeypatch):
    monkeypatch.setenv("KB_ENGINE", "gpu")
    with pytest.raises(SettingError, match="gpu"):
        KnowledgeBase.open(tmp_path / "library").encoder()


def test_mapped_tensors_are_those_of_the_file(small):
    from safetensors.numpy import load_file

    path = small / "model" / "model.safetensors"
    found, expected = vocabulary.mapped_tensors(path), load_file(path)
    assert {name for name, tensor in expected.items() if tensor.dtype == np.float32} == set(found)
    assert all(np.array_equal(found[name], expected[name]) for name in found)


def test_rounded_weights_have_one_scale_for_each_output(small):
    import onnx

    weights = {name: np.asarray(tensor) for name, tensor in vocabulary.mapped_tensors(small / "model" / "model.safetensors").items()}
    config = json.loads((small / "model" / "config.json").read_text())
    constants = {item.name: onnx.numpy_helper.to_array(item) for item in onnx.load_from_string(graph.build(weights, config, "int8")).graph.initializer}
    name = "encoder.layer.0.output.dense"
    back = constants[f"{name}.codes"] * constants[f"{name}.scale"]
    assert np.abs(back - weights[f"{name}.weight"].T).max() <= constants[f"{name}.scale"].max() / 2 + 1e-7


@pytest.mark.engine
def test_onnx_runtime_keeps_no_log_of_its_use(tmp_path):
    code = "import kb.engine; kb.engine.open_bundled('fp32').encode(['What is LoRA?'])"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "HOME": str(tmp_path)})
    assert not (tmp_path / ".cache" / "Microsoft").exists()


@pytest.mark.engine
def test_on_real_texts_int8_stays_close_and_torch_is_never_loaded(tmp_path):
    texts = ["What is self-attention?", "注意力机制为序列中的每个位置计算权重。", "Retrieval finds the passages that matter. " * 20, "知识蒸馏让小模型学习大模型的输出。" * 8,
             "LoRA 在冻结的权重旁边训练 low-rank 矩阵。"]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    code = f"""import json, sys, numpy, kb.engine
vectors = [kb.engine.open_bundled(kind).encode(json.load(open({str(tmp_path / "texts.json")!r}, encoding="utf-8"))) for kind in ("fp32", "int8")]
assert not {{"torch", "transformers", "sentence_transformers"}} & set(sys.modules)
numpy.save({str(tmp_path / "vectors.npy")!r}, numpy.stack(vectors))"""
    subprocess.run([sys.executable, "-c", code], check=True)
    fp32, int8 = np.load(tmp_path / "vectors.npy", allow_pickle=False)
    expected = encode.bundled().encode(texts)
    assert np.abs(fp32 - expected).max() < 1e-5
    assert (int8 * expected).sum(axis=1).mean() >= 0.99
