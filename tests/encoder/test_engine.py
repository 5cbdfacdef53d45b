"""The encoder on ONNX Runtime and on OpenVINO, held against the one in torch."""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.encoder import encode, engine, fixed, graph, vocabulary
from kb.encoder.encode import BundledEncoder
from kb.encoder.engine import EngineEncoder, for_many, open_bundled
from kb.encoder.vocabulary import load, make, save
from kb.errors import MissingPackage, SettingError
from tests.conftest import DATA
from tests.making import WORDS, make_small_bert

TEXTS = [
    "the cat see a dog.",
    "猫看狗。",
    "a big book in the sky",
    "学生 love the 老师",
    "火车",
    "water",
    "猫 " * 40,
    "dog " * 70,
]
CMRC = DATA / "cmrc2018_dev.json.gz"
needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None,
    reason="openvino is not installed: pip install 'bilingual-kb[openvino]'")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small encoder with Chinese rows and deltas, in a cache of its own."""
    rng = np.random.default_rng(0)
    model = make_small_bert(tmp_path / "model")
    rows = rng.normal(0, 1, (len(WORDS), 16)).astype(np.float32)
    deltas = {
        "encoder.layer.1.intermediate.dense.weight": (rng.normal(0, 0.3, (32, 2)).astype(np.float32),
                                                      rng.normal(0, 0.3, (2, 16)).astype(np.float32))
    }
    save(tmp_path / "zh", make(WORDS, np.arange(len(WORDS), dtype=np.int32), rows, deltas), {})
    monkeypatch.setenv("KB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(encode, "VOCABULARY", tmp_path / "zh")
    monkeypatch.setattr(encode, "minilm_folder", lambda: model)
    monkeypatch.setattr(engine, "SAMPLE", tmp_path / "sample.jsonl")
    # 16 random numbers a token lose more in 8 bits than what was trained: .98 on a processor without VNNI.
    monkeypatch.setattr(engine, "LEAST_COSINE", 0.9)
    (tmp_path / "sample.jsonl").write_text(
        "".join(json.dumps({"context": text}) + "\n" for text in TEXTS for _ in range(4)), encoding="utf-8")
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


@pytest.mark.parametrize(("setting", "n"), [("3", 3), ("2,4", 2), ("", None), ("0", None), ("all", None)])
def test_omp_num_threads_says_how_many_texts_at_a_time(setting, n):
    assert engine.count_threads(setting) == (n or os.cpu_count())


@pytest.mark.parametrize("n_threads", [1, 4])
@pytest.mark.parametrize("kind", ["fp32", "int8"])
def test_a_vector_does_not_depend_on_what_it_is_encoded_with(small, kind, n_threads, monkeypatch):
    monkeypatch.setattr(engine, "_N_THREADS", n_threads)
    engine._threads.cache_clear()
    encoder = open_bundled(kind)
    together, parts = encoder.encode_with_sentences(TEXTS, [[(0, len(text))] for text in TEXTS])
    for text, vector, part in zip(TEXTS, together, parts, strict=True):
        vectors, own = encoder.encode_with_sentences([text], [[(0, len(text))]])
        assert np.array_equal(vectors[0], vector) and np.array_equal(own[0].codes, part.codes)
    assert np.array_equal(encoder.encode(TEXTS), together)
    engine._threads.cache_clear()
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


def card_of(small):
    (card,) = (small / "cache" / "engine").glob("*/card.json")
    return card


def test_the_choice_is_measured_once_and_kept(small):
    steps = []
    kind = open_bundled("auto", on_progress=steps.append).kind
    card = card_of(small)
    found = json.loads(card.read_text())
    assert found["choice"] == kind and set(found["tokens_per_second"]) == {"fp32", "int8"} and len(steps) == 3
    assert set(found["cosine"]) == {"int8"}
    card.write_text(json.dumps({**found, "choice": "fp32" if kind == "int8" else "int8"}))
    forget()
    steps.clear()
    assert open_bundled("auto", on_progress=steps.append).kind != kind and not steps


def test_the_cosine_is_that_of_the_vectors_of_texts_of_both_languages(small):
    texts = [json.loads(line)["context"] for line in engine.SAMPLE.read_text(encoding="utf-8").splitlines()]
    measured = texts[engine._MEASURED]
    assert {text.isascii() for text in measured} == {True, False}
    expected = (open_bundled("int8").encode(measured) * reference(small).encode(measured)).sum(axis=1).mean()
    assert open_bundled("int8").cosine("int8") == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("largest", [127, 1])
def test_auto_takes_int8_where_it_is_faster_only_if_its_vectors_lie_where_those_of_fp32_do(small, monkeypatch, largest):
    monkeypatch.setattr(engine, "_MUCH_FASTER", 0)
    monkeypatch.setattr(graph, "LARGEST", largest)  # codes of -1, 0 and 1 say little of a weight
    assert (open_bundled("auto").kind == "int8") == (largest == 127)
    found = json.loads(card_of(small).read_text())
    assert (found["cosine"]["int8"] >= engine.LEAST_COSINE) == (largest == 127)
    graphs = {path.name for path in card_of(small).parent.glob("*.onnx")}
    assert ("en.fp32.onnx" in graphs) == (largest == 1)  # what only measuring needed is not left


def test_a_choice_without_a_cosine_is_measured_again(small):
    kind = open_bundled("auto").kind
    found = json.loads(card_of(small).read_text())
    del found["cosine"]
    card_of(small).write_text(json.dumps(found))
    forget()
    steps = []
    assert open_bundled("auto", on_progress=steps.append).kind in ("fp32", "int8") and len(steps) == 3, kind
    assert "int8" in json.loads(card_of(small).read_text())["cosine"]


def test_doctor_warns_of_a_library_in_int8_where_it_lies_far_from_fp32(small, tmp_path, monkeypatch):
    (tmp_path / "cats.md").write_text("# 猫\n\n猫看狗。The cat see the dog.")
    monkeypatch.setenv("KB_ENGINE", "int8")
    with KnowledgeBase.open(tmp_path / "library") as library:
        library.add([tmp_path / "cats.md"])
        (told,) = [finding for finding in library.doctor().findings if finding.what == "encoder"]
        assert told.level == "ok" and "cosine of int8 to fp32" in told.message
        found = json.loads(card_of(small).read_text())
        card_of(small).write_text(json.dumps({**found, "cosine": {"int8": 0.71}}))
        (told,) = [finding for finding in library.doctor().findings if finding.what == "encoder"]
        assert told.level == "warning" and "0.71" in told.message and told.hint == "KB_ENGINE=fp32 kb reindex"


def test_products_of_integers_are_exact_on_this_processor_as_int8_runs_them(small):
    probe = graph.build_probe()
    session = graph.open_session(probe, is_widened=graph.saturates(probe))
    (y,) = session.run(None, {"x": np.full((1, 64), 255, np.uint8)})
    assert (y == 255 * 127 * 64).all()


def test_int8_gives_the_same_vectors_whichever_instructions_add_its_products(small):
    if graph.saturates(graph.build_probe()):
        pytest.skip("this processor has one way only that is exact")
    encoder = open_bundled("int8")
    expected = encoder.encode(TEXTS)
    encoder.engine._sessions.clear()
    encoder.engine.__dict__["_saturates"] = True
    assert np.array_equal(encoder.encode(TEXTS), expected)


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

    weights = {
        name: np.asarray(tensor)
        for name, tensor in vocabulary.mapped_tensors(small / "model" / "model.safetensors").items()
    }
    config = json.loads((small / "model" / "config.json").read_text())
    constants = {
        item.name: onnx.numpy_helper.to_array(item)
        for item in onnx.load_from_string(graph.build(weights, config, "int8")).graph.initializer
    }
    name = "encoder.layer.0.output.dense"
    back = constants[f"{name}.codes"] * constants[f"{name}.scale"]
    assert np.abs(back - weights[f"{name}.weight"].T).max() <= constants[f"{name}.scale"].max() / 2 + 1e-7


@pytest.mark.parametrize("kind", ["fp32", "int8"])
def test_states_without_a_mask_are_those_with_one(small, kind):
    encoder = open_bundled("fp32")
    weights, (embedded, mask) = encoder.engine._merged(False), encoder._padded([encoder.tokenize(["The cat sees."])[0]])
    masked, bare = (graph.open_session(graph.build(weights, encoder.config, kind, is_padded=is_padded))
                    for is_padded in (True, False))
    (expected,) = masked.run(["states"], {"embedded": embedded, "mask": mask})
    assert [found.name for found in (*bare.get_inputs(), *bare.get_outputs())] == ["embedded", "states"]
    assert np.array_equal(bare.run(["states"], {"embedded": embedded})[0], expected)


def test_the_graph_of_standard_operators_is_the_encoder_before_it_is_rounded(small):
    encoder = open_bundled("fp32")
    rows = [encoder.tokenize([text])[0] for text in TEXTS if text.isascii()]
    made = fixed._Graph(encoder.engine._merged(False), encoder.config).model().SerializeToString()
    (vectors, ) = graph.load_runtime().InferenceSession(made, providers=["CPUExecutionProvider"]).run(
        ["vector"], dict(zip(("embedded", "mask"), encoder._padded(rows), strict=True)))
    assert np.abs(vectors - reference(small).encode([text for text in TEXTS if text.isascii()])).max() < 1e-5


def test_fixed_scales_move_reach_into_the_matrix_and_change_no_product(small):
    import onnx

    encoder = open_bundled("fp32")
    weights, name = encoder.engine._merged(False), "encoder.layer.0.intermediate.dense"
    constants = {
        item.name: onnx.numpy_helper.to_array(item)
        for item in onnx.load_from_string(fixed.build(weights, encoder.config, encoder._sample("en"))).graph.initializer
    }
    back = constants[f"{name}.codes"] * constants[f"{name}.scale"]  # [in, out]
    assert (
        np.abs(back * constants[f"{name}.moved"][:, None] - weights[f"{name}.weight"].T).max()
        <= (constants[f"{name}.scale"].max() / 2 * constants[f"{name}.moved"].max()) + 1e-7
    )
    assert constants[f"{name}.moved"].std() > 0


@needs_openvino
def test_openvino_gives_vectors_as_near_as_int8_under_its_fingerprint(small):
    int8 = open_bundled("openvino")
    added = for_many(int8, "openvino")
    assert added.is_on_openvino and not int8.is_on_openvino and int8.kind == "int8"
    assert added.fingerprint == int8.fingerprint == open_bundled("int8").fingerprint
    assert (added.encode(TEXTS) * reference(small).encode(TEXTS)).sum(axis=1).mean() >= engine.LEAST_COSINE
    assert added.encode([]).shape == (0, 16)


@needs_openvino
def test_only_int8_goes_to_openvino_and_only_if_it_is_meant(small):
    assert for_many(open_bundled("int8"), "int8") is open_bundled("int8")
    assert for_many(open_bundled("fp32"), "openvino") is open_bundled("fp32")
    assert for_many(reference(small), "openvino").fingerprint == reference(small).fingerprint


@needs_openvino
@pytest.mark.parametrize("harm", ["flip", "gone"])
def test_a_damaged_graph_for_openvino_is_built_again(small, harm):
    before = for_many(open_bundled("openvino"), "openvino").encode(TEXTS)
    (folder,) = (small / "cache" / "engine").iterdir()
    file = folder / "zh.openvino.onnx"
    data = file.read_bytes()
    if harm == "flip":
        file.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    else:
        file.unlink()
    forget()
    assert np.array_equal(for_many(open_bundled("openvino"), "openvino").encode(TEXTS), before)
    assert file.read_bytes() == data


@needs_openvino
def test_a_processor_on_which_openvino_is_wrong_is_told(small):
    for_many(open_bundled("openvino"), "openvino")
    found = json.loads(card_of(small).read_text())
    assert found["cosine"]["openvino"] >= engine.LEAST_COSINE
    assert {"int8", "openvino"} <= set(found["tokens_per_second"])
    card_of(small).write_text(json.dumps({**found, "cosine": {"openvino": 0.71}}))
    with pytest.raises(SettingError, match=r"0\.71"):
        for_many(open_bundled("openvino"), "openvino")


@needs_openvino
def test_openvino_is_refused_if_what_is_measured_lies_far_from_fp32(small, monkeypatch):
    monkeypatch.setattr(fixed, "LARGEST", 1)
    with pytest.raises(SettingError, match="vectors are wrong"):
        for_many(open_bundled("openvino"), "openvino")
    assert json.loads(card_of(small).read_text())["cosine"]["openvino"] < engine.LEAST_COSINE


def test_openvino_that_is_not_installed_names_the_pip_line(small, monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None
                        if name == "openvino" else find_spec(name, *rest))
    with pytest.raises(MissingPackage) as caught:
        open_bundled("openvino")
    assert caught.value.describe("en")[1] == "pip install 'bilingual-kb[openvino]'"


@needs_openvino
def test_a_library_added_to_with_openvino_is_asked_and_added_to_without_it(small, tmp_path, monkeypatch):
    (tmp_path / "cats.md").write_text("# 猫\n\n猫看狗。The cat see the dog.")
    (tmp_path / "dogs.md").write_text("# 狗\n\n狗喝水。The dog drink the water.")
    monkeypatch.setenv("KB_ENGINE", "openvino")
    with KnowledgeBase.open(tmp_path / "library") as library:
        library.add([tmp_path / "cats.md"])
        assert "-int8:" in library.status().fingerprint
        assert any(finding.what == "openvino" and finding.level != "error" for finding in library.doctor().findings)
    assert "openvino" in sys.modules
    monkeypatch.setenv("KB_ENGINE", "int8")
    with KnowledgeBase.open(tmp_path / "library") as library:
        (hit,) = library.search("猫看狗")
        int8 = open_bundled("int8")
        (question,) = int8.encode(["猫看狗"], role="question")
        (passage,) = for_many(int8, "openvino").encode([library.passages(hit.document)[0].text])
        assert hit.dense == pytest.approx(question @ passage, abs=1e-3)  # in bf16 where the processor has it
        assert len(library.add([tmp_path / "dogs.md"]).added) == 1
        assert not any(finding.what == "openvino" for finding in library.doctor().findings)
    monkeypatch.setenv("KB_ENGINE", "fp32")
    with KnowledgeBase.open(tmp_path / "library") as library:
        library.reindex()
    monkeypatch.setenv("KB_ENGINE", "openvino")
    with KnowledgeBase.open(tmp_path / "library") as library:
        told = [finding for finding in library.doctor().findings if finding.what == "openvino"]
        assert told[0].level == "warning" and told[0].hint == "kb reindex"
        library.reindex()
        assert "-int8:" in library.status().fingerprint


@needs_openvino
@pytest.mark.engine
def test_asking_never_loads_openvino_and_nothing_that_is_loaded_reports_to_anybody(tmp_path):
    (tmp_path / "note.md").write_text("# LoRA\n\nLoRA is a method that trains a low-rank update of frozen weights.",
                                      encoding="utf-8")
    code = f"""import sys
seen = []
WATCHED = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen")
sys.addaudithook(lambda event, details: seen.append((event, details)) if event in WATCHED else None)
from kb import KnowledgeBase
base = KnowledgeBase.open({str(tmp_path / "library")!r})
if sys.argv[1] == "add":
    import kb.encoder.engine
    kb.encoder.engine.for_many(base.encoder(), "openvino").encode(["What is LoRA?"])
    assert "openvino" in sys.modules and not seen, seen
    base.add([{str(tmp_path / "note.md")!r}])
else:
    assert base.ask("What is LoRA?").status == "found" and base.encoder().kind == "int8"
    assert not {{"openvino", "torch"}} & set(sys.modules)"""
    home = tmp_path / "home"
    home.mkdir()
    for what in ("add", "ask"):
        subprocess.run([sys.executable, "-c", code, what], check=True,
                       env={**os.environ, "HOME": str(home), "KB_ENGINE": "openvino"})
    # ~/intel is where OpenVINO's telemetry keeps who one is
    assert not [path for path in home.rglob("*") if path.is_file()]


@needs_openvino
@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.skipif(not CMRC.exists(), reason="CMRC2018 dev is not on this machine")
def test_on_real_texts_openvino_stays_close_to_torch_and_int8_questions_find_its_passages():
    paragraphs = [p for item in json.loads(gzip.decompress(CMRC.read_bytes()))["data"]
                  for p in item["paragraphs"]][:100]
    passages = [p["context"] for p in paragraphs]
    asked = [(qa["question"], i) for i, p in enumerate(paragraphs) for qa in p["qas"]]
    right = np.array([i for _, i in asked])
    int8, fp32 = open_bundled("openvino"), open_bundled("fp32")
    if int8.as_kind("openvino").is_far():
        with pytest.raises(SettingError):
            for_many(int8, "openvino")
        pytest.skip("OpenVINO is refused on this processor")
    # fp32 is torch to 1e-5, and quicker: see below
    added, expected = for_many(int8, "openvino").encode(passages), fp32.encode(passages)
    cosines = (added[:20] * encode.bundled().encode(passages[:20])).sum(axis=1)
    assert cosines.mean() >= engine.LEAST_COSINE
    questions = [question for question, _ in asked]
    found = (np.concatenate([int8.encode([question]) for question in questions]) @ added.T).argmax(axis=1) == right
    best = (fp32.encode(questions) @ expected.T).argmax(axis=1) == right
    # a library whose vectors lie at LEAST_COSINE loses .01 (see there)
    assert found.mean() >= best.mean() - 0.015


@pytest.mark.engine
def test_onnx_runtime_keeps_no_log_of_its_use(tmp_path):
    code = "import kb.encoder.engine; kb.encoder.engine.open_bundled('fp32').encode(['What is LoRA?'])"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "HOME": str(tmp_path)})
    assert not (tmp_path / ".cache" / "Microsoft").exists()


@pytest.mark.engine
def test_on_real_texts_int8_stays_close_and_torch_is_never_loaded(tmp_path):
    texts = [
        "What is self-attention?",
        "注意力机制为序列中的每个位置计算权重。",
        "Retrieval finds the passages that matter. " * 20,
        "知识蒸馏让小模型学习大模型的输出。" * 8,
        "LoRA 在冻结的权重旁边训练 low-rank 矩阵。",
    ]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    code = f"""import json, sys, numpy, kb.encoder.engine
texts = json.load(open({str(tmp_path / "texts.json")!r}, encoding="utf-8"))
vectors = [kb.encoder.engine.open_bundled(kind).encode(texts) for kind in ("fp32", "int8")]
assert not {{"torch", "transformers", "sentence_transformers"}} & set(sys.modules)
numpy.save({str(tmp_path / "vectors.npy")!r}, numpy.stack(vectors))"""
    subprocess.run([sys.executable, "-c", code], check=True)
    fp32, int8 = np.load(tmp_path / "vectors.npy", allow_pickle=False)
    expected = encode.bundled().encode(texts)
    assert np.abs(fp32 - expected).max() < 1e-5
    encoder = open_bundled("int8")
    cosine = (int8 * expected).sum(axis=1).mean()
    assert cosine >= engine.LEAST_COSINE or encoder.is_far(), cosine


@pytest.mark.engine
def test_what_auto_takes_lies_where_fp32_does(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_CACHE", str(tmp_path))
    forget()
    encoder = open_bundled("auto")
    assert not encoder.is_far()
    assert encoder.kind == "fp32" or encoder.cosine("int8") >= engine.LEAST_COSINE
    forget()
