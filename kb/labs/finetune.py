"""The article's five steps of fine-tuning, on the bundled reviews or on a file of labelled sentences.

1 prepare   2 loss and optimiser   3 train   4 choose on validation   5 test once

Beside it the baselines that cost nothing: the most frequent label, and TF-IDF with logistic regression. The answer
given to a new text is a weighted sum of the two models' log-probabilities, the weights chosen on validation; each
part's own test accuracy is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kb.encoder.encode import bundled, pad
from kb.errors import LabError, QuestionError, UnknownLab
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run, load_tensors
from kb.labs.tools.baseline import Baseline, choose_weights, combine
from kb.labs.tools.network import Network, Plan, cut, open_network, predict, train
from kb.labs.tools.report import report
from kb.labs.tools.texts import Texts, prepare
from kb.runs import read_run
from kb.text import guess_language
from kb.types import Words

if TYPE_CHECKING:
    import torch

# full: better than 5e-5 on 2,500 held-out film phrases; that rate leaves LoRA and the head untrained
_RATES = {"full": 1e-4, "lora": 2e-3, "head": 1e-2}
_CURVE_SECONDS = 330  # the learning curve is begun only if the run can still end within this
_LEAST_STEPS = 24  # of a small training of the curve: 125 examples in two epochs are eight steps, which teach nothing


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    # 1. Prepare: read, refuse what cannot be learnt from, split, tokenize; the baseline comes first, it costs nothing.
    texts = prepare(params, run)
    baseline = texts.baseline()
    baseline_said = baseline.log_probabilities(texts.of("validation"))
    baseline_accuracy = accuracy(baseline_said, texts.targets["validation"])
    run.event("metric", step=0, baseline_validation_accuracy=round(baseline_accuracy, 4))

    # 2. Loss and optimiser, 3. train, keeping the epoch that is best on validation.
    network, trained = fit(texts, params, run)

    # 4. Choose on validation: the weights with which the two models answer together.
    network_said = log_softmax(predict(network, texts.rows["validation"]))
    parts = [network_said, baseline_said]
    weights = choose_weights(parts if params["combine"] else parts[:1], texts.targets["validation"])
    weights = weights if params["combine"] else (*weights, 0.0)
    validation_accuracy = accuracy(combine(parts, weights), texts.targets["validation"])
    save(run, network, baseline, texts, weights, params["max_length"])

    # 5. Test, once.
    tested = [log_softmax(predict(network, texts.rows["test"])), baseline.log_probabilities(texts.of("test"))]
    metrics = {
        **report(run, texts, tested, weights), "n_train": len(texts.split.train),
        "n_validation": len(texts.split.validation), "validation_accuracy": round(validation_accuracy, 4), **trained
    }
    if params["curve"]:
        whole = {"fine_tuned": accuracy(network_said, texts.targets["validation"]), "baseline": baseline_accuracy}
        metrics["learning_curve"] = _learning_curve(run, texts, params, trained["train_seconds"], whole)
    return metrics


def fit(texts: Texts, params: Mapping[str, Any], run: Run, *, name: str = "", n: int | None = None,
        random_weights: bool = False) -> tuple[Network, dict[str, Any]]:
    """The encoder with a linear head, trained on the first n training texts (None: on all); the epoch with the best
    validation accuracy (then log loss) is kept."""
    import torch
    from torch.nn import functional as F

    rows = texts.rows["train"][:n]
    network = Network.pretrained(texts.n_labels, rows, seed=params["seed"], random_weights=random_weights)
    network.train_only(params.get("train", "full"), seed=params["seed"])
    right, held = torch.from_numpy(texts.targets["train"][:n]), torch.from_numpy(texts.targets["validation"])

    def loss_of(batch: list[int]) -> torch.Tensor:
        tokens, mask = pad([rows[i] for i in batch])
        return F.cross_entropy(network(tokens, mask), right[batch])

    def validate() -> tuple[float, dict[str, float]]:
        logits = predict(network, texts.rows["validation"])
        share, loss = float((logits.argmax(1) == held).float().mean()), float(F.cross_entropy(logits, held))
        return share - 1e-3 * min(loss, 9.0), {"validation_accuracy": share, "validation_loss": loss}

    rate = params["rate"] or _RATES[params.get("train", "full")]
    plan = Plan(params["epochs"], rate, params["batch"], params["seed"])
    return network, train(network, [len(row) for row in rows], loss_of, validate, plan, run, name=name)


def log_softmax(logits: torch.Tensor) -> NDArray[np.float64]:
    """log P [n, C], in double precision."""
    import torch

    return np.asarray(torch.log_softmax(logits.double(), dim=1).numpy())


def accuracy(log_probabilities: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    """The share of rows whose likeliest label is the right one."""
    return float((log_probabilities.argmax(axis=1) == targets).mean())


def save(run: Run, network: Network, baseline: Baseline, texts: Texts, weights: Sequence[float],
         max_length: int) -> None:
    """Writes what `classify` needs."""
    network.save(run, "model", {
        "labels": list(texts.split.labels), "weights": list(weights), "max_length": max_length,
        "baseline": {"by": baseline.by, "terms": baseline.terms}
    })
    run.save_tensors("baseline", baseline.tensors(), {"by": baseline.by})


def _learning_curve(run: Run, texts: Texts, params: Mapping[str, Any], seconds: float,
                    whole: Mapping[str, float]) -> list[dict[str, Any]]:
    """Validation accuracy of smaller trainings, each on the beginning of the same (stratified) training set; the test
    set is not touched. seconds: what the whole training took; whole: what it came to."""
    n_all, right = len(texts.rows["train"]), texts.targets["validation"]
    points = []
    for n in sorted({n for n in (n_all // 16, n_all // 4) if n >= 16}):
        epochs = max(params["epochs"], -(-_LEAST_STEPS * params["batch"] // n))
        takes = seconds * n * epochs / (n_all * params["epochs"])
        has_all_labels = len(set(texts.targets["train"][:n].tolist())) == texts.n_labels
        if run.stopped() or not has_all_labels or run.seconds() + takes > _CURVE_SECONDS:
            continue
        network, _ = fit(texts, {**params, "epochs": epochs}, run, name=f"n={n}", n=n)
        points.append({
            "n": n,
            "fine_tuned": round(accuracy(log_softmax(predict(network, texts.rows["validation"])), right), 4),
            "baseline": round(accuracy(texts.baseline(n).log_probabilities(texts.of("validation")), right), 4),
        })
    points.append({"n": n_all, **{name: round(value, 4) for name, value in whole.items()}})
    run.event("points", title=Words("Learning curve (validation)", "学习曲线（验证集）"),
              x_title=Words("training examples", "训练样本数"), x=[point["n"] for point in points],
              lines={"fine-tuned": [point["fine_tuned"] for point in points],
                     "TF-IDF": [point["baseline"] for point in points]})
    return points


# --- its answers, after the run ---


def classify(folder: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What a finished run says of new texts: [{"text", "label", "probability", "probabilities", "fine_tuned",
    "baseline", "is_cut"}], in their order.

    fine_tuned and baseline are each model's own probability of that label; is_cut: only the text's beginning was read
    by the encoder. Errors: QuestionError for an empty text, SettingError for a folder without such a run, DataError
    E_LAB_MODEL for a damaged one.
    """
    if not all(text.strip() for text in texts):
        raise QuestionError("Q_EMPTY")
    network, baseline, meta = load(folder)
    plain = [" ".join(text.encode("utf-8", "replace").decode("utf-8").split()) for text in texts]
    rows = bundled().tokenize(plain)
    parts = [log_softmax(predict(network, cut(rows, meta["max_length"]))), baseline.log_probabilities(plain)]
    probabilities = np.exp(combine(parts, meta["weights"]))
    results = []
    for i, text in enumerate(texts):
        best = int(probabilities[i].argmax())
        each = [round(float(p), 4) for p in probabilities[i]]
        results.append({
            "text": text, "label": meta["labels"][best], "probability": each[best],
            "probabilities": dict(zip(meta["labels"], each, strict=True)),
            "fine_tuned": round(float(np.exp(parts[0][i, best])), 4),
            "baseline": round(float(np.exp(parts[1][i, best])), 4), "is_cut": len(rows[i]) > meta["max_length"]
        })
    return results


def load(folder: Path) -> tuple[Network, Baseline, dict[str, Any]]:
    """(network, baseline, what was written with them) of a finished run. Errors: SettingError, DataError."""
    found = read_run(folder)
    if found is None or found.lab != "finetune" or not (folder / "model.json").exists():
        raise UnknownLab("E_LAB_NO_RUN", path=folder)
    network, meta = open_network(folder)
    tensors, _ = load_tensors(folder, "baseline")
    try:
        baseline = Baseline.from_tensors(meta["baseline"]["by"], meta["baseline"]["terms"], tensors)
        return network, baseline, {name: meta[name] for name in ("labels", "weights", "max_length")}
    except (KeyError, TypeError) as error:
        missing = Words(f"{error} is missing", f"缺少 {error}")
        raise LabError("E_LAB_MODEL", path=folder / "model.json", detail=missing) from error


def try_text(folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answer, then what becomes of it without each of the words that matter most (Zeiler & Fergus 2014:
    occlusion)."""
    text = values["text"]
    whole = classify(folder, [text])[0]
    label = whole["label"]
    shorter = [(word, text.replace(word, " ", 1)) for word in _words(text)]
    shorter = [(word, rest) for word, rest in shorter if rest.strip()][:200]
    answers = classify(folder, [rest for _, rest in shorter]) if shorter else []
    rows = [{
        "text": f"− {word}", "label": label, "probability": round(answer["probabilities"][label], 4),
        "fine-tuned alone": None, "TF-IDF alone": None
    } for (word, _), answer in zip(shorter, answers, strict=True)]
    rows.sort(key=lambda row: -abs(row["probability"] - whole["probability"]))
    return [{
        "text": text, "label": label, "probability": whole["probability"], "fine-tuned alone": whole["fine_tuned"],
        "TF-IDF alone": whole["baseline"]
    }, *rows[:8]]


def _words(text: str) -> list[str]:
    """Distinct words; for Chinese the tokens of the encoder's vocabulary that stand in the text, longest first."""
    if guess_language(text) == "en":
        return list(dict.fromkeys(text.split()))
    chinese = bundled().chinese
    known = set(chinese.tokens) if chinese else set()
    found, at = [], 0
    while at < len(text):
        word = next((text[at:end] for end in range(min(len(text), at + 6), at + 1, -1) if text[at:end] in known),
                    text[at])
        found.append(word)
        at += len(word)
    return [word for word in dict.fromkeys(found) if word.strip() and word.isalnum()]


ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16", "latin-1")
LAB = Lab(
    name="finetune",
    title=Words("Fine-tuning in five steps", "微调：五个步骤"),
    about=Words(
        "Fine-tunes the bundled encoder on the bundled reviews or on your CSV or JSON lines: free baselines first, "
        "then training, the choice on validation, and one look at the test set.",
        "在自带的评论或你的 CSV/JSONL 上微调自带的编码器：先看不花钱的基线，再训练，在验证集上选择，测试集只用一次。",
    ),
    section="5.2",
    question=Words("What are the steps of fine-tuning?", "微调的步骤有哪些？"),
    params=(
        Param(
            "data",
            "file",
            "",
            Words("Data file", "数据文件"),
            Words("CSV, TSV or JSON lines; empty: the bundled reviews", "CSV、TSV 或 JSONL；空着则用自带的评论"),
        ),
        Param("text", "text", "text", Words("Text column", "文本列")),
        Param("label", "text", "label", Words("Label column", "标签列")),
        Param(
            "test",
            "file",
            "",
            Words("Test file", "测试文件"),
            Words("empty: a fifth of the data is held out", "空着则从数据中留出五分之一"),
        ),
        Param(
            "language", "choice", "en", Words("Language of the bundled reviews", "自带评论的语言"),
            choices=("en", "zh"), zh="zh"
        ),
        Param("n_train", "int", 2000, Words("Training examples", "训练样本数"), low=10, high=50_000),
        Param("n_test", "int", 2000, Words("Test examples at most", "最多测试样本数"), low=10, high=50_000),
        Param("epochs", "int", 3, Words("Epochs", "轮数"), low=1, high=20),
        Param(
            "train",
            "choice",
            "full",
            Words("What learns", "训练什么"),
            Words(
                "full: every weight; lora: low-rank changes; head: the linear head alone",
                "全部权重（full）；低秩增量（lora）；只训练分类头（head）",
            ),
            tuple(_RATES),
        ),
        Param(
            "rate",
            "float",
            0.0,
            Words("Learning rate (0: automatic)", "学习率（0 为自动）"),
            Words("0: what was measured best for the choice above", "0：按所选方式取已测得的最佳值"),
            low=0.0,
            high=0.02,
        ),
        Param("batch", "int", 32, Words("Batch", "批大小"), low=2, high=256),
        Param("max_length", "int", 128, Words("Most tokens", "最长词元数"), low=4, high=256),
        Param(
            "combine",
            "bool",
            True,
            Words("Combine with TF-IDF", "与 TF-IDF 组合"),
            Words(
                "adds the two models' log-probabilities, weights chosen on validation",
                "按验证集选权重，把两个模型的对数概率相加",
            ),
        ),
        Param(
            "curve",
            "bool",
            True,
            Words("Learning curve", "学习曲线"),
            Words("trains on a sixteenth and a quarter of the data too", "另用 1/16 和 1/4 的数据各训练一次"),
        ),
        Param("encoding", "choice", "utf-8", Words("Encoding of the file", "文件编码"), choices=ENCODINGS),
        Param("drop_empty", "bool", False, Words("Leave out empty rows", "略去空行")),
        Param("seed", "int", 0, Words("Seed", "随机种子"), low=0, high=2**31 - 1),
    ),
    work=work,
    seconds=54,
    formulas=(
        Formula(
            r"\mathcal{L} = -\frac{1}{n}\sum_i \log P(y_i \mid x_i)",
            "F.cross_entropy(network(tokens, mask), right[batch])",
            Words(
                "The article says “define a loss” and does not write it: it is the cross-entropy.",
                "文章只说“定义损失函数”，没有写出来：这是交叉熵。",
            ),
        ),
        Formula(
            r"\log P(y \mid x) \propto w_1 \log P_\text{fine-tuned} + w_2 \log P_\text{TF-IDF}",
            'weights = choose_weights(parts if params["combine"] else parts[:1], texts.targets["validation"])',
            Words(
                "The article has no baseline. An accuracy without one says little, and the sum of both is often "
                "better.",
                "文章没有基线。没有基线的准确率说明不了什么；两者相加常常更好。",
            ),
        ),
    ),
    fields=(
        Param(
            "text",
            "text",
            "This movie was absolutely amazing! I loved the acting and the plot.",
            Words("Your text", "你的文本"),
            zh="这部电影太精彩了，演员和情节我都喜欢。",
        ),
    ),
    apply=try_text,
    modules=(
        "kb.labs.tools.network",
        "kb.encoder.training",
        "kb.labs.tools.texts",
        "kb.labs.tools.data",
        "kb.labs.tools.baseline",
        "kb.labs.tools.report",
    ),
)
