"""Protein structures and quantum systems: what they need, and why there is no run of them here (section 5.4).

A structure predictor does not fit in this package, and a small one that draws a plausible chain would be a fake. So
this lab checks a sequence of yours, counts what a predictor would have to hold for it, and says what to use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools.blocks import refuse
from kb.types import Words

# Mean masses of the residues in dalton, as ExPASy's tables give them; a chain has one molecule of water more.
MASSES = {
    "A": 71.0788, "R": 156.1875, "N": 114.1038, "D": 115.0886, "C": 103.1388, "E": 129.1155, "Q": 128.1307,
    "G": 57.0519, "H": 137.1411, "I": 113.1594, "L": 113.1594, "K": 128.1741, "M": 131.1926, "F": 147.1766,
    "P": 97.1167, "S": 87.0782, "T": 101.1051, "W": 186.2132, "Y": 163.1760, "V": 99.1326
}
WATER = 18.0153
PAIR_CHANNELS = 128  # of AlphaFold 2's pair representation (Jumper et al. 2021, supplement 1.4)


def read_sequence(text: str) -> str:
    """The residues of a plain or FASTA sequence, in capitals. Errors: SettingError with the letters that are none."""
    lines = [line for line in text.strip().splitlines() if not line.startswith(">")]
    sequence = "".join("".join(lines).split()).upper()
    if unknown := " ".join(sorted(set(sequence) - set(MASSES))):
        refuse("sequence", Words(f"not letters of amino acids: {unknown}", f"不是氨基酸字母：{unknown}"))
    if not sequence:
        refuse("sequence", Words("a sequence of amino acids is wanted", "请输入氨基酸序列"))
    return sequence


def pair_bytes(n: int) -> int:
    """Bytes of one pair representation z [n, n, 128] in 32-bit numbers: it grows with the square of the length, as
    attention does."""
    return n * n * PAIR_CHANNELS * 4


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    sequence = read_sequence(params["sequence"])
    n = len(sequence)
    run.event(
        "note", text=Words(
            "No structure is predicted here: the package has no structure model, and a small one that draws a "
            "plausible "
            "fold would be a fake. What follows is what can truly be counted from a sequence.",
            "这里不预测结构：包里没有结构模型，一个能画出“像样”折叠的小模型只会是假的。下面是对序列能如实算出的东西。"))
    run.event(
        "note",
        text=Words(
            "To predict it needs: the weights of a structure model (AlphaFold or ESMFold, say) and a graphics "
            "card with "
            "the memory for them; AlphaFold 2 also needs databases of related sequences. For known proteins, look "
            "it up "
            "in the AlphaFold Protein Structure Database.",
            "预测结构需要：一个结构模型（例如 AlphaFold 或 ESMFold）的权重、有足够显存的显卡；"
            "AlphaFold 2 还需要同源序列数据库。已知蛋白可以直接查 AlphaFold 蛋白结构数据库。",
        ),
    )
    run.event(
        "note", text=Words(
            "Quantum systems: n qubits are 2ⁿ complex numbers, 16 GiB for 30 of them; the article says that "
            "large models "
            "\"can simulate quantum systems\", and this does not change.",
            "量子计算：模拟 n 个量子比特要存 2ⁿ 个复数，30 个就是 16 GiB；文章说大模型“可以模拟量子系统”，"
            "这一点没有改变。"))
    run.event("table", title=Words("Size of the pair representation", "成对表示的大小"),
              rows=[{"residues": length, "MiB": round(pair_bytes(length) / 2 ** 20, 1)}
                    for length in sorted({n, 100, 400, 1600})])
    run.event("table", title=Words("Composition", "组成"),
              rows=[{"residue": letter, "count": sequence.count(letter)} for letter in sorted(set(sequence))])
    return {
        "structure_predicted": False, "residues": n,
        "mass_dalton": round(sum(MASSES[letter] for letter in sequence) + WATER, 2),
        "pair_mib": round(pair_bytes(n) / 2 ** 20, 2)
    }


LAB = Lab(
    name="protein",
    title=Words("Proteins and quantum systems: what they need", "蛋白质结构与量子：需要什么"),
    about=Words(
        "No fake demonstration: checks your sequence, counts its mass and the memory a structure model would take for "
        "it, and says what a real prediction needs.",
        "不做假演示：检查你的序列，算出质量和结构模型要占的内存，说明真正的预测需要什么。",
    ),
    section="6.4",
    question=Words("What does protein structure prediction take from attention?", "蛋白质结构预测用到了注意力的什么？"),
    params=(
        Param(
            "sequence",
            "text",
            "GIVEQCCTSICSLYQLENYCN",
            Words("sequence", "氨基酸序列"),
            Words("one-letter or FASTA; the default is human insulin's A chain", "单字母或 FASTA；默认是人胰岛素 A 链"),
        ),
    ),
    work=work,
    seconds=1,
    trains=False,
    formulas=(
        Formula(
            r"|z| = n^2 \cdot 128",
            "return n * n * PAIR_CHANNELS * 4",
            Words("The article does not name the cost.", "文章没有提到代价。"),
        ),
    ),
    modules=("kb.labs.tools.blocks",),
)
