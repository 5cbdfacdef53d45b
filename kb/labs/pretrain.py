"""BERT from nothing: masked words and next sentences (the article's section 4.2).

Reads: documents, each a list of sentences: a small language made here, or your own text.  Gives: an encoder trained
with both objectives, its losses on held-back documents, and what it puts in the place of a masked word.
The article's objective says "some words are masked" and no more. Left out there: which (15 %), with what (80 % [MASK],
10 % another word,
10 % left as it is), that the loss is a mean over masked places only, and that next-sentence prediction needs wrong
pairs to be made.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.labs.attention import attention, join, split
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run, load_tensors
from kb.labs.tools.blocks import Init, Weights, check_width, count, linear, norm, refuse, train
from kb.labs.tools.documents import SPECIAL, Document, own_documents, toy_documents, vocabulary, words_of
from kb.types import Words

if TYPE_CHECKING:
    import torch

PAD, UNK, CLS, SEP, MASK = range(5)
LONGEST = 32  # words of one sentence; the rest is cut


@dataclass(frozen=True, slots=True)
class Batch:
    """tokens [B, T] as the network sees them; segments [B, T], 0 for sentence A and 1 for B; masked, bool [B, T], the
    set M; truth [B, T], the tokens before masking; follows [B], y: 1 if B comes after A."""

    tokens: torch.Tensor
    segments: torch.Tensor
    masked: torch.Tensor
    truth: torch.Tensor
    follows: torch.Tensor


def new(n_words: int, d: int, n_layers: int, seed: int) -> Weights:
    """Untrained weights of a pre-norm BERT whose output layer shares the table of words."""
    init = Init(seed)
    init.table("words", n_words, d, d**-0.5)
    init.table("positions", 2 * LONGEST + 3, d)
    init.table("segments", 2, d)
    for i in range(n_layers):
        for which in ("q", "k", "v", "o"):
            init.linear(f"{i}.{which}", d, d)
        init.linear(f"{i}.up", d, 4 * d)
        init.linear(f"{i}.down", 4 * d, d)
        init.norm(f"{i}.attention.norm", d)
        init.norm(f"{i}.norm", d)
    for name in ("norm", "mlm.norm"):
        init.norm(name, d)
    for name, n_out in (("mlm", d), ("pool", d), ("nsp", 2)):
        init.linear(name, d, n_out)
    return init.weights


def bert(w: Weights, n_heads: int, batch: Batch) -> torch.Tensor:
    """Encoder(X): [B, T] -> [B, T, d]. No causal mask: every word sees both sides, which is what "bidirectional"
    means."""
    from torch.nn import functional as F

    x = w["words"][batch.tokens] + w["positions"][: batch.tokens.shape[1]] + w["segments"][batch.segments]  # [B, T, d]
    known = (batch.tokens != PAD)[:, None, None, :]  # [B, 1, 1, T]
    for i in range(sum(name.endswith(".q.weight") for name in w)):
        y = norm(w, f"{i}.attention.norm", x)
        q, k, v = (split(linear(w, f"{i}.{which}", y), n_heads) for which in ("q", "k", "v"))  # [B, H, T, d/H]
        x = x + linear(w, f"{i}.o", join(attention(q, k, v, allowed=known)[0]))
        x = x + linear(w, f"{i}.down", F.gelu(linear(w, f"{i}.up", norm(w, f"{i}.norm", x))))
    return norm(w, "norm", x)


def mlm_logits(w: Weights, x: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
    """Scores of every word, at the masked positions only: [B, T, d], bool [B, T] -> [M, n_words]. The other 85 % are
    never computed."""
    from torch.nn import functional as F

    h = norm(w, "mlm.norm", F.gelu(linear(w, "mlm", x[masked])))  # [M, d]
    return h @ w["words"].T


def masked_lm_loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """L_MLM = -mean over i in M of log P(x_i | X with M masked). logits [M, n_words], truth [M].

    The article conditions on X without x_i alone; all of M is hidden at once, so the masked words do not see each
    other.
    """
    log_p = logits.log_softmax(-1)  # [M, n_words]
    return -log_p.gather(1, truth[:, None]).mean()


def next_sentence_loss(logits: torch.Tensor, follows: torch.Tensor) -> torch.Tensor:
    """L_NSP = -mean log P(y | A, B). logits [B, 2], follows [B]."""
    return -logits.log_softmax(-1).gather(1, follows[:, None]).mean()


def nsp_logits(w: Weights, x: torch.Tensor) -> torch.Tensor:
    """From [CLS] alone: tanh(x_0 W_p + b_p) W + b: [B, T, d] -> [B, 2]."""
    return linear(w, "nsp", linear(w, "pool", x[:, 0]).tanh())


def mask(tokens: torch.Tensor, rate: float, n_words: int,
         generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """(tokens with some hidden, bool M): each word with probability `rate`; of these 80 % [MASK], 10 % another word, 10
    % as they are.

    Special tokens are never chosen; a batch in which chance chose nothing gets its first word. [B, T] -> two of [B, T].
    """
    import torch

    chosen = (torch.rand(tokens.shape, generator=generator) < rate) & (tokens >= len(SPECIAL))
    if not bool(chosen.any()):
        chosen[0, 1] = True
    fate = torch.rand(tokens.shape, generator=generator)
    other = torch.randint(len(SPECIAL), n_words, tokens.shape, generator=generator)
    seen = torch.where(chosen & (fate < 0.8), MASK, torch.where(chosen & (fate >= 0.9), other, tokens))
    return seen, chosen


class Pairs:
    """Sentence pairs from documents: half true neighbours, half with B from another document."""

    def __init__(self, documents: Sequence[Document], words: Sequence[str], seed: int) -> None:
        import torch

        number = {word: i for i, word in enumerate(words)}
        self.n_words = len(words)
        self.documents = [
            [[number.get(word, UNK) for word in sentence[:LONGEST]] for sentence in document] for document in documents
        ]
        self._random, self._generator = random.Random(seed), torch.Generator().manual_seed(seed)

    def draw(self, n: int, rate: float) -> Batch:
        """n pairs, masked anew."""
        import torch

        rows, segments, follows = [], [], []
        for _ in range(n):
            which = self._random.randrange(len(self.documents))
            document = self.documents[which]
            at = self._random.randrange(len(document) - 1)
            y = self._random.random() < 0.5
            other = self.documents[(which + self._random.randrange(1, len(self.documents))) % len(self.documents)]
            b = document[at + 1] if y else self._random.choice(other)
            rows.append([CLS, *document[at], SEP, *b, SEP])
            segments.append([0] * (len(document[at]) + 2) + [1] * (len(b) + 1))
            follows.append(int(y))
        width = max(map(len, rows))
        truth, segment = (torch.tensor([row + [0] * (width - len(row)) for row in each]) for each in (rows, segments))
        tokens, masked = mask(truth, rate, self.n_words, self._generator)
        return Batch(tokens, segment, masked, truth, torch.tensor(follows))


def unigram_loss(train_on: Sequence[Document], words: Sequence[str], truth: Sequence[int]) -> float:
    """-mean log P(x_i) for the masked words of `truth`, P their frequency in the training text (add one): what knows no
    neighbours can reach."""
    number = {word: i for i, word in enumerate(words)}
    counts = Counter(number.get(word, UNK) for document in train_on for sentence in document for word in sentence)
    total = sum(counts.values()) + len(words) - len(SPECIAL)
    return -sum(math.log((counts[i] + 1) / total) for i in truth) / len(truth)


def measure(w: Weights, n_heads: int, batch: Batch) -> dict[str, float]:
    """Both losses and both accuracies on a batch that was held back."""
    import torch

    with torch.inference_mode():
        x = bert(w, n_heads, batch)
        words, pairs, truth = mlm_logits(w, x, batch.masked), nsp_logits(w, x), batch.truth[batch.masked]
        values = {
            "held_mlm": masked_lm_loss(words, truth), "held_words_right": (words.argmax(-1) == truth).float().mean(),
            "held_nsp": next_sentence_loss(pairs, batch.follows),
            "held_pairs_right": (pairs.argmax(-1) == batch.follows).float().mean()
        }
    return {name: round(float(value), 4) for name, value in values.items()}


def fill(w: Weights, n_heads: int, words: Sequence[str], text: str, k: int = 5) -> list[dict[str, Any]]:
    """The likeliest words for each [MASK] of a text."""
    import torch

    number = {word: i for i, word in enumerate(words)}
    inside = [
        word.strip()
        for part in re.split(r"(\[MASK\])", text)
        for word in ([part] if part == "[MASK]" else words_of(part))
    ]
    tokens = torch.tensor([[CLS, *(number.get(word, UNK) for word in inside[: 2 * LONGEST]), SEP]])
    batch = Batch(tokens, torch.zeros_like(tokens), tokens == MASK, tokens, torch.zeros(1))
    if not bool(batch.masked.any()):
        return []
    with torch.inference_mode():
        p, best = mlm_logits(w, bert(w, n_heads, batch), batch.masked).softmax(-1).topk(k)
    return [{"mask": i, "word": words[int(j)], "p": round(float(value), 3)}
            for i, (ps, js) in enumerate(zip(p, best, strict=True), 1)
            for value, j in zip(ps, js, strict=True)]


def prepare(params: Mapping[str, Any]) -> tuple[list[Document], list[Document]]:
    """(documents to train on, documents held back). Errors: SettingError, DataError."""
    check_width(params)
    if params["language"] == "toy":
        return toy_documents(2000, params["seed"]), toy_documents(200, params["seed"] + 1)
    if not params["file"]:
        refuse("file", Words("language = own needs a UTF-8 text file", "language = own 需要一个 UTF-8 文本文件"))
    documents = own_documents(Path(params["file"]))
    random.Random(params["seed"]).shuffle(documents)
    n_held = max(2, len(documents) // 10)
    return documents[n_held:], documents[:n_held]


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    known, held = prepare(params)
    words, n_heads = vocabulary(known), params["heads"]
    pairs = Pairs(known, words, params["seed"])
    watched = Pairs(held, words, params["seed"] + 1).draw(256, params["mask_rate"])
    baseline = round(unigram_loss(known, words, watched.truth[watched.masked].tolist()), 4)
    _tell(run, len(known), len(words), baseline)
    weights = new(len(words), params["width"], params["layers"], params["seed"])

    def losses(step: int) -> dict[str, torch.Tensor]:
        batch = pairs.draw(params["batch"], params["mask_rate"])
        x = bert(weights, n_heads, batch)
        mlm = masked_lm_loss(mlm_logits(weights, x, batch.masked), batch.truth[batch.masked])
        if not params["nsp"]:
            return {"loss": mlm, "mlm": mlm}
        nsp = next_sentence_loss(nsp_logits(weights, x), batch.follows)
        return {"loss": mlm + nsp, "mlm": mlm, "nsp": nsp}

    def watch() -> dict[str, float]:
        return measure(weights, n_heads, watched) | {"unigram": baseline}

    run.event("metric", step=0, **watch())
    done = train(run, weights, losses, steps=params["steps"], rate=params["rate"], watch=watch, watch_every=50)
    text = params["text"] or ("the panda eats [MASK] ." if params["language"] == "toy" else "")
    guesses = fill(weights, n_heads, words, text)
    if guesses:
        run.event("table", title=Words(f"fill in: {text}", f"填空：{text}"), rows=guesses)
    run.save_tensors("pretrain", weights, {"words": words, "heads": n_heads, "layers": params["layers"]})
    return {"parameters": count(weights), "steps": done, "words": len(words), **watch()}


def _tell(run: Run, n_documents: int, n_words: int, baseline: float) -> None:
    by_chance = math.log(n_words)
    run.event(
        "note", text=Words(
            f"{n_documents} documents, {n_words} words. Guessing by frequency has loss {baseline:.2f}, guessing evenly "
            f"{by_chance:.2f}: only below the first has the network used the words around.",
            f"{n_documents} 篇文档，{n_words} 个词。只看词频的猜测损失是 {baseline:.2f}，均匀乱猜是 {by_chance:.2f}；"
            "低于前者才算用到了上下文。"))


def apply(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The likeliest words for each [MASK]."""
    weights, meta = load_tensors(folder, "pretrain")
    if "[MASK]" not in values["text"]:
        refuse("text", Words("write [MASK] where a word is wanted", "请在要填空的地方写 [MASK]"))
    return fill(weights, meta["heads"], meta["words"], values["text"])


LAB = Lab(
    name="pretrain",
    title=Words("BERT from nothing", "从零预训练 BERT"),
    about=Words(
        "Masked words and next sentences from random weights; a small language by default, where both losses fall "
        "within seconds. Your own text is a long job, drawn beside the baseline that knows word frequencies only.",
        "掩码语言模型与下一句预测，从随机权重开始；默认用一种小语言，二十秒内看到两条损失下降。也可以用你自己的文本："
        "那是长任务，与只看词频的基线画在一起。",
    ),
    section="4.2",
    question=Words(
        "What does pre-training learn, and how far beyond word counts does it get?",
        "预训练究竟学到了什么？比只数词频好多少？",
    ),
    params=(
        Param(
            "language",
            "choice",
            "toy",
            Words("text to learn", "文本"),
            Words("own: your file", "你的文件（own）：选在下面"),
            choices=("toy", "own"),
        ),
        Param(
            "file",
            "file",
            "",
            Words("file", "文件"),
            Words("UTF-8 text, a blank line between paragraphs", "UTF-8 文本，段落之间空一行"),
        ),
        Param(
            "text",
            "text",
            "",
            Words("fill in", "填空"),
            Words("the model fills in each [MASK]", "写 [MASK] 的地方由模型来填"),
        ),
        Param("nsp", "bool", True, Words("next-sentence prediction", "下一句预测")),
        Param("mask_rate", "float", 0.15, Words("share masked", "掩码比例"), low=0.02, high=0.8),
        Param("width", "int", 96, Words("width", "宽度"), low=8, high=512),
        Param("layers", "int", 2, Words("layers", "层数"), low=1, high=6),
        Param("heads", "int", 4, Words("heads", "头数"), low=1, high=16),
        Param("steps", "int", 600, Words("steps", "步数"), low=1, high=100_000),
        Param("batch", "int", 64, Words("pairs a step", "每步句对"), low=2, high=512),
        Param("rate", "float", 2e-3, Words("learning rate", "学习率"), low=1e-6, high=1e-2),
        Param("seed", "int", 0, Words("seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=25,
    formulas=(
        Formula(
            r"\mathcal{L}_\text{MLM} = -\mathbb{E}_{X, \mathcal{M}} \Big[\sum_{i \in \mathcal{M}} \log P(x_i | "
            r"X_{\backslash i})\Big]",
            "return -log_p.gather(1, truth[:, None]).mean()",
            Words(
                "In fact all masked words are hidden at once, not x_i alone, and the loss is a mean, not a sum.",
                "实际上所有被掩码的词同时看不见，而不只是 x_i；损失取平均而不是求和。",
            ),
        ),
        Formula(
            r"\mathcal{L}_\text{NSP} = -\mathbb{E}_{(A, B)} [\log P(y | A, B)]",
            "return -logits.log_softmax(-1).gather(1, follows[:, None]).mean()",
            Words(
                "Wrong pairs have to be made; the article does not say how.", "错误的句对要自己造；文章没有说怎么造。"
            ),
        ),
        Formula(
            r"x_i \to \text{[MASK]}\ (80\,\%)",
            "seen = torch.where(chosen & (fate < 0.8), MASK, torch.where(chosen & (fate >= 0.9), other, tokens))",
            Words(
                "15 % of the words: of these 80 % [MASK], 10 % another word, 10 % kept; the article does not say.",
                "15 % 的词，其中 80 % 换成 [MASK]，10 % 换成别的词，10 % 不变；文章没有提到。",
            ),
        ),
    ),
    fields=(
        Param(
            "text",
            "text",
            "the panda eats [MASK] .",
            Words("fill in", "填空"),
            Words("the model fills in each [MASK]", "写 [MASK] 的地方由模型来填"),
        ),
    ),
    apply=apply,
    modules=("kb.labs.tools.documents", "kb.labs.attention", "kb.labs.tools.blocks", "kb.encoder.training"),
)
