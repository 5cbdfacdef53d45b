"""Where a work's own code can be had: footnotes, the block of the title, and whose code was only used."""

import pytest

from kb.study.remarks import code

WORK = """# BeanSort: Sorting beans by their sound

Ada Lin, Bo Chen {front}

## Abstract

We present BeanSort. It sorts beans by their sound.

## Experiments

{said}

{note}

## Conclusion

We presented BeanSort.
"""


def told(paper):
    return [paper.document.text[slice(*(each.beside or (each.start, each.end)))] for each in code(paper)
            if each.support >= 0.5]


@pytest.mark.parametrize(("front", "said", "note"), [
    ("GitHub: https://github.com/adalin/final-report", "BeanSort reaches an accuracy of 91.2%.", ""),
    ("", "We make our code and the annotated corpus of beans available.¹²", "¹²https://github.com/adalin/golden-bean"),
    ("", "Code and data: https://beans.example.org/sort", ""),
    ("Project page: https://beans.example.org/sort", "BeanSort reaches an accuracy of 91.2%.", ""),
    ("", "模型的实现是开源的¹。", "¹https://github.com/adalin/golden-bean")])
def test_own_code_is_found_in_the_title_block_and_in_footnotes(paper_of, front, said, note):
    assert any(host in told(paper_of(WORK.format(front=front, said=said, note=note)))[0]
               for host in ("github.com/adalin", "beans.example.org"))


@pytest.mark.parametrize(("said", "note"), [
    ("BSR [3] is a baseline. We obtain its source code from the author¹.", "¹https://github.com/example/BSR"),
    ("We run two baselines¹ ².", "¹https://github.com/example/beansort-old ²https://github.com/example/BSR"),
    ("We use a toolkit¹ for beans.", "¹https://github.com/example/sorting-beans")])
def test_code_that_was_only_used_is_not_the_work_s_own(paper_of, said, note):
    assert told(paper_of(WORK.format(front="", said=said, note=note))) == []
