"""What a survey is on: the gate before it, which works belong to its topic, and how the cut is moved."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.errors import OffTopic
from kb.survey import make_request, read_survey
from kb.survey.outline.field import named_in
from kb.survey.outline.nearness import nearness
from kb.survey.outline.relevance import _aside, _gathered, _together, own_of
from kb.survey.outline.topic_words import Held, held_words, n_words, sides_of, telling_sides, topic_parts, unheld
from kb.types import Document, Metadata

# Title, abstract, "on" what. Three fields in one library, in both languages.
WORKS = {
    "quant1": (
        "Rounding weights to four bits",
        "Quantization stores the weights of a language model in four bits instead of sixteen. We round each column "
        "of a weight matrix and correct the remaining columns. Perplexity rises by less than a tenth of a point.",
    ),
    "quant2": (
        "Outliers in the activations of large language models",
        "Eight-bit quantization of large language models fails where a few activations are a hundred times larger "
        "than the rest. We keep these in sixteen bits and multiply all others in eight.",
    ),
    "quant3": (
        "大语言模型的逐通道量化",
        "量化用更少的位数存放大语言模型的权重。本文按激活幅度为每个通道选取缩放系数，再把权重舍入到四位。实验"
        "表明四位模型的困惑度与十六位模型接近。",
    ),
    "quant4": (
        "Pruning and quantization together",
        "We compress a pre-trained language model by removing half of its weights and storing the others in four "
        "bits. Compression of this kind needs no training data.",
    ),
    "soil1": (
        "氮沉降对土壤有机碳的影响",
        "土壤有机碳是陆地生态系统最大的碳库。本文在草地上进行了五年的氮添加试验，测定了各土层的有机碳含量。结"
        "果表明氮沉降使表层土壤有机碳增加。",
    ),
    "soil2": (
        "Soil organic carbon under straw return",
        "Returning straw to the field raises soil organic carbon. We took soil cores on forty farms and measured "
        "organic carbon at three depths over six years.",
    ),
    "soil3": (
        "不同林龄人工林土壤有机碳储量",
        "人工林土壤有机碳储量随林龄变化。本文比较了四种林龄样地的土壤有机碳含量与储量，发现成熟林的储量最高。",
    ),
    "soil4": (
        "Roots and the carbon of deep soil",
        "Deep roots bring carbon into soil below one metre. Organic carbon of deep soil was measured under grass "
        "and trees; trees stored more of it.",
    ),
    "bank1": (
        "Interest rates and small banks",
        "When the central bank raises its rate, small banks lend less. We follow the balance sheets of nine hundred "
        "banks over twenty years of monetary policy.",
    ),
    "bank2": (
        "货币政策与银行信贷",
        "货币政策通过银行信贷影响实体经济。本文利用二十年的银行资产负债表数据，检验利率上升后银行贷款的变化。",
    ),
    "bank3": (
        "Inflation targets and what people expect",
        "Central banks announce targets for inflation. In surveys of households the expected inflation follows "
        "the target only where the bank is known.",
    ),
    "bank4": (
        "Deposit insurance and bank runs",
        "Deposit insurance keeps savers from running on a bank. Banks that are insured take more risk, as the "
        "records of failed banks show.",
    ),
}


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """Twelve works on three fields, with the encoder and the reader that are shipped."""
    home = tmp_path_factory.mktemp("fields")
    (home / "papers").mkdir()
    for name, (title, text) in WORKS.items():
        (home / "papers" / f"{name}.md").write_text(f'---\ntitle: "{title}"\nyear: 2020\n---\n# {title}\n\n{text}\n',
                                                     encoding="utf-8")
    with KnowledgeBase.open(home / "library") as base:
        base.add([home / "papers"])
        yield base


def names(base, documents):
    files = {info.id: info.path.rsplit("/", 1)[-1].removesuffix(".md") for info in base.documents()}
    return sorted(files[document] for document in documents)


@pytest.mark.parametrize(("topic", "field"), [
    ("quantization of large language models", "quant"), ("大语言模型的量化", "quant"), ("soil organic carbon", "soil"),
    ("土壤有机碳", "soil"), ("monetary policy of central banks", "bank"), ("货币政策与银行", "bank")])
def test_a_small_library_of_several_fields_is_not_used_whole(fields, topic, field):
    made = fields.surveyor().plan(make_request(topic))
    used = names(fields, [r.document for r in made.references])
    assert {name[:4] for name in used} == {field[:4]}
    assert len(used) >= 3
    reasons = {row.reason for row in made.unused}
    assert reasons == {"not_relevant"} and all(row.relevance < 0.5 for row in made.unused)


@pytest.mark.parametrize("topic", ["quantum gravity in string theory", "弦论中的量子引力", "bridges and earthquakes",
                                   "中世纪的贸易路线"])
def test_a_topic_that_the_library_does_not_hold_is_refused_with_what_it_holds(fields, topic, tmp_path, capsys):
    code = main(["survey", "write", topic, "--out", str(tmp_path / "out"), "--home", str(fields.home), "--json"])
    error = json.loads(capsys.readouterr().out)["error"]
    assert code == 4 and error["code"] == "E_SURVEY_TOPIC"
    assert not (tmp_path / "out" / "survey.json").exists()
    themes = error["values"]["themes"]
    counts = [int(part.rsplit("(", 1)[1].rstrip(")")) for part in themes["en"].split("; ")]
    assert 2 <= sum(counts) <= len(WORKS) and "carbon" in themes["en"].lower() and "土壤有机碳" in themes["zh"]


def test_what_stands_in_no_document_is_named(fields):
    with pytest.raises(OffTopic) as caught:
        fields.survey("quantum gravity in string theory")
    english, chinese = (caught.value.describe(language)[0] for language in ("en", "zh"))
    assert "no document has: quantum, gravity, string, theory" in english and "没有文档包含：quantum" in chinese


# One field, language models, with works on eight sub-subjects: title, what it says.
PARTS = {
    "pruning": ("Pruning language models", "Removing weights that matter little makes a language model sparse."),
    "translation": ("Translating with language models", "Machine translation of rare language pairs needs few pairs."),
    "speech": ("Language models that listen", "Speech is turned into units that a language model continues."),
    "law": ("Language models read contracts", "Clauses of contracts are found and compared by a language model."),
    "arithmetic": ("Language models and sums", "Sums of long numbers are solved by a language model step by step."),
    "dialogue": ("Language models in dialogue", "A language model keeps to its persona in long dialogues."),
    "poems": ("Language models write poems", "Metre and rhyme of poems by a language model were counted."),
    "tables": ("Language models on tables", "Questions on tables are answered by a language model with queries."),
}
VIEWS = ("a study of training data", "a benchmark", "an analysis of errors", "a cheaper way")


@pytest.fixture(scope="module")
def one_field(tmp_path_factory):
    home = tmp_path_factory.mktemp("one")
    (home / "papers").mkdir()
    for name, (title, text) in PARTS.items():
        for i, view in enumerate(VIEWS):
            (home / "papers" / f"{name}{i}.md").write_text(
                f'---\ntitle: "{title}: {view}"\n---\n# {title}: {view}\n\n{text} We give {view} for language models '
                f"on this task. Large language models of {i + 1} sizes are compared.\n", encoding="utf-8")
    with KnowledgeBase.open(home / "library") as base:
        base.add([home / "papers"])
        yield base


@pytest.mark.parametrize(("topic", "part"), [("pruning of language models", "pruning"), ("语言模型剪枝", "pruning"),
                                             ("machine translation", "translation"), ("机器翻译", "translation")])
def test_a_library_of_one_field_is_not_used_whole(one_field, topic, part):
    made = one_field.surveyor().plan(make_request(topic))
    used = names(one_field, [r.document for r in made.references])
    assert {name[:-1] for name in used} == {part}


def test_a_library_of_one_field_does_not_hold_another_s_topic(one_field):
    with pytest.raises(OffTopic):
        one_field.surveyor().plan(make_request("monetary policy of central banks"))


def test_only_a_small_library_is_taken_to_be_gathered_for_one_text():
    alike = np.ones((46, 4), np.float32) / 2
    topic = "Slow Firing of Large Pots in Small Kilns under Changing Loads"
    assert not _gathered(alike, alike[0], topic, [Held()] * 46).any()
    assert _gathered(alike[:40], alike[0], topic, [Held()] * 40).all()


def test_a_library_of_several_things_is_not_taken_to_be_gathered_for_one_text():
    topic = "Slow Firing of Large Pots in Small Kilns under Changing Loads"
    vectors = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)
    asked = np.array([0.9, 0.25, 0.25, 0.25], np.float32)
    assert not _gathered(vectors, asked / np.linalg.norm(asked), topic, [Held()] * 40).any()


def in_two_languages(on):
    """Vectors of ten works in Chinese, every other one on the topic, which is the first axis, or on what the
    last one is, and of English ones, the second axis; `on`: whether each of these is on it. The other axes are what
    each is on besides."""
    rows, languages = [], []
    for language, held in (("zh", [i % 2 == 0 for i in range(10)]), ("en", on)):
        for i, is_on in enumerate(held):
            row = np.full(13, 0.0)
            row[0], row[1], row[2 + i], row[12] = is_on, 0.8 * (language == "en"), 0.7, not is_on
            rows.append(row / np.linalg.norm(row))
            languages.append(language)
    return np.array(rows), languages, np.eye(13)[0]


@pytest.mark.parametrize(("field", "head", "is_field"), [
    (22, 19, True), (30, 10, True), (17, 10, False), (22, 22, False), (40, 30, False)])
def test_what_a_fifth_of_a_library_has_is_its_field_where_fewer_have_what_the_topic_is(field, head, is_field):
    held = [Held(words=(*("大语言模型",) * (i < field), *("压缩",) * (i >= 90 - head))) for i in range(90)]
    sides = [side for kind in telling_sides("大语言模型的压缩", held) for side in kind]
    assert sides == (["压缩"] if is_field else ["大语言模型", "压缩"])


def test_works_of_the_other_language_stay_on_a_topic_that_all_of_them_are_on():
    vectors, languages, asked = in_two_languages([True] * 6)
    own = _together(vectors, languages, "zh", asked)
    assert own is not None
    near, before = own @ asked, own_of(vectors, languages) @ asked
    assert near[10:].min() > near[1:10:2].max() + 0.2  # than works in Chinese that are off it
    assert before[10:].max() < 0.1  # without what all of them have in common


def test_works_of_the_other_language_are_measured_against_each_other_where_only_some_are_on_the_topic():
    vectors, languages, asked = in_two_languages([True, False] * 4)
    assert _together(vectors, languages, "zh", asked) is None
    assert _together(vectors[:10], languages[:10], "zh", asked) is None


def test_a_work_without_a_word_of_what_the_topic_is_is_less_relevant_where_many_works_have_it():
    held = [*[Held(head=1.0)] * 8, Held(head=0.0), Held(head=0.0), Held(head=0.5)]
    documents = [Document(str(i), str(i), f"{i}.md", "markdown", Metadata(title=str(i)), language, "x", ())
                 for i, language in enumerate(["en"] * 9 + ["zh", "en"])]
    assert list(np.flatnonzero(_aside("alignment of language models", documents, held))) == [8]
    assert not _aside("alignment", documents, held).any() and not _aside("对齐", documents, held).any()
    assert not _aside("alignment of language models", documents[1:], held[1:]).any()


def test_the_cut_can_be_moved(fields, tmp_path, capsys):
    topic = "soil organic carbon"
    first = fields.surveyor().plan(make_request(topic))
    more = fields.surveyor().plan(make_request(topic, works=len(first.references) + 2))
    fewer = fields.surveyor().plan(make_request(topic, works=2))
    order = [row.document for row in first.unused]
    assert {r.document for r in more.references} == {r.document for r in first.references} | set(order[:2])
    assert [r.document for r in fewer.references] == [r.document for r in first.references][:2]
    assert {row.reason for row in fewer.unused} == {"beyond"}
    assert main(["survey", "plan", topic, "--home", str(fields.home)]) == 0
    said = capsys.readouterr().err
    n = len(first.references)
    assert f"{n} of {len(WORKS)} works" in said and f"--works {n + 5}" in said


def test_a_number_of_works_that_are_asked_for_are_used_whatever_the_topic(fields, tmp_path):
    survey = fields.survey("quantum gravity in string theory", works=3, out=tmp_path / "out")
    assert len(survey.references) == 3 and survey.audit["span_validity"] == 1.0
    assert read_survey(tmp_path / "out").request.works == 3


def test_a_work_that_was_left_out_is_listed_with_the_words_that_speak_for_it(fields):
    made = fields.surveyor().plan(make_request("weights of large language models in banks"))
    held = {row.document: row.words for row in made.unused}
    assert any("banks" in words for words in held.values())


def test_the_same_library_is_measured_alike_twice(fields):
    request = make_request("大语言模型的量化")
    assert fields.surveyor().plan(request) == fields.surveyor().plan(request)


def test_words_of_a_topic_are_met_in_either_language_and_under_narrower_names():
    on, narrower, off = held_words("大语言模型的压缩", ["", "", ""], [
        "Compression of large language models.", "Pruning of a large language model.", "Soil carbon."])
    assert on.count == narrower.count == 1 and on.words == ("大语言模型", "压缩") and off.count == 0


def test_words_that_any_topic_may_have_do_not_count():
    assert [part.words for part in topic_parts("recent advances in methods based on soil carbon")] == ["soil", "carbon"]
    assert topic_parts("土壤碳研究进展综述")[0].words == "土壤"


@pytest.mark.parametrize(("topic", "sides"), [
    ("quantization and pruning of large language models", [["quantization", "pruning"], ["large language models"]]),
    ("大语言模型的压缩与量化", [["大语言模型"], ["压缩", "量化"]]),
    ("hallucination in vision-language models", [["hallucination"], ["vision-language models"]]),
    ("soil carbon", [["soil carbon"]])])
def test_a_topic_is_parted_into_what_it_is_and_what_it_is_of(topic, sides):
    assert sides_of(topic) == sides


def test_a_word_that_a_topic_has_twice_counts_once():
    has, lacks = held_words("protein-protein interaction", ["", ""], ["Protein interactions.", "Folds of a protein."])
    assert has.share == 1 and lacks.count == 0.5


def test_of_words_side_by_side_the_best_one_counts():
    one, none = held_words("pruning and quantization of language models", ["", ""], [
        "Pruning a language model.", "A language model that writes poems."])
    assert one.head == one.least == 1 and none.head == none.least == 0 and none.count > 0


def test_a_pair_of_characters_across_two_words_is_no_word():
    assert n_words("农村金融") == 2
    held = held_words("农村金融", [""] * 3, ["农村的改革", "银行与金融", "农村需要金融服务"])
    assert held[2].count == 1 and held[0].count == held[1].count == 0.5


def test_no_word_is_made_of_the_ends_of_two_names():
    assert [part.words for part in topic_parts("语言模型剪枝")] == ["语言模型", "剪枝"]
    assert [part.words for part in topic_parts("机器翻译与知识蒸馏")] == ["机器翻译", "知识蒸馏"]


MIXED = """---
title: "剪枝的代价"
---
# 剪枝的代价

## Abstract

Pruning removes the weights of a network that matter least for its output. The small network is as good as the large one
on three tasks of four. Pruned networks need less memory and run faster on every processor that we tried.

## 摘要

剪枝去掉网络中对输出影响最小的权重。剪枝后的小网络在四项任务中的三项上与大网络一样好。剪枝后的网络占用更少的内存，在所有试过的处理器上都更快。
"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_of_two_sentences_as_good_the_one_in_the_survey_s_language_is_quoted(base, tmp_path, language):
    (tmp_path / "mixed.md").write_text(MIXED, encoding="utf-8")
    base.add([tmp_path / "mixed.md"])
    survey = base.survey("剪枝" if language == "zh" else "pruning", language=language, length="short")
    quotes = [sentence for sentence in survey.sentences if sentence.kind == "quote"]
    assert quotes and all(quote.language == language for quote in quotes)


def test_a_work_in_the_other_language_still_speaks(fields):
    survey = fields.survey("土壤有机碳", language="zh")
    spoken = {row.document for row in survey.evidence}
    assert {r.document for r in survey.references} <= spoken
    assert {r.language for r in survey.references} == {"zh", "en"}


def test_what_belongs_under_a_name_counts_as_the_name_in_either_language():
    on, other, off = held_words("medical image analysis", ["", "", ""], [
        "Lesion segmentation with few labels.", "本文研究器官分割。", "An image of tides."])
    assert on.count == other.count == 1 and off.count < 1
    assert held_words("医学图像分析", [""], ["Lesion segmentation with few labels."])[0].count == 1


def test_a_name_is_met_by_what_the_field_calls_it_in_the_other_language():
    assert held_words("central banks", [""], ["中央银行下调利率。"])[0].count == 1
    assert [part.words for part in topic_parts("central banks")] == ["central", "banks"]


def test_a_wide_name_is_known_without_an_end_that_any_name_may_have():
    assert held_words("speech", [""], ["本文研究语音识别。"])[0].count == 1
    assert named_in("speech")[0].below and not named_in("speech of kings")


def test_a_work_is_near_a_topic_by_the_wide_names_that_it_belongs_under(fields):
    sampler, bank = nearness("making diffusion models generate faster", [
        "Consistency distillation gives pictures in four steps.", "A bank lends less."], fields.encoder())
    assert sampler > 0.2 > bank >= 0


@pytest.mark.parametrize(("topic", "had", "missing"), [
    ("环境污染", ("环境", "污染"), []), ("交通运输", ("交通",), ["运输"]), ("园艺作物", (), ["园艺作物"]),
    ("quantum gravity in string theory", ("theory",), ["quantum", "gravity", "string"])])
def test_what_no_document_has_is_said_in_whole_words(topic, had, missing):
    assert unheld(topic, [Held(words=had)]) == missing
