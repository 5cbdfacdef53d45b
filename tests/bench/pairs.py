"""Libraries of abstracts that their readers published in both languages, for `python -m tests.bench.relevance`: which
works a topic concerns does not change with the language that they stand in.

    python -m tests.bench.pairs CLONE... OUT

CLONE: git directories of paper lists made with daily-paper-reader: docs/**/*.md, with `title`, `title_zh` and the
sections 摘要 and Abstract.  OUT: _N libraries, of _TOPICS topics with _ON works each and _OTHERS more; each work stands
in one of the languages, by chance. A work is on a topic where its title has it, or its English abstract twice, by the
patterns below; where the abstract has it once it may be either.
"""

from __future__ import annotations

import io
import random
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

# Measured on daily-paper-reader of Eason70 9668c6e, GGBond-WH 7a8dca2, HeXuPKU dab1fbf, Turfflea e1ad234, ascklasn
# 34900d6, asdfghhhjjk 8a1f736, cmots 76bfa06, czw415176103 578407b, junhao89 1096274, loulouzy e43171a, lxhai0621
# 742f8be, nefelibata2 8dd44d9, starAndHonor 7e860a2, yeyuanjiantheo a3470bc, in this order.
_N, _TOPICS, _ON, _OTHERS, _SEED = 8, 5, 8, 15, 7
# English, Chinese, what names it, and what else has to stand there.
TOPICS = (
    ("KV cache compression", "键值缓存压缩", r"kv[- ]?cache|key-value cache", r"compress|quantiz|evict|prun"),
    ("vision-language-action models", "视觉-语言-动作模型", r"vision-language-action|\bVLAs?\b", ""),
    ("text-to-speech synthesis", "语音合成", r"text-to-speech|\bTTS\b|speech synthesis", ""),
    ("speech translation", "语音翻译", r"speech translation|speech-to-(?:speech|text) translation", ""),
    ("multi-agent systems of language models", "大语言模型多智能体系统", r"multi-agent", r"LLM|language model"),
    ("sparse attention", "稀疏注意力", r"sparse attention|attention sparsi", ""),
    ("acceleration of diffusion models", "扩散模型的加速", r"accelerat\w+|speed-?up|faster", r"diffusion"),
    ("retrieval-augmented generation", "检索增强生成", r"retrieval[- ]augmented|\bRAG\b", ""),
    ("differential privacy", "差分隐私", r"differential privacy|differentially private", ""),
    ("symbolic regression", "符号回归", r"symbolic regression", ""),
    ("cell segmentation", "细胞分割", r"(?:cell|nucle\w+) (?:instance )?segmentation", ""),
    ("multiple instance learning", "多示例学习", r"multiple[- ]instance learning|\bMIL\b", ""),
    ("control barrier functions", "控制障碍函数", r"control barrier function|\bCBFs?\b", ""),
    ("world models", "世界模型", r"world[- ]models?", ""),
    ("prompt injection and jailbreak attacks", "提示注入与越狱攻击", r"prompt injection|jailbreak", ""),
    ("federated learning", "联邦学习", r"federated", ""),
    ("electronic health records", "电子健康记录", r"electronic health record|\bEHRs?\b", ""),
    ("polygenic risk scores", "多基因风险评分", r"polygenic (?:risk )?scor|\bPRS\b", ""),
    ("spatial transcriptomics", "空间转录组学", r"spatial(?:ly resolved)? transcriptomic", ""),
    ("reinforcement learning for reasoning", "推理的强化学习", r"reinforcement learning|\bRL\b|GRPO", r"reasoning"),
    ("physics-informed neural networks", "物理信息神经网络", r"physics-informed|\bPINNs?\b", ""),
    ("clinical decision support", "临床决策支持", r"clinical decision", ""),
    ("video generation", "视频生成", r"video generation|video diffusion", ""),
    ("mixture of experts", "混合专家模型", r"mixture[- ]of[- ]experts|\bMoE\b", ""),
    ("safe reinforcement learning", "安全强化学习", r"safe (?:reinforcement|RL)|safe multi-agent reinforcement", ""),
)


class Work(NamedTuple):
    """A paper. title, abstract: English, Chinese."""

    title: tuple[str, str]
    abstract: tuple[str, str]

    def is_on(self, topic: tuple[str, str, str, str]) -> bool | None:
        """None where it may be either."""
        counts = [(len(re.findall(pattern, self.title[0], re.I)), len(re.findall(pattern, self.abstract[0], re.I)))
                  for pattern in topic[2:] if pattern]
        if all(in_title or n >= 2 for in_title, n in counts):
            return True
        return None if any(counts[0]) else False


def works(clone: str) -> Iterator[Work]:
    """The papers of a list that stand there in both languages."""
    packed = subprocess.run(["git", "-C", clone, "archive", "HEAD", ":(glob)docs/*/**/*.md"], capture_output=True,
                            check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        texts = [file.read().decode("utf-8", "replace") for each in files if (file := files.extractfile(each))]
    for text in texts:
        found = [re.search(pattern, text, re.M | re.S) for pattern in (
            r'^title: *"?([^\n]+?)"?$', r'^title_zh: *"?([^\n]+?)"?$', r"^## Abstract\n(.+?)(?=\n## |\n---|\Z)",
            r"^## 摘要\n(.+?)(?=\n## |\n---|\Z)")]
        title, title_zh, english, chinese = (match[1].strip() if match else "" for match in found)
        if title and title_zh and len(english) > 500 and len(chinese) > 150:
            yield Work((title, title_zh), (english, chinese))


def library(folder: Path, every: Sequence[Work], chance: random.Random) -> None:
    """Writes `papers/` and `topics.tsv`."""
    held = [topic for topic in TOPICS if sum(work.is_on(topic) is True for work in every) >= _ON]
    topics = chance.sample(held, _TOPICS)
    chosen = [work for topic in topics for work in chance.sample([w for w in every if w.is_on(topic) is True], _ON)]
    chosen = list(dict.fromkeys([*chosen, *chance.sample(every, _OTHERS)]))
    (folder / "papers").mkdir(parents=True)
    for i, work in enumerate(chosen):
        k = int(chance.random() < 0.5)
        text = f"# {work.title[k]}\n\n## {('Abstract', '摘要')[k]}\n\n{work.abstract[k]}\n"
        (folder / "papers" / f"{i:03}.md").write_text(text, encoding="utf-8")
    lines = []
    for topic in topics:
        on, either = ([f"{i:03}" for i, work in enumerate(chosen) if work.is_on(topic) is value]
                      for value in (True, None))
        lines += ["\t".join((name, " ".join(on), " ".join(either))) for name in topic[:2]]
    (folder / "topics.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Prints how many abstracts there are."""
    *clones, out = sys.argv[1:]
    every = list({work.title[0]: work for clone in clones for work in works(clone)}.values())
    print(f"{len(every)} abstracts in both languages")
    chance = random.Random(_SEED)
    for i in range(_N):
        library(Path(out) / f"{i}", every, chance)


if __name__ == "__main__":
    main()
