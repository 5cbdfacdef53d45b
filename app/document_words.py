"""The words of a document's card, in Chinese and English: a part of TEXTS in i18n.py."""

from __future__ import annotations

from kb.types import Words

DOCUMENT: dict[str, Words] = {
    "edited": Words("(edited)", "（已改定）"),
    "edit": Words("Edit details", "编辑题录"),
    "edit_lead": Words(
        "What you set here wins for good, also when the file is read again. Leave a field empty where there is none.",
        "这里设置的内容长期有效，重新读取文件后也不变。没有的项请留空。",
    ),
    "edit_authors": Words("Authors, one a line", "作者，每行一位"),
    "edit_clear": Words("Give back what was read", "恢复为读到的内容"),
    "edit_clear_help": Words("These fields were edited. Those that you choose become what the file says again.",
                             "这些项已改定；选中的会恢复为文件中读到的内容。"),
    "edit_save": Words("Save", "保存"),
    "edit_saved": Words("Saved: {fields}", "已保存：{fields}"),
    "edit_same": Words("Nothing was changed.", "没有改动。"),
    "look_up": Words("Look up details", "查找题录"),
    "look_up_help": Words(
        "Fills what is missing or guessed: by DOI or arXiv number from Crossref, OpenAlex and arXiv, else from the "
        "references of your other documents. The number alone is sent; what you edited stays.",
        "补全缺少或推测的项：有 DOI 或 arXiv 编号时查询 Crossref、OpenAlex 和 arXiv，否则查其他文档的参考文献。"
        "只发送编号；你改定的内容不变。"),
    "look_up_off": Words("The network is off (KB_NETWORK=off).", "网络已关闭（KB_NETWORK=off）。"),
    "look_up_asking": Words("Looking it up …", "正在查找……"),
    "look_up_set": Words("From {source}: {fields}", "来自 {source}：{fields}"),
    "look_up_other": Words("{source} has another work under this number: {title}",
                           "{source} 中此编号对应另一篇：{title}"),
    "look_up_nothing": Words("Nothing new was found.", "没有找到新的内容。"),
    "venue": Words("Venue", "出处"),
    "doi": Words("DOI", "DOI 号"),
    "arxiv": Words("arXiv number", "arXiv 编号"),
    "url": Words("Address", "网址"),
    "doubts": Words("Worth a look: {what}", "需要查看：{what}"),
    "report": Words("Reading report", "读取报告"),
    "report_field": Words("Field", "项目"),
    "report_value": Words("Value", "内容"),
    "report_origin": Words("From", "来源"),
    "origin_letters": Words("by its letters", "按文字判断"),
    "origin_file": Words("the file itself", "文件本身"),
    "origin_beside": Words("the file beside it", "旁边的文件"),
    "origin_edited": Words("edited {when}", "{when} 改定"),
    "origin_index": Words("{source}, {when}", "{when} 查自 {source}"),
    "origin_guess": Words("a guess", "推测"),
    "origin_missing": Words("missing", "缺失"),
    "report_read": Words("Read", "读取"),
    "report_size": Words("{kind}, {pages} pages, {characters} characters, {passages} passages",
                         "{kind}，{pages} 页，{characters} 个字符，{passages} 个段落"),
    "report_size_unpaged": Words("{kind}, {characters} characters, {passages} passages",
                                 "{kind}，{characters} 个字符，{passages} 个段落"),
    "report_empty": Words("Nearly empty pages: {pages}", "几乎没有文字的页：{pages}"),
    "report_recognised": Words("Recognised pages: {pages}; the recogniser is {sure} sure of them",
                               "识别的页：{pages}；把握为 {sure}"),
    "report_left_out": Words("Left out", "未读入"),
    "report_nothing": Words("Nothing was left out.", "没有未读入的内容。"),
    "report_what": Words("What", "内容"),
    "report_why": Words("Why", "原因"),
    "report_pages": Words("Pages", "页"),
    "report_some": Words("Some of it", "其中一些"),
    "report_notes": Words("Notes", "说明"),
}
