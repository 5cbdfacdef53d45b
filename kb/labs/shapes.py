"""Questions about a picture: a Transformer that reads image patches and words together (the article's section 5.3).

Reads: scenes of three coloured shapes and a question in Chinese or English, both made here.  Gives: the share of
questions answered on scenes it never saw, and beside it the share that a network answers from the question alone,
without looking. The article says that large models answer questions about images; without the second number nobody
knows whether the image was used.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.labs.attention import attention, join, split
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run, load_tensors
from kb.labs.tools.blocks import Init, Weights, check_width, count, linear, norm, picture, refuse, train
from kb.labs.tools.measure import interval
from kb.text import CJK
from kb.types import Words

if TYPE_CHECKING:
    import torch

CELL, SIDE = 6, 3  # a picture is 3 x 3 cells of 6 x 6 pixels
COLOURS = {
    "red": ("红", (1.0, 0.1, 0.1)), "green": ("绿", (0.1, 0.8, 0.1)), "blue": ("蓝", (0.2, 0.3, 1.0)),
    "yellow": ("黄", (1.0, 0.9, 0.1))
}
SHAPES = {
    "circle": ("圆", "011110 111111 111111 111111 111111 011110"),
    "square": ("方", "111111 111111 111111 111111 111111 111111"),
    "triangle": ("三角", "001100 001100 011110 011110 111111 111111"),
}
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")
ANSWERS = (*COLOURS, *SHAPES, *ROWS, *COLUMNS, "yes", "no")


@dataclass(frozen=True, slots=True)
class Thing:
    """A shape in a cell; row and column count from 0 at the top left."""

    colour: str
    shape: str
    row: int
    column: int


Scene = tuple[Thing, ...]
Questions = tuple["torch.Tensor", "torch.Tensor", "torch.Tensor"]  # pictures, questions, answers


def draw_scene(rng: random.Random) -> Scene:
    """Three things with different colours and different shapes in different cells."""
    cells = rng.sample(range(SIDE * SIDE), 3)
    colours, shapes = rng.sample(list(COLOURS), 3), rng.sample(list(SHAPES), 3)
    return tuple(Thing(colour, shape, cell // SIDE, cell % SIDE)
                 for colour, shape, cell in zip(colours, shapes, cells, strict=True))


def ask(scene: Scene, rng: random.Random) -> tuple[str, str]:
    """(question, answer): what colour, what shape, is there one, which row, which column; in Chinese or English."""
    a, b = rng.sample(scene, 2)
    is_chinese, kind = rng.random() < 0.5, rng.randrange(5)
    shape = SHAPES[a.shape][0]  # in Chinese
    if kind == 0:
        zh, en, answer = f"{shape}形是什么颜色", f"what colour is the {a.shape}", a.colour
    elif kind == 1:
        zh, en, answer = f"{COLOURS[a.colour][0]}色的是什么形状", f"what shape is {a.colour}", a.shape
    elif kind == 2:
        colour = rng.choice([a.colour, b.colour])
        zh, en = f"有{COLOURS[colour][0]}色的{shape}形吗", f"is there a {colour} {a.shape}"
        answer = "yes" if colour == a.colour else "no"
    elif kind == 3:
        zh, en, answer = f"{shape}形在哪一行", f"which row is the {a.shape} in", ROWS[a.row]
    else:
        zh, en, answer = f"{shape}形在哪一列", f"which column is the {a.shape} in", COLUMNS[a.column]
    return zh if is_chinese else en, answer


def paint(scene: Scene) -> torch.Tensor:
    """Pixels [3, 18, 18] in [0, 1] on black."""
    import torch

    picture = torch.zeros(3, SIDE * CELL, SIDE * CELL)
    for thing in scene:
        picture[:, thing.row * CELL : (thing.row + 1) * CELL, thing.column * CELL : (thing.column + 1) * CELL] = stamp(
            thing.colour, thing.shape)
    return picture


@cache
def stamp(colour: str, shape: str) -> torch.Tensor:
    """One shape in its cell [3, 6, 6], on black."""
    import torch

    ink = torch.tensor([[float(pixel) for pixel in line] for line in SHAPES[shape][1].split()])
    return torch.tensor(COLOURS[colour][1])[:, None, None] * ink


def words_of(question: str) -> list[str]:
    """English words and Chinese characters."""
    return re.findall(f"[{CJK}]|[a-z]+", question.lower())


def vocabulary() -> list[str]:
    """Every word the questions are made of."""
    rng = random.Random(0)
    return ["", *sorted({word for _ in range(1000) for word in words_of(ask(draw_scene(rng), rng)[0])})]


def new(n_words: int, d: int, n_layers: int, seed: int) -> Weights:
    """Untrained weights."""
    init = Init(seed)
    init.linear("see", 3 * CELL * CELL, 2 * d)
    init.linear("patch", 2 * d, d)
    init.table("cells", SIDE * SIDE, d, 0.5)  # as large as the patches, which would drown it otherwise
    init.table("words", n_words, d, 0.5)
    init.table("positions", 24, d, 0.5)
    init.table("answer", 1, d, 0.5)
    for i in range(n_layers):
        for which in ("q", "k", "v", "o"):
            init.linear(f"{i}.{which}", d, d)
        init.linear(f"{i}.up", d, 2 * d)
        init.linear(f"{i}.down", 2 * d, d)
        init.norm(f"{i}.attention.norm", d)
        init.norm(f"{i}.norm", d)
    init.norm("norm", d)
    init.linear("out", d, len(ANSWERS))
    return init.weights


def reply(w: Weights, n_heads: int, pictures: torch.Tensor, questions: torch.Tensor, *,
          look: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    """[B, 3, 18, 18] and words [B, L] -> (logits [B, answers], what the answer looked at in the last layer [B, H, 1 + 9
    + L]).

    One sequence: the answer's place, nine patches, the words. With look = False the patches are masked: the
    question-only network.
    """
    import torch
    from torch.nn import functional as F

    n, length = questions.shape
    patches = F.unfold(pictures, CELL, stride=CELL).transpose(1, 2)  # [B, 9, 108]
    cells = linear(w, "patch", linear(w, "see", patches).relu()) + w["cells"]  # [B, 9, d]
    asked = w["words"][questions] + w["positions"][:length]  # [B, L, d]
    x = torch.cat([w["answer"].expand(n, 1, -1), cells, asked], 1)  # [B, 10 + L, d]
    is_seen = [torch.ones(n, 1, dtype=torch.bool), torch.full((n, SIDE * SIDE), look), questions > 0]
    seen = torch.cat(is_seen, 1)[:, None, None, :]  # [B, 1, 1, 10 + L]
    a = torch.empty(0)
    for i in range(sum(name.endswith(".q.weight") for name in w)):
        y = norm(w, f"{i}.attention.norm", x)
        q, k, v = (split(linear(w, f"{i}.{which}", y), n_heads) for which in ("q", "k", "v"))  # [B, H, 10 + L, d/H]
        o, a = attention(q, k, v, allowed=seen)
        x = x + linear(w, f"{i}.o", join(o))
        x = x + linear(w, f"{i}.down", F.gelu(linear(w, f"{i}.up", norm(w, f"{i}.norm", x))))
    return linear(w, "out", norm(w, "norm", x[:, 0])), a[:, :, 0]


def numbers(words: Sequence[str], questions: Sequence[str]) -> torch.Tensor:
    """Word numbers [B, L], 0 behind the last."""
    import torch

    number = {word: i for i, word in enumerate(words)}
    rows = [[number[word] for word in words_of(question)] for question in questions]
    width = max(map(len, rows))
    return torch.tensor([row + [0] * (width - len(row)) for row in rows])


def batch(words: Sequence[str], n: int, rng: random.Random, *,
          unseen: bool) -> Questions:
    """(pictures, questions, answers). A fifth of all scenes, told by where their things stand, is kept for the test."""
    import torch

    scenes: list[Scene] = []
    while len(scenes) < n:
        scene = draw_scene(rng)
        if (sum(thing.row * SIDE + thing.column for thing in scene) % 5 == 0) == unseen:
            scenes.append(scene)
    asked = [ask(scene, rng) for scene in scenes]
    pictures, answers = [paint(scene) for scene in scenes], [ANSWERS.index(answer) for _, answer in asked]
    return torch.stack(pictures), numbers(words, [question for question, _ in asked]), torch.tensor(answers)


def read_scene(text: str) -> Scene:
    """"red circle 1 1, blue square 2 3": colour, shape, row and column from 1. Errors: SettingError."""
    colours = {**{name: name for name in COLOURS}, **{chinese: name for name, (chinese, _) in COLOURS.items()}}
    shapes = {**{name: name for name in SHAPES}, **{chinese: name for name, (chinese, _) in SHAPES.items()}}
    things = []
    for part in filter(str.strip, re.split(r"[,，;；、\n]", text)):
        found = re.fullmatch(r"\s*([^\W\d]+?)色?的?\s*(circle|square|triangle|圆|方|三角)形?\s*(\d)\s*(\d)\s*", part)
        if not found or found[1] not in colours or not all(1 <= int(found[i]) <= SIDE for i in (3, 4)):
            refuse("scene", Words(f"`{part.strip()}` is not colour shape row column, such as red circle 1 1; colours: "
                                  f"{', '.join(COLOURS)}",
                                  f"“{part.strip()}”应写成：颜色 形状 行 列，例如 红色圆形 1 1；颜色："
                                  f"{'、'.join(chinese for chinese, _ in COLOURS.values())}"))
        things.append(Thing(colours[found[1]], shapes[found[2]], int(found[3]) - 1, int(found[4]) - 1))
    if not things or len({(thing.row, thing.column) for thing in things}) < len(things):
        refuse("scene", Words("at least one shape, and no two in one cell", "至少一个形状，每格最多一个"))
    return tuple(things)


def read_question(text: str, words: Sequence[str]) -> str:
    """The question, if all its words are known. Errors: SettingError."""
    asked = words_of(text)
    unknown = [word for word in asked if word not in words]
    if not asked or unknown or len(asked) > 24:
        refuse("ask", Words(f"unknown: {' '.join(unknown)}; the words it knows: {' '.join(words[1:])}",
                            f"模型只认识这些词：{' '.join(words[1:])}"))
    return text


def look(w: Weights, n_heads: int, words: Sequence[str], scene: Scene,
         question: str) -> tuple[list[dict[str, Any]], list[list[float]]]:
    """(the three likeliest answers, how much each cell was looked at [3, 3])."""
    import torch

    with torch.inference_mode():
        logits, a = reply(w, n_heads, paint(scene)[None], numbers(words, [question]))
        p, best = logits[0].softmax(-1).topk(3)
        cells = a[0].mean(0)[1 : 1 + SIDE * SIDE].view(SIDE, SIDE)
    return ([{"answer": ANSWERS[int(i)], "p": round(float(value), 3)} for value, i in zip(p, best, strict=True)],
            [[round(float(value), 4) for value in row] for row in cells])


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    check_width(params)
    words, n_heads = vocabulary(), params["heads"]
    scene, question = read_scene(params["scene"]), read_question(params["ask"], words)
    test = batch(words, 1000, random.Random(params["seed"] + 1), unseen=True)
    n = len(test[2])
    result: dict[str, Any] = {"unseen": n}
    for name, can_look in (("question_only", False), ("with_picture", True)):
        w = fit(run, name, words, test, params, look=can_look)
        share = right(w, n_heads, test, look=can_look)
        low, high = interval(round(share * n), n)
        result |= {name: round(round(share * n) / n, 4), f"{name}_from": round(low, 3), f"{name}_to": round(high, 3)}
        if run.stopped():
            return result
    guesses, cells = look(w, n_heads, words, scene, question)
    run.event("table", title=Words(f"your question: {question}", f"你的问题：{question}"), rows=guesses)
    picture(run, "scene", Words("your scene", "你的场景"), paint(scene))
    sides = [str(i + 1) for i in range(SIDE)]
    run.event("heat", title=Words("which cells the answer looked at", "回答时看了哪些格子"), matrix=cells, rows=sides,
              columns=sides)
    run.save_tensors("shapes", w, {"words": words, "heads": n_heads})
    return result | {"parameters": count(w), "answer": guesses[0]["answer"]}


def fit(run: Run, name: str, words: Sequence[str], test: Questions, params: Mapping[str, Any], *,
        look: bool) -> Weights:
    """A network that is trained with or without the picture, watched on the first 300 test questions."""
    from torch.nn import functional as F

    w, rng = new(len(words), params["width"], params["layers"], params["seed"]), random.Random(params["seed"])
    watched = (test[0][:300], test[1][:300], test[2][:300])

    def loss_at(step: int) -> dict[str, torch.Tensor]:
        seen, asked, truth = batch(words, params["batch"], rng, unseen=False)
        return {"loss": F.cross_entropy(reply(w, params["heads"], seen, asked, look=look)[0], truth)}

    # without the picture there is little to learn
    steps = params["steps"] if look else max(1, params["steps"] // 4)
    train(run, w, loss_at, steps=steps, rate=params["rate"],
          watch=lambda: {"right": round(right(w, params["heads"], watched, look=look), 4)}, watch_every=50,
          label=f"_{name}")
    return w


def right(w: Weights, n_heads: int, test: Questions, *, look: bool) -> float:
    """The share of questions that are answered as they should be."""
    import torch

    pictures, questions, answers = test
    with torch.inference_mode():
        said = reply(w, n_heads, pictures, questions, look=look)[0].argmax(-1)
    return float((said == answers).float().mean())


def apply(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answers to a question about a scene of your own."""
    w, meta = load_tensors(folder, "shapes")
    return look(w, meta["heads"], meta["words"], read_scene(values["scene"]),
                read_question(values["ask"], meta["words"]))[0]


_SCENE = Param("scene", "text", "red circle 1 1, blue square 2 3, yellow triangle 3 1", Words("scene", "场景"),
               Words("colour shape row column, commas between", "颜色 形状 行 列，用逗号分开"),
               zh="红色圆形 1 1, 蓝色方形 2 3, 黄色三角形 3 1")
_ASK = Param("ask", "text", "what colour is the circle", Words("question", "问题"),
             Words("such as 有红色的方形吗", "例如 which row is the square in"), zh="圆形是什么颜色")

LAB = Lab(
    name="shapes",
    title=Words("Questions about a picture", "看图回答"),
    about=Words(
        "A small Transformer reads patches and a question (Chinese or English) as one sequence. Beside it stands a "
        "network that reads the question only: without it nobody knows whether the picture was used.",
        "一个小 Transformer 把图块和问题（中文或英文）放进同一个序列；旁边是看不到图、只读问题的网络，"
        "没有这个对照就不知道图有没有用上。",
    ),
    section="6.3",
    question=Words("How does a multimodal model put image and text together?", "多模态模型怎样把图像和文字放在一起？"),
    params=(
        _SCENE,
        _ASK,
        Param("steps", "int", 1200, Words("steps", "步数"), low=1, high=20_000),
        Param("batch", "int", 96, Words("questions a step", "每步题数"), low=2, high=512),
        Param("width", "int", 96, Words("width", "宽度"), low=8, high=256),
        Param("layers", "int", 2, Words("layers", "层数"), low=1, high=6),
        Param("heads", "int", 8, Words("heads", "头数"), low=1, high=16),
        Param("rate", "float", 1.5e-3, Words("learning rate", "学习率"), low=1e-6, high=1e-2),
        Param("seed", "int", 0, Words("seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=89,
    formulas=(
        Formula(
            r"[\,x_\text{answer};\; E p_1 \dots E p_9;\; e(w_1) \dots e(w_L)\,]",
            "logits, a = reply(w, n_heads, paint(scene)[None], numbers(words, [question]))",
            Words(
                "Patches and words attend to each other in one sequence; the article gives no structure.",
                "图块与词在同一个序列里互相注意；文章没有写出结构。",
            ),
        ),
    ),
    fields=(
        _SCENE,
        _ASK,
    ),
    apply=apply,
    modules=("kb.labs.attention", "kb.labs.tools.blocks", "kb.encoder.training"),
)
