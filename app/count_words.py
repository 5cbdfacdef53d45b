"""What is counted after some work, in Chinese and English: a part of TEXTS in i18n.py. `counted` puts them together."""

from __future__ import annotations

from kb.types import Words

COUNTS: dict[str, Words] = {
    "job_added": Words("{n} added", "{n} 个已添加"),
    "job_unchanged": Words("{n} unchanged", "{n} 个未变"),
    "job_skipped": Words("{n} skipped", "{n} 个跳过"),
    "job_failed_files": Words("{n} failed", "{n} 个失败"),
    "job_removed": Words("{n} removed", "{n} 个已移除"),
    "plan_add": Words("{n} to add", "{n} 个待添加"),
    "plan_update": Words("{n} to update", "{n} 个待更新"),
    "plan_move": Words("{n} renamed", "{n} 个改名"),
    "plan_renew": Words("{n} renamed and changed", "{n} 个改名并改动"),
    "plan_copy": Words("{n} with the bytes of another", "{n} 个与其他文件内容相同"),
    "plan_remove": Words("{n} to remove", "{n} 个待移除"),
    "plan_unchanged": Words("{n} unchanged", "{n} 个未变"),
    "plan_left": Words("{n} left out", "{n} 个不读"),
    "import_document": Words("{n} entr{n:y|ies} with {n:its|their} document", "{n} 条有文档"),
    "import_abstract": Words("{n} known by {n:its|their} abstract", "{n} 条只有摘要"),
    "import_unchanged": Words("{n} unchanged", "{n} 条未变"),
    "import_failed": Words("{n} could not be imported", "{n} 条未能导入"),
    "update_added": Words("{n} document{n:|s} added", "新增 {n} 篇"),
    "update_removed": Words("{n} document{n:|s} removed", "移除 {n} 篇"),
    "update_changed": Words("{n} part{n:|s} changed", "{n} 处改变"),
    "update_unchanged": Words("{n} part{n:|s} unchanged", "{n} 处未变"),
    "again_added": Words("{n} document{n:|s} added", "新增 {n} 篇文档"),
    "again_removed": Words("{n} document{n:|s} removed", "移除 {n} 篇文档"),
    "again_cells": Words("{n} cell{n:|s} {n:is|are} different", "{n} 个单元格有变化"),
}
