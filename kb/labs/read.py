"""Extractive question answering: the fine-tuning of the article with two answers per text, where the answer begins and
where it ends.

The input is [CLS] question [SEP] context [SEP]; a linear head gives each token a score as the beginning and one as the
end (Devlin et al. 2019, section 4.2). A few hundred examples teach it the form; BERT's published scores come from
88,000.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.encoder.encode import bundled, pad
from kb.encoder.vocabulary import not_like
from kb.errors import DataError, QuestionError, UnknownLab
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools import data
from kb.labs.tools.network import Network, Plan, batches, open_network, train
from kb.runs import read_run
from kb.text import CJK, sentence_spans
from kb.types import Words

if TYPE_CHECKING:
    import torch

_LONGEST_ANSWER = 40  # tokens
_WORD = re.compile(f"[{CJK}]|[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on a context, and the answer that stands there at `start`."""

    context: str
    question: str
    answer: str
    start: int


@dataclass(frozen=True, slots=True)
class Window:
    """[CLS] question [SEP] a part of the context [SEP]. first: where the part's tokens begin; places: where they stand
    in the context."""

    rows: list[int]
    first: int
    places: list[tuple[int, int]]


Lesson = tuple[Window, int, int]  # a window, and where in it the answer's first and last token stand


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    # 1. Prepare: questions in three parts, no context in two of them; the baseline.
    train_part, validation, test = prepare(params, run)
    right = [item.answer for item in test]
    baseline = scores(right, [nearest_sentence(item.question, item.context) for item in test])
    run.event("metric", step=0, sentence_f1=round(baseline["f1"], 4))

    # 2. Train, keeping the epoch that answers best on validation.
    lessons = [_lesson(item, params["max_length"]) for item in train_part]
    examples = [lesson for lesson in lessons if lesson is not None]
    network, trained = fit(examples, validation, params, run)
    network.save(run, "model", {"max_length": params["max_length"]})

    # 3. Test, once.
    found = answers(network, test, params["max_length"])
    run.event("table", title=Words("Test questions", "测试问题"),
              rows=[{"question": item.question[:100], "right": item.answer[:80], "found": said[:80],
                     "score": round(score, 2)} for item, (said, score) in list(zip(test, found, strict=True))[:15]])
    reached = scores(right, [said for said, _ in found])
    return {
        "exact": round(reached["exact"], 4), "f1": round(reached["f1"], 4), "test_n": len(test),
        "sentence_f1": round(baseline["f1"], 4), "sentence_exact": round(baseline["exact"], 4),
        "n_train": len(examples), **trained
    }


def prepare(params: Mapping[str, Any], run: Run) -> tuple[list[Asked], list[Asked], list[Asked]]:
    """(train, validation, test). Errors: DataError."""
    is_own = bool(params["data"])
    path = Path(params["data"]) if is_own else data.bundled_file("reading.jsonl")
    asked = read_questions(path, None if is_own or params["language"] == "both" else params["language"])
    parts = _split(asked, params, path)
    run.record(data={"path": str(path), "sha256": data.sha256(path), "questions": len(asked)})
    n_train, n_validation, n_test = map(len, parts)
    run.event(
        "note", text=Words(
            f"{n_train} training, {n_validation} validation, {n_test} test questions; a context is in one of "
            f"them only.",
            f"训练 {n_train} 问，验证 {n_validation} 问，测试 {n_test} 问；同一篇文字只在其中一处。"))
    return parts


def fit(examples: Sequence[Lesson], validation: Sequence[Asked], params: Mapping[str, Any],
        run: Run) -> tuple[Network, dict[str, Any]]:
    """The encoder with two answers per token, begins and ends, trained; the epoch with the best validation F1 is
    kept."""
    import torch
    from torch.nn import functional as F

    network = Network.pretrained(2, [window.rows for window, _, _ in examples], seed=params["seed"], per_token=True)

    def loss_of(batch: list[int]) -> torch.Tensor:
        logits = _logits(network, [examples[i][0] for i in batch])  # [B, T, 2]
        begin, end = (torch.tensor([examples[i][side] for i in batch]) for side in (1, 2))
        return (F.cross_entropy(logits[:, :, 0], begin) + F.cross_entropy(logits[:, :, 1], end)) / 2

    def validate() -> tuple[float, dict[str, float]]:
        said = [answer for answer, _ in answers(network, validation, params["max_length"])]
        found = scores([item.answer for item in validation], said)
        return found["f1"], {"validation_f1": found["f1"], "validation_exact": found["exact"]}

    plan = Plan(params["epochs"], params["rate"], params["batch"], params["seed"])
    return network, train(network, [len(window.rows) for window, _, _ in examples], loss_of, validate, plan, run)


_FORM = '{"context": …, "questions": [{"question", "answer", "start"}]}'


def read_questions(path: Path, language: str | None = None) -> list[Asked]:
    """Questions from JSON lines {"context", "questions": [{"question", "answer", "start"}]}; start counts characters of
    the context.

    Errors: DataError D_SPAN for an answer that does not stand where it is said to.
    """
    found = []
    for number, item in data.read_json_lines(path):
        context, questions = item.get("context"), item.get("questions")
        if not isinstance(context, str) or not context.strip() or not isinstance(questions, list):
            raise DataError("D_SPAN", path=path, line=number,
                              detail=not_like(_FORM, str(item)))
        if language is None or item.get("language", language) == language:
            found += [_asked(path, number, context, entry) for entry in questions]
    return found


def _asked(path: Path, number: int, context: str, entry: Any) -> Asked:
    try:
        question, answer, start = str(entry["question"]).strip(), str(entry["answer"]), int(entry["start"])
    except (KeyError, TypeError, ValueError):
        raise DataError("D_SPAN", path=path, line=number,
                          detail=Words("a question wants question, answer and start",
                                       "每个问题需要 question、answer 和 start")) from None
    if not question or not answer or start < 0 or context[start : start + len(answer)] != answer:
        raise DataError("D_SPAN", path=path, line=number,
                          detail=Words(f"the answer {answer[:40]!r} does not stand at {start}",
                                       f"答案 {answer[:40]!r} 不在位置 {start}"))
    return Asked(context, question, answer, start)


def windows(question: str, context: str, max_length: int) -> list[Window]:
    """The whole context in parts that overlap by half, each after the question (at most a third of the tokens)."""
    (asked, _), (rows, places) = bundled().tokenize_with_places([question, context])
    head = [*asked[:-1][: max_length // 3], asked[-1]]
    body, places, end = rows[1:-1], places[1:-1], rows[-1]
    room = max_length - len(head) - 1
    starts = [0] if len(body) <= room else range(0, max(1, len(body) - room // 2), max(1, room // 2))
    return [Window([*head, *body[at : at + room], end], len(head), places[at : at + room]) for at in starts]


def answers(network: Network, asked: Sequence[Asked], max_length: int) -> list[tuple[str, float]]:
    """(answer, score) for each question: the span with the highest sum of its begin and end scores in any window."""
    import torch

    owners = [(i, window) for i, item in enumerate(asked)
              for window in windows(item.question, item.context, max_length) if window.places]
    found: list[tuple[str, float]] = [("", float("-inf"))] * len(asked)
    with torch.inference_mode():
        for at in batches([len(window.rows) for _, window in owners], 32):
            logits = _logits(network, [owners[k][1] for k in at])
            for row, k in enumerate(at):
                i, window = owners[k]
                n = len(window.places)
                begin, end = logits[row, window.first : window.first + n].unbind(1)  # [n] each
                sums = (begin[:, None] + end[None, :]).masked_fill(~_allowed(n), float("-inf"))
                best = int(sums.argmax())
                score = float(sums.flatten()[best])
                if score > found[i][1]:
                    first, last = window.places[best // n], window.places[best % n]
                    found[i] = (asked[i].context[first[0] : last[1]], score)
    return found


def scores(right: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Exact match and F1 of words (Rajpurkar et al. 2016); a Chinese character is a word (Cui et al. 2019)."""
    exact = f1 = 0.0
    for a, b in zip(right, found, strict=True):
        words_a, words_b = _words(a), _words(b)
        same = sum((Counter(words_a) & Counter(words_b)).values())
        exact += words_a == words_b
        f1 += 2 * same / max(1, len(words_a) + len(words_b))
    return {"exact": exact / max(1, len(right)), "f1": f1 / max(1, len(right))}


def nearest_sentence(question: str, context: str) -> str:
    """The baseline: the sentence of the context with the most words of the question."""
    asked = set(_words(question))
    sentences = [context[start:end] for start, end in sentence_spans(context)] or [context]
    return max(sentences, key=lambda sentence: len(asked & set(_words(sentence))))


def try_text(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answer to the user's question on the user's context."""
    if not values["question"].strip() or not values["context"].strip():
        raise QuestionError("Q_EMPTY")
    run = read_run(folder)
    if run is None or run.lab != "read":
        raise UnknownLab("E_LAB_NO_RUN", path=folder)
    network, meta = open_network(folder)
    said, score = answers(network, [Asked(values["context"], values["question"], "", 0)], meta["max_length"])[0]
    return [{"question": values["question"], "answer": said, "score": round(score, 2)}]


def _logits(network: Network, parts: Sequence[Window]) -> torch.Tensor:
    """[B, T, 2]; only tokens of the context may begin or end an answer."""
    import torch

    tokens, mask = pad([window.rows for window in parts])
    at = torch.arange(tokens.shape[1])
    first = torch.tensor([window.first for window in parts])[:, None]
    last = torch.tensor([window.first + len(window.places) for window in parts])[:, None]
    of_context = (at >= first) & (at < last)
    segments = (at >= first).long() * mask.long()
    return network(tokens, mask, segments).masked_fill(~of_context[:, :, None], -1e4)


def _allowed(n: int) -> torch.Tensor:
    """bool [n, n]: from begin to end, not longer than an answer may be."""
    import torch

    distance = torch.arange(n)[None, :] - torch.arange(n)[:, None]
    return (distance >= 0) & (distance < _LONGEST_ANSWER)


def _lesson(item: Asked, max_length: int) -> Lesson | None:
    """(window that holds the answer whole, positions of its first and last token); None if no window does."""
    end = item.start + len(item.answer)
    for window in windows(item.question, item.context, max_length):
        touching = [i for i, (a, b) in enumerate(window.places) if a < end and item.start < b]
        if touching and window.places[touching[0]][0] <= item.start and end <= window.places[touching[-1]][1]:
            return window, window.first + touching[0], window.first + touching[-1]
    return None


def _split(asked: Sequence[Asked], params: Mapping[str, Any],
           path: Path) -> tuple[list[Asked], list[Asked], list[Asked]]:
    if len(asked) < 2 * data.LEAST_ROWS:
        raise DataError("D_FEW", path=path, found=len(asked), needed=2 * data.LEAST_ROWS)
    contexts = list(dict.fromkeys(item.context for item in asked))
    if len(contexts) < 5:
        raise DataError("D_FEW", path=path, found=len(contexts), needed=5)
    random.Random(params["seed"]).shuffle(contexts)
    n_test, n_validation = max(1, len(contexts) // 5), max(1, len(contexts) // 8)
    in_test, in_validation = set(contexts[:n_test]), set(contexts[n_test : n_test + n_validation])
    test = [item for item in asked if item.context in in_test]
    validation = [item for item in asked if item.context in in_validation]
    rest = [item for item in asked if item.context not in in_test | in_validation]
    random.Random(params["seed"]).shuffle(rest)
    return rest[: params["n_train"]], validation[:200], test[:400]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in ("a", "an", "the")]


LAB = Lab(
    name="read", title=Words("Extractive question answering", "抽取式问答"), about=Words(
        "Finds where the answer begins and ends in a context, on the bundled Chinese and English texts or your JSON "
        "lines, beside the baseline “take the most similar sentence”.",
        "在一段文字中找出答案的起点和终点：自带的中英文短文，或你的 JSONL。与“选最像的一句”的基线比较。"),
    section="6.1",
    question=Words("How does extractive question answering work?", "抽取式问答是怎么做的？"),
    params=(Param("data", "file", "", Words("Data file", "数据文件"),
                  Words("JSON lines; empty: the bundled texts", "JSONL；空着则用自带的短文")),
            Param("language", "choice", "both", Words("Language of the bundled texts", "自带数据的语言"),
                  choices=("both", "en", "zh")),
            Param("n_train", "int", 1000, Words("Training questions", "训练问题数"), low=10,
                  high=50_000), Param("epochs", "int", 4, Words("Epochs", "轮数"), low=1, high=30),
            Param("rate", "float", 3e-4, Words("Learning rate", "学习率"), low=1e-6,
                  high=0.01), Param("batch", "int", 16, Words("Batch", "批大小"), low=2, high=128),
            Param("max_length", "int", 160, Words("Tokens of a window", "窗口词元数"), low=32,
                  high=256), Param("seed", "int", 0, Words("Seed", "随机种子"), low=0, high=2 ** 31 - 1),
            ), work=work, seconds=135, formulas=(Formula(
                r"\mathcal{L} = -\tfrac12\left(\log P_\text{begin}(s) + \log P_\text{end}(e)\right)",
                "F.cross_entropy(logits[:, :, 0], begin) + F.cross_entropy(logits[:, :, 1], end)",
                Words(
                    "The article only names question answering; this is the extractive kind: the answer must stand in "
                    "the text.", "文章只写了“问答系统”四个字；这里是抽取式的：答案必须原样出现在文字中。")), ),
    fields=(Param("context", "text", "Pruning removes weights that matter little. "
                  "Quantisation keeps weights in fewer bits, such as 8-bit integers.", Words("Text", "文字"),
                  zh="剪枝是指移除不重要的权重。量化是指用更少的位数表示权重，例如八位整数。"),
            Param("question", "text", "What does quantisation keep weights in?", Words("Question", "问题"),
                  zh="量化是指什么？")), apply=try_text, modules=("kb.labs.tools.network", "kb.encoder.training"),
)
