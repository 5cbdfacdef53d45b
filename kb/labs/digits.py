"""Which digit is it: a convolutional network, a vision Transformer, and one that does not know where its patches were
(section 5.2).

Reads: the 1,797 handwritten digits of scikit-learn, 8 x 8 pixels (Alpaydin & Kaynak 1998), and your own drawing if you
give one.
Gives: test accuracy of each network with its interval, the confusion matrix, the worst mistakes.
The article says that large models classify images better than people and no more; here is the mechanism at a size that
trains in seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.errors import DataError
from kb.labs.attention import attention, join, split
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run, load_tensors
from kb.labs.tools.blocks import Init, Weights, check_width, count, linear, norm, picture, refuse, share, train
from kb.labs.tools.measure import confusion
from kb.types import Words

if TYPE_CHECKING:
    import torch

N_TEST, N_HELD = 400, 200  # images tested once, images watched while training
NETWORKS = ("cnn", "vit", "vit without positions")


def load(seed: int) -> tuple[tuple[torch.Tensor, torch.Tensor], ...]:
    """(images [n, 1, 8, 8] in [0, 1], digits [n]) to train on, to watch, to test."""
    import torch
    from sklearn.datasets import load_digits

    data = load_digits()
    images, digits = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16, torch.tensor(data.target)
    order = list(range(len(digits)))
    random.Random(seed).shuffle(order)
    parts = order[N_TEST + N_HELD :], order[N_TEST : N_TEST + N_HELD], order[:N_TEST]
    return tuple((images[part], digits[part]) for part in parts)


def new_cnn(seed: int) -> Weights:
    """Two convolutions and one linear layer: 23,000 weights."""
    init = Init(seed)
    init.convolution("see", 1, 32)
    init.convolution("combine", 32, 64)
    init.linear("out", 64 * 2 * 2, 10)
    return init.weights


def cnn(w: Weights, images: torch.Tensor) -> torch.Tensor:
    """[B, 1, 8, 8] -> logits [B, 10]. A convolution looks at neighbours only, the same way everywhere; pooling halves
    the picture."""
    from torch.nn import functional as F

    x = F.max_pool2d(F.conv2d(images, w["see.weight"], w["see.bias"], padding=1).relu(), 2)  # [B, 32, 4, 4]
    x = F.max_pool2d(F.conv2d(x, w["combine.weight"], w["combine.bias"], padding=1).relu(), 2)  # [B, 64, 2, 2]
    return linear(w, "out", x.flatten(1))


def new_vit(patch: int, d: int, n_layers: int, seed: int) -> Weights:
    """Patches of patch x patch pixels as words of width d."""
    init = Init(seed)
    init.linear("patch", patch * patch, d)
    init.table("positions", (8 // patch) ** 2 + 1, d, d**-0.5)
    init.table("class", 1, d)
    for i in range(n_layers):
        for which in ("q", "k", "v", "o"):
            init.linear(f"{i}.{which}", d, d)
        init.linear(f"{i}.up", d, 2 * d)
        init.linear(f"{i}.down", 2 * d, d)
        init.norm(f"{i}.attention.norm", d)
        init.norm(f"{i}.norm", d)
    init.norm("norm", d)
    init.linear("out", d, 10)
    return init.weights


def vit(w: Weights, images: torch.Tensor, *, n_heads: int, positions: bool = True) -> torch.Tensor:
    """[B, 1, 8, 8] -> logits [B, 10] (Dosovitskiy et al. 2021): the picture as a sentence of patches, read through
    [class].

    Without positions the patches are a bag: any rearrangement of the picture gets the same answer.
    """
    import torch
    from torch.nn import functional as F

    patch = round(w["patch.weight"].shape[1] ** 0.5)
    patches = F.unfold(images, patch, stride=patch).transpose(1, 2)  # [B, T, patch²]
    x = linear(w, "patch", patches)  # [B, T, d]
    x = torch.cat([w["class"].expand(len(x), 1, -1), x], 1)  # [B, 1 + T, d]
    if positions:
        x = x + w["positions"]
    for i in range(sum(name.endswith(".q.weight") for name in w)):
        y = norm(w, f"{i}.attention.norm", x)
        q, k, v = (split(linear(w, f"{i}.{which}", y), n_heads) for which in ("q", "k", "v"))  # [B, H, 1 + T, d/H]
        x = x + linear(w, f"{i}.o", join(attention(q, k, v)[0]))
        x = x + linear(w, f"{i}.down", F.gelu(linear(w, f"{i}.up", norm(w, f"{i}.norm", x))))
    return linear(w, "out", norm(w, "norm", x[:, 0]))


def network(name: str, params: Mapping[str, Any]) -> tuple[Weights, Callable[[torch.Tensor], torch.Tensor]]:
    """(fresh weights, images -> logits) of one of NETWORKS."""
    if name == "cnn":
        weights = new_cnn(params["seed"])
        return weights, lambda images: cnn(weights, images)
    weights = new_vit(int(params["patch"]), params["width"], params["layers"], params["seed"])
    return weights, lambda images: vit(weights, images, n_heads=params["heads"], positions=name == "vit")


def fit(run: Run, name: str, weights: Weights, logits: Callable[[torch.Tensor], torch.Tensor],
        data: tuple[tuple[torch.Tensor, torch.Tensor], ...], *, epochs: int, rate: float, seed: int) -> int:
    """Cross-entropy on shuffled batches of 64; gives the number of steps taken."""
    import torch
    from torch.nn import functional as F

    (images, digits), (held, held_digits), _ = data
    generator = torch.Generator().manual_seed(seed)
    batches: list[torch.Tensor] = []

    def loss_at(step: int) -> dict[str, torch.Tensor]:
        if not batches:
            order = torch.randperm(len(images), generator=generator)
            batches.extend(order[at : at + 64] for at in range(0, len(order), 64))
        batch = batches.pop()
        return {"loss": F.cross_entropy(logits(images[batch]), digits[batch])}

    def watch() -> dict[str, float]:
        return {"right": round(right(logits, held, held_digits) / len(held), 4)}

    steps_an_epoch = -(-len(images) // 64)
    return train(run, weights, loss_at, steps=epochs * steps_an_epoch, rate=rate, watch=watch,
                 watch_every=2 * steps_an_epoch, label=f"_{name}")


def right(logits: Callable[[torch.Tensor], torch.Tensor], images: torch.Tensor, digits: torch.Tensor) -> int:
    """How many images get their digit."""
    import torch

    with torch.inference_mode():
        return int((logits(images).argmax(-1) == digits).sum())


def drawing(path: Path) -> torch.Tensor:
    """Your picture as the networks see digits: one channel, bright on dark, the ink's box scaled into 8 x 8. [1, 1, 8,
    8]. Errors: DataError."""
    import torch
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.width * image.height > 25_000_000:
                raise DataError("E_LAB_PICTURE", path=path,
                                  detail=Words("more than 25 million pixels", "图片超过 2500 万像素"))
            grey = image.convert("RGBA")
            page = Image.new("RGBA", grey.size, "white")
            page.alpha_composite(grey)
            grey = page.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError("E_LAB_PICTURE", path=path,
                          detail=Words(f"not a picture that can be read: {error}", "不是能读取的图片")) from error
    ink = torch.tensor(list(grey.tobytes()), dtype=torch.float32).view(grey.height, grey.width) / 255
    if float(ink[[0, -1]].mean() + ink[:, [0, -1]].mean()) > 1:  # a bright edge: dark ink on paper
        ink = 1 - ink
    marked = (ink > 0.5 * float(ink.max())).nonzero()
    if float(ink.max()) < 0.2 or not len(marked):
        raise DataError("E_LAB_PICTURE", path=path, detail=Words("there is no ink in the picture", "图片里没有笔迹"))
    (top, left), (bottom, right_) = marked.amin(0).tolist(), marked.amax(0).tolist()
    box = ink[top : bottom + 1, left : right_ + 1]
    size = max(box.shape)
    square = torch.zeros(size, size)
    y, x = (size - box.shape[0]) // 2, (size - box.shape[1]) // 2
    square[y : y + box.shape[0], x : x + box.shape[1]] = box
    small = torch.nn.functional.interpolate(square[None, None], (8, 8), mode="area")
    return small / small.max()


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    import torch

    check_width(params)
    mine = drawing(Path(params["drawing"])) if params["drawing"] else None
    data = load(params["seed"])
    _, _, (images, digits) = data
    rows: list[dict[str, Any]] = []
    metrics: dict[str, Any] = {"test": len(digits)}
    majority = int(digits.bincount().max())
    rows.append({"network": "always the most frequent digit", "parameters": 0, **share(majority, len(digits))})
    for name in NETWORKS if params["network"] == "all" else [params["network"]]:
        key = name.replace(" ", "_")
        weights, logits = network(name, params)
        fit(run, key, weights, logits, data, epochs=params["epochs"], rate=params["rate"], seed=params["seed"])
        n_right = right(logits, images, digits)
        rows.append({"network": name, "parameters": count(weights), **share(n_right, len(digits))})
        metrics[key] = round(n_right / len(digits), 4)
        with torch.inference_mode():
            answers = logits(images).argmax(-1)
            if mine is not None:
                run.event(
                    "table", title=Words(f"your picture, {name}", f"你的图片，{name}"), rows=_likely(logits(mine))
                )
        labels = [str(digit) for digit in range(10)]
        run.event(
            "heat",
            title=Words(f"{name}: true digit (rows), answer (columns)", f"{name}：真实（行）与判断（列）"),
            matrix=confusion(answers.numpy(), digits.numpy(), 10).tolist(),
            rows=labels,
            columns=labels,
        )
        run.save_tensors(key, weights, {"network": name, "heads": params["heads"]})
        if run.stopped():
            break
    run.event("table", title=Words(f"{len(digits)} images it never saw", f"{len(digits)} 张没见过的图片"), rows=rows)
    if mine is not None:
        picture(run, "mine", Words("your picture as the network sees it", "网络看到的你的图片"), mine[0, 0], 20)
    return metrics


def _likely(logits: torch.Tensor, k: int = 3) -> list[dict[str, Any]]:
    p, digit = logits[0].softmax(-1).topk(k)
    return [{"digit": int(one), "p": round(float(value), 3)} for value, one in zip(p, digit, strict=True)]


def apply(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Which digit the trained networks see in a picture."""
    import torch

    if not values["drawing"]:
        refuse("drawing", Words("a picture is wanted", "请给出一张图片"))
    mine, rows = drawing(Path(values["drawing"])), []
    for name in NETWORKS:
        key = name.replace(" ", "_")
        if (folder / f"{key}.json").exists():
            weights, meta = load_tensors(folder, key)
            with torch.inference_mode():
                if name == "cnn":
                    logits = cnn(weights, mine)
                else:
                    logits = vit(weights, mine, n_heads=meta["heads"], positions=name == "vit")
            rows += [{"network": name, **row} for row in _likely(logits)]
    return rows


LAB = Lab(
    name="digits",
    title=Words("Classifying images: handwritten digits", "图像分类：手写数字"),
    about=Words(
        "A convolutional network and a vision Transformer on the same data; without positions the Transformer is left "
        "with a bag of patches. Or give your own drawing.",
        "卷积网络与视觉 Transformer 在同样的数据上；去掉位置向量，Transformer 只剩一袋图块。也可以交一张自己画的图片。",
    ),
    section="6.2",
    question=Words(
        "How does a vision Transformer see, and why does it need positions?",
        "视觉 Transformer 怎样看图？为什么需要位置？",
    ),
    params=(
        Param("network", "choice", "all", Words("network", "网络"), choices=("all", *NETWORKS)),
        Param(
            "drawing",
            "file",
            "",
            Words("your picture", "你的图片"),
            Words("one digit, PNG or JPEG", "一个数字，PNG 或 JPEG"),
        ),
        Param("patch", "choice", "2", Words("patch size", "图块边长"), choices=("1", "2", "4")),
        Param("epochs", "int", 30, Words("epochs", "遍数"), low=1, high=200),
        Param("width", "int", 64, Words("width", "宽度"), low=8, high=256),
        Param("layers", "int", 2, Words("layers", "层数"), low=1, high=6),
        Param("heads", "int", 4, Words("heads", "头数"), low=1, high=16),
        Param("rate", "float", 3e-3, Words("learning rate", "学习率"), low=1e-6, high=1e-2),
        Param("seed", "int", 0, Words("seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=24,
    formulas=(
        Formula(
            r"x_0 = [x_\text{class}; E p_1; \dots; E p_T] + P",
            "patches = F.unfold(images, patch, stride=patch).transpose(1, 2)  # [B, T, patch²]",
            Words(
                "A picture is a sentence of patches; the article does not say so.",
                "一张图就是一句由图块组成的话；文章没有说明。",
            ),
        ),
    ),
    fields=(
        Param(
            "drawing",
            "file",
            "",
            Words("your picture", "你的图片"),
            Words("one digit, PNG or JPEG", "一个数字，PNG 或 JPEG"),
        ),
    ),
    apply=apply,
    modules=("kb.labs.attention", "kb.labs.tools.blocks", "kb.encoder.training"),
)
