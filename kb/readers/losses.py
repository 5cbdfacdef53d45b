"""What a reader left out of a text, told in one note."""

from __future__ import annotations

from collections import Counter

from kb.errors import note
from kb.types import Note, Words

_KINDS = {
    "around": Words("{n} letters of navigation and of what stands around the text", "正文之外的导航等 {n} 个字符"),
    "contents": Words("lists of contents: {n}", "目录 {n} 个"),
    "hidden": Words("hidden parts: {n}", "隐藏的内容 {n} 处"),
    "struck": Words("struck-out parts: {n}", "删除线内容 {n} 处"), "comments": Words("comments: {n}", "注释 {n} 处"),
    "formulas": Words("formulas that are only drawn: {n}", "只有图形的公式 {n} 个"),
    "embeds": Words("embedded files: {n}", "嵌入的文件 {n} 个"), "pictures": Words("pictures: {n}", "图片 {n} 张"),
    "data": Words("{n} characters of encoded data", "编码数据 {n} 个字符"),
}


def left_out(lost: Counter[str]) -> tuple[Note, ...]:
    """A note on what was left out, by kind; none where nothing was. Errors: KeyError for a kind without words."""
    parts = [(_KINDS[kind], n) for kind, n in lost.items() if n]
    if not parts:
        return ()
    return (note("N_LEFT_OUT", what=Words(", ".join(words.en.format(n=n) for words, n in parts),
                                          "、".join(words.zh.format(n=n) for words, n in parts))), )
