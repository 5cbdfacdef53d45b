"""What a reader left out, said in words, and why.

Reads: how often which kind was left out.  Gives: the note that tells it, for the record of the document; the name of
each kind, also of those that stand in Document.left_out.
"""

from __future__ import annotations

from collections.abc import Mapping

from kb.errors import note
from kb.types import Note, Words

_KINDS = {  # kind -> one, several, in Chinese
    "comment": ("comment", "comments", "处批注"),
    "deleted": ("deletion under review", "deletions under review", "处修订删除的文字"),
    "struck": ("struck passage", "struck passages", "处划掉的文字"),
    "hidden": ("hidden passage", "hidden passages", "处隐藏文字"),
    "placeholder": ("placeholder", "placeholders", "处待填写的占位文字"),
    "contents": ("line of contents", "lines of contents", "行目录"),
    "formula": ("formula kept as a picture", "formulas kept as pictures", "个图片形式的公式"),
    "picture": ("picture", "pictures", "幅图片"),
    "chart": ("chart", "charts", "幅图表"),
    "diagram": ("diagram", "diagrams", "幅示意图"),
    "object": ("embedded object", "embedded objects", "个嵌入对象"),
    "chunk": ("embedded file", "embedded files", "个嵌入文件"),
    "control": ("choice of a form", "choices of forms", "个表单选项"),
    "margin": ("margin note", "margin notes", "处边注"),
    "drawing": ("drawing", "drawings", "幅绘图"),
    "condition": ("branch of an undecided condition", "branches of undecided conditions", "个未能判定的条件分支"),
    "slide": ("hidden slide", "hidden slides", "张隐藏的幻灯片"),
    "list": ("list of contents", "lists of contents", "个目录"),
    "around": ("character of navigation and of what stands around the text",
               "characters of navigation and of what stands around the text", "个正文之外（导航等）的字符"),
    "data": ("character of encoded data", "characters of encoded data", "个字符的编码数据"),
    "running": ("running head or foot", "running heads and feet", "个页眉页脚"),
    "running head": ("running head or foot", "running heads and feet", "个页眉页脚"),
    "page number": ("page number", "page numbers", "个页码"),
    "line number": ("line number", "line numbers", "个行号"),
    "stamp": ("stamp", "stamps", "处印记"),
    "watermark": ("watermark", "watermarks", "处水印"),
    "notice": ("notice of rights or dates", "notices of rights or dates", "处版权或日期说明"),
    "masthead": ("masthead", "mastheads", "处刊头"),
    "symbol": ("loose symbol", "loose symbols", "个孤立的符号"),
    "outside": ("text outside the page that is shown", "texts outside the page that is shown", "处可见页面之外的文字"),
}
_REASONS = (  # why, and the kinds left out for it
    (Words("around the text of the page", "在页面上位于正文之外"),
     {"running", "running head", "page number", "line number", "stamp", "watermark", "notice", "masthead",
      "symbol", "around"}),
    (Words("the headings once more", "只是重复各级标题"), {"contents", "list"}),
    (Words("not meant to be read as the text", "不作为正文给读者看"),
     {"comment", "deleted", "struck", "hidden", "placeholder", "margin", "slide", "control", "outside"}),
    (Words("no words in it that can be read", "没有可以读出的文字"),
     {"formula", "picture", "chart", "diagram", "drawing", "data"}),
    (Words("a file of its own, which is not opened", "本身是另一个文件，不予打开"), {"object", "chunk"}),
    (Words("it depends on what the source does not say", "取决于源文件没有说明的条件"), {"condition"}),
)


def left_out(counts: Mapping[str, int]) -> tuple[Note, ...]:
    """One note that says what was left out and how often; none if nothing was."""
    found = [(n, *_KINDS[kind]) for kind, n in counts.items() if n]
    if not found:
        return ()
    english = ", ".join(f"{n} {one if n == 1 else several}" for n, one, several, _ in found)
    what = Words(english, "、".join(f"{n} {chinese}" for n, _, _, chinese in found))
    return (note("N_LEFT_OUT", what=what, **{kind: n for kind, n in counts.items() if n}),)


def name_of(kind: str, n: int) -> Words:
    """What was left out n times, with its number. A kind of another version stands for itself."""
    one, several, chinese = _KINDS.get(kind, (kind, kind, f"处 {kind}"))
    return Words(f"{n:,} {one if n == 1 else several}", f"{n:,} {chinese}")


def reason(kind: str) -> Words:
    """Why a kind is left out; empty words for a kind of another version."""
    return next((why for why, kinds in _REASONS if kind in kinds), Words("", ""))
