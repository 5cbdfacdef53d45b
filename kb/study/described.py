"""Data without a name: "322 ultrasound images", "海口市中医院提供的2300份中文电子病历".

Reads: a Paper.  Gives: spans, the clearest first.
"""

from __future__ import annotations

import re

from kb.study.mentions import support_of, weight_of
from kb.study.papers import Paper

_OF = re.compile(
    r"\b(?:dataset|data set|corpus|collection|database|sample)s?\s+(?:\w+\s+)?(?:of|with|containing|consisting of|"
    r"contains|"
    r"consists of|comprises|comprising|includes)\s+((?:over\s+|about\s+|more than\s+|around\s+)?\d[\d,.]*\s?[kKM]?\s+"
    r"(?:[\w-]+\s+){0,3}[a-z]{3,})|"
    r"\b((?:limited\s+|over\s+|about\s+|only\s+)?\d[\d,]*\s+(?:[\w-]+\s+){0,3}?(?:images?|sentences|documents|articles|tweets|"
    r"posts|reviews|videos|recordings|patients|participants|respondents|samples|records|dialogues|questions))",
    re.IGNORECASE)
_ZH = re.compile(
    r"(?:使用了?|采用了?|选用了?|选取了?|收集了?|收录了?|包含|共计|将|以|基于|有限的|来源于|来自于?|由)([^，。；：\s]{0,24}?\d[\d,.万亿]*\s*(?:余|多)?[张条篇份个例句首段部][^，。；：]{0,14}?)(?=进行|作为|用于|用来|组成|构成|[，。；：]|$)|"
    r"(?:获取|爬取|抓取|采集|收集)了?([^，。；]{2,60}?\d[\d,.万]*\s*[余多]?[条篇份个张])|"
    r"(?:数据集?|样本|语料库?)\d?(?:来源于|源于|源自|来自于?|取自|选自|采集自|是?由(?!于))([^，。；]{3,40}?)(?=提供|公开|[，。；、]|$)|"
    r"(?:采用|使用|选用|选取|利用|基于)了?((?!上述|同样|相同|同一|测试|训练|验证|该|此|这)[^，。；]{2,30}?(?<!测试)(?<!训练)(?<!验证)数据集?(?:[、和及与以]{1,2}[^，。；、]{2,16}?数据集?)*)"
    r"(?=进行|作为|来?验证|开展|对)")

_NO_DATA = re.compile(r"算法|方法|模型|网络|特点|特征")  # what is done with data rather than data


def described(paper: Paper) -> list[tuple[tuple[int, int], tuple[int, int], float]]:
    """(sentence, span, support) of phrases that say what the data are."""
    found = []
    for line in paper.lines:
        weight = weight_of(line, is_survey=paper.is_survey)
        if weight <= 0 or line.part == "back" or line.is_other:
            continue
        for match in (*_OF.finditer(line.masked), *_ZH.finditer(line.masked)):
            if _NO_DATA.search(match[0]):
                continue
            group = next(i for i in range(1, (match.lastindex or 1) + 1) if match[i])
            span = (line.start + match.start(group), line.start + match.end(group))
            factor = 1.3 if line.is_own else 0.9
            found.append((weight * factor, (line.start, line.end), span))
    found.sort(key=lambda each: (-each[0], each[2]))
    return [(quote, span, support_of(1.2 * weight)) for weight, quote, span in found]
