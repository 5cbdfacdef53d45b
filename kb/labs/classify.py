"""The article's program, as it stands: what breaks, why, the repair, an untrained head, a trained one.

Every error and every number shown is made while it runs. The repaired program uses the bundled model's own folder,
which is a BERT of six layers; the classification head on it is random until it is trained, and so is its answer.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kb.encoder.encode import bundled, english, minilm_folder
from kb.errors import QuestionError
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools import data
from kb.types import Words

_ARTICLE_TEXT = "This movie was absolutely amazing! I loved the acting and the plot."
_LOAD = """from transformers import BertTokenizer, BertForSequenceClassification
model = BertForSequenceClassification.from_pretrained('bert-base-uncased')
tokenizer = BertTokenizer.from_pretrained('bert-base-uncased')"""
_ENCODE = """encoding = tokenizer.encode_plus(
    text, max_length=128, truncation=True, padding='max_length', return_tensors='pt')"""
_REPAIRED = """folder = minilm_folder()                      # a BERT of six layers that is on this machine
model, info = BertForSequenceClassification.from_pretrained(folder, output_loading_info=True)
tokenizer = BertTokenizer.from_pretrained(folder)
encoding = tokenizer(text, truncation=True, max_length=128, return_tensors='pt')   # no padding: there is one text
with torch.no_grad():
    probabilities = torch.softmax(model(**encoding).logits, dim=-1)"""


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    text = params["text"]
    if not text.strip():
        raise QuestionError("Q_EMPTY")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the article's line asks a hub; here nothing leaves the machine
    run.event("note", text=Words("Loading transformers.", "载入 transformers。"))
    run.event("metric", step=0, seeds_done=0)
    import torch
    from transformers import BertForSequenceClassification, BertTokenizer

    logging.getLogger("transformers").setLevel(logging.ERROR)
    folder = str(minilm_folder())

    # 1. As written: the first line wants a hub, the tokenizer's method is gone.
    broken = [
        _shown(run, Words("As written: load", "原文：载入"), _LOAD,
               lambda: BertForSequenceClassification.from_pretrained("bert-base-uncased"))
    ]
    tokenizer = BertTokenizer.from_pretrained(folder)
    broken.append(_shown(run, Words("As written: encode", "原文：编码"), _ENCODE,
                         lambda: tokenizer.encode_plus(text, max_length=128, truncation=True, padding="max_length",
                                                       return_tensors="pt")))

    # 2. Repaired. What the folder does not hold is made up: those weights are random.
    loaded: Any = BertForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    model, info = loaded
    model.eval()
    missing = sorted(info["missing_keys"])
    encoding = tokenizer(text, truncation=True, max_length=128, return_tensors="pt")
    run.event("code", title=Words("Repaired", "修复"), text=_REPAIRED, output=f"missing_keys: {', '.join(missing)}")
    run.event(
        "note",
        text=Words(f"Untrained weights: {', '.join(missing)}. The probabilities below say nothing about the text.",
                   f"未训练的权重：{'、'.join(missing)}。下面的概率与文本内容无关。"))

    # 3. The same program with other seeds of the untrained head: a coin.
    rows = []
    for seed in range(params["seeds"]):
        if run.stopped():
            break
        torch.manual_seed(params["seed"] + seed)
        torch.nn.init.normal_(model.classifier.weight, std=model.config.initializer_range)
        with torch.no_grad():
            probabilities = torch.softmax(model(**encoding).logits, dim=-1)[0]
        rows.append({
            "seed": params["seed"] + seed, "P(0)": round(float(probabilities[0]), 4),
            "P(1)": round(float(probabilities[1]), 4), "predicted": int(probabilities.argmax())
        })
        run.event("metric", step=seed + 1, untrained_p1=rows[-1]["P(1)"])
    said = [row["P(1)"] for row in rows]
    run.event("table", title=Words("Untrained head, one row per seed", "未训练的分类头（十个种子）"), rows=rows)
    metrics = {
        "broken_calls": [error for error in broken
                         if error], "missing_keys": missing, "untrained_lowest": min(said, default=None),
        "untrained_highest": max(said, default=None), "untrained_labels": sorted({row["predicted"] for row in rows})
    }
    return metrics if run.stopped() else metrics | _trained_head(params, run)


def _shown(run: Run, title: Words, code: str, call: Callable[[], object]) -> str:
    """Runs what the article says and shows what comes of it; gives the error's name, "" if there was none."""
    try:
        call()
    except Exception as error:  # whatever it raises is what is to be shown
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        run.event("code", title=title, text=code, output=f"{type(error).__name__}: {first[:300]}")
        return type(error).__name__
    run.event("code", title=title, text=code, output="no error on this machine")
    return ""


def _trained_head(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """4. A head that has learnt: logistic regression on the encoder's vectors of labelled sentences; the layers stay as
    they are."""
    from sklearn.linear_model import LogisticRegression

    path = data.bundled_file(f"sentiment_{params['language']}.jsonl")
    split = data.split(data.read_examples(path, "text", "label"), None, run, n_train=params["n_train"], n_test=300,
                       seed=params["seed"], path=path)
    encoder = english() if params["language"] == "en" else bundled()
    train, test = (encoder.encode([example.text for example in part]) for part in (split.train, split.test))
    head = LogisticRegression(C=30.0, max_iter=1000).fit(train, [example.label for example in split.train])
    right = int((head.predict(test) == np.array([example.label for example in split.test])).sum())
    probabilities = head.predict_proba(encoder.encode([params["text"]]))[0]
    best = int(probabilities.argmax())
    run.event("table", title=Words("Trained head", "训练后的分类头"),
              rows=[{"label": label, "probability": round(float(p), 4)}
                    for label, p in zip(head.classes_, probabilities, strict=True)])
    run.event(
        "note",
        text=Words(
            f"With a trained head: {right} of {len(split.test)} test texts right. To train the whole model, run "
            f"the lab "
            "“finetune”.",
            f"训练后的分类头：{len(split.test)} 条测试文本中 {right} 条正确。要训练整个模型，请运行“微调”实验。",
        ),
    )
    return {
        "label": str(head.classes_[best]), "probability": round(float(probabilities[best]), 4),
        "test_accuracy": round(right / len(split.test), 4), "test_n": len(split.test)
    }


LAB = Lab(
    name="classify",
    title=Words("The article's code, from broken to working", "文章的代码：从报错到能用"),
    about=Words(
        "Runs the article's program line by line: two calls fail on today's versions; repaired, its untrained head "
        "tosses a coin; with a trained head the answer means something.",
        "逐行运行文章的示例：两处调用在现在的版本上报错；修好之后，未训练的分类头给出的只是抛硬币；"
        "训练分类头之后才有意义。",
    ),
    section="5.1",
    question=Words("How is text classified with BERT?", "如何用 BERT 做文本分类？"),
    params=(
        Param("text", "text", _ARTICLE_TEXT, Words("Text", "文本")),
        Param("seeds", "int", 10, Words("How many seeds", "试多少个种子"), low=2, high=50),
        Param(
            "language", "choice", "en", Words("Language of the training data", "训练数据的语言"), choices=("en", "zh")
        ),
        Param("n_train", "int", 1000, Words("Training examples", "训练样本数"), low=20, high=5000),
        Param("seed", "int", 0, Words("First seed", "第一个种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=13,
    trains=False,
    formulas=(
        Formula(
            r"P(y \mid x) = \text{softmax}(W h_\text{[CLS]} + b)",
            "probabilities = torch.softmax(model(**encoding).logits, dim=-1)[0]",
            Words(
                "The article does not say that W and b are random: before fine-tuning the output means nothing.",
                "文章没有说 W 与 b 是随机的：未微调时输出没有意义。",
            ),
        ),
    ),
)
