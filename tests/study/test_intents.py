"""What questions ask of the library, in both languages; nearly half of the questions are for sentences."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kb.study.grammar import asked_in, has_han
from kb.study.intents import read_intent, read_which
from kb.study.learned import _TOKEN, NONE, features, model, read_freely, spans
from kb.study.times import read_time

QUESTIONS = [line.split("\t") for line in (Path(__file__).parent / "questions.tsv").read_text("utf-8").splitlines()]
TODAY = date(2026, 11, 27)


def kind_of(question: str) -> str:
    found = read_intent(question, TODAY)
    return "sentence" if found is None else "cites" if found.kind == "cited" else found.kind


def test_few_intents_are_seen_where_none_is_and_few_are_missed():
    seen = [(kind, kind_of(question)) for kind, question in QUESTIONS]
    right = sum(kind == found != "sentence" for kind, found in seen)
    assert right / sum(found != "sentence" for _, found in seen) >= 0.95
    assert right / sum(kind != "sentence" for kind, _ in seen) >= 0.95


@pytest.mark.parametrize("question", [
    "Who noticed first that haste cracks pots?", "How many layers does BERT have?", "Who uses the app?",
    "Which papers' results does the ablation contradict?", "Why do the authors cite so many papers?",
    "谁来判断模型输出是否有害？", "哪些数据引用的比例最高？", "作者在致谢中感谢了谁？", "模型训练了多少轮？", "",
])
def test_words_of_the_library_inside_another_question_ask_nothing_of_it(question):
    assert read_intent(question, TODAY) is None


@pytest.mark.parametrize(("question", "is_sure"), [
    ("Who wrote the code?", False), ("Who wrote the Kiln paper?", True), ("Who wrote \"slow pots\"?", True),
    ("When was the ClayBench data set released?", False), ("数据集什么时候公开的？", False),
    ("《慢火》什么时候发表的？", True), ("方法的论文有哪些？", False), ("林鸿飞的论文有哪些？", True),
])
def test_a_work_is_meant_for_sure_only_where_it_is_named_like_one(question, is_sure):
    found = read_intent(question, TODAY)
    assert found is not None and found.is_sure == is_sure


def test_what_stands_in_quotation_marks_is_one_name():
    found = read_intent("Who wrote \"Which Papers Cite What, and Why?\"?", TODAY)
    assert found is not None and found.names[0].text == "Which Papers Cite What, and Why?"


@pytest.mark.parametrize(("question", "person", "first", "last"), [
    ("How many papers by Ada Okoro were published since 2019?", "Ada Okoro", date(2019, 1, 1), None),
    ("林宝2020年发表的论文有哪些？", "林宝", date(2020, 1, 1), date(2020, 12, 31)),
    ("papers by Ada Okoro from 2021", "Ada Okoro", date(2021, 1, 1), date(2021, 12, 31)),
])
def test_several_limits_count_together(question, person, first, last):
    filters = read_intent(question, TODAY).filters
    assert (filters.person, filters.published.first, filters.published.last) == (person, first, last)


@pytest.mark.parametrize(("words", "language", "first", "last"), [
    ("since May", "en", date(2026, 5, 1), None), ("since december", "en", date(2025, 12, 1), None),
    ("last month", "en", date(2026, 10, 1), date(2026, 10, 31)), ("after 2020", "en", date(2021, 1, 1), None),
    ("since 3 March", "en", date(2026, 3, 3), None), ("before 2019", "en", None, date(2018, 12, 31)),
    ("between 2018 and 2020", "en", date(2018, 1, 1), date(2020, 12, 31)),
    ("五月以来", "zh", date(2026, 5, 1), None), ("2020年之后", "zh", date(2021, 1, 1), None),
    ("去年", "zh", date(2025, 1, 1), date(2025, 12, 31)), ("上周", "zh", date(2026, 11, 16), date(2026, 11, 22)),
    ("2018年到2020年", "zh", date(2018, 1, 1), date(2020, 12, 31)),
])
def test_times_are_read(words, language, first, last):
    span = read_time(words, language, TODAY)
    assert (span.first, span.last) == (first, last)


@pytest.mark.parametrize("words", ["the deep layers", "batch 2020", "第三层", "2020万"])
def test_what_is_no_time_is_none(words):
    assert read_time(words, "zh" if ord(words[0]) > 1000 else "en", TODAY) is None


def test_a_very_long_question_is_left_to_sentences():
    assert read_intent("Who wrote " + "a" * 5000 + "?", TODAY) is None

@pytest.mark.parametrize("question", [
    "什么是强化学习？", "强化学习是什么？", "什么是池化层？", "解码器是什么？", "解码器有哪些？", "什么是高斯分布？",
    "Adam是什么？", "Dropout有什么？",
    "英文是什么？", "2020年是什么？", "苏州街站是什么？", "什么是从四位？", "华光有限公司的母公司是什么？",
    "2009年，关于旗帜的最终决定是什么？",
])
def test_what_a_thing_is_asks_for_no_papers(question):
    assert read_intent(question, TODAY) is None


@pytest.mark.parametrize(("question", "person"), [
    ("哪些是林鸿飞写的？", "林鸿飞"), ("林鸿飞的有哪些？", "林鸿飞"), ("欧阳明华的论文有哪些？", "欧阳明华"),
    ("强化学习的论文有哪些？", None),
])
def test_a_chinese_name_is_as_long_as_its_family_name_allows(question, person):
    found = read_intent(question, TODAY)
    assert (found.filters.person if found else None) == person


def test_the_ones_on_a_topic_may_be_asked_for_without_a_word_for_papers():
    assert read_intent("关于注意力的有哪些？", TODAY).filters.topic == "注意力"


@pytest.mark.parametrize("question", [
    "赤尾竹丝又叫做什么？", "《慢火》又叫做什么？", "台湾人把《慢火》叫做什么？", "注意力的作用是什么？",
    "葵扇是用什么制作的？", "谁是举牌小人的创作者？",
])
def test_no_name_is_cut_out_of_a_longer_word(question):
    assert read_intent(question, TODAY) is None


@pytest.mark.parametrize("question", [
    "\ue000的论文有哪些？", "Who wrote \ue001 and \ue0ff?", "papers from the last 99999 years",
    "what was added in the last 2000000 days?",
    "最近99999年有哪些论文？", "最近9999999天加入了哪些论文？",
])
def test_no_form_of_question_raises(question):
    read_intent(question, TODAY)


def test_more_words_than_limits_have_are_left_to_sentences():
    topic = "注意力机制" * 11
    assert read_intent(f"关于{topic[:40]}的论文有哪些？", TODAY).filters.topic == topic[:40]
    assert read_intent(f"关于{topic}的论文有哪些？", TODAY) is None


@pytest.mark.parametrize("question", [
    "What did Kiln do?", "Adam做了什么？", "Grace的全写是什么？", "哪一种学问观察「泥」的方法？",
    "彌爾於何年進入東印度公司工作？",
    "他在一次坐车时，有人说了一句“42”令他感到兴趣，并追问什么是第一，而女主角的回答是什么？",
])
def test_what_somebody_does_and_long_words_round_a_title_ask_for_no_work(question):
    assert read_intent(question, TODAY) is None


def test_a_topic_is_more_than_one_character():
    found = read_intent("强化学习方面的论文有哪些？", TODAY)
    assert found.kind == "about" and found.filters.topic == "强化学习"


@pytest.mark.parametrize(("question", "kind", "names", "thing"), [
    ("林鸿飞参与写的论文是哪一篇？", "by_author", [], ""),
    ("Which papers come from the University of Ely?", "by_author", [], ""),
    ("Which papers have authors at Pottery Inc?", "by_author", [], ""),
    ("In which journal and year did the paper by Okoro, Ruiz and Ely appear?", "date", ["Okoro , Ruiz and Ely"], ""),
    ("2005年以来有哪些中文论文？", "since", [], ""),
    ("KilnNet和WheelNet分别与哪些模型作对比？", "list", ["KilnNet", "WheelNet"], "baselines"),
    ("这些釉料论文构建了哪些词典？", "list", ["釉料"], "词典"),
    ("Which glazes do the papers use, and what are they fired at?", "list", [], "glazes"),
    ("Which papers report RMSE?", "uses", ["RMSE"], ""),
    ("KilnNet versus WheelNet: how do they compare in heat?", "compare", ["KilnNet", "WheelNet"], "heat"),
])
def test_more_forms_of_the_same_questions(question, kind, names, thing):
    found = read_intent(question, TODAY)
    assert (found.kind, [name.text for name in found.names], found.thing) == (kind, names, thing)


@pytest.mark.parametrize("question", ["Which papers give an address of their code?", "哪些论文公开了代码？",
                                      "Which papers come with code?"])
def test_who_gives_code_is_a_list_of_its_addresses(question):
    assert read_which(question).thing == "code"


@pytest.mark.parametrize(("question", "kind"), [
    ("I'd like to know who wrote the KilnNet paper.", "author"), ("《窑温综述》由哪几位作者完成？", "author"),
    ("\"Kiln Maths\" appeared in which journal?", "venue"), ("林鸿飞的论文库里有几篇？", "count"),
    ("What number of papers were published before 2015?", "count"),
    ("Which of my papers did Ann Ode write?", "by_author"),
    ("Which papers date from after 2016?", "since"), ("库里收录了林鸿飞的哪些文章？", "by_author"),
    ("Which of my papers have \"Kiln Maths\" in their bibliography?", "cites"),
    ("哪些论文在参考文献中列出了KilnNet？", "cites"),
    ("Which works appear in the references of \"Kiln Maths\"?", "cited"), ("哪几篇论文的模型用了Adam优化器？", "uses"),
    ("Which papers propose an improvement of KilnNet?", "extends"), ("Which papers test their method on ClayBench?",
                                                                   "evaluates"),
    ("What sets KilnNet apart from WheelNet?", "compare"), ("KilnNet与WheelNet相比有哪些优势？", "compare"),
    ("List the baselines each paper compares against.", "list"),
])
def test_the_same_is_asked_in_other_words(question, kind):
    assert read_intent(question, TODAY).kind == kind


@pytest.mark.parametrize(("question", "kind", "name"), [
    ("Would you look up who came up with the KilnNet paper?", "author", "KilnNet"),
    ("\"Slow Kilns\" was put together by which researchers?", "author", "Slow Kilns"),
    ("谁在ClayBench上跑过实验？", "evaluates", "ClayBench"),
    ("ALBERT那篇的参考文献列表里都有什么", "cites", "ALBERT"),
])
def test_what_fits_no_form_is_read_by_fitted_weights(question, kind, name):
    found = read_intent(question, TODAY)
    assert kind_of(question) == kind
    assert found.is_guessed
    assert [one.text for one in found.names] == [name]


def test_a_guess_about_a_bare_name_leaves_the_question_to_sentences_where_no_work_is_called_so():
    found = read_intent("Who came up with Quokka kilns?", TODAY)
    assert found is None or not found.is_sure


@pytest.mark.parametrize("question", [
    "How many parameters are trained in KilnNet?", "What makes up the loss of KilnNet?", "KilnNet支持哪些语言？",
    "What problem does attention solve?", "各类别的准确率是多少？", "在ClayBench上，模型越大越准吗？",
])
def test_weights_take_no_question_about_what_a_text_says(question):
    assert read_intent(question, TODAY) is None


@pytest.mark.parametrize(("question", "name"), [
    ("哪些论文用了ClayBench评测？", "ClayBench"), ("哪些论文用了《慢火》评测？", "慢火"),
    ("哪些论文用过拟合度评测？", "过拟合度"), ("哪些论文用的是ClayBench？", "ClayBench"),
])
def test_a_particle_of_the_verb_is_no_part_of_a_name(question, name):
    assert [one.text for one in read_intent(question, TODAY).names] == [name]


def test_readings_are_weighed_by_what_stands_round_their_slots():
    for question in ("Could you tell me who came up with KilnNet?", "麻烦把引用了KilnNet的论文都找出来", "Why?",
                     "残差连接在深层网络中为什么能够缓解梯度消失的问题？"):
        asked = asked_in(question, "zh" if has_han(question) else "en")
        tokens, fitted = _TOKEN.findall(asked.text), model()
        best = 0.0
        for i, j in spans(tokens):
            names = features(tokens, i, j, asked.language, fitted.words)
            sums = fitted.start + sum((fitted.weights[fitted.features[name]] for name in names
                                       if name in fitted.features), np.zeros(len(fitted.kinds)))
            chances = np.exp(sums) / np.exp(sums).sum()
            best = max(best, *(chance for kind, chance in zip(fitted.kinds, chances, strict=True)
                               if kind != NONE and (i < j or kind in ("count all", "since added"))))
        assert read_freely(asked).chance == pytest.approx(best, abs=1e-3)


@pytest.mark.parametrize("question", [
    "库里一共收了几篇2015年以前的会议论文？", "What is the tally of papers that came before the year 2015 here?",
])
def test_no_guess_leaves_out_the_time_that_is_said(question):
    found = read_intent(question, TODAY)
    assert found is None or found.filters.published is not None


@pytest.mark.parametrize(("question", "name"), [
    ("哪些论文在 KilnNet v2 的基础上做了改进？", "KilnNet v2"), ("WheelNet 那篇哪年出来的", "WheelNet"),
    ("谁写了 WheelNet 这项工作", "WheelNet"), ("Which papers build on top of KilnNet?", "KilnNet"),
    ("Which papers use KilnNet as their backbone?", "KilnNet"),
    ("有哪些文献用 ClayBench 数据集测评", "ClayBench"),
])
def test_no_word_around_a_name_is_left_in_it(question, name):
    found = read_intent(question)
    assert found is not None and [one.text for one in found.names] == [name]


def test_reasons_are_for_sentences_and_quotes_that_stand_apart_are_no_slot():
    assert read_intent("Why does label smoothing help calibration?") is None
    far = "《慢火》" + "很久以前有人说过许多关于窑炉和陶土的话而且从来没有人把它们写下来过直到" + "《快火》才出来"
    assert read_intent(far) is None
