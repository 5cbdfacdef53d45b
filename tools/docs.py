"""The documentation site: its pages gathered in build/docs, and site/ built out of them, every warning an error.

    python tools/docs.py           what `make docs` does;  --gather: only the pages

Reads: docs/guide, the documents that are there anyway (PAGES), and what tools/reference.py makes of the code. Nothing
is written twice: a line that is only a link with the title "included" stands for the section that it leads to. Links to
files of the repository that are no page become their names, since a reader of the site has no repository.
"""

import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import notebooks, reference  # noqa: E402

DOCS, SITE = ROOT / "build" / "docs", ROOT / "site"
PAGES = {  # file of the repository -> page; NAME.zh.md beside it is the same page in Chinese
    **{f"docs/guide/{name}.md": f"howto/{name}.md"
       for name in ("install", "documents", "questions", "tables", "surveys", "model", "container")},
    "docs/guide/index.md": "index.md", "docs/guide/tutorial.md": "tutorial.md",
    "examples/README.md": "howto/examples.md", "docs/labs.md": "howto/labs.md", "docs/servers.md": "howto/servers.md",
    "docs/app.md": "howto/app.md", "docs/data.md": "howto/data.md", "docs/postgres.md": "howto/postgres.md",
    "docs/milvus.md": "howto/milvus.md",
    "docs/api.md": "reference/api.md",
    "README.md": "explanation/readme.md", "kb/README.md": "explanation/architecture.md",
    "kb/survey/README.md": "explanation/surveys.md", "docs/encoder.md": "explanation/encoder.md",
    "tests/bench/READING.md": "explanation/reader.md", "tests/bench/RESULTS.md": "explanation/results.md",
    "tests/bench/STUDY.md": "explanation/study.md", "tests/bench/SURVEYS.md": "explanation/surveys-read.md",
    "docs/SECURITY.md": "explanation/security.md", "docs/PROMISES.md": "explanation/promises.md",
    "docs/LICENCES.md": "explanation/licences.md", "CONTRIBUTING.md": "explanation/contributing.md",
    "CHANGELOG.md": "explanation/changes.md",
}
FILES = {"docs/ask.png": "ask.png", "docs/speed.svg": "speed.svg", "docs/encoder.svg": "encoder.svg",
         "docs/guide/site.css": "site.css",
         **{f"docs/pictures/{file.name}": f"pictures/{file.name}"
            for file in sorted((ROOT / "docs" / "pictures").glob("*.webp"))}}
ONLY_ENGLISH = "!!! note \"\"\n    本页只有英文。\n\n"
UNSEARCHED = "---\nsearch: {exclude: true}\n---\n\n"  # the English page is found
_FENCED = re.compile(r"(^(```+|~~~+).*?^\2[ \t]*$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!`)(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
_OTHER_LANGUAGE = re.compile(r"^\[(?:中文|中文说明|English)\]\([^)]*\)(?: · |\n)", re.MULTILINE)
# the end of a line after a full-width sign, or between two Chinese characters; what begins a block is none of either
_CHINESE_END = re.compile(r"(?<=[，。；：、！？（）“”《》])\n[ ]*(?=[^\s|#>*+\-\d<!\[])"
                          r"|(?<=[\u4e00-\u9fff])\n[ ]*(?=[\u4e00-\u9fff，。（“《])")
_INCLUDED = re.compile(r'^\[[^\]]*\]\(([^)#\s]+)#([^)\s]+) "included"\)$', re.MULTILINE)


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and the site make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def section(text: str, anchor: str) -> str:
    """What stands under a heading, without it. Errors: KeyError."""
    parts = re.split(r"^(#+) (.+)\n", _FENCED.sub(lambda m: re.sub(r"^#", "\0", m[0], flags=re.MULTILINE), text),
                     flags=re.MULTILINE)
    for i in range(1, len(parts), 3):
        if slug(parts[i + 1]) == anchor:
            inner = [parts[i + 2]]
            for j in range(i + 3, len(parts), 3):
                if len(parts[j]) <= len(parts[i]):
                    break
                inner += [f"{parts[j]} {parts[j + 1]}\n", parts[j + 2]]
            return "".join(inner).replace("\0", "#").strip()
    raise KeyError(f"no heading {anchor!r}")


def outside_of_code(change: "re.Pattern[str]", to: object, text: str) -> str:
    """The text with all matches changed but those in fenced code."""
    return "".join(piece if i % 3 == 1 else "" if i % 3 == 2 else change.sub(to, piece)  # type: ignore[call-overload]
                   for i, piece in enumerate(_FENCED.split(text)))


def page_of(path: Path) -> str | None:
    """The page that a file of the repository is, as the English one is called."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
    return {**PAGES, **FILES}.get(name.replace(".zh.md", ".md"))


def relinked(text: str, source: Path, page: str) -> str:
    """The text with its links leading to pages of the site; the name stands where there is none."""
    def to(found: "re.Match[str]") -> str:
        mark, words, target = found.groups()
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        path, _, anchor = target.partition("#")
        there = Path(os.path.normpath(source.parent / path))
        other = page_of(there)
        if other is None:
            if not there.exists():
                raise SystemExit(f"{source.relative_to(ROOT)}: {target} is not there")
            return words
        leads = os.path.relpath(other, Path(page).parent or ".")
        return f"{mark}[{words}]({leads}{'#' + anchor if anchor else ''})"

    return outside_of_code(_LINK, to, text)


def joined(text: str) -> str:
    """Chinese whose lines are joined without the space that a browser would show for the line's end."""
    return outside_of_code(_CHINESE_END, "", text)


def staged(source: Path, page: str) -> str:
    """A document as a page: other documents' sections in it, links to pages, no line that leads to its other
    language."""
    text = source.read_text(encoding="utf-8")

    def included(found: "re.Match[str]") -> str:
        other = Path(os.path.normpath(source.parent / found[1]))
        return relinked(section(other.read_text(encoding="utf-8"), found[2]), other, page)

    own = relinked(_INCLUDED.sub("\0\\g<0>", text), source, page)
    return outside_of_code(_OTHER_LANGUAGE, "", _INCLUDED.sub(included, own.replace("\0", "")))


def gather(docs: Path = DOCS) -> Path:
    """Write all pages into a folder, which is emptied first."""
    shutil.rmtree(docs, ignore_errors=True)

    def write(page: str, text: str) -> None:
        (docs / page).parent.mkdir(parents=True, exist_ok=True)
        (docs / page).write_text(text, encoding="utf-8")

    for name, page in PAGES.items():
        write(page, staged(ROOT / name, page))
        chinese = ROOT / name.replace(".md", ".zh.md")
        here = page.replace(".md", ".zh.md")
        if chinese.exists():
            write(here, joined(staged(chinese, page)))
        else:
            text = staged(ROOT / name, page)
            heading = re.match(r"# .+\n", text)
            cut = heading.end() if heading else 0
            write(here, UNSEARCHED + text[:cut] + "\n" + ONLY_ENGLISH + text[cut:])
    for name, page in FILES.items():
        (docs / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, docs / page)
    for page, text in {**reference.pages(), **notebooks.pages()}.items():
        write(page, joined(text) if page.endswith(".zh.md") else text)
    return docs


class Words:
    """Parts Chinese text into words for the site's search, by the words of the encoder's vocabulary, the longest
    first. The search plugin asks a package for it that can only be had as source, and that pip would build with tools
    it has no hash of."""

    def __init__(self) -> None:
        lines = (ROOT / "kb" / "data" / "zh" / "tokens.tsv").read_text(encoding="utf-8").splitlines()
        self.known = frozenset(line.partition("\t")[0] for line in lines)
        self.longest = 8

    def cut(self, run: bytes) -> list[str]:
        """The words of a run of Chinese characters."""
        text, words, at = run.decode(), [], 0
        while at < len(text):
            n = next((n for n in range(min(self.longest, len(text) - at), 1, -1) if text[at:at + n] in self.known), 1)
            words.append(text[at:at + n])
            at += n
        return words


# Of the search's script: it parts a Chinese question by the words of its index, but never tries the question's last
# character, so that the last word is lost ("知识蒸馏" asks for "知识"). -> as it is meant
LAST_WORD = {"for(let o=s+1;o<t.length;o++)t.slice(s,o)in e": "for(let o=s+1;o<=t.length;o++)t.slice(s,o)in e",
             "n[a]&&a<t.length-1&&": "n[a]&&a<t.length&&"}


def mend_search(site: Path) -> None:
    """Errors: SystemExit where the script is another one, which has to be read again then."""
    script, = (site / "assets" / "javascripts" / "workers").glob("search.*.min.js")
    text = script.read_text(encoding="utf-8")
    for wrong, right in LAST_WORD.items():
        if text.count(wrong) != 1:
            raise SystemExit(f"{script.name}: how it parts a question has changed; see LAST_WORD in tools/docs.py")
        text = text.replace(wrong, right)
    script.write_text(text, encoding="utf-8")


def build(site: Path = SITE, docs: Path = DOCS) -> None:
    """The whole site; a warning ends it."""
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "true")  # an advertisement of another program
    from material.plugins.search import plugin
    from mkdocs.commands.build import build as made
    from mkdocs.config import load_config

    plugin.jieba = Words()

    gather(docs)
    config = load_config(str(ROOT / "mkdocs.yml"), docs_dir=str(docs), site_dir=str(site), strict=True)
    config.plugins.on_startup(command="build", dirty=False)
    made(config)
    config.plugins.on_shutdown()
    mend_search(site)


if __name__ == "__main__":
    if sys.argv[1:] == ["--gather"]:
        gather()
    else:
        build()
        print(f"{SITE / 'index.html'} (python -m http.server --bind 127.0.0.1 --directory site: with the search)")
