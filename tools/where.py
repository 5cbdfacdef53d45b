"""Where a word of the interface is said: a label of the page, a code or words of an error, words of the command.

    python tools/where.py "The quote"         E_BUSY        "is being written"        添加文档        "kb serve"
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MESSAGES, COMMAND = "kb/data/messages.toml", "kb/data/cli.toml"
PAGES = ("app/i18n.py", *sorted(f"app/{path.name}" for path in (ROOT / "app").glob("*_words.py")))


def texts() -> Iterator[tuple[str, str, list[str]]]:
    """(file, key by which code asks for it, its words in both languages), of everything that is said."""
    for file in PAGES:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        table = next(node.value for node in tree.body if isinstance(node, ast.AnnAssign) and node.value)
        for key, words in zip(table.keys, table.values, strict=True):  # "key": Words(english, chinese)
            if key is not None:  # else **OTHER
                yield file, ast.literal_eval(key), [ast.literal_eval(word) for word in words.args]
    for code, entry in tomllib.loads((ROOT / MESSAGES).read_text(encoding="utf-8")).items():
        yield MESSAGES, code, [code, *entry["en"], *entry["zh"]]
    for english, chinese in tomllib.loads((ROOT / COMMAND).read_text(encoding="utf-8")).items():
        yield COMMAND, english, [english, chinese]


def says(words: str, asked: str) -> bool:
    """Whether words, with anything where a name in braces stands, are or hold what is asked."""
    if asked.lower() in words.lower():
        return True
    pattern = re.sub(r"\\\{.*?\\\}", ".+", re.escape(words))
    return ".+" in pattern and bool(re.sub(r"\.\+|\W", "", pattern)) and re.fullmatch(pattern, asked) is not None


def lines(text: str, sources: list[Path]) -> Iterator[str]:
    """FILE:LINE: LINE of what holds a text."""
    for path in sources:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if text in line:
                yield f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()[:100]}"


def where(asked: str) -> list[str]:
    """The places of what is asked: where its words stand, and where code asks for them. A command: its function."""
    page, rest = (sorted((ROOT / room).rglob("*.py")) for room in ("app", "kb"))
    command = re.fullmatch(r"kb ([a-z-]+)", asked)
    if command:
        return [*lines(f'command("{command[1]}"', rest), *lines(f'"{command[1]}": _', rest)]
    exact = [(file, key) for file, key, words in texts() if asked in words]
    holding = [(file, key) for file, key, words in texts() if any(says(word, asked) for word in words)]
    found: dict[str, None] = {}
    for file, key in exact or holding:
        head = {MESSAGES: f"[{key}]", COMMAND: f'"{key}"'}.get(file, f'"{key}": Words(')
        found |= dict.fromkeys(lines(head, [ROOT / file]))
        found |= dict.fromkeys(line for line in lines(f'"{key}"', page if file in PAGES else rest + page)
                               if not line.startswith(PAGES))
    return list(found)


if __name__ == "__main__":
    places = [place for asked in sys.argv[1:] for place in where(asked)]
    print("\n".join(places) or __doc__)
    sys.exit(not places)
