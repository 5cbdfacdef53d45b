"""Notes found again after real edits: two versions of each of many files, out of git histories.

    python -m tests.bench.anchors FILES.json [all|tune|held] [--show]

FILES.json: [{"git": folder, "path": …, "old": commit, "new": commit, "lang": "zh"}, …]

Quotes (sentences, parts of them, a few words) are drawn from the old version, half of them where something was edited,
and looked for in the new one. What is right is said by a diff of both versions, word by word and Chinese character by
character, which knows nothing of the search: all of the quote's words kept -> there, at that place; a half or more kept
between the same neighbours -> changed, overlapping that place; a fifth or less kept, nowhere else in the new version
-> gone. What the diff cannot judge is left out and counted: in between, or deleted here while the same words stand
elsewhere (moved, or said twice). Files are split by their repository: failures are looked at on "tune" alone, figures
are told of "held".
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from kb.base import anchors
from kb.base.places import Compared, compared
from kb.readers import Limits, latex, markdown
from kb.text import CJK, sentence_spans

_TOKEN = re.compile(rf"[{CJK}]|[^\W{CJK}]+|[^\w\s]")
_EACH = 24  # quotes of a file
Mapped = dict[int, int]  # token of the old text -> of the new one


def read(entry: dict[str, str], commit: str) -> str:
    """The text of a version of a file as the library has it."""
    data = subprocess.run(["git", "-C", entry["git"], "show", f"{commit}:{entry['path']}"], capture_output=True,
                          check=True).stdout
    reader = latex if entry["path"].endswith(".tex") else markdown
    return reader.read(data, Limits(), None).text


def diffed(old: list[str], new: list[str]) -> Mapped:
    """Which tokens were kept, by git's diff."""
    with tempfile.TemporaryDirectory() as folder:
        for name, tokens in (("a", old), ("b", new)):
            Path(folder, name).write_text("\n".join(tokens) + "\n", encoding="utf-8")
        said = subprocess.run(["git", "diff", "--no-index", "--histogram", "-U0", "a", "b"], cwd=folder,
                              capture_output=True, check=False).stdout.decode("utf-8", "replace")
    mapped, at, to = {}, 0, 0
    for a, n, b, m in re.findall(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", said, re.MULTILINE):
        n_old, n_new = int(n or 1), int(m or 1)
        start = int(a) - 1 if n_old else int(a)
        while at < start:
            mapped[at] = to
            at, to = at + 1, to + 1
        at, to = start + n_old, (int(b) - 1 if n_new else int(b)) + n_new
    while at < len(old):
        mapped[at] = to
        at, to = at + 1, to + 1
    return mapped


def drawn(text: str, tokens: list[re.Match[str]], mapped: Mapped, rng: random.Random) -> list[tuple[str, int, int]]:
    """(kind, start, end) of the quotes of a text, half of them where it was edited."""
    sentences = [span for span in sentence_spans(text) if 25 <= span[1] - span[0] <= 400]
    edited = [span for span in sentences
              if any(i not in mapped for i, t in enumerate(tokens) if span[0] <= t.start() < span[1])]
    found = []
    for n in range(_EACH):
        pool = edited if n % 2 and edited else sentences
        if not pool:
            break
        start, end = rng.choice(pool)
        inside = [t for t in tokens if start <= t.start() < end]
        kind = ("sentence", "part", "words")[n % 3]
        if kind != "sentence":
            size = rng.randint(6, 14) if kind == "part" else rng.randint(2, 4)
            first = rng.randrange(max(1, len(inside) - size))
            inside = inside[first:first + size]
        if inside and len(compared(text[inside[0].start():inside[-1].end()])) >= 4:
            found.append((kind, inside[0].start(), inside[-1].end()))
    return found


def truth(start: int, end: int, old: list[re.Match[str]], new: list[re.Match[str]], mapped: Mapped, quote: str,
          after: Compared) -> tuple[str, int, int]:
    """("there" | "changed" | "gone" | "unclear", where in the new text)."""
    own = [i for i, t in enumerate(old) if start <= t.start() < end]
    kept = [mapped[i] for i in own if i in mapped]
    share = len(kept) / len(own)
    if share == 1 and kept[-1] - kept[0] == len(kept) - 1:
        return "there", new[kept[0]].start(), new[kept[-1]].end()
    if share >= 0.5 and kept[-1] - kept[0] < 2 * len(own):
        return "changed", new[kept[0]].start(), new[kept[-1]].end()
    if share <= 0.2 and not any(True for _ in after.spans(quote)):
        return "gone", 0, 0
    return "unclear", 0, 0


def main(path: str, part: str = "all") -> None:
    counts: dict[tuple[str, str], Counter[str]] = {}
    n_files: Counter[str] = Counter()
    for entry in json.loads(Path(path).read_text(encoding="utf-8")):
        is_held = hashlib.sha256(entry["git"].encode()).digest()[0] % 2 == 0
        if part != "all" and is_held != (part == "held"):
            continue
        try:
            before, after = read(entry, entry["old"]), read(entry, entry["new"])
        except (subprocess.CalledProcessError, ValueError):
            continue
        n_files[entry["lang"]] += 1
        old, new = list(_TOKEN.finditer(before)), list(_TOKEN.finditer(after))
        mapped = diffed([t.group() for t in old], [t.group() for t in new])
        rng = random.Random(f"{entry['git']}{entry['path']}")
        was, now = Compared(before), Compared(after)
        for kind, start, end in drawn(before, old, mapped, rng):
            state, first, last = truth(start, end, old, new, mapped, before[start:end], now)
            found = anchors.find(now, anchors.anchor_at(was, start, end))
            row = counts.setdefault((entry["lang"], kind), Counter())
            row[state] += 1
            if state == "unclear":
                continue
            is_at = found is not None and found.start < last and first < found.end
            if state == "gone":
                row["false"] += found is not None
            else:
                row["right"] += is_at
                row["elsewhere"] += found is not None and not is_at
            row[f"{state}: " + ("none" if found is None else "right" if is_at else "elsewhere")] += 1
            if "--show" in sys.argv and (found is not None and not is_at):
                print(f"[{state}] {before[start:end]!r}\n     -> {after[found.start:found.end]!r}  {entry['path']}\n")
    print(f"files: {dict(n_files)}")
    total: Counter[str] = Counter()
    for (language, kind), row in sorted(counts.items()):
        total.update(row)
        say(f"{language} {kind}", row)
    say("all", total)


def say(name: str, row: Counter[str]) -> None:
    """Found right of all that are there or changed, found in a wrong place, found though gone."""
    n = row["there"] + row["changed"]
    print(f"{name:12} there {row['there']:4} changed {row['changed']:3} gone {row['gone']:4} unclear "
          f"{row['unclear']:3} | right {row['right']}/{n}  elsewhere {row['elsewhere']}/{n}  found though gone "
          f"{row['false']}/{row['gone']} | not found: there {row['there: none']}, changed {row['changed: none']}")


if __name__ == "__main__":
    main(*[argument for argument in sys.argv[1:] if not argument.startswith("--")])
