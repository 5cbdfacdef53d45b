"""The figures of the article, drawn here: attention in numbers, encoder, decoder, fine-tuning, compression, years.

    python tools/figures.py      writes corpus/figures/NAME.zh.svg and NAME.en.svg again

Gives: SVG that stands alone, with its colours for light and dark. What a figure says stands in the article, or (the
measurements of compression) in docs/labs.md.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kb.types import Language, Words  # noqa: E402 - the project stands beside this script

FOLDER = ROOT / "corpus" / "figures"
_STYLE = (
    "text{font:14px system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;fill:#222}"
    ".small{font-size:12px;fill:#666}.page{fill:#fff}.box{fill:#eef3f8;stroke:#2a6fb0}.warm{fill:#fbeee8;stroke:#c4572b}"
    ".bar{fill:#2a6fb0}.hot{fill:#c4572b}.arrow{stroke:#666;fill:none;stroke-width:1.5}.tip{fill:#666}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.small{fill:#aaa}.page{fill:#1b1b1b}"
    ".box{fill:#20303f;stroke:#74b2ea}.warm{fill:#40281f;stroke:#f0936a}.bar{fill:#74b2ea}.hot{fill:#f0936a}"
    ".arrow{stroke:#aaa}.tip{fill:#aaa}}")
# As docs/labs.md has them for the English sentences: MB, ms of one text, accuracy of 500.
COMPRESSED = ((Words("fp32", "fp32"), 90.3, 6.3, 0.864), (Words("int8", "int8"), 22.9, 2.4, 0.854),
              (Words("half of the weights 0", "一半权重为 0"), 90.3, 5.9, 0.822),
              (Words("3 layers, distilled", "蒸馏为 3 层"), 61.9, 2.1, 0.838),
              (Words("3 layers, distilled, int8", "蒸馏为 3 层，int8"), 15.7, 1.3, 0.836))
YEARS = ((1956, Words("Dartmouth workshop", "达特茅斯会议")), (1958, Words("perceptron", "感知机")),
         (1986, Words("back-propagation", "反向传播")), (1997, Words("LSTM", "LSTM")),
         (2012, Words("AlexNet", "AlexNet")),
         (2014, Words("attention in translation", "注意力用于翻译")), (2017, Words("Transformer", "Transformer")),
         (2018, Words("GPT and BERT", "GPT 与 BERT")), (2020, Words("GPT-3", "GPT-3")),
         (2022, Words("PaLM, ChatGPT", "PaLM、ChatGPT")), (2023, Words("Llama, Mixtral, DPO", "Llama、Mixtral、DPO")),
         (2024, Words("o1, DeepSeek-V3, MCP", "o1、DeepSeek-V3、MCP")),
         (2025, Words("DeepSeek-R1, Qwen3", "DeepSeek-R1、Qwen3")))


class Drawing:
    """Boxes, arrows and words on a page."""

    def __init__(self, width: int, height: int, language: Language) -> None:
        self.width, self.height, self.language = width, height, language
        self._parts: list[str] = []

    def box(self, x: float, y: float, width: float, words: Words, *, height: float = 40, kind: str = "box") -> None:
        """A box with its words in the middle."""
        self._parts.append(f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6"/>')
        self.text(x + width / 2, y + height / 2 + 5, words, anchor="middle")

    def text(self, x: float, y: float, words: Words, *, anchor: str = "start", kind: str = "") -> None:
        """A line of words."""
        style = f' class="{kind}"' if kind else ""
        self._parts.append(f'<text{style} x="{x:g}" y="{y:g}" text-anchor="{anchor}">'
                           f"{html.escape(words.in_(self.language))}</text>")

    def bar(self, x: float, y: float, width: float, *, kind: str = "bar") -> None:
        """A bar of a chart."""
        self._parts.append(f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:.1f}" height="14"/>')

    def arrow(self, points: Sequence[tuple[float, float]]) -> None:
        """A line through points, with a tip at its end."""
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        u, v = (x1 - x0) / length, (y1 - y0) / length
        tip = [(x1, y1), (x1 - 8 * u - 4 * v, y1 - 8 * v + 4 * u), (x1 - 8 * u + 4 * v, y1 - 8 * v - 4 * u)]
        for kind, each in (("arrow", points), ("tip", tip)):
            name = "polyline" if kind == "arrow" else "polygon"
            self._parts.append(f'<{name} class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in each)}"/>')

    def svg(self, title: Words) -> str:
        """The whole picture."""
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
                f'viewBox="0 0 {self.width} {self.height}" role="img"><title>'
                f"{html.escape(title.in_(self.language))}</title><style>{_STYLE}</style>"
                f'<rect class="page" width="100%" height="100%"/>{"".join(self._parts)}</svg>\n')


def same(text: str) -> Words:
    """What is the same in both languages."""
    return Words(text, text)


def attention(language: Language) -> str:
    """The article's example of section 3.2: one query, two keys, two values."""
    page = Drawing(760, 250, language)
    page.box(20, 95, 110, same("q = (1, 0)"))
    for y, key, score, weight, value in ((30, "k₁ = (1, 0)", "0.707", "0.670", "v₁ = (2, 0)"),
                                         (160, "k₂ = (0, 1)", "0", "0.330", "v₂ = (0, 4)")):
        page.box(170, y, 110, same(key))
        page.box(320, y, 80, same(score), kind="warm")
        page.box(440, y, 80, same(weight), kind="warm")
        page.box(560, y, 110, same(value))
        page.arrow([(130, 115), (168, y + 20)])
        page.arrow([(280, y + 20), (318, y + 20)])
        page.arrow([(400, y + 20), (438, y + 20)])
        page.arrow([(520, y + 20), (558, y + 20)])
        page.arrow([(615, y + 40 if y < 100 else y), (615, 96 if y < 100 else 138)])
    page.box(540, 97, 200, Words("output ≈ (1.34, 1.32)", "输出 ≈ (1.34, 1.32)"), kind="warm")
    for x, words in ((75, Words("query", "查询")), (225, Words("keys", "键")), (360, same("q·k / √2")),
                     (480, same("softmax")), (615, Words("values", "值"))):
        page.text(x, 228, words, anchor="middle", kind="small")
    return page.svg(Words("Attention in numbers", "用数字看注意力"))


def transformer(language: Language) -> str:
    """Encoder and decoder, with cross-attention between them."""
    page = Drawing(790, 400, language)
    for x, title in ((60, Words("encoder, N layers", "编码器，N 层")),
                     (460, Words("decoder, N layers", "解码器，N 层"))):
        page.text(x + 110, 24, title, anchor="middle")
    layers = ((60, ((70, Words("feed-forward", "前馈")), (150, Words("self-attention", "自注意力")))),
              (460, ((70, Words("feed-forward", "前馈")), (150, Words("cross-attention", "交叉注意力")),
                     (230, Words("masked self-attention", "带掩码的自注意力")))))
    for x, boxes in layers:
        for y, words in boxes:
            page.box(x, y, 220, words, kind="warm" if y == 150 and x > 400 else "box")
            page.text(x + 228, y + 14, Words("+ x, norm", "+ x，归一化"), kind="small")
        for y, _ in boxes[:-1]:
            page.arrow([(x + 110, y + 78), (x + 110, y + 42)])
    page.box(60, 330, 220, Words("input tokens + positions", "输入词元 + 位置"))
    page.arrow([(170, 330), (170, 192)])
    page.box(460, 330, 220, Words("output so far + positions", "已写出的部分 + 位置"))
    page.arrow([(570, 330), (570, 272)])
    page.arrow([(170, 70), (170, 45), (410, 45), (410, 170), (458, 170)])
    page.text(330, 38, Words("keys and values", "键和值"), anchor="middle", kind="small")
    page.box(500, 34, 140, Words("next token", "下一个词元"), height=22)
    page.arrow([(570, 70), (570, 58)])
    return page.svg(Words("Encoder and decoder", "编码器与解码器"))


def finetuning(language: Language) -> str:
    """The five steps of section 5.2, and which part of the data each sees."""
    page = Drawing(760, 190, language)
    steps = (Words("1 prepare", "1 准备"), Words("2 loss, optimiser", "2 损失、优化器"), Words("3 train", "3 训练"),
             Words("4 select", "4 选择"), Words("5 test once", "5 测试一次"))
    for i, words in enumerate(steps):
        page.box(10 + 150 * i, 30, 135, words, kind="warm" if i == 4 else "box")
        if i:
            page.arrow([(145 + 150 * (i - 1), 50), (158 + 150 * (i - 1), 50)])
    for i, words in ((2, Words("training set", "训练集")), (3, Words("validation set", "验证集")),
                     (4, Words("test set", "测试集"))):
        page.box(10 + 150 * i, 120, 135, words, height=34)
        page.arrow([(77 + 150 * i, 120), (77 + 150 * i, 72)])
    page.arrow([(527, 30), (527, 14), (377, 14), (377, 28)])
    apart = Words("no text stands in two of them →", "没有一条文本同在两处 →")
    page.text(160, 142, apart, anchor="middle", kind="small")
    return page.svg(Words("Fine-tuning in five steps", "微调的五个步骤"))


def compression(language: Language) -> str:
    """Size, time and accuracy of one classifier in five forms."""
    page = Drawing(760, 60 + 44 * len(COMPRESSED), language)
    columns = ((190, 150, Words("size, MB", "大小，MB"), 1, 90.3),
               (390, 150, Words("time of one text, ms", "一条文本，毫秒"), 2, 6.3),
               (590, 110, Words("accuracy", "准确率"), 3, 1.0))
    for x, _, words, _, _ in columns:
        page.text(x, 26, words, kind="small")
    for i, row in enumerate(COMPRESSED):
        y = 44 + 44 * i
        page.text(14, y + 13, row[0])
        for x, width, _, at, most in columns:
            value = float(row[at])  # type: ignore[arg-type]
            page.bar(x, y, width * value / most, kind="hot" if at == 3 else "bar")
            page.text(x + width * value / most + 6, y + 12, same(f"{value:g}"), kind="small")
    return page.svg(Words("One classifier, five forms, measured", "同一个分类器的五种形式，实测"))


def timeline(language: Language) -> str:
    """The years that section 1 names, one below the other."""
    page = Drawing(760, 40 + 28 * len(YEARS), language)
    page.arrow([(110, 14), (110, 30 + 28 * len(YEARS))])
    for i, (year, words) in enumerate(YEARS):
        y = 34 + 28 * i
        page.bar(104, y - 7, 12, kind="hot" if year >= 2017 else "bar")
        page.text(92, y + 5, same(str(year)), anchor="end")
        page.text(132, y + 5, words)
    return page.svg(Words("From 1956 to 2025", "从 1956 到 2025"))


FIGURES = {"timeline": timeline, "attention": attention, "compression": compression, "transformer": transformer,
           "fine-tuning": finetuning}


def drawn() -> dict[str, str]:
    """File name -> SVG of every figure in both languages."""
    return {f"{name}.{language}.svg": draw(language) for name, draw in FIGURES.items() for language in ("zh", "en")}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, svg in drawn().items():
        (FOLDER / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
