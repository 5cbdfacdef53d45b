"""Pre-training matters: the same network, data and steps, once from the pre-trained weights and once from random ones.

The article says that pre-training gives general knowledge that fine-tuning transfers; the difference of the two test
accuracies is it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kb.labs import finetune
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools import measure
from kb.labs.tools.network import predict
from kb.labs.tools.texts import prepare
from kb.types import Words


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    values = finetune.LAB.check({**params, "curve": False})
    texts = prepare(values, run)
    right, n = texts.targets["test"], len(texts.split.test)
    baseline_accuracy = round(finetune.accuracy(texts.baseline().log_probabilities(texts.of("test")), right), 4)
    shown: list[dict[str, Any]] = [{"start": "TF-IDF", "accuracy": baseline_accuracy, "low": None, "high": None}]
    metrics: dict[str, Any] = {
        "test_n": n, "n_train": len(texts.split.train), "baseline_accuracy": baseline_accuracy
    }
    for name, random_weights in (("pretrained", False), ("random", True)):
        if run.stopped():
            break
        network, _ = finetune.fit(texts, values, run, name=name, random_weights=random_weights)
        n_right = int((predict(network, texts.rows["test"]).argmax(1).numpy() == right).sum())
        low, high = measure.interval(n_right, n)
        metrics[f"{name}_accuracy"] = round(n_right / n, 4)
        shown.append({
            "start": name, "accuracy": metrics[f"{name}_accuracy"], "low": round(low, 3), "high": round(high, 3)
        })
    run.event("table", title=Words("The same network, data and steps", "同样的网络、数据与步数"), rows=shown)
    counts = np.bincount(right)
    metrics["majority_accuracy"] = round(float(counts.max() / counts.sum()), 4)
    return metrics


_KEPT = ("data", "text", "label", "test", "language", "n_test", "batch", "max_length", "encoding", "drop_empty", "seed")
LAB = Lab(
    name="pretraining-matters",
    title=Words("Pre-training matters", "预训练有多重要"),
    about=Words(
        "The same network, data and steps, once from pre-trained weights and once from random ones.",
        "同样的网络、数据和训练步数，一次从预训练权重开始，一次从随机权重开始。",
    ),
    section="3.1",
    question=Words("Why is a model pre-trained?", "为什么要预训练？"),
    params=(
        *(param for param in finetune.LAB.params if param.name in _KEPT),
        Param("n_train", "int", 1000, Words("Training examples", "训练样本数"), low=10, high=50_000),
        Param("epochs", "int", 3, Words("Epochs", "轮数"), low=1, high=20),
        Param("rate", "float", 0.0, Words("Learning rate (0: automatic)", "学习率（0 为自动）"),
              Words("0: 1e-4", "0：1e-4"), low=0.0, high=0.02),
    ),
    work=work,
    seconds=97,
    formulas=(
        Formula(
            r"\theta_0 = \theta_\text{pre-trained} \;\text{or}\; \theta_0 \sim \mathcal{N}(0,\, 0.02^2)",
            'for name, random_weights in (("pretrained", False), ("random", True)):',
            Words(
                "The article states that pre-training helps and shows no control; here only the starting point "
                "differs.",
                "文章断言预训练有用，没有给出对照；这里两次训练只有起点不同。",
            ),
        ),
    ),
    modules=("kb.labs.finetune", "kb.labs.tools.network"),
)
