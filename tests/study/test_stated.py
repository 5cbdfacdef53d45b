"""A result is stated where value, measure and whose it is stand side by side; anything else is left blank."""

import pytest

from kb.study.papers import Paper
from kb.study.stated import stated
from kb.types import Block, Document, Metadata, Section

TITLE = "KestrelNet: Finding Small Birds in Long Recordings"


def paper(*sentences, title=TITLE, language="en", heading="Experiments", data=()):
    text = f"{title}\n\n{heading}\n\n{' '.join(sentences)}\n"
    start = text.index(heading)
    document = Document("k", "k", "kestrel.md", "markdown", Metadata(title=title), language, text,
                        (Section(title, 1, 0, start), Section(heading, 2, start, len(text))))
    return Paper(document), data


def found(*sentences, **more):
    made, data = paper(*sentences, **more)
    text = made.document.text
    return [tuple(text[slice(*span)] if span else None for span in (one.measure, one.value, one.data))
            for one in stated(made, data)]


@pytest.mark.parametrize(("sentence", "is_stated"), [
    ("We reach an accuracy of 91.4% on BirdVox.", ("accuracy", "91.4%", "BirdVox")),
    ("Our model reaches 87.25 F1 on the BirdVox test set.", ("F1", "87.25", "BirdVox")),
    ("On BirdVox, KestrelNet obtains a recall of 0.83, whereas the older detector obtained 0.79.",
     ("recall", "0.83", "BirdVox")),
    ("In this paper we obtain 64.2% test accuracy.", ("accuracy", "64.2%", None)),
    ("KestrelNet has an MRR@10 of 41.5 on BirdVox.", ("MRR@10", "41.5", "BirdVox")),
])
def test_a_result_that_a_sentence_states_whole_is_found_with_its_data(sentence, is_stated):
    assert found(sentence, data=("BirdVox",)) == [is_stated]


@pytest.mark.parametrize("sentence", [
    "We improve accuracy by 3.4% on BirdVox.",
    "Our model is better than the older detector, which has an accuracy of 88.1%.",
    "Against an accuracy of 88.1% for full training, our model is small.",
    "We improve F1 by up to 4.1 points.",
    "Our model brings an accuracy gain of 2.2%.",
    "We reach accuracies that are 2.5% higher.",
    "Section 1.2 tells how we measure accuracy.",
    "We train for 2.7 days at a perplexity that others have.",
    "Our recall comes at 61 ms.",
    "Our model keeps an accuracy of 97% of the teacher.",
    "We assume an accuracy of 95%.",
    "The baseline has an accuracy of 71.3%, and our model is compared with it.",
    "Smith et al. (2016) report an accuracy of 90.2%.",
    "We find that BERT has an accuracy of 90.2%.",
    "Human listeners reach an accuracy of 93.0% in our study.",
    "Our F1 and accuracy are 81.2% and 90.1%, respectively.",
    "Our model (accuracy of 88.0%) is small.",
    "We improve BirdVox, NightVox and XenoVox by 2.1, 3.2 and 4.3 F1 over the detector.",
    "Accuracy drops to 54.2% when we leave the filter out.",
    "Our accuracy is at least 90.5%.",
    "The 95% interval of our recall is 0.71-0.82.",
    "An accuracy of 90.1% was seen.",
])
def test_a_gain_a_bound_a_time_or_anothers_number_is_no_result(sentence):
    assert found(sentence, data=("BirdVox",)) == []


@pytest.mark.parametrize(("sentence", "is_stated"), [
    ("实验表明，本文方法的准确率达到93.5%。", ("准确率", "93.5%", None)),
    ("在鸟鸣集上，我们的模型取得了 0.87 的召回率。", ("召回率", "0.87", "鸟鸣集")),
    ("本文模型的F1值为88.2%。", ("F1值", "88.2%", None)),
])
def test_chinese_results_are_found(sentence, is_stated):
    assert found(sentence, title="长录音中的小型鸟类检测", language="zh", heading="实验结果",
                 data=("鸟鸣集",)) == [is_stated]


@pytest.mark.parametrize("sentence", [
    "本文方法的准确率提高了3.5%。", "与对照方法89.5%的准确率相比，本文方法更好。", "传统方法的准确率为 85.1%。",
    "本文方法的准确率比基线高 2.1%。", "去掉注意力后，本文模型的准确率为 80.2%。", "文献[3]的准确率为 90.1%。",
    "本文用 60%的数据训练。",
])
def test_chinese_gains_and_others_numbers_are_none(sentence):
    assert found(sentence, title="长录音中的小型鸟类检测", language="zh", heading="实验结果") == []


def in_table(caption, *rows, data=()):
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    before = f"{TITLE}\n\nWe propose KestrelNet.\n\nExperiments\n\n"
    text = f"{before}{caption}\n\n{table}\n"
    start, at = text.index("Experiments"), text.index(table)
    made = Document("k", "k", "k.pdf", "pdf", Metadata(title=TITLE), "en", text,
                    (Section(TITLE, 1, 0, start), Section("Experiments", 2, start, len(text))),
                    blocks=(Block("caption", len(before), len(before) + len(caption)),
                            Block("table", at, at + len(table))))
    return [tuple(text[slice(*span)] if span else None for span in (one.measure, one.value, one.data))
            for one in stated(Paper(made), data)]


def test_of_a_table_the_row_of_the_works_own_name_counts_under_a_measure():
    rows = ("Model", "Recall", "F1"), ("OldDetector (2012)", "71.2", "69.5"), ("KestrelNet", "83.4", "80.9")
    assert in_table("Table 2: Results on BirdVox.", *rows, data=("BirdVox",)) == [
        ("Recall", "83.4", "BirdVox"), ("F1", "80.9", "BirdVox")]


def test_under_a_data_set_the_measure_is_the_one_that_the_caption_names():
    rows = ("Model", "BirdVox", "NightVox"), ("OldDetector", "71.2", "69.5"), ("Ours", "83.4", "80.9")
    assert in_table("Table 3: Accuracy of all models.", *rows, data=("BirdVox", "NightVox")) == [
        ("Accuracy", "83.4", "BirdVox"), ("Accuracy", "80.9", "NightVox")]
    assert in_table("Table 3: Results.", *rows, data=("BirdVox", "NightVox")) == []


@pytest.mark.parametrize(("caption", "head"), [
    ("Table 4: Ablation on BirdVox.", "F1"), ("Table 4: Results on the development set.", "F1"),
    ("Table 4: Results.", "Time (s)"), ("Table 4: Results.", "Params"),
])
def test_ablations_development_sets_and_costs_are_no_results(caption, head):
    assert in_table(caption, ("Model", head), ("OldDetector", "71.2"), ("KestrelNet", "83.4")) == []


def test_two_columns_of_one_name_say_nothing():
    assert in_table("Table 5: Results.", ("Model", "F1", "F1"), ("KestrelNet", "83.4", "80.9")) == []


def test_the_other_side_of_a_contrast_is_not_this_works():
    assert found("KestrelNet is small, whereas the older detector has an accuracy of 79.5%.") == []
    assert found("本文方法较快，而旧的检测器的准确率为 79.5%。", title="长录音中的小型鸟类检测", language="zh",
                 heading="实验结果") == []
