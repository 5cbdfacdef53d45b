"""Count a Transformer encoder's parameters, and the attention's cost, from its sizes alone.

The article calls a model large by its number of parameters; here is where they sit. The counts are checked against the
bundled model's own weights file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.types import Words

# Published sizes: Devlin et al. 2019; Wang et al. 2020 (MiniLM, six layers, as sentence-transformers ships it).
_PRESETS = {
    "MiniLM": (6, 384, 1536, 30522, 512), "BERT-base": (12, 768, 3072, 30522, 512),
    "BERT-large": (24, 1024, 4096, 30522, 512)
}


def count(layers: int, d: int, d_ff: int, vocabulary: int, positions: int) -> dict[str, int]:
    """Parameters of a BERT encoder by part. Biases and layer norms are counted; there is no pooler and no head."""
    embeddings = (vocabulary + positions + 2) * d + 2 * d  # tokens, positions, two segments; one layer norm
    attention = 4 * (d * d + d)  # W_Q, W_K, W_V, W_O with their biases
    feed_forward = d * d_ff + d_ff + d_ff * d + d
    norms = 2 * 2 * d
    return {
        "embeddings": embeddings, "attention": layers * attention, "feed_forward": layers * feed_forward,
        "layer_norms": layers * norms
    }


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    sizes = _PRESETS.get(params["preset"]) or (params["layers"], params["d"], params["d_ff"], params["vocabulary"], 512)
    parts = count(*sizes)
    total = sum(parts.values())
    run.event("table", title=Words("Where the parameters are", "参数分布"),
              rows=[{"part": name, "parameters": n, "share": round(n / total, 4)} for name, n in parts.items()])
    layers, d, d_ff, _, _ = sizes
    tokens = params["tokens"]
    linear = layers * tokens * (4 * d * d + 2 * d * d_ff)  # multiply-adds of the matrices
    scores = layers * 2 * tokens * tokens * d  # Q K^T and the weighted sum of V
    run.event("table", title=Words("Multiply-adds of one forward pass", "一次前向计算的乘加次数"),
              rows=[{"tokens": n, "matrices": layers * n * (4 * d * d + 2 * d * d_ff),
                     "attention": layers * 2 * n * n * d}
                    for n in (64, 128, 256, 512, tokens)])
    metrics = {
        "parameters": total, "mb_fp32": round(total * 4 / 1e6, 1), "mb_int8": round(total / 1e6, 1),
        "adam_training_mb": round(total * 16 / 1e6, 1), "multiply_adds": linear + scores,
        "attention_share": round(scores / (linear + scores), 4)
    }
    counted = _counted() if params["preset"] == "MiniLM" else None
    if counted is not None:
        metrics["counted_in_the_file"] = counted
        run.event(
            "note",
            text=Words(f"{total:,} by the formula, {counted:,} counted in the weights file (without its pooler).",
                       f"按公式 {total:,} 个，权重文件中数出 {counted:,} 个（不含池化层）。"))
    return metrics


def _counted() -> int:
    """The number of values in the bundled model's file, read from its header."""
    import math

    from safetensors import safe_open

    from kb.encoder.encode import minilm_folder

    with safe_open(minilm_folder() / "model.safetensors", "np") as file:
        names = [name for name in file.keys() if "pooler" not in name and "position_ids" not in name]  # noqa: SIM118
        return sum(math.prod(file.get_slice(name).get_shape()) for name in names)


LAB = Lab(
    name="parameters",
    title=Words("Where the parameters are", "参数在哪里"),
    about=Words(
        "Counts the parameters, memory and multiply-adds of a Transformer encoder from its sizes, and checks the "
        "count against the bundled model's file.",
        "由层数、宽度和词表大小算出一个 Transformer 编码器的参数量、内存和计算量，并与自带模型的权重文件核对。",
    ),
    section="2.1",
    question=Words("How many parameters does a large model have?", "大模型有多少参数？"),
    params=(
        Param(
            "preset",
            "choice",
            "MiniLM",
            Words("Model", "模型"),
            Words("custom uses the sizes below", "自定义（custom）使用下面的尺寸"),
            (*_PRESETS, "custom"),
        ),
        Param("layers", "int", 12, Words("Layers", "层数"), low=1, high=200),
        Param("d", "int", 768, Words("Width d", "宽度 d"), low=8, high=32768),
        Param("d_ff", "int", 3072, Words("Feed-forward width", "前馈宽度"), low=8, high=131072),
        Param("vocabulary", "int", 30522, Words("Vocabulary", "词表大小"), low=2, high=1_000_000),
        Param("tokens", "int", 128, Words("Tokens of the input", "输入长度"), low=1, high=100_000),
    ),
    work=work,
    seconds=1,
    trains=False,
    formulas=(
        Formula(
            r"P_\text{layer} = 4(d^2 + d) + 2\,d\,d_\text{ff} + d_\text{ff} + d + 4d",
            "attention = 4 * (d * d + d)",
            Words(
                "The article says “billions of parameters” and not where they are.",
                "文章只说“数十亿参数”，没有说它们在哪里。",
            ),
        ),
        Formula(
            r"\text{cost} = n\,(4d^2 + 2\,d\,d_\text{ff}) + 2\,n^2 d",
            "scores = layers * 2 * tokens * tokens * d",
            Words(
                "Attention's cost grows with the square of the length, which the article leaves out.",
                "注意力的代价随长度平方增长，文章没有提到。",
            ),
        ),
    ),
)
