"""A small library on one subject, in both languages, that surveys are made of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb import KnowledgeBase

PAPERS = {
    "hinton": (
        "Distilling the Knowledge in a Neural Network",
        "Geoffrey Hinton, Oriol Vinyals, Jeff Dean",
        2015,
        "1503.02531",
        "Knowledge distillation is a way to train a small network on the output probabilities of a large one.",
        "The student is trained on softened probabilities that the teacher gives at a high temperature.",
        "A distilled acoustic model reached 60.8 percent frame accuracy against 58.9 percent for the baseline.",
        "A limitation of this work is that our experiments do not show how far a student can be shrunk.",
        "",
    ),
    "sanh": (
        "DistilBERT, a distilled version of BERT",
        "Victor Sanh, Lysandre Debut, Julien Chaumond, Thomas Wolf",
        2019,
        "1910.01108",
        "DistilBERT is a six-layer encoder that was distilled from BERT during pre-training for general use.",
        "The training objective combines a distillation loss, a masked language loss and a cosine loss.",
        "On GLUE the distilled encoder kept 97% of the score of its teacher while being 60% faster.",
        "Copying layers requires that teacher and student share a width, which cannot be narrowed.",
        "[1] G. Hinton et al. Distilling the knowledge in a neural network. arXiv:1503.02531, 2015.",
    ),
    "han": (
        "Learning both Weights and Connections for Efficient Networks",
        "Song Han, Jeff Pool",
        2015,
        "1506.02626",
        "Pruning is a family of methods that remove the connections of a network that matter least for its output.",
        "The network is trained, its small weights are removed, and the remaining weights are trained again.",
        "On ImageNet the number of parameters of AlexNet fell by 9 times without loss of accuracy at 80.3%.",
        "Unstructured sparsity does not speed up inference on common hardware without special kernels.",
        "",
    ),
    "frankle": (
        "The Lottery Ticket Hypothesis",
        "Jonathan Frankle, Michael Carbin",
        2018,
        "1803.03635",
        "The lottery ticket hypothesis states that a dense network contains a sparse subnetwork that trains as "
        "well alone.",
        "Iterative magnitude pruning removes a fifth of the weights in each of many rounds of training.",
        "Winning tickets with 3.6% of the weights reached the accuracy of the dense network on MNIST.",
        "Finding a ticket costs several complete training runs, so training does not become cheaper.",
        "[1] S. Han and J. Pool. Learning both weights and connections for efficient networks. 2015.",
    ),
    "frantar": (
        "GPTQ：生成式模型的训练后量化方法研究",
        "Elias Frantar, Saleh Ashkboos, Torsten Hoefler",
        2022,
        "2210.17323",
        "GPTQ 是一种只量化权重的训练后量化方法，它利用近似的二阶信息补偿每一列的舍入误差。",
        "量化按同一列顺序逐层进行，每量化一列权重就立即调整尚未量化的其余权重。",
        "在 WikiText2 上，4 位 GPTQ 的困惑度为 8.37，而直接舍入得到的困惑度为 10.54。",
        "该方法不能加速大批量的推理，因为乘法本身并没有换成低位的整数运算。",
        "",
    ),
    "lin": (
        "AWQ：面向语言模型的激活感知权重量化",
        "Ji Lin, Jiaming Tang",
        2023,
        "2306.00978",
        "AWQ 是一种只量化权重的方法，它在舍入之前放大遇到较大激活的权重通道以保住精度。",
        "缩放系数由一小份校准数据上的激活幅度搜索得到，全程不需要反向传播。",
        "在 OPT 模型上，3 位权重只保护 1% 的通道就使困惑度从 23.54 降到 11.39。",
        "论文没有检查量化对偏见等次要性质的影响，校准数据也只用了通用网页文本。",
        "[1] E. Frantar 等. GPTQ. arXiv:2210.17323.",
    ),
}


def paper(name: str) -> str:
    title, authors, year, arxiv, what, how, result, limit, references = PAPERS[name]
    chinese = any("\u4e00" <= c <= "\u9fff" for c in what)
    names = ("方法", "结果", "局限", "参考文献") if chinese else ("Method", "Results", "Limits", "References")
    listed = f"\n## {names[3]}\n\n{references}\n" if references else ""
    return (
        f'---\ntitle: "{title}"\nauthors: [{authors}]\nyear: {year}\narxiv: "{arxiv}"\n---\n# {title}\n\n{what}\n\n## '
        f'{names[0]}\n\n{how}\n\n'
        f"## {names[1]}\n\n{result}\n\n## {names[2]}\n\n{limit}\n{listed}")


def fill(base: KnowledgeBase, folder: Path, names: tuple[str, ...] = tuple(PAPERS)) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.md").write_text(paper(name), encoding="utf-8")
    report = base.add([folder])
    assert not report.failed


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("surveyed") / "library"
    with KnowledgeBase.open(home, encoder="hashing") as opened:
        fill(opened, home.parent / "papers")
    return home


@pytest.fixture
def library(_filled: Path, tmp_path: Path) -> Iterator[KnowledgeBase]:
    """A copy of the six papers' library, for one test."""
    shutil.copytree(_filled, tmp_path / "six")
    with KnowledgeBase.open(tmp_path / "six", encoder="hashing") as opened:
        yield opened


def by_name(base: KnowledgeBase, name: str) -> str:
    return next(info.id for info in base.documents() if info.path.endswith(f"{name}.md"))
