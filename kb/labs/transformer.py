"""An encoder-decoder Transformer, trained in front of you (the article's section 4.1).

Reads: pairs of strings (reversed words, dates in five ways of writing, or your file).  Gives: a network that turns one
into the other, its cross-attention as a picture, and its exact matches on inputs it never saw.
The article writes Encoder(X) = LayerNorm(FFN(SelfAttention(X))). That leaves out the residual connections, the
positions, the decoder's mask and the layers' own norms; `formula = article` trains it as it is written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.labs.attention import attention, join, split
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run, load_tensors
from kb.labs.tools.blocks import Init, Weights, check_width, count, linear, norm, refuse, train
from kb.labs.tools.measure import interval
from kb.labs.tools.rewriting import LONGEST, Pair, Task, dates_task, pairs_task, reverse_task
from kb.types import Words

if TYPE_CHECKING:
    import torch

PAD, START, END = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Shape:
    """The network: letters it knows, width d, layers on each side, heads, formula, positions."""

    letters: str
    d: int = 64
    n_layers: int = 2
    n_heads: int = 4
    formula: str = "pre-norm"
    positions: bool = True


def new(shape: Shape, seed: int) -> Weights:
    """Untrained weights; 235,000 of them for two layers of width 64."""
    init, d = Init(seed), shape.d
    n_letters = len(shape.letters) + 3
    init.table("letters", n_letters, d, d**-0.5)
    init.table("positions", LONGEST + 2, d, d**-0.5)
    for side, parts in (("encoder", ("self",)), ("decoder", ("self", "cross"))):
        for i in range(shape.n_layers):
            for part in parts:
                for which in ("q", "k", "v", "o"):
                    init.linear(f"{side}.{i}.{part}.{which}", d, d)
                init.norm(f"{side}.{i}.{part}.norm", d)
            init.linear(f"{side}.{i}.up", d, 4 * d)
            init.linear(f"{side}.{i}.down", 4 * d, d)
            init.norm(f"{side}.{i}.norm", d)
        init.norm(f"{side}.norm", d)
    init.linear("out", d, n_letters)
    return init.weights


def look(w: Weights, name: str, shape: Shape, x: torch.Tensor, at: torch.Tensor,
         allowed: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """MultiHead(Q = x W_Q, K = at W_K, V = at W_V) W_O: x [B, T, d] looks at `at` [B, S, d]. Gives ([B, T, d], A [B, H,
    T, S])."""
    q = split(linear(w, f"{name}.q", x), shape.n_heads)
    k, v = (split(linear(w, f"{name}.{which}", at), shape.n_heads) for which in ("k", "v"))
    o, a = attention(q, k, v, allowed=allowed)
    return linear(w, f"{name}.o", join(o)), a


def ffn(w: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    """max(0, x W_1 + b_1) W_2 + b_2: [B, T, d] -> [B, T, 4d] -> [B, T, d]."""
    return linear(w, f"{name}.down", linear(w, f"{name}.up", x).relu())


def wrap(w: Weights, name: str, formula: str, x: torch.Tensor,
         f: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """One sub-layer f and what stands around it.

    pre-norm   x + f(LayerNorm(x))     learns without a warm-up (Xiong et al. 2020)
    post-norm  LayerNorm(x + f(x))     Vaswani et al. 2017
    article    f(x), and one LayerNorm after the feed-forward: no way round f for x or its gradient
    """
    if formula == "pre-norm":
        return x + f(norm(w, name, x))
    if formula == "post-norm":
        return norm(w, name, x + f(x))
    return f(x) if name.endswith((".self.norm", ".cross.norm")) else norm(w, name, f(x))


def embed(w: Weights, shape: Shape, letters: torch.Tensor) -> torch.Tensor:
    """[B, T] -> [B, T, d]: letter + position."""
    x = w["letters"][letters]
    return x + w["positions"][: letters.shape[1]] if shape.positions else x


def encoder(w: Weights, shape: Shape, source: torch.Tensor) -> torch.Tensor:
    """C = Encoder(X): letters [B, S] -> [B, S, d]. No position looks at padding."""
    x, known = embed(w, shape, source), (source != PAD)[:, None, None, :]  # [B, 1, 1, S]
    for i in range(shape.n_layers):
        x = encoder_layer(w, f"encoder.{i}", shape, x, known)
    return norm(w, "encoder.norm", x) if shape.formula == "pre-norm" else x


def encoder_layer(w: Weights, name: str, shape: Shape, x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """SelfAttention, then FFN, each wrapped."""
    x = wrap(w, f"{name}.self.norm", shape.formula, x, lambda y: look(w, f"{name}.self", shape, y, y, known)[0])
    return wrap(w, f"{name}.norm", shape.formula, x, lambda y: ffn(w, name, y))


def decoder(w: Weights, shape: Shape, c: torch.Tensor, source: torch.Tensor,
            before: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """y_t = Decoder(C, Y^{<t}) for every t at once: (logits [B, T, letters], cross-attention of the last layer [B, H,
    T, S]).

    before: START and the letters so far [B, T]. The mask `past` keeps position t from seeing what it has to say.
    """
    import torch

    n = before.shape[1]
    past = torch.ones(n, n, dtype=torch.bool).tril()  # [T, T]
    known = (source != PAD)[:, None, None, :]  # [B, 1, 1, S]
    x, a = embed(w, shape, before), torch.empty(0)
    for i in range(shape.n_layers):
        x, a = decoder_layer(w, f"decoder.{i}", shape, x, c, past, known)
    return linear(w, "out", norm(w, "decoder.norm", x) if shape.formula == "pre-norm" else x), a


def decoder_layer(w: Weights, name: str, shape: Shape, x: torch.Tensor, c: torch.Tensor, past: torch.Tensor,
                  known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """SelfAttention over Y^{<t}, CrossAttention to C, FFN, each wrapped: ([B, T, d], A of the cross-attention)."""
    crossed: list[torch.Tensor] = []

    def cross(y: torch.Tensor) -> torch.Tensor:
        o, a = look(w, f"{name}.cross", shape, y, c, known)
        crossed.append(a)
        return o

    x = wrap(w, f"{name}.self.norm", shape.formula, x, lambda y: look(w, f"{name}.self", shape, y, y, past)[0])
    x = wrap(w, f"{name}.cross.norm", shape.formula, x, cross)
    return wrap(w, f"{name}.norm", shape.formula, x, lambda y: ffn(w, name, y)), crossed[0]


def numbers(letters: str, texts: Sequence[str]) -> torch.Tensor:
    """Letter numbers [B, T], END after the last, PAD behind."""
    import torch

    number = {letter: i + 3 for i, letter in enumerate(letters)}
    rows = [[number[letter] for letter in text] + [END] for text in texts]
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows])


def loss(w: Weights, shape: Shape, pairs: Sequence[Pair]) -> dict[str, torch.Tensor]:
    """L = -mean log P(y_t | Y^{<t}, X): every target letter predicted from the true ones before it."""
    from torch.nn import functional as F

    source, target = numbers(shape.letters, [x for x, _ in pairs]), numbers(shape.letters, [y for _, y in pairs])
    before = F.pad(target[:, :-1], (1, 0), value=START)  # [B, T]: the target, one place to the right
    logits, _ = decoder(w, shape, encoder(w, shape, source), source, before)
    return {"loss": F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD)}


def write(w: Weights, shape: Shape, sources: Sequence[str], most: int = LONGEST) -> list[str]:
    """The network's answers, the likeliest letter each time, at most so many of them."""
    import torch

    with torch.inference_mode():
        source = numbers(shape.letters, sources)
        c = encoder(w, shape, source)
        so_far = torch.full((len(sources), 1), START)
        while so_far.shape[1] <= most and not bool((so_far == END).any(1).all()):
            logits, _ = decoder(w, shape, c, source, so_far)
            so_far = torch.cat([so_far, logits[:, -1:].argmax(-1)], 1)
    return [read(shape.letters, row) for row in so_far.tolist()]


def read(letters: str, row: list[int]) -> str:
    """Letter numbers after START, up to END, as text; � for a number that is no letter."""
    end = row.index(END) if END in row else len(row)
    return "".join(letters[i - 3] if i > 2 else "�" for i in row[1:end])


def looked_at(w: Weights, shape: Shape, source: str, target: str) -> list[list[float]]:
    """Which source letter each target letter looked at: mean of the last layer's heads [T, S], END on both sides
    last."""
    import torch
    from torch.nn import functional as F

    with torch.inference_mode():
        x, y = numbers(shape.letters, [source]), numbers(shape.letters, [target])
        _, a = decoder(w, shape, encoder(w, shape, x), x, F.pad(y[:, :-1], (1, 0), value=START))
    return [[round(float(value), 4) for value in row] for row in a[0].mean(0)]


def prepare(params: Mapping[str, Any]) -> tuple[Task, Shape]:
    """The task and the network that were asked for. Errors: SettingError, DataError."""
    check_width(params)
    if params["task"] == "pairs":
        if not params["pairs"]:
            refuse("pairs", Words("task = pairs needs a file of `source TAB target` lines",
                                  "task = pairs 需要一个文件，每行“输入 TAB 输出”"))
        task = pairs_task(Path(params["pairs"]), params["seed"])
    elif params["task"] == "dates":
        task = dates_task(params["seed"])
    else:
        task = reverse_task(params["seed"])
    known(params["text"], task.letters)
    return task, Shape(task.letters, params["width"], params["layers"], params["heads"], params["formula"],
                       params["positions"])


def known(text: str, letters: str) -> None:
    """Refuses a text the network has no numbers for. Errors: SettingError."""
    if unknown := " ".join(sorted(set(text) - set(letters))):
        refuse("text", Words(f"letters that are not in the training data: {unknown}",
                             f"训练数据中没有这些字符：{unknown}"))
    if len(text) > LONGEST:
        refuse("text", Words(f"at most {LONGEST} characters", f"最多 {LONGEST} 个字符"))


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    task, shape = prepare(params)
    weights, rng = new(shape, params["seed"]), random.Random(params["seed"])
    watched = task.unseen[:100]

    def loss_at(step: int) -> dict[str, torch.Tensor]:
        return loss(weights, shape, [task.draw(rng) for _ in range(params["batch"])])

    done = train(run, weights, loss_at, steps=params["steps"], rate=params["rate"],
                 watch=lambda: {"exact": n_exact(weights, shape, watched) / len(watched)}, watch_every=100)
    n, n_right = len(task.unseen), n_exact(weights, shape, task.unseen)
    text = params["text"] or task.unseen[0][0]
    answer = _show(run, weights, shape, text, task.unseen[:10])
    run.save_tensors("transformer", weights, asdict(shape))
    low, high = interval(n_right, n)
    return {
        "parameters": count(weights), "steps": done, "exact": round(n_right / n, 4), "from": round(low, 3),
        "to": round(high, 3), "unseen": n, "text": text, "answer": answer
    }


def n_exact(w: Weights, shape: Shape, pairs: Sequence[Pair]) -> int:
    """How many sources become exactly their target: what goes on after the longest of these is none of them."""
    most = min(LONGEST, 1 + max(len(target) for _, target in pairs))
    answers = write(w, shape, [source for source, _ in pairs], most)
    return sum(answer == target for answer, (_, target) in zip(answers, pairs, strict=True))


def _show(run: Run, w: Weights, shape: Shape, text: str, examples: Sequence[Pair]) -> str:
    """Draws where the network looks while it rewrites the text, and a table of examples; gives its answer."""
    answer = write(w, shape, [text])[0]
    letters = answer.replace("�", "")
    run.event("heat", title=Words(f"cross-attention: {text} → {answer}", f"交叉注意力：{text} → {answer}"),
              matrix=looked_at(w, shape, text, letters), rows=[*letters, "END"], columns=[*text, "END"])
    answers = write(w, shape, [source for source, _ in examples])
    run.event("table", title=Words("Inputs it never saw", "没见过的输入"),
              rows=[{"source": source, "answer": got, "target": target}
                    for (source, target), got in zip(examples, answers, strict=True)])
    if shape.formula == "article":
        run.event(
            "note", text=Words(
                "This was the article's formula: without residual connections the gradient has to pass through every "
                "sub-layer. Run it again with pre-norm, same steps.",
                "这是文章的公式：没有残差连接，梯度只能穿过每一个子层。换成 pre-norm 再运行一次，"
                "看同样的步数能学到什么。"))
    return answer


def apply(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a trained network makes of each line."""
    weights, meta = load_tensors(folder, "transformer")
    shape = Shape(**{name: meta[name] for name in Shape.__dataclass_fields__})
    sources = [line.strip() for line in values["text"].splitlines() if line.strip()]
    for source in sources:
        known(source, shape.letters)
    answers = write(weights, shape, sources) if sources else []
    return [{"source": source, "answer": answer} for source, answer in zip(sources, answers, strict=True)]


LAB = Lab(
    name="transformer",
    title=Words("Encoder and decoder", "编码器-解码器"),
    about=Words(
        "A Transformer of 235,000 parameters learns in under a minute to rewrite dates as ISO (or to reverse words, "
        "or your own pairs), with its cross-attention drawn. Switch to the article's formula, which has no residual "
        "connections, and see it fail.",
        "一个二十三万参数的 Transformer 在几十秒内学会把日期改写成 ISO 格式（或把单词倒过来，或你自己的数据），"
        "交叉注意力画成图。可以换成文章里的公式：没有残差连接，学不会。",
    ),
    section="4.1",
    question=Words("What is lost without residual connections or positions?", "残差连接和位置向量少了会怎样？"),
    params=(
        Param(
            "task",
            "choice",
            "dates",
            Words("task", "任务"),
            Words("pairs: your own file", "你的句对（pairs）：来自你的文件"),
            choices=("dates", "reverse", "pairs"),
        ),
        Param(
            "pairs",
            "file",
            "",
            Words("file", "文件"),
            Words("each line: source TAB target, at least 100", "每行：输入 TAB 输出，至少 100 行"),
        ),
        Param(
            "text",
            "text",
            "",
            Words("try it on", "试一试"),
            Words("such as 3 Nov 2031; empty: an unseen input", "例如 二〇三一年十一月三日；空：一个没见过的输入"),
        ),
        Param("formula", "choice", "pre-norm", Words("formula", "公式"), choices=("pre-norm", "post-norm", "article")),
        Param("positions", "bool", True, Words("positions", "位置向量")),
        Param("layers", "int", 2, Words("layers", "层数"), low=1, high=6),
        Param("heads", "int", 4, Words("heads", "头数"), low=1, high=16),
        Param("width", "int", 64, Words("width", "宽度"), low=8, high=256),
        Param("steps", "int", 500, Words("steps", "步数"), low=1, high=20_000),
        Param("batch", "int", 128, Words("pairs a step", "每步对数"), low=2, high=512),
        Param("rate", "float", 2e-3, Words("learning rate", "学习率"), low=1e-6, high=1e-2),
        Param("seed", "int", 0, Words("seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=41,
    formulas=(
        Formula(
            r"C = \text{LayerNorm}(\text{FFN}(\text{SelfAttention}(X)))",
            'return f(x) if name.endswith((".self.norm", ".cross.norm")) else norm(w, name, f(x))',
            Words(
                "As the article writes it: no residual connections, and it does not learn.",
                "这是文章的写法：没有残差，学不会。",
            ),
        ),
        Formula(
            r"x + f(\text{LayerNorm}(x))",
            "return x + f(norm(w, name, x))",
            Words(
                "The default here (pre-norm): every sub-layer has its own norm.",
                "默认的写法（pre-norm），每个子层各有一个归一化。",
            ),
        ),
        Formula(
            r"y_t = \text{Decoder}(C, Y^{<t})",
            'x = wrap(w, f"{name}.cross.norm", shape.formula, x, cross)',
            Words(
                "The article leaves out the mask that hides the future, and the positions.",
                "文章没有写出挡住未来的掩码和位置向量。",
            ),
        ),
    ),
    fields=(Param("text", "text", "3 Nov 2031", Words("source", "输入"), Words("one a line", "每行一个"),
                  zh="二〇三一年十一月三日"),),
    apply=apply,
    modules=("kb.labs.tools.rewriting", "kb.labs.attention", "kb.labs.tools.blocks", "kb.encoder.training"),
)
