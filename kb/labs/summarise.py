"""A summary from the text's own sentences (section 5.1).

Reads: a text in Chinese or English.  Gives: some of its sentences, word for word and in their order, chosen to be near
the whole and unlike each other; beside them the first sentences, which any summary has to beat.
A summary in new words ("abstractive") needs a language model behind an endpoint; nothing here pretends to be one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kb.encoder.encode import bundled
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools.blocks import refuse
from kb.text import sentence_spans
from kb.types import Vectors, Words

MOST_SENTENCES = 300


def choose(vectors: Vectors, k: int, balance: float) -> list[int]:
    """k sentences by maximal marginal relevance (Carbonell & Goldstein 1998), in the order chosen.

    vectors: [n, d], rows of length 1; the whole text is their mean. balance: lambda, 1 looks at relevance alone, 0 at
    novelty alone.
    """
    whole = vectors.mean(0) / max(float(np.linalg.norm(vectors.mean(0))), 1e-12)
    relevance, likeness = vectors @ whole, vectors @ vectors.T  # [n], [n, n]
    chosen: list[int] = []
    while len(chosen) < min(k, len(vectors)):
        nearest = likeness[:, chosen].max(1) if chosen else np.zeros(len(vectors))  # to what is chosen already
        score = balance * relevance - (1 - balance) * nearest
        score[chosen] = -np.inf
        chosen.append(int(score.argmax()))
    return chosen


def repetition(vectors: Vectors, chosen: list[int]) -> float:
    """Mean cosine between the chosen sentences: how much they say twice. 0 for one sentence."""
    if len(chosen) < 2:
        return 0.0
    likeness = vectors[chosen] @ vectors[chosen].T
    return float((likeness.sum() - len(chosen)) / (len(chosen) * (len(chosen) - 1)))


def coverage(vectors: Vectors, chosen: list[int]) -> float:
    """Mean over all sentences of the cosine to the nearest chosen one: how much of the text has something like it in
    the summary."""
    return float((vectors @ vectors[chosen].T).max(1).mean())


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    text = params["text"]
    spans = [(start, end) for start, end in sentence_spans(text) if len(text[start:end].strip()) > 1]
    if len(spans) < 3:
        refuse("text", Words(f"{len(spans)} sentences; at least 3 are needed", f"只有 {len(spans)} 句，至少需要 3 句"))
    if len(spans) > MOST_SENTENCES:
        refuse("text", Words(f"{len(spans)} sentences; the limit is {MOST_SENTENCES}",
                             f"有 {len(spans)} 句，上限是 {MOST_SENTENCES} 句"))
    k = min(params["sentences"], len(spans) - 1)
    vectors = bundled().encode([text[start:end].strip() for start, end in spans])
    chosen = choose(vectors, k, params["balance"])
    for step in range(1, k + 1):
        run.event("metric", step=step, coverage=round(coverage(vectors, chosen[:step]), 4),
                  coverage_first=round(coverage(vectors, list(range(step))), 4))
    run.event("table", title=Words("Summary: sentences of the text, in its order", "摘要：原文的句子，按原文顺序"),
              rows=[{"order": chosen.index(i) + 1, "sentence": text[spans[i][0]:spans[i][1]].strip(),
                     "from": spans[i][0], "to": spans[i][1]}
                    for i in sorted(chosen)])
    first = list(range(k))
    run.event("table", title=Words("Against taking the first sentences", "与只取开头几句相比"),
              rows=[{"summary": name, "coverage": round(coverage(vectors, each), 4),
                     "repetition": round(repetition(vectors, each), 4)}
                    for name, each in (("MMR", chosen), ("first", first))])
    run.event(
        "note",
        text=Words(
            "A summary in new words (abstractive) needs: the endpoint of a language model. There is none here, so what "
            "stands above is extractive only.",
            "用新的话来写的摘要（生成式）需要：一个大模型接口。这里没有，所以只有上面的抽取式摘要。",
        ),
    )
    length = sum(spans[i][1] - spans[i][0] for i in chosen)
    return {
        "sentences": len(spans), "chosen": k, "share_of_text": round(length / len(text), 4),
        "coverage": round(coverage(vectors, chosen), 4), "coverage_first": round(coverage(vectors, first), 4),
        "repetition": round(repetition(vectors, chosen), 4), "repetition_first": round(repetition(vectors, first), 4)
    }


_TEXT = (
    "Self-attention lets every position of a sequence see every other one directly. It turns the input into three "
    "sets of vectors: queries, keys and values. The products of queries and keys, scaled and put through a softmax, "
    "become weights. The weighted sum of the values is the new state of the position. Several heads learn several "
    "relations side by side and are joined at the end. Positions must be added, for attention itself has no order. "
    "Its cost grows with the square of the length, so long texts need other means. An encoder sees the whole sentence, "
    "a decoder only what was written before. Pre-training first teaches the weights the language from much text. "
    "Fine-tuning then fits the model to one task with few labelled examples."
)
_TEXT_ZH = (
    "自注意力让序列中的每个位置都能直接看到其他所有位置。它把输入变成查询、键和值三组向量。查询与键的点积经过缩放和 "
    "softmax，成为权重。"
    "权重再对值求加权和，得到这个位置的新表示。多个头各自学习不同的关系，最后拼接起来。位置信息要另外加入，"
    "因为注意力本身不分先后。"
    "它的代价随序列长度的平方增长，所以长文本需要别的办法。编码器可以看到整句话，解码器只能看到前面已经写出的部分。"
    "预训练让这些权重先从大量文本中学到一般的语言知识。微调再用少量标注数据让模型适应具体的任务。"
)

LAB = Lab(
    name="summarise",
    title=Words("Summarising a text", "文本摘要"),
    about=Words(
        "Chooses sentences of the text that are near the whole and do not repeat each other (MMR), offline and word "
        "for word. A summary in new words needs a model's endpoint; this says so.",
        "从原文中选出几句：既接近全文，又不重复（MMR），离线运行，逐字引用。用新的话写摘要需要大模型接口，这里直说。",
    ),
    section="6.1",
    question=Words(
        "What is the difference between extractive and abstractive summaries?", "抽取式摘要与生成式摘要有什么区别？"
    ),
    params=(
        Param(
            "text",
            "text",
            _TEXT,
            Words("text", "文本"),
            Words("Chinese or English, three sentences at least", "中文或英文，至少三句"),
            zh=_TEXT_ZH,
        ),
        Param("sentences", "int", 3, Words("sentences", "句数"), low=1, high=50),
        Param(
            "balance",
            "float",
            0.7,
            Words("balance λ", "相关与新颖的权衡 λ"),
            Words("1: relevance alone; 0: novelty alone", "1：只看相关；0：只看新颖"),
            low=0.0,
            high=1.0,
        ),
    ),
    work=work,
    seconds=2,
    trains=False,
    formulas=(
        Formula(
            r"\arg\max_i \big[\lambda\, s_i^\top \bar s - (1 - \lambda) \max_{j \in C} s_i^\top s_j\big]",
            "score = balance * relevance - (1 - balance) * nearest",
            Words(
                "The article says that large models summarise; this is how to do it without one.",
                "文章只说大模型能做摘要；这里是不需要大模型的做法。",
            ),
        ),
    ),
    modules=("kb.labs.tools.blocks",),
)
