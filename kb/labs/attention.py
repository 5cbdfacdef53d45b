"""Self-attention, step by step, on any sentence (the article's section 3.2).

Reads: a sentence and the bundled encoder's weights.  Shows: Q, K, V, the scores, their scaling, softmax, mask and
heads; what order and length do to them; the same numbers from two other implementations; and why a picture of attention
is not an explanation. The article's text leaves out the projections, the scaling, the heads, the mask, the positions
and the cost; its encoder formula (section 4.1) leaves out the residual connections, and here one sees what becomes of a
sentence without them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kb.encoder.encode import bundled
from kb.encoder.training import train
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools.blocks import linear, norm, refuse
from kb.labs.tools.reference import from_transformers
from kb.types import Words

if TYPE_CHECKING:
    import torch

MOST_TOKENS, SPECIAL = 64, ("[CLS]", "[SEP]")  # a heat map of more cannot be read
_EN = "The animal did not cross the street because it was too tired."
_ZH = "那只动物没有过马路，因为它太累了。"


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, allowed: torch.Tensor | None = None,
              scaled: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax(Q K^T / sqrt(d_k)) V (Vaswani et al. 2017, equation 1): (output [B, H, T, d_k], weights A [B, H, T, S]).

    q: [B, H, T, d_k]; k, v: [B, H, S, d_k]; allowed: bool, broadcast to [B, H, T, S], True where a position may look.
    """
    s = q @ k.transpose(-2, -1)  # [B, H, T, S]: how well each question fits each key
    if scaled:
        s = s / math.sqrt(q.shape[-1])  # q·k of d_k independent unit terms has variance d_k; this makes it 1 again
    if allowed is not None:
        s = s.masked_fill(~allowed, -math.inf)  # exp(-inf) = 0: not allowed means no weight at all
    a = s.softmax(-1)  # each row sums to 1
    return a @ v, a


def split(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    """[B, T, d] -> [B, H, T, d/H]: each head reads its own slice of the projections."""
    return x.view(*x.shape[:2], n_heads, -1).transpose(1, 2)


def join(x: torch.Tensor) -> torch.Tensor:
    """[B, H, T, d/H] -> [B, T, d]."""
    return x.transpose(1, 2).flatten(2)


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer of the encoder did: q, k, v [1, H, T, d/H], a [1, H, T, T], x [1, T, d] that it gave."""

    q: torch.Tensor
    k: torch.Tensor
    v: torch.Tensor
    a: torch.Tensor
    x: torch.Tensor


def embed(weights: Mapping[str, torch.Tensor], rows: list[int], *, positions: bool = True) -> torch.Tensor:
    """[1, T, d]: token + position + segment, normalised. Without positions a sentence is a bag of words."""
    x = weights["embeddings.word_embeddings.weight"][rows][None] + weights["embeddings.token_type_embeddings.weight"][0]
    if positions:
        x = x + weights["embeddings.position_embeddings.weight"][: len(rows)]
    return norm(weights, "embeddings.LayerNorm", x, 1e-12)


def layers(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], x: torch.Tensor, *, residual: bool = True,
           scaled: bool = True, allowed: torch.Tensor | None = None,
           replaced: Mapping[int, torch.Tensor] | None = None) -> list[Layer]:
    """Every layer of BERT on x [1, T, d], with all that it computed on the way.

    residual: False is the article's LayerNorm(FFN(SelfAttention(X))). replaced: layer -> weights A that are used
    instead of its own.
    """
    from torch.nn import functional as F

    done = []
    for i in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{i}"
        q, k, v = (split(linear(weights, f"{name}.attention.self.{part}", x), config["num_attention_heads"])
                   for part in ("query", "key", "value"))  # Q = X W_Q, K = X W_K, V = X W_V, each [1, H, T, d/H]
        o, a = attention(q, k, v, allowed=allowed, scaled=scaled)
        if replaced and i in replaced:
            a = replaced[i]
            o = a @ v
        o = linear(weights, f"{name}.attention.output.dense", join(o))  # [1, T, d]: concat(head_1 … head_H) W_O
        if residual:
            x = norm(weights, f"{name}.attention.output.LayerNorm", x + o, 1e-12)
            h = F.gelu(linear(weights, f"{name}.intermediate.dense", x))  # [1, T, 4d]
            x = norm(weights, f"{name}.output.LayerNorm", x + linear(weights, f"{name}.output.dense", h), 1e-12)
        else:
            h = F.gelu(linear(weights, f"{name}.intermediate.dense", o))
            x = norm(weights, f"{name}.output.LayerNorm", linear(weights, f"{name}.output.dense", h), 1e-12)
        done.append(Layer(q, k, v, a, x))
    return done


def sameness(x: torch.Tensor) -> float:
    """Mean cosine between different positions of [1, T, d]: 1 means that every word has become the same vector."""
    from torch.nn import functional as F

    u = F.normalize(x[0], dim=-1)
    n = len(u)
    return float(((u @ u.T).sum() - n) / (n * (n - 1)))


def sentence(x: torch.Tensor) -> torch.Tensor:
    """The encoder's vector of the sentence: mean over positions, length 1. [1, T, d] -> [d]."""
    from torch.nn import functional as F

    return F.normalize(x.mean(1), dim=-1)[0]


def other_attention(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], x: torch.Tensor, at: int,
                    steps: int = 120) -> tuple[torch.Tensor, float]:
    """(weights A' of layer `at` as far as possible from its own, cosine of the sentence vectors with A and A').

    The search of Jain & Wallace 2019: gradient ascent on the distance between A and A', with the result of the whole
    network held fixed.
    """
    import torch

    real = layers(weights, config, x)
    a, target = real[at].a, sentence(real[-1].x)
    logits = torch.log(a.clamp_min(1e-6)).clone().requires_grad_()

    def loss_of(step: int) -> torch.Tensor:
        changed = logits.softmax(-1)
        cosine = sentence(layers(weights, config, x, replaced={at: changed})[-1].x) @ target
        return 300 * (1 - cosine) - distance(a, changed)

    train(lambda epoch: range(steps), loss_of, [logits], [torch.optim.Adam([logits], lr=0.1)], epochs=1,
          pace=lambda taken, n_steps: 1.0)
    with torch.no_grad():
        changed = logits.softmax(-1)
        return changed, float(sentence(layers(weights, config, x, replaced={at: changed})[-1].x) @ target)


def distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Mean total variation between rows, in [0, 1]: the share of attention that points elsewhere."""
    return (a - b).abs().sum(-1).mean() / 2


def three_steps(layer: Layer, tokens: list[str], head: int, scaled: bool, at: int = 1) -> list[dict[str, Any]]:
    """What one token computes for every other: q·k, scaled, softmax."""
    q, k, a = layer.q[0, head, at], layer.k[0, head], layer.a[0, head, at]  # [d/H], [T, d/H], [T]
    s = k @ q
    return [{
        "token": token, "q·k": round(float(s[j]), 3),
        "q·k/√d_k": round(float(s[j]) / (math.sqrt(len(q)) if scaled else 1), 3), "softmax": round(float(a[j]), 4)
    } for j, token in enumerate(tokens)]


def scaling(n: int = 4000) -> list[dict[str, float]]:
    """Why 1 / sqrt(d_k): scores of random unit-variance q and k, and the largest of 16 softmax weights, without and
    with the division."""
    import torch

    generator = torch.Generator().manual_seed(0)
    rows = []
    for d_k in (4, 16, 64, 256):
        q, k = torch.randn(n, d_k, generator=generator), torch.randn(n, 16, d_k, generator=generator)
        s = (k @ q[:, :, None])[..., 0]  # [n, 16]
        rows.append({"d_k": d_k, "std(q·k)": float(s.std()), "max softmax(q·k)": float(s.softmax(-1).amax(-1).mean()),
                     "max softmax(q·k/√d_k)": float((s / math.sqrt(d_k)).softmax(-1).amax(-1).mean())})
    return [{name: round(value, 3) for name, value in row.items()} for row in rows]


def cost(d: int, n_heads: int) -> list[dict[str, float]]:
    """Multiplications, weights and time of one layer's attention for growing length: twice the length, four times the
    work."""
    import torch

    rows = []
    for n in (64, 128, 256, 512, 1024):
        q = torch.randn(1, n_heads, n, d // n_heads, generator=torch.Generator().manual_seed(0))
        started = time.perf_counter()
        attention(q, q, q)
        ms = (time.perf_counter() - started) * 1e3
        rows.append({"n": n, "multiplications 2n²d": 2 * n * n * d, "weights Hn²": n_heads * n * n, "ms": round(ms, 2)})
    return rows


def order(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], rows: list[int]) -> dict[str, float]:
    """How far the sentence's vector moves when its words are turned round, with and without positions (0 = not at
    all)."""
    turned = [rows[0], *rows[-2:0:-1], rows[-1]]
    moved = {}
    for name, positions in (("with_positions", True), ("without_positions", False)):
        one, other = (sentence(layers(weights, config, embed(weights, each, positions=positions))[-1].x)
                      for each in (rows, turned))
        moved[name] = float((one - other).abs().max())
    return moved


def leave_one_out(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], tokens: list[str],
                  rows: list[int]) -> tuple[list[dict[str, Any]], float]:
    """(for each token: attention it receives, and how far the sentence's vector turns without it; rank correlation of
    the two)."""
    import torch

    done = layers(weights, config, embed(weights, rows))
    received = torch.stack([layer.a for layer in done]).mean((0, 1, 2, 3))  # [T], sums to 1
    table = []
    for i, token in enumerate(tokens):
        if token not in SPECIAL:
            without = sentence(layers(weights, config, embed(weights, rows[:i] + rows[i + 1 :]))[-1].x)
            turn = 1 - float(without @ sentence(done[-1].x))
            table.append({"token": token, "attention": round(float(received[i]), 4), "turn": round(turn, 4)})
    if len(table) < 3:
        return table, math.nan
    ranks = torch.tensor([[row[name] for row in table] for name in ("attention", "turn")]).argsort(1).argsort(1).float()
    return table, round(float(torch.corrcoef(ranks)[0, 1]), 3)


def shown(a: torch.Tensor, tokens: list[str], hide: bool) -> tuple[list[list[float]], list[str]]:
    """A [T, T] for a heat map. Hidden [CLS] and [SEP] take their share away; the rows that stay are scaled back to
    1."""
    keep = [i for i, token in enumerate(tokens) if not (hide and token in SPECIAL)]
    part = a[keep][:, keep]
    part = part / part.sum(-1, keepdim=True).clamp_min(1e-12)
    return [[round(float(value), 4) for value in row] for row in part], [tokens[i] for i in keep]


def check(params: Mapping[str, Any]) -> tuple[list[str], list[int], dict[str, torch.Tensor]]:
    """Tokens, rows and weights (free of inference mode) of the sentence. Errors: SettingError."""
    text = params["text"].strip()
    if not text:
        refuse("text", Words("a sentence is wanted", "请输入一句话"))
    encoder = bundled()
    tokens, rows, weights = encoder.read(text)
    if not 4 <= len(tokens) <= MOST_TOKENS:
        refuse("text", Words(f"{len(tokens)} tokens; between 4 and {MOST_TOKENS} can be shown",
                             f"有 {len(tokens)} 个词元，能画出 4 到 {MOST_TOKENS} 个"))
    return tokens, rows, {name: tensor.clone() for name, tensor in weights.items()}


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    import torch

    tokens, rows, weights = check(params)
    _tell_unknown(run, tokens)
    config, n = bundled().config, len(tokens)
    allowed = torch.ones(n, n, dtype=torch.bool).tril() if params["mask"] == "causal" else None
    with torch.no_grad():
        x = embed(weights, rows, positions=params["positions"])
        real = layers(weights, config, x, scaled=params["scaled"], allowed=allowed)
        article = layers(weights, config, x, scaled=params["scaled"], allowed=allowed, residual=False)
        _show_sameness(run, real, article)
        _draw(params, run, tokens, real)
        layer, head = real[params["layer"] - 1], max(params["head"], 1)
        run.event("table", title=Words(f"three steps for one token: {tokens[1]}, head {head}",
                                       f"一个词的三步：{tokens[1]}，第 {head} 头"),
                  rows=three_steps(layer, tokens, head - 1, params["scaled"]))
        metrics: dict[str, Any] = {
            "tokens": n, "off_torch": off_torch(layer, allowed, params["scaled"]), **order(weights, config, rows)
        }
        run.event("table", title=Words("Why divide by √d_k", "为什么除以 √d_k"), rows=scaling())
        run.event("table", title=Words("The cost grows with the square of the length", "代价随长度的平方增长"),
                  rows=cost(config["hidden_size"], config["num_attention_heads"]))
        table, metrics["rank_correlation"] = leave_one_out(weights, config, tokens, rows)
        run.event(
            "table", title=Words("Attention received, and how far the sentence's vector turns without the token",
                                 "得到的注意力，与去掉该词后句向量的转动"), rows=table)
    if not run.stopped():
        metrics |= _not_an_explanation(params, run, tokens, weights)
    if not run.stopped():
        metrics["off_transformers"] = off_transformers(weights, config, rows)
    parts = [(i, name, getattr(one, name)[0]) for i, one in enumerate(real, 1) for name in ("a", "q", "k", "v", "x")]
    run.save_tensors("attention", {f"{name}{i}": tensor for i, name, tensor in parts}, {"tokens": tokens})
    return metrics


def off_torch(layer: Layer, allowed: torch.Tensor | None, scaled: bool) -> float:
    """The greatest difference of a layer's attention from torch's own."""
    from torch.nn import functional as F

    theirs = F.scaled_dot_product_attention(layer.q, layer.k, layer.v, attn_mask=allowed, scale=None if scaled else 1.0)
    return float((layer.a @ layer.v - theirs).abs().max())


def off_transformers(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], rows: list[int]) -> float:
    """The greatest difference of any weight, in any layer and head, from the transformers library's."""
    own, theirs = layers(weights, config, embed(weights, rows)), from_transformers(weights, config, rows)
    return max(float((one.a - other).abs().max()) for one, other in zip(own, theirs, strict=True))


def _tell_unknown(run: Run, tokens: list[str]) -> None:
    share = tokens.count("[UNK]") / len(tokens)
    if share > 0.2:
        run.event(
            "note",
            text=Words(f"{share:.0%} of the tokens are unknown to the vocabulary: the pictures below show "
                       "little", f"{share:.0%} 的词元不在词表中：下面的图说明不了什么"))


def _show_sameness(run: Run, real: list[Layer], article: list[Layer]) -> None:
    """What becomes of a sentence, layer by layer, with and without residual connections."""
    for i, (one, other) in enumerate(zip(real, article, strict=True), 1):
        run.event("metric", step=i, same_real=round(sameness(one.x), 4), same_article=round(sameness(other.x), 4))
    run.event(
        "note", text=Words(
            "Mean cosine between positions, by layer: the article's encoder formula has no residual connections, and "
            "after three layers every word is the same vector; the real BERT has them.",
            "每层各位置向量之间的平均余弦：文章的编码器公式没有残差连接，三层之后所有词变成同一个向量；"
            "真正的 BERT 有残差。"))


def _draw(params: Mapping[str, Any], run: Run, tokens: list[str], done: list[Layer]) -> None:
    """The heads that were asked for, as heat maps: row looks at column."""
    number = params["layer"]
    a = done[number - 1].a[0]  # [H, T, T]
    mean = Words(f"layer {number}, mean of its heads", f"第 {number} 层，各头平均")
    _heat(run, mean, a.mean(0), tokens, params["hide"])
    for head in [params["head"]] if params["head"] else range(1, len(a) + 1):
        title = Words(f"layer {number}, head {head}", f"第 {number} 层，第 {head} 头")
        _heat(run, title, a[head - 1], tokens, params["hide"])


def _heat(run: Run, title: Words, a: torch.Tensor, tokens: list[str], hide: bool) -> None:
    matrix, names = shown(a, tokens, hide)
    run.event("heat", title=title, matrix=matrix, rows=names, columns=names)


def _not_an_explanation(params: Mapping[str, Any], run: Run, tokens: list[str],
                        weights: Mapping[str, torch.Tensor]) -> dict[str, float]:
    """The counter-example: other attention, the same sentence vector."""
    config, at = bundled().config, params["layer"] - 1
    x = embed(weights, bundled().tokenize([params["text"].strip()])[0])
    own = layers(weights, config, x)[at].a
    other, cosine = other_attention(weights, config, x, at)
    moved = float(distance(own, other))
    run.event(
        "note", text=Words(
            f"Attention is not an explanation: in layer {at + 1}, {moved:.0%} of the attention can be moved elsewhere "
            f'and the sentence\'s vector stays (cosine {cosine:.4f}). Two pictures, one result: neither is the reason.',
            f"注意力不是解释：在第 {at + 1} 层可以把 {moved:.0%} 的注意力移到别处，句向量几乎不变"
            f"（余弦 {cosine:.4f}）。两幅图得到同一个结果，哪一幅都不是“原因”。"))
    hide = params["hide"]
    _heat(run, Words("the network's own attention", "网络自己的注意力"), own[0].mean(0), tokens, hide)
    _heat(run, Words("other attention, same vector", "另一种注意力，同样的句向量"), other[0].mean(0), tokens, hide)
    return {"moved": round(moved, 4), "cosine_after": round(cosine, 6)}


LAB = Lab(
    name="attention",
    title=Words("Self-attention, step by step", "自注意力，一步一步"),
    about=Words(
        "Any sentence through every layer and head of the real encoder: Q, K, V, scaling, softmax, mask, positions, "
        "held against torch and transformers. The article leaves out the projections, the scaling, the heads, the "
        "positions and the cost.",
        "任意一句话经过真实编码器的每一层、每一个头：Q、K、V、缩放、softmax、掩码、位置；"
        "与 torch 和 transformers 的结果逐数对照。文章没有写出投影、缩放、多头、位置和代价。"),
    section="3.2",
    question=Words("Which words does a word look at, and what does that picture show or not show?",
                   "一个词在看哪些词？这张图说明了什么，又不能说明什么？"),
    params=(
        Param("text", "text", _EN, Words("sentence", "句子"),
              Words("Chinese or English, 4 to 64 tokens", "中文或英文，4 到 64 个词元"), zh=_ZH),
        Param("layer", "int", 3, Words("layer", "层"), low=1, high=6),
        Param("head", "int", 0, Words("head", "头"), Words("0: all of them", "0：全部"), low=0, high=12),
        Param("scaled", "bool", True, Words("divide by √d_k", "除以 √d_k")),
        Param("mask", "choice", "none", Words("mask", "掩码"),
              Words("causal: only what came before", "因果（causal）：只能看前面"), choices=("none", "causal")),
        Param("positions", "bool", True, Words("positions", "位置向量")),
        Param("hide", "bool", False, Words("hide [CLS] and [SEP]", "隐藏 [CLS] 和 [SEP]")),
    ),
    work=work,
    seconds=9,
    trains=False,
    formulas=(
        Formula(
            r"S = \frac{Q K^\top}{\sqrt{d_k}}",
            "s = q @ k.transpose(-2, -1)  # [B, H, T, S]: how well each question fits each key",
            Words("The article leaves out the projections Q, K, V and the scaling.",
                  "文章没有写出 Q、K、V 的投影，也没有写缩放。")),
        Formula(
            r"\text{Attention}(Q, K, V) = \text{softmax}(S + M)\, V",
            "a = s.softmax(-1)  # each row sums to 1",
            Words("The mask M says who may look at whom; the article does not name it.",
                  "掩码 M 决定谁能看谁；文章没有提到。")),
        Formula(
            r"C = \text{LayerNorm}(\text{FFN}(\text{SelfAttention}(X)))",
            'x = norm(weights, f"{name}.output.LayerNorm", linear(weights, f"{name}.output.dense", h), 1e-12)',
            Words("The article's formula has no residual connections; the real BERT computes LayerNorm(x + FFN(x)).",
                  "文章的公式没有残差连接；真正的 BERT 是 LayerNorm(x + FFN(x))。")),
    ),
    modules=("kb.labs.tools.blocks", "kb.labs.tools.reference", "kb.encoder.training"),
)
