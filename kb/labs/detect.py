"""Where are the digits: a small detector that finds, frames and names one to three digits on a canvas (section 5.2).

Reads: scikit-learn's digits, placed on a 32 x 32 canvas at three sizes, with strokes and noise between them.  Gives:
boxes, digits and scores; how many of the true boxes it found (IoU of at least .5 and the right digit), on canvases made
of digits it never saw. The article says that large models locate objects; the parts of a detector are all here: cells,
boxes, scores, overlap, suppression.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kb.labs.digits import load
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools.blocks import Init, Weights, count, picture, train
from kb.types import Words

if TYPE_CHECKING:
    import torch

CANVAS, CELL = 32, 4  # pixels; one answer for each of 8 x 8 cells
SIZES = (8, 12, 16)


@dataclass(frozen=True, slots=True)
class Box:
    """A digit and its frame: left, top, right, bottom in pixels, the last two not included. score: 1 for the truth."""

    digit: int
    x0: float
    y0: float
    x1: float
    y1: float
    score: float = 1.0


def iou(a: Box, b: Box) -> float:
    """Intersection over union: |A ∩ B| / |A ∪ B|, 1 for the same frame and 0 for frames apart."""
    width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    both = max(0.0, width) * max(0.0, height)
    return both / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - both)


class Canvases:
    """Draws canvases from these images [n, 1, 8, 8]."""

    def __init__(self, images: torch.Tensor, digits: torch.Tensor, seed: int) -> None:
        import torch
        from torch.nn import functional as F

        # each [n, size, size]
        self._sized = {size: F.interpolate(images, (size, size), mode="bilinear")[:, 0] for size in SIZES}
        self._digits: list[int] = digits.tolist()
        self._random, self._generator = random.Random(seed), torch.Generator().manual_seed(seed)

    def draw(self) -> tuple[torch.Tensor, list[Box]]:
        """([1, 32, 32] in [0, 1], the boxes of one to three digits that do not touch)."""
        import torch

        rng, boxes = self._random, []
        canvas = torch.rand(CANVAS, CANVAS, generator=self._generator) * 0.2
        for _ in range(rng.randint(0, 3)):  # strokes that are no digits
            if rng.random() < 0.5:
                canvas[rng.randrange(CANVAS), rng.randrange(16) : rng.randrange(16, CANVAS)] = 0.6
            else:
                canvas[rng.randrange(16) : rng.randrange(16, CANVAS), rng.randrange(CANVAS)] = 0.6
        taken: list[Box] = []
        for _ in range(rng.randint(1, 3)):
            which, size = rng.randrange(len(self._digits)), rng.choice(SIZES)
            x, y = rng.randint(0, CANVAS - size), rng.randint(0, CANVAS - size)
            place = Box(0, x, y, x + size, y + size)
            if any(iou(place, other) > 0 for other in taken):
                continue
            taken.append(place)
            image = self._sized[size][which]
            canvas[y : y + size, x : x + size] = torch.maximum(canvas[y : y + size, x : x + size], image)
            ink = (image > 0.3).nonzero()
            (top, left), (bottom, right) = ink.amin(0).tolist(), ink.amax(0).tolist()
            boxes.append(Box(self._digits[which], x + left, y + top, x + right + 1, y + bottom + 1))
        return canvas[None], boxes


def new(seed: int) -> Weights:
    """Four convolutions and an answer per cell: is there a digit's centre, its frame, which digit."""
    init = Init(seed)
    for name, n_in, n_out in (("a", 1, 16), ("b", 16, 32), ("c", 32, 64), ("d", 64, 64)):
        init.convolution(name, n_in, n_out)
    init.convolution("out", 64, 1 + 4 + 10, 1)
    return init.weights


def answers(w: Weights, canvases: torch.Tensor) -> torch.Tensor:
    """[B, 1, 32, 32] -> [B, 8, 8, 15]: for each cell the score's logit, the frame's (dx, dy, log w, log h), ten digits'
    logits."""
    from torch.nn import functional as F

    x = F.max_pool2d(F.conv2d(canvases, w["a.weight"], w["a.bias"], padding=1).relu(), 2)  # [B, 16, 16, 16]
    x = F.max_pool2d(F.conv2d(x, w["b.weight"], w["b.bias"], padding=1).relu(), 2)  # [B, 32, 8, 8]
    x = F.conv2d(x, w["c.weight"], w["c.bias"], padding=1).relu()
    x = F.conv2d(x, w["d.weight"], w["d.bias"], padding=1).relu()  # [B, 64, 8, 8]
    return F.conv2d(x, w["out.weight"], w["out.bias"]).permute(0, 2, 3, 1)


def targets(truth: Sequence[Sequence[Box]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(has a centre, bool [B, 8, 8]; frames [N, 4] and digits [N] of those cells, in the order `frames[has]` would
    give)."""
    import torch

    cells = {}
    for i, boxes in enumerate(truth):
        for box in boxes:
            x, y = (box.x0 + box.x1) / 2 / CELL, (box.y0 + box.y1) / 2 / CELL  # centre, in cells
            cells[i, int(y), int(x)] = ([x % 1, y % 1, (box.x1 - box.x0) / CELL, (box.y1 - box.y0) / CELL], box.digit)
    has = torch.zeros(len(truth), CANVAS // CELL, CANVAS // CELL, dtype=torch.bool)
    for cell in cells:
        has[cell] = True
    frames = torch.tensor([cells[cell][0] for cell in sorted(cells)])
    frames[:, 2:] = frames[:, 2:].log()
    return has, frames, torch.tensor([cells[cell][1] for cell in sorted(cells)])


def detection_loss(out: torch.Tensor, truth: Sequence[Sequence[Box]]) -> dict[str, torch.Tensor]:
    """Score: cross-entropy over all cells; frame: L1; digit: cross-entropy; the last two only where a digit's centre is
    (Redmon et al. 2016)."""
    from torch.nn import functional as F

    has, frames, digits = targets(truth)
    score = F.binary_cross_entropy_with_logits(out[..., 0], has.float(), reduction="sum") / len(truth)
    frame = (out[has][:, 1:5] - frames).abs().sum(1).mean()
    digit = F.cross_entropy(out[has][:, 5:], digits)
    return {"loss": score + frame + digit, "score": score, "frame": frame, "digit": digit}


def find(out: torch.Tensor, least: float = 0.5, overlap: float = 0.3) -> list[Box]:
    """Boxes of one canvas from its answers [8, 8, 15]: those that score `least`, and of overlapping ones only the best
    (non-maximum suppression)."""
    p = out[..., 0].sigmoid()
    boxes = []
    for row, column in (p >= least).nonzero().tolist():
        dx, dy, w, h = out[row, column, 1:5].tolist()
        x, y, w, h = (column + dx) * CELL, (row + dy) * CELL, math.exp(min(w, 3)) * CELL, math.exp(min(h, 3)) * CELL
        x0, y0, x1, y1 = (min(max(value, 0.0), CANVAS) for value in (x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        boxes.append(Box(int(out[row, column, 5:].argmax()), x0, y0, x1, y1, float(p[row, column])))
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: -box.score):
        if all(iou(box, other) <= overlap for other in kept):
            kept.append(box)
    return kept


def match(found: Sequence[Box], truth: Sequence[Box], least: float = 0.5) -> list[tuple[Box, Box]]:
    """(found, true) pairs with an IoU of at least `least`, best score first, each true box at most once."""
    pairs, free = [], list(truth)
    for box in sorted(found, key=lambda box: -box.score):
        best = max(free, key=lambda other: iou(box, other), default=None)
        if best is not None and iou(box, best) >= least:
            pairs.append((box, best))
            free.remove(best)
    return pairs


def measure(found: Sequence[Sequence[Box]], truth: Sequence[Sequence[Box]]) -> dict[str, float]:
    """precision, recall, their harmonic mean f1 (a find counts with IoU >= .5 and the right digit), mean IoU of the
    matched frames."""
    pairs = [pair for one, other in zip(found, truth, strict=True) for pair in match(one, other)]
    n_right = sum(box.digit == true.digit for box, true in pairs)
    n_found, n_true = sum(map(len, found)), sum(map(len, truth))
    return {
        "precision": round(n_right / max(1, n_found), 4), "recall": round(n_right / n_true, 4),
        "f1": round(2 * n_right / (n_found + n_true), 4),
        "iou": round(sum(iou(*pair) for pair in pairs) / max(1, len(pairs)), 4)
    }


def framed(canvas: torch.Tensor, boxes: Sequence[Box], scale: int = 10) -> torch.Tensor:
    """The canvas [32, 32] enlarged, with the boxes drawn in red: [3, 320, 320]."""
    large = canvas.repeat_interleave(scale, 0).repeat_interleave(scale, 1).repeat(3, 1, 1)
    for box in boxes:
        x0, y0, x1, y1 = (min(max(round(value * scale), 0), CANVAS * scale - 1)
                          for value in (box.x0, box.y0, box.x1, box.y1))
        for channel, value in enumerate((1.0, 0.2, 0.2)):
            large[channel, y0 : y1 + 1, [x0, x1]] = value
            large[channel, [y0, y1], x0 : x1 + 1] = value
    return large


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    import torch

    (images, digits), _, (unseen, unseen_digits) = load(params["seed"])
    known, held = Canvases(images, digits, params["seed"]), Canvases(unseen, unseen_digits, params["seed"] + 1)
    tests = [held.draw() for _ in range(300)]
    canvases, truth = torch.stack([canvas for canvas, _ in tests]), [boxes for _, boxes in tests]
    weights = new(params["seed"])

    def loss_at(step: int) -> dict[str, torch.Tensor]:
        drawn = [known.draw() for _ in range(params["batch"])]
        return detection_loss(answers(weights, torch.stack([canvas for canvas, _ in drawn])),
                              [boxes for _, boxes in drawn])

    def found(n: int) -> list[list[Box]]:
        with torch.inference_mode():
            return [find(out) for out in answers(weights, canvases[:n])]

    done = train(run, weights, loss_at, steps=params["steps"], rate=params["rate"],
                 watch=lambda: measure(found(100), truth[:100]), watch_every=100)
    boxes, rng = found(300), random.Random(params["seed"])
    guesses = [[_guess(rng) for _ in one] for one in truth]
    run.event("table", title=Words("300 canvases of unseen digits", "300 张没见过的画布"),
              rows=[{"boxes": "this network", **measure(boxes, truth)},
                    {"boxes": "as many, of a middle size, anywhere", **measure(guesses, truth)}])
    picture(run, "canvas", Words("one canvas and the frames it found", "一张画布与找到的框"),
            framed(canvases[0, 0], boxes[0]), 1)
    run.event("table", title=Words("what it found there", "在这张画布上找到的"),
              rows=[{"digit": box.digit, "score": round(box.score, 3), "left": round(box.x0, 1),
                     "top": round(box.y0, 1), "right": round(box.x1, 1), "bottom": round(box.y1, 1),
                     "IoU": round(max(iou(box, other) for other in truth[0]), 3)}
                    for box in boxes[0]])
    run.save_tensors("detect", weights, {"canvas": CANVAS, "cell": CELL})
    return {
        "parameters": count(weights), "steps": done, "true_boxes": sum(map(len, truth)), **measure(boxes, truth),
        "guessing_f1": measure(guesses, truth)["f1"]
    }


def _guess(rng: random.Random) -> Box:
    x, y = rng.uniform(0, CANVAS - 10), rng.uniform(0, CANVAS - 10)
    return Box(rng.randrange(10), x, y, x + 10, y + 10, 0.5)


LAB = Lab(
    name="detect",
    title=Words("Detection: digits on a canvas", "目标检测：画布上的数字"),
    about=Words(
        "Finds one to three digits among strokes and noise: frames, digits, scores. A find counts with an IoU of .5 "
        "and the right digit; beside it stand frames placed at random.",
        "在有干扰线条和噪声的画布上找出一到三个数字：框、类别、得分。按 IoU ≥ 0.5 且数字正确计数，"
        "旁边是随机放框的结果。",
    ),
    section="6.2",
    question=Words(
        "How does a detector say where things are, and how is a frame judged?",
        "检测器怎样给出物体的位置？怎样衡量框得准不准？",
    ),
    params=(
        Param("steps", "int", 800, Words("steps", "步数"), low=1, high=20_000),
        Param("batch", "int", 32, Words("canvases a step", "每步画布"), low=2, high=256),
        Param("rate", "float", 3e-3, Words("learning rate", "学习率"), low=1e-6, high=1e-2),
        Param("seed", "int", 0, Words("seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=23,
    formulas=(
        Formula(
            r"\text{IoU} = \frac{|A \cap B|}{|A \cup B|}",
            "return both / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - both)",
            Words(
                "The article says “accurately locate” and not how accuracy is counted.",
                "文章说“准确定位”，没有说准不准怎么算。",
            ),
        ),
    ),
    modules=("kb.labs.digits", "kb.labs.tools.blocks", "kb.encoder.training"),
)
