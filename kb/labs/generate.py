"""Making pictures out of noise: a conditional diffusion model of digits, judged by a network that never saw its
pictures (section 5.2).

Reads: scikit-learn's 8 x 8 digits.  Gives: new digits of the kind that was asked for, the share that a separately
trained CNN recognises, and how near each is to a training image (a copy would be at distance 0).
The article says that large models generate lifelike pictures; this is the mechanism (Ho et al. 2020) at a size that
trains in half a minute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.labs.digits import cnn, fit, load, new_cnn
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run, load_tensors
from kb.labs.tools.blocks import Init, Weights, count, linear, norm, picture, train
from kb.labs.tools.measure import interval
from kb.types import Words

if TYPE_CHECKING:
    import torch

NO_DIGIT = 10  # the condition "any digit", which guidance compares with
BLOCKS = 3


def kept(n_steps: int) -> torch.Tensor:
    """alpha_bar_t for t = 1 … T, how much of the picture's variance is left after t steps of noise [T]: cos² from 1 to
    0 (Nichol & Dhariwal 2021)."""
    import torch

    t = torch.arange(1, n_steps + 1) / n_steps
    return (torch.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2).clamp_min(1e-4)


def new(width: int, seed: int) -> Weights:
    """An untrained noise predictor."""
    init = Init(seed)
    init.linear("in", 64, width)
    init.table("digit", NO_DIGIT + 1, width, 1.0)
    init.linear("time", 32, width)
    for i in range(BLOCKS):
        init.norm(f"{i}.norm", width)
        init.linear(f"{i}.up", width, 2 * width)
        init.linear(f"{i}.down", 2 * width, width)
    init.norm("norm", width)
    init.linear("out", width, 64)
    return init.weights


def clock(share: torch.Tensor) -> torch.Tensor:
    """t / T [B] as 32 waves [B, 32], so that near times look alike and far ones differ (Vaswani et al. 2017)."""
    import torch

    waves = share[:, None] * torch.exp(torch.linspace(0, 6, 16))
    return torch.cat([waves.sin(), waves.cos()], 1)


def noise(w: Weights, x: torch.Tensor, share: torch.Tensor, digit: torch.Tensor) -> torch.Tensor:
    """epsilon_theta(x_t, t, y): the noise that is in x_t [B, 64], at time t / T [B], if the picture shows y [B]."""
    from torch.nn import functional as F

    condition = w["digit"][digit] + linear(w, "time", clock(share))  # [B, width]
    h = linear(w, "in", x)
    for i in range(BLOCKS):
        h = h + linear(w, f"{i}.down", F.gelu(linear(w, f"{i}.up", norm(w, f"{i}.norm", h + condition))))
    return linear(w, "out", norm(w, "norm", h))


def diffusion_loss(w: Weights, x0: torch.Tensor, digit: torch.Tensor, alpha_bar: torch.Tensor,
                   generator: torch.Generator) -> torch.Tensor:
    """mean ||epsilon - epsilon_theta(sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) epsilon, t, y)||² over random t and
    epsilon (Ho et al., equation 14).

    One picture in ten is shown without its digit, so that the same network also knows pictures in general.
    """
    import torch

    n_steps = len(alpha_bar)
    t = torch.randint(0, n_steps, (len(x0),), generator=generator)  # [B], t - 1
    epsilon = torch.randn(x0.shape, generator=generator)
    a = alpha_bar[t][:, None]
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * epsilon  # [B, 64]
    y = torch.where(torch.rand(len(x0), generator=generator) < 0.1, NO_DIGIT, digit)
    return (epsilon - noise(w, x_t, (t + 1) / n_steps, y)).square().mean()


def sample(w: Weights, digits: torch.Tensor, *, n_steps: int, guidance: float, seed: int) -> torch.Tensor:
    """Pictures [B, 64] in [-1, 1] of the digits asked for [B], from noise, T steps back.

    Guidance (Ho & Salimans 2022): epsilon = epsilon(x) + g (epsilon(x | y) - epsilon(x)); g = 1 is the plain
    conditional model.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    alpha_bar = kept(n_steps)
    x = torch.randn(len(digits), 64, generator=generator)
    with torch.inference_mode():
        for t in range(n_steps, 0, -1):
            share = torch.full((len(digits),), t / n_steps)
            plain = noise(w, x, share, torch.full_like(digits, NO_DIGIT))
            epsilon = plain + guidance * (noise(w, x, share, digits) - plain)
            a, before = alpha_bar[t - 1], alpha_bar[t - 2] if t > 1 else torch.tensor(1.0)
            x0 = ((x - (1 - a).sqrt() * epsilon) / a.sqrt()).clamp(-1, 1)  # what the picture would be without the noise
            step = a / before  # alpha_t = 1 - beta_t
            mean = (before.sqrt() * (1 - step) * x0 + step.sqrt() * (1 - before) * x) / (1 - a)  # Ho et al., equation 7
            fresh = ((1 - before) / (1 - a) * (1 - step)).sqrt() * torch.randn(x.shape, generator=generator)
            x = mean + fresh if t > 1 else x0
    return x


def nearest(x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Distance from each picture to the nearest known one [B]."""
    import torch

    return torch.cdist(x, known).amin(1)


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    import torch

    data = load(params["seed"])
    (images, digits), _, (unseen, _) = data
    x0 = images.flatten(1) * 2 - 1  # [n, 64] in [-1, 1]
    weights, alpha_bar = new(params["width"], params["seed"]), kept(params["noise_steps"])
    generator = torch.Generator().manual_seed(params["seed"])

    def loss_at(step: int) -> dict[str, torch.Tensor]:
        batch = torch.randint(0, len(x0), (params["batch"],), generator=generator)
        return {"loss": diffusion_loss(weights, x0[batch], digits[batch], alpha_bar, generator)}

    done = train(run, weights, loss_at, steps=params["steps"], rate=params["rate"], every=50)
    run.save_tensors("generate", weights, {"noise_steps": params["noise_steps"]})
    asked = torch.arange(200) % 10
    made = sample(weights, asked, n_steps=params["noise_steps"], guidance=params["guidance"], seed=params["seed"])
    n_right = int((_judge(run, data, made, params["seed"]) == asked).sum())
    _show(run, weights, made, params)
    own, real = nearest(made, x0), nearest(unseen.flatten(1) * 2 - 1, x0)
    run.event("table", title=Words("Distance to the nearest training image", "到最近的训练图片的距离"),
              rows=[{"pictures": name, "median": round(float(d.median()), 2), "smallest": round(float(d.min()), 2)}
                    for name, d in (("made", own), ("real, unseen", real))])
    low, high = interval(n_right, len(asked))
    return {
        "parameters": count(weights), "steps": done, "recognised": n_right / len(asked), "from": round(low, 3),
        "to": round(high, 3), "made": len(asked), "distance_made": round(float(own.median()), 2),
        "distance_real": round(float(real.median()), 2)
    }


def _judge(run: Run, data: tuple[tuple[torch.Tensor, torch.Tensor], ...], made: torch.Tensor,
           seed: int) -> torch.Tensor:
    """The digit that a network sees in each picture [B]; it was trained on real ones and knows nothing of these."""
    import torch

    judge = new_cnn(seed)
    fit(run, "judge", judge, lambda x: cnn(judge, x), data, epochs=20, rate=3e-3, seed=seed)
    with torch.inference_mode():
        return cnn(judge, (made.view(-1, 1, 8, 8) + 1) / 2).argmax(-1)


def _show(run: Run, w: Weights, made: torch.Tensor, params: Mapping[str, Any]) -> None:
    """Ten pictures on one sheet: one of every digit, or ten of the digit that was asked for."""
    import torch

    digits, pictures = torch.arange(10), made[:10]
    if params["digit"] >= 0:
        digits = torch.full((10,), params["digit"])
        pictures = sample(w, digits, n_steps=params["noise_steps"], guidance=params["guidance"],
                          seed=params["seed"] + 1)
    sheet = ((pictures.view(2, 5, 8, 8) + 1) / 2).permute(0, 2, 1, 3).reshape(16, 40)
    names = " ".join(map(str, digits.tolist()))
    picture(run, "made", Words(f"made from noise: {names}", f"由噪声生成：{names}"), sheet)


def apply(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A new digit as eight lines of text, from a trained network."""
    import torch

    weights, meta = load_tensors(folder, "generate")
    picture = sample(weights, torch.tensor([values["digit"]]), n_steps=meta["noise_steps"], guidance=values["guidance"],
                     seed=values["seed"])
    return [{"picture": "".join(2 * " ░▒▓█"[min(4, int((float(value) + 1) * 2.5))] for value in row)}
            for row in picture.view(8, 8)]


_GUIDANCE = Param(
    "guidance", "float", 2.0, Words("guidance", "引导强度"), Words("1: none", "1：不引导"), low=0.0, high=10.0
)
_SEED = Param("seed", "int", 0, Words("seed", "随机种子"), low=0, high=2**31 - 1)

LAB = Lab(
    name="generate",
    title=Words("Making pictures: digits from noise", "图像生成：从噪声到数字"),
    about=Words(
        "A conditional diffusion model learns in half a minute to draw the digit it is asked for; a network that "
        "knows nothing of it judges the result, and copies of training images would show.",
        "条件扩散模型在半分钟内学会画出指定的数字；另一个没见过它的网络来判断画得像不像，"
        "并检查它是否只是抄了训练图片。",
    ),
    section="6.2",
    question=Words("How does a diffusion model make a picture from noise?", "扩散模型怎样由噪声生成图像？"),
    params=(
        Param(
            "digit",
            "int",
            -1,
            Words("digit to draw", "画哪个数字"),
            Words("-1: all of them", "-1：全部"),
            low=-1,
            high=9,
        ),
        _GUIDANCE,
        Param("noise_steps", "int", 100, Words("noise steps T", "噪声步数 T"), low=2, high=1000),
        Param("steps", "int", 3000, Words("training steps", "训练步数"), low=1, high=50_000),
        Param("batch", "int", 128, Words("pictures a step", "每步图片"), low=2, high=512),
        Param("width", "int", 256, Words("width", "宽度"), low=16, high=1024),
        Param("rate", "float", 2e-3, Words("learning rate", "学习率"), low=1e-6, high=1e-2),
        _SEED,
    ),
    work=work,
    seconds=48,
    formulas=(
        Formula(
            r"x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \epsilon",
            "x_t = a.sqrt() * x0 + (1 - a).sqrt() * epsilon  # [B, 64]",
            Words("The article says that pictures are made and not how.", "文章只说能生成图像，没有说怎么生成。"),
        ),
        Formula(
            r"\hat\epsilon = \epsilon_\theta(x_t) + g\,(\epsilon_\theta(x_t | y) - \epsilon_\theta(x_t))",
            "epsilon = plain + guidance * (noise(w, x, share, digits) - plain)",
            Words("y is the digit asked for, g the strength of guidance.", "y 是要画的数字，g 是引导强度。"),
        ),
    ),
    fields=(
        Param("digit", "int", 3, Words("digit", "数字"), low=0, high=9),
        _GUIDANCE,
        _SEED,
    ),
    apply=apply,
    modules=("kb.labs.digits", "kb.labs.tools.blocks", "kb.encoder.training"),
)
