"""Named entities: the fine-tuning of the article with one answer per token instead of one per text.

Every token gets a tag: O, or B-/I- and the kind of the entity that begins or goes on there (Ramshaw & Marcus 1995).
What counts is whole entities: the tag O alone is right for most tokens and finds nothing.
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
from kb.types import Words

if TYPE_CHECKING:
    import torch

Span = tuple[int, int, str]  # start and end in characters of the text, kind
_TAG = re.compile("O|[BI]-.+")
_IGNORED = -100  # cross_entropy leaves these targets out: [CLS], [SEP], padding


@dataclass(frozen=True, slots=True)
class Tagged:
    text: str
    spans: tuple[Span, ...]


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    # 1. Prepare: sentences in three parts, and a tag scheme from the kinds that occur.
    train_part, validation, test = prepare(params, run)
    tags = tags_of([*train_part, *validation, *test])
    lookup = _lookup_scores(train_part, test)
    run.event("metric", step=0, lookup_f1=round(lookup["f1"], 4))

    # 2. Train, keeping the epoch that finds the most entities of the validation part.
    network, trained = fit(train_part, validation, tags, params, run)
    network.save(run, "model", {"tags": tags, "max_length": params["max_length"]})

    # 3. Test, once.
    found = find(network, [sentence.text for sentence in test], tags, params["max_length"])
    all_o = _share_of_o(test, tags, params["max_length"])
    _show(run, test, found, kinds_of([*train_part, *validation, *test]), all_o)
    right = scores([sentence.spans for sentence in test], found)
    return {
        **{name: round(value, 4) for name, value in right.items()}, "test_n": len(test),
        "test_entities": sum(len(sentence.spans) for sentence in test), "lookup_f1": round(lookup["f1"], 4),
        "all_o_token_accuracy": round(all_o, 4), "n_train": len(train_part), **trained
    }


def prepare(params: Mapping[str, Any], run: Run) -> tuple[list[Tagged], list[Tagged], list[Tagged]]:
    """(train, validation, test). Errors: DataError."""
    is_own = bool(params["data"])
    path = Path(params["data"]) if is_own else data.bundled_file("entities.jsonl")
    language = None if is_own or params["language"] == "both" else params["language"]
    sentences = read_tagged(path, language)
    parts = _split(sentences, params, path)
    run.record(data={"path": str(path), "sha256": data.sha256(path), "sentences": len(sentences)})
    n_train, n_validation, n_test = map(len, parts)
    kinds = kinds_of(sentences)
    run.event(
        "note", text=Words(
            f"{n_train} training, {n_validation} validation, {n_test} test sentences; kinds: {', '.join(kinds)}.",
            f"训练 {n_train} 句，验证 {n_validation} 句，测试 {n_test} 句；实体类型：{'、'.join(kinds)}。"))
    return parts


def kinds_of(sentences: Sequence[Tagged]) -> list[str]:
    """The kinds of entity that occur."""
    return sorted({kind for sentence in sentences for _, _, kind in sentence.spans})


def tags_of(sentences: Sequence[Tagged]) -> list[str]:
    """O, and B- and I- of every kind."""
    return ["O", *(f"{mark}-{kind}" for kind in kinds_of(sentences) for mark in "BI")]


def fit(train_part: Sequence[Tagged], validation: Sequence[Tagged], tags: Sequence[str], params: Mapping[str, Any],
        run: Run) -> tuple[Network, dict[str, Any]]:
    """The encoder with one answer per token, trained; the epoch with the best validation F1 is kept."""
    import torch
    from torch.nn import functional as F

    encoded = [_encode(sentence, tags, params["max_length"]) for sentence in train_part]
    network = Network.pretrained(len(tags), [rows for rows, _ in encoded], seed=params["seed"], per_token=True)

    def loss_of(batch: list[int]) -> torch.Tensor:
        tokens, mask = pad([encoded[i][0] for i in batch])
        targets = torch.full(tokens.shape, _IGNORED)
        for row, i in enumerate(batch):
            targets[row, : len(encoded[i][1])] = torch.tensor(encoded[i][1])
        return F.cross_entropy(network(tokens, mask).flatten(0, 1), targets.flatten(), ignore_index=_IGNORED)

    def validate() -> tuple[float, dict[str, float]]:
        found = find(network, [sentence.text for sentence in validation], tags, params["max_length"])
        f1 = scores([sentence.spans for sentence in validation], found)["f1"]
        return f1, {"validation_f1": f1}

    plan = Plan(params["epochs"], params["rate"], params["batch"], params["seed"])
    return network, train(network, [len(rows) for rows, _ in encoded], loss_of, validate, plan, run)


def _show(run: Run, test: Sequence[Tagged], found: Sequence[Sequence[Span]], kinds: Sequence[str],
          all_o: float) -> None:
    """Scores by kind, some sentences, and what tagging nothing would score."""
    by_kind = []
    for kind in kinds:
        right = [[span for span in sentence.spans if span[2] == kind] for sentence in test]
        said = [[span for span in spans if span[2] == kind] for spans in found]
        rounded = {name: round(value, 3) for name, value in scores(right, said).items()}
        by_kind.append({"kind": kind, **rounded, "n": sum(map(len, right))})
    run.event("table", title=Words("By kind", "按类型"), rows=by_kind)
    examples = list(zip(test, found, strict=True))[:12]
    run.event("table", title=Words("Test sentences", "测试句"),
              rows=[{"text": sentence.text[:160], "right": _said(sentence.text, sentence.spans),
                     "found": _said(sentence.text, spans)} for sentence, spans in examples])
    run.event(
        "note", text=Words(
            f"Tagging every token O is right for {all_o:.3f} of the tokens and finds nothing (F1 0): look at "
            f"entity F1.",
            f"全部标为 O 时词元准确率也有 {all_o:.3f}，实体 F1 却是 0：所以看实体 F1。"))


# --- reading the data ---


def read_tagged(path: Path, language: str | None = None) -> list[Tagged]:
    """Sentences with their entities, from JSON lines {"text", "entities": [{"start", "end", "label"}]} or CoNLL.

    language: only those of this one, of JSON lines that say which. Errors: DataError for a span outside its text,
    overlapping spans, a broken tag scheme.
    """
    if path.suffix.lower() not in (".jsonl", ".json", ".ndjson"):
        return _read_conll(path)
    return [_from_json(path, number, item) for number, item in data.read_json_lines(path)
            if language is None or item.get("language", language) == language]


def _read_conll(path: Path) -> list[Tagged]:
    """A token and its tag a line, an empty line between sentences."""
    found: list[Tagged] = []
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*data.read_text(path).split("\n"), ""], 1):
        parts = line.split()
        if parts and parts[0] != "-DOCSTART-":
            if len(parts) < 2 or not _TAG.fullmatch(parts[-1]):
                raise DataError("D_SPAN", path=path, line=number,
                                  detail=Words(f"not a token and its tag (O, B-KIND, I-KIND): {line[:60]}",
                                               f"不是“词 标签”（O、B-类、I-类）：{line[:60]}"))
            words.append(parts[0])
            tags.append(parts[-1])
        elif words:
            found.append(_from_tags(words, tags))
            words, tags = [], []
    return found


def _from_json(path: Path, number: int, item: Mapping[str, Any]) -> Tagged:
    def wrong(detail: Words) -> DataError:
        return DataError("D_SPAN", path=path, line=number, detail=detail)

    text, entities = item.get("text"), item.get("entities")
    if not isinstance(text, str) or not text.strip() or not isinstance(entities, list):
        raise wrong(not_like('{"text": …, "entities": [{"start", "end", "label"}]}', str(item)))
    spans: list[Span] = []
    for entity in entities:
        try:
            start, end, kind = int(entity["start"]), int(entity["end"]), str(entity["label"])
        except (KeyError, TypeError, ValueError):
            raise wrong(Words("an entity wants start, end and label", "每个实体需要 start、end 和 label")) from None
        if not 0 <= start < end <= len(text) or not kind.strip():
            raise wrong(Words(f"the entity {start}-{end} is not inside the text of {len(text)} characters",
                              f"实体 {start}-{end} 不在 {len(text)} 个字符的文本之内"))
        spans.append((start, end, kind))
    spans.sort()
    for before, after in zip(spans, spans[1:], strict=False):
        if after[0] < before[1]:
            raise wrong(Words(f"the entities {before[:2]} and {after[:2]} overlap",
                              f"实体 {before[:2]} 与 {after[:2]} 重叠"))
    return Tagged(text, tuple(spans))


def _from_tags(words: Sequence[str], tags: Sequence[str]) -> Tagged:
    """Words joined by spaces; an I- that follows nothing of its kind begins an entity, as conlleval reads it."""
    text, at = " ".join(words), 0
    spans: list[Span] = []
    for word, tag in zip(words, tags, strict=True):
        if tag.startswith("I-") and spans and spans[-1][2] == tag[2:] and spans[-1][1] == at - 1:
            spans[-1] = (spans[-1][0], at + len(word), tag[2:])
        elif tag != "O":
            spans.append((at, at + len(word), tag[2:]))
        at += len(word) + 1
    return Tagged(text, tuple(spans))


def find(network: Network, texts: Sequence[str], tags: Sequence[str], max_length: int) -> list[list[Span]]:
    """The entities a trained network sees in texts, each text's in order."""
    import torch

    places = [_cut_places(item, max_length) for item in bundled().tokenize_with_places(texts)]
    found: list[list[Span]] = [[] for _ in texts]
    with torch.inference_mode():
        for at in batches([len(rows) for rows, _ in places], 64):
            best = network(*pad([places[i][0] for i in at])).argmax(-1)
            for row, i in enumerate(at):
                found[i] = spans_of([tags[int(t)] for t in best[row, : len(places[i][0])]], places[i][1])
    return found


def spans_of(tags: Sequence[str], places: Sequence[tuple[int, int]]) -> list[Span]:
    """Tags of tokens -> entities: B- begins one, I- of the same kind goes on with it, and begins one where there is
    none."""
    spans: list[Span] = []
    is_open = False
    for tag, (start, end) in zip(tags, places, strict=True):
        if start == end or tag == "O":
            is_open = False
        elif is_open and tag == f"I-{spans[-1][2]}":
            spans[-1] = (spans[-1][0], end, tag[2:])
        else:
            spans.append((start, end, tag[2:]))
            is_open = True
    return spans


def scores(right: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> dict[str, float]:
    """Precision, recall and F1 of whole entities: start, end and kind must all be right (Tjong Kim Sang & De Meulder
    2003)."""
    hit = sum(len(set(a) & set(b)) for a, b in zip(right, found, strict=True))
    n_right, n_found = sum(map(len, right)), sum(map(len, found))
    precision, recall = hit / max(1, n_found), hit / max(1, n_right)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-9, precision + recall)}


def try_text(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entities in the user's text."""
    if not values["text"].strip():
        raise QuestionError("Q_EMPTY")
    run = read_run(folder)
    if run is None or run.lab != "tag":
        raise UnknownLab("E_LAB_NO_RUN", path=folder)
    network, meta = open_network(folder)
    spans = find(network, [values["text"]], meta["tags"], meta["max_length"])[0]
    rows = [{"entity": values["text"][start:end], "kind": kind, "start": start, "end": end}
            for start, end, kind in spans]
    return rows or [{"entity": "–", "kind": "O", "start": 0, "end": 0}]


def _encode(sentence: Tagged, tags: Sequence[str], max_length: int) -> tuple[list[int], list[int]]:
    """(token rows, target of each). A token that only touches an entity (a word that runs over its border) belongs to
    it."""
    rows, places = _cut_places(bundled().tokenize_with_places([sentence.text])[0], max_length)
    at = {tag: i for i, tag in enumerate(tags)}
    targets: list[int] = []
    last: Span | None = None
    for start, end in places:
        span = next((s for s in sentence.spans if s[0] < end and start < s[1]), None) if start < end else None
        if start == end:  # [CLS] and [SEP] stand nowhere in the text
            targets.append(_IGNORED)
        elif span is None:
            targets.append(at["O"])
        else:
            mark = "I" if span is last else "B"
            targets.append(at[f"{mark}-{span[2]}"])
        last = span
    return rows, targets


def _cut_places(item: tuple[list[int], list[tuple[int, int]]], most: int) -> tuple[list[int], list[tuple[int, int]]]:
    rows, places = item
    if len(rows) <= most:
        return rows, places
    return [*rows[: most - 1], rows[-1]], [*places[: most - 1], places[-1]]


def _split(sentences: Sequence[Tagged], params: Mapping[str, Any],
           path: Path) -> tuple[list[Tagged], list[Tagged], list[Tagged]]:
    distinct = list({sentence.text: sentence for sentence in sentences}.values())
    if len(distinct) < 2 * data.LEAST_ROWS:
        raise DataError("D_FEW", path=path, found=len(distinct), needed=2 * data.LEAST_ROWS)
    if not any(sentence.spans for sentence in distinct):
        raise DataError("D_ONE_CLASS", path=path, label="O")
    random.Random(params["seed"]).shuffle(distinct)
    n_test, n_validation = min(500, len(distinct) // 5), min(200, len(distinct) // 8)
    test, validation, rest = distinct[:n_test], distinct[n_test:n_test + n_validation], distinct[n_test + n_validation:]
    return rest[: params["n_train"]], validation, test


def _lookup_scores(train_part: Sequence[Tagged], test: Sequence[Tagged]) -> dict[str, float]:
    """The baseline: every string that was an entity in training is one again, of its most frequent kind."""
    counts: dict[str, Counter[str]] = {}
    for sentence in train_part:
        for start, end, kind in sentence.spans:
            counts.setdefault(sentence.text[start:end], Counter())[kind] += 1
    kinds = {name: counter.most_common(1)[0][0] for name, counter in counts.items()}
    return scores([sentence.spans for sentence in test], [_look_up(sentence.text, kinds) for sentence in test])


def _look_up(text: str, kinds: Mapping[str, str]) -> list[Span]:
    """The known names in a text, the longest first, none inside another."""
    taken: list[Span] = []
    for name in sorted((name for name in kinds if name in text), key=len, reverse=True):
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            if all(end <= span[0] or span[1] <= start for span in taken):
                taken.append((start, end, kinds[name]))
            start = text.find(name, end)
    return taken


def _share_of_o(test: Sequence[Tagged], tags: Sequence[str], max_length: int) -> float:
    targets = [target for sentence in test for target in _encode(sentence, tags, max_length)[1] if target != _IGNORED]
    return sum(target == 0 for target in targets) / max(1, len(targets))


def _said(text: str, spans: Sequence[Span]) -> str:
    return "; ".join(f"{text[start:end]} [{kind}]" for start, end, kind in spans)


LAB = Lab(
    name="tag",
    title=Words("Named entities", "命名实体识别"),
    about=Words(
        "Fine-tuning with one tag per token, on the bundled Chinese and English sentences or your JSON lines or CoNLL "
        "file. Scored by F1 of whole entities, beside a look-up baseline.",
        "每个词元一个标签的微调：自带的中英文句子，或你的 JSONL/CoNLL。以完整实体的 F1 计分，并与查词典的基线比较。",
    ),
    section="6.1",
    question=Words("What is named entity recognition?", "什么是命名实体识别？"),
    params=(
        Param(
            "data",
            "file",
            "",
            Words("Data file", "数据文件"),
            Words("JSON lines or CoNLL; empty: the bundled sentences", "JSONL 或 CoNLL；空着则用自带的句子"),
        ),
        Param(
            "language",
            "choice",
            "both",
            Words("Language of the bundled sentences", "自带数据的语言"),
            choices=("both", "en", "zh"),
        ),
        Param("n_train", "int", 2000, Words("Training sentences", "训练句数"), low=10, high=50_000),
        Param("epochs", "int", 8, Words("Epochs", "轮数"), low=1, high=30),
        Param("rate", "float", 2e-4, Words("Learning rate", "学习率"), low=1e-6, high=0.01),
        Param("batch", "int", 16, Words("Batch", "批大小"), low=2, high=256),
        Param("max_length", "int", 128, Words("Most tokens", "最长词元数"), low=4, high=256),
        Param("seed", "int", 0, Words("Seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=78,
    formulas=(
        Formula(
            r"\mathcal{L} = -\sum_t \log P(\text{tag}_t \mid x)",
            "F.cross_entropy(network(tokens, mask).flatten(0, 1), targets.flatten(), ignore_index=_IGNORED)",
            Words(
                "The article names entity recognition as an application, without the tag scheme, and without saying "
                "that token accuracy misleads.",
                "文章把实体识别列为应用，没有说标签方案，也没有说只看词元准确率会误导。",
            ),
        ),
    ),
    fields=(Param("text", "text", "Last month Anna Schmidt moved from Oslo to Berlin to work for Siemens.",
                  Words("Your text", "你的文本"), zh="张伟上个月从上海搬到柏林，在西门子工作。"),),
    apply=try_text,
    modules=("kb.labs.tools.network", "kb.encoder.training"),
)
