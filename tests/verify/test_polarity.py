"""The opposite of what a quote says, in the quote's own words, and numbers that have changed places; and what only
looks like it."""

import pytest

from kb.verify.polarity import exchanged, turned

TURNS = [
    ("The estimator is biased.", "The estimator is unbiased.", "en"),
    ("The gate lowers the water level in the harbour.", "The gate raises the water level in the harbour.", "en"),
    ("Longer pipes decrease the pressure of the pump.", "Longer pipes increase the pressure of the pump.", "en"),
    ("The method needs fewer sensors than the first.", "The method needs more sensors than the first.", "en"),
    ("The steel lock is worse than the wooden one.", "The steel lock is better than the wooden one.", "en"),
    ("The flow is linear near the wall.", "The flow is nonlinear near the wall.", "en"),
    ("Its supervision is inefficient in practice.", "Its supervision is efficient in practice.", "en"),
    ("The valve failed to close the pipe.", "The valve succeeded to close the pipe.", "en"),
    ("A dissimilar shape was chosen.", "A similar shape was chosen.", "en"),
    ("新闸门降低了水位。", "新闸门提高了水位。", "zh"),
    ("该估计量是有偏的。", "该估计量是无偏的。", "zh"),
    ("钢闸的造价高于木闸。", "钢闸的造价低于木闸。", "zh"),
    ("模型结构简单，便于部署。", "模型结构复杂，便于部署。", "zh"),
    ("该方法无法识别小船。", "该方法可以识别小船。", "zh"),
    ("误差明显减小。", "误差明显增大。", "zh"),
    ("两者显著相关。", "两者显著无关。", "zh"),
]
SAME = [
    ("The estimator has no bias: it is unbiased.", "The estimator is unbiased.", "en"),
    ("The estimator is not biased.", "The estimator is unbiased.", "en"),
    ("The gate lowers the error.", "The gate raises the accuracy.", "en"),
    ("Accuracy is higher with the second design.", "The second design gives a lower error and higher accuracy.", "en"),
    ("It uses fewer sensors and more pumps.", "It uses more pumps and fewer sensors.", "en"),
    ("The pump reduces noise.", "The pump decreases noise.", "en"),
    ("准确率更高，误差更低。", "误差更低，准确率更高。", "zh"),
    ("闸门降低了能耗。", "闸门减少了能耗。", "zh"),
    ("水位升高时闸门关闭。", "水位下降时闸门打开，水位升高时闸门关闭。", "zh"),
]


@pytest.mark.parametrize(("said", "held", "language"), TURNS)
def test_an_opposite_beside_the_same_word_is_seen_in_both_directions(said, held, language):
    assert turned(said, [held], language) and turned(held, [said], language)


@pytest.mark.parametrize(("said", "held", "language"), SAME)
def test_what_says_the_same_is_no_opposite(said, held, language):
    assert not turned(said, [held], language)


def test_another_quote_that_says_it_is_enough():
    assert not turned("The gate lowers the water level.",
                      ["The gate raises the water level.", "Ebb: the gate lowers the water level."], "en")


@pytest.mark.parametrize(("said", "held"), [
    ("The steel gate closes in 12 minutes and the wooden gate in 35 minutes.",
     "The steel gate closes in 35 minutes and the wooden gate in 12 minutes."),
    ("Pumping fell from 20% to 80%.", "Pumping fell from 80% to 20%."),
    ("钢闸关闭需要 12 分钟，木闸需要 35 分钟。", "钢闸关闭需要 35 分钟，木闸需要 12 分钟。"),
])
def test_numbers_that_have_changed_places_are_seen(said, held):
    assert exchanged(said, held) and exchanged(held, said) and not exchanged(said, said)


@pytest.mark.parametrize(("said", "held"), [
    ("The wooden gate closes in 12 minutes, the steel gate in 35.",
     "The steel gate closes in 35 minutes and the wooden gate in 12 minutes."),
    ("It took 12 minutes.", "It took 12 minutes in 1998 and 35 in 2001."),
    ("木闸需要 12 分钟，而钢闸关闭需要 35 分钟。", "钢闸关闭需要 35 分钟，木闸需要 12 分钟。"),
])
def test_numbers_in_another_order_are_not_exchanged(said, held):
    assert not exchanged(said, held)
