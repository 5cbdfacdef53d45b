"""Which sentence says a limit of the work itself: none of the field, none that only says that there are some."""

import pytest

from kb.study.remarks import limitations

WORKS = {
    "en": """# BeanSort: Sorting beans by their sound

## Abstract

We present BeanSort. It sorts beans by their sound.

## Introduction

Most existing sorters suffer from dust. Traditional methods have severe limitations and cannot hear.

## Experiments

BeanSort reaches an accuracy of 91.2%.

## Conclusion

We presented BeanSort, which overcomes the limitations of cameras. {said}
""",
    "zh": """# 基于声音的豆子分拣方法

## 摘要

本文提出一种基于声音的豆子分拣方法。

## 绪论

现有方法大多存在缺陷，传统的分拣机无法处理灰尘。

## 实验

本文方法的准确率达到91.2%。

## 总结与展望

本文针对传统分拣机的不足，提出了新的方法，克服了摄像头的局限性。{said}
"""}


def told(paper):
    return [paper.document.text[each.start:each.end] for each in limitations(paper) if each.support >= 0.5]


@pytest.mark.parametrize(("language", "said", "expected"), [
    ("en", "However, our method has several limitations. First, it was only tested on dry beans and cannot hear wet "
           "ones.",
     "First, it was only tested on dry beans"),
    ("zh", "但是本文的工作仍有许多可以改进的地方。首先，本文方法只在干豆子上做了实验，对湿豆子效果较差。",
     "首先，本文方法只在干豆子上做了实验")])
def test_what_the_limit_is_is_told_rather_than_that_there_is_one(paper_of, language, said, expected):
    assert told(paper_of(WORKS[language].format(said=said)))[0].startswith(expected)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_limits_of_the_field_and_those_that_are_mended_are_none_of_the_work(paper_of, language):
    assert told(paper_of(WORKS[language].format(said=""))) == []
