"""Smaller and faster: pruning, quantisation and distillation of a fine-tuned classifier, in one table of size, latency
and accuracy.

The teacher is the network of a finished `finetune` run, or one trained here on the bundled reviews. Size is what the
variant takes in a file, latency the median of one text at a time, both measured, and every accuracy stands with its
interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.encoder.encode import pad
from kb.errors import ParameterError, UnknownLab
from kb.labs import finetune
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools.network import Network, Plan, Rows, cut, open_network, predict, train
from kb.labs.tools.texts import Texts, prepare, tokens
from kb.labs.tools.variants import dense, half, int8, measured, pruned, student_of
from kb.runs import read_run
from kb.types import Words

if TYPE_CHECKING:
    import torch

_STATES_WEIGHT = 3.0


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    shares = shares_to_prune(params)
    teacher, texts, max_length = _teacher(params, run)
    variants = [dense("fp32", teacher), half("bf16", teacher), int8("int8", teacher)]
    variants += [dense(f"pruned {share:g}", pruned(teacher, share)) for share in shares]
    if params["student_layers"] and not run.stopped():
        name = f"{params['student_layers']} layers"
        untrained = student_of(teacher, params["student_layers"], params["neurons"])
        variants.append(dense(f"{name}, untrained", untrained))
        student = distil(teacher, texts, _unlabelled(params, texts, max_length, run), params, run)
        student.save(run, "student", {"labels": list(texts.split.labels), "max_length": max_length})
        variants += [dense(f"{name}, distilled", student), int8(f"{name}, distilled, int8", student)]
    rows, right = texts.rows["test"][: params["n_test"]], texts.targets["test"][: params["n_test"]]
    shown = [] if run.stopped() else measured(variants, rows, right)
    for i, row in enumerate(shown):
        run.event("metric", step=i + 1, test_accuracy=row["accuracy"], ms=row["ms"])
    run.event("table", title=Words("Size, latency and accuracy", "大小、延迟与准确率"), rows=shown)
    run.save_rows("table.csv", shown)
    run.event(
        "note",
        text=Words(
            "Unstructured pruning sets weights to 0: neither the file nor the time gets smaller. For that, take "
            "out whole "
            "layers, or use fewer bits.",
            "非结构化剪枝把权重变成 0，文件大小和速度都不变：要变小变快，需要去掉整层，或用更少的位数。",
        ),
    )
    return {"test_n": len(right), "rows": shown, **_compared(shown, f"{params['student_layers']} layers, distilled")}


def _compared(shown: Sequence[Mapping[str, Any]], student: str) -> dict[str, Any]:
    """How int8 and the student stand to float32."""
    by_name = {row["model"]: row for row in shown}
    if not by_name:
        return {}
    whole, small = by_name["fp32"], by_name["int8"]
    found = {
        "fp32_accuracy": whole["accuracy"], "int8_accuracy": small["accuracy"],
        "int8_times_smaller": round(whole["mb"] / small["mb"], 2),
        "int8_times_faster": round(whole["ms"] / small["ms"], 2)
    }
    if student in by_name:
        taught = by_name[student]
        found |= {
            "student_accuracy": taught["accuracy"],
            "student_times_faster": round(whole["ms"] / taught["ms"], 2),
            "student_times_more_per_second": round(taught["per_second"] / whole["per_second"], 2)
        }
    return found


def distil(teacher: Network, texts: Texts, extra: Rows, params: Mapping[str, Any], run: Run) -> Network:
    """A student of fewer layers that learns the teacher's probabilities, on the training texts and on texts that nobody
    labelled.

    Loss: alpha T^2 KL(teacher || student) at temperature T (Hinton et al. 2015), (1 - alpha) cross-entropy where there
    is a label, and the distance of the last states token by token (Romero et al. 2015, Jiao et al. 2020), which is what
    makes few layers enough.
    """
    import torch
    from torch.nn import functional as F

    student = student_of(teacher, params["student_layers"], params["neurons"])
    rows = [*texts.rows["train"], *extra]
    right = torch.cat([torch.from_numpy(texts.targets["train"]), torch.full((len(extra),), -100)])
    temperature, alpha = params["temperature"], params["alpha"]

    def loss_of(batch: list[int]) -> torch.Tensor:
        tokens, mask = pad([rows[i] for i in batch])
        with torch.no_grad():
            wanted = teacher.token_states(tokens, mask)  # [B, T, d]
            soft = F.log_softmax(teacher.logits_of(wanted, mask) / temperature, 1)
        states = student.token_states(tokens, mask)
        logits = student.logits_of(states, mask)
        said = F.log_softmax(logits / temperature, 1)
        loss = alpha * temperature**2 * F.kl_div(said, soft, log_target=True, reduction="batchmean")
        labelled = right[batch] >= 0
        if bool(labelled.any()):
            loss = loss + (1 - alpha) * F.cross_entropy(logits[labelled], right[batch][labelled])
        total: torch.Tensor = loss + _STATES_WEIGHT * F.mse_loss(states[mask], wanted[mask])
        return total

    held = torch.from_numpy(texts.targets["validation"])

    def validate() -> tuple[float, dict[str, float]]:
        accuracy = float((predict(student, texts.rows["validation"]).argmax(1) == held).float().mean())
        return accuracy, {"validation_accuracy": accuracy}

    plan = Plan(params["student_epochs"], params["student_rate"], 32, params["seed"], dropout=0.0)
    train(student, [len(row) for row in rows], loss_of, validate, plan, run, name="student")
    return student


def shares_to_prune(params: Mapping[str, Any]) -> list[float]:
    """The shares to prune, from "0.3, 0.5". Errors: SettingError."""
    shares = []
    for word in filter(str.strip, params["prune"].replace("，", ",").split(",")):
        try:
            share = float(word)
        except ValueError:
            raise ParameterError("E_LAB_NUMBER", name="prune", value=word, default=0.5) from None
        if not 0 <= share < 1:
            raise ParameterError("E_LAB_RANGE", name="prune", value=word, low=0, high=0.99)
        shares.append(share)
    return shares


def _teacher(params: Mapping[str, Any], run: Run) -> tuple[Network, Texts, int]:
    """(network, texts, most tokens) of a run with the very split it was trained on, or of one that is trained here."""
    if not params["run"]:
        values = finetune.LAB.check({
            "language": params["language"], "n_train": params["n_train"], "epochs": 3, "seed": params["seed"],
            "curve": False
        })
        texts = prepare(values, run)
        return finetune.fit(texts, values, run, name="teacher")[0], texts, values["max_length"]
    found = read_run(Path(params["run"]))
    if found is None or found.lab != "finetune" or not (found.folder / "model.json").exists():
        raise UnknownLab("E_LAB_NO_RUN", path=params["run"])
    values = finetune.LAB.check(found.params)
    return open_network(found.folder)[0], prepare(values, run), values["max_length"]


def _unlabelled(params: Mapping[str, Any], texts: Texts, max_length: int, run: Run) -> list[list[int]]:
    """Token rows of texts that are in no part of the split: their labels are not used."""
    parts = (texts.split.train, texts.split.validation, texts.split.test)
    used = {example.text for part in parts for example in part}
    rest = [example for example in dict.fromkeys(texts.all) if example.text not in used][: params["n_extra"]]
    if rest:
        run.event(
            "note", text=Words(f"Distillation uses {len(rest)} more texts, without their labels.",
                               f"蒸馏时另用 {len(rest)} 条文本，不用它们的标签。"))
    return cut(tokens(rest), max_length)


LAB = Lab(
    name="compress",
    title=Words("Pruning, quantisation, distillation", "剪枝、量化、蒸馏"),
    about=Words(
        "Makes a fine-tuned classifier smaller and faster: one table of size, latency, texts per second and accuracy "
        "with its interval.",
        "把微调好的分类器变小变快：一张表列出大小、延迟、每秒条数与准确率（带置信区间）。",
    ),
    section="3.3",
    question=Words("What are pruning, quantisation and distillation?", "剪枝、量化和知识蒸馏有什么区别？"),
    params=(
        Param(
            "run",
            "text",
            "",
            Words("Folder of a finetune run", "微调运行的文件夹"),
            Words("empty: one is trained on the bundled reviews first", "空着则先在自带的评论上训练一个"),
        ),
        Param(
            "language", "choice", "en", Words("Language of the bundled reviews", "自带评论的语言"),
            choices=("en", "zh"), zh="zh"
        ),
        Param(
            "n_train", "int", 1000, Words("Training examples of the teacher", "教师的训练样本数"), low=20, high=50_000
        ),
        Param("n_test", "int", 500, Words("Test examples", "测试样本数"), low=20, high=5000),
        Param(
            "prune",
            "text",
            "0.5, 0.9",
            Words("Shares to prune", "剪枝比例"),
            Words("each from 0 to 1", "每个在 0 到 1 之间"),
        ),
        Param(
            "student_layers",
            "int",
            3,
            Words("Layers of the student", "学生层数"),
            Words("0: no distillation", "0：不蒸馏"),
            low=0,
            high=6,
        ),
        Param(
            "neurons",
            "float",
            0.5,
            Words("Share of neurons kept", "保留的神经元比例"),
            Words("of each feed-forward layer of the student", "学生每个前馈层"),
            low=0.05,
            high=1.0,
        ),
        Param("student_epochs", "int", 6, Words("Epochs of the student", "学生轮数"), low=1, high=40),
        Param("student_rate", "float", 2e-4, Words("Learning rate of the student", "学生学习率"), low=1e-6, high=0.01),
        Param("temperature", "float", 2.0, Words("Temperature T", "温度 T"), low=0.5, high=20.0),
        Param("alpha", "float", 0.7, Words("Weight of soft labels, alpha", "软标签权重 α"), low=0.0, high=1.0),
        Param("n_extra", "int", 2000, Words("Unlabelled texts at most", "最多无标签文本"), low=0, high=50_000),
        Param("seed", "int", 0, Words("Seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=124,
    formulas=(
        Formula(
            r"\mathcal{L} = \alpha T^2\, \text{KL}(p_T^{\text{teacher}} \,\|\, p_T^{\text{student}}) + "
            r"(1-\alpha)\,\text{CE}(y, p^{\text{student}})",
            "loss = alpha * temperature**2 * F.kl_div(",
            Words(
                "The article gives distillation one sentence: no formula, no temperature, no weight.",
                "文章用一句话描述蒸馏，没有公式、温度或权重。",
            ),
        ),
        Formula(
            r"\hat w = s \cdot \text{round}(w / s), \quad s = \max_j |w_{ij}| / 127",
            "whole = torch.round(tensor / scale[:, None]).to(torch.int8)",
            Words(
                "The article says “fixed point” and not where the scale comes from: here one per output row.",
                "文章说“定点数”，没有说比例因子从哪里来：这里每个输出行一个。",
            ),
        ),
        Formula(
            r"w \mapsto w \cdot [\,|w| > q_a\,]",
            "tensor.data = torch.where(tensor.abs() > limit, tensor, 0.0).detach()",
            Words(
                "The article says pruning makes models smaller; stored densely, a zero takes the same room.",
                "文章说剪枝减小模型；不改变存储格式时，零也占地方。",
            ),
        ),
    ),
    modules=("kb.labs.tools.variants", "kb.labs.tools.network", "kb.encoder.training", "kb.labs.finetune"),
)
