"""The words of the Ask page beyond an answer's own, in Chinese and English: a part of TEXTS in i18n.py."""

from __future__ import annotations

from kb.types import Words

ASK: dict[str, Words] = {
    "app": Words("kb: a library that answers with exact quotes", "kb：用原文回答的资料库"),
    "welcome": Words(
        "Put your papers, notes and web pages here and ask them, in Chinese or English. Every sentence of an answer is "
        "a quote that opens the page it stands on. It works on this machine, without a network and without a language "
        "model.",
        "把论文、笔记和网页放进来，用中文或英文提问。回答中的每一句都是原文，点开就能看到它所在的页面。"
        "全部在本机完成，不需要网络，也不需要语言模型。",
    ),
    "first_sample": Words("Try it with a sample", "先用示例试试"),
    "first_sample_lead": Words(
        "An article on large models in both languages, and notes on the papers it cites. It takes about a minute; you "
        "can remove it later.",
        "一篇关于大模型的中英文文章，以及它引用的论文的笔记。约需一分钟，之后可以移除。",
    ),
    "first_sample_go": Words("Add the sample library", "添加示例资料库"),
    "first_own": Words("Begin with your own files", "用自己的文件开始"),
    "first_own_lead": Words("PDF, Word, Markdown, LaTeX, web pages, EPUB and more. They are copied into the library.",
                            "PDF、Word、Markdown、LaTeX、网页、EPUB 等。文件会复制到资料库中。"),
    "first_files": Words("Your files", "你的文件"),
    "first_failed": Words("Nothing could be added. The Library page says why, file by file.",
                          "没有能添加的文件。资料库页会逐个说明原因。"),
    "records_read": Words("As read in the files: {fields}", "读自文件：{fields}"),
    "also_there": Words("{n} · the same in {file}{page}, a text of the same work",
                        "{n} · 同一作品的另一文本也这样写：{file}{page}"),
    "examples_looking": Words("Looking for questions that your library answers …", "正在找资料库能回答的问题……"),
    "chats_search": Words("Search conversations", "搜索对话"),
    "chats_none_found": Words("No conversation has these words.", "没有对话包含这些字词。"),
    "chats_more": Words("{n} more: search for them", "还有 {n} 段，可搜索"),
    "chat_help": Words("{date}, {n} question{n:|s}", "{date}，{n} 个问题"),
    "chat_menu": Words("Rename, export, delete", "改名、导出、删除"),
    "chat_gone": Words("This conversation is not there any more.", "这段对话已经不在了。"),
    "chat_export": Words("Export as", "导出为"),
    "chat_title": Words("Title", "标题"),
    "open_questions": Words("Open questions ({n})", "待解决的问题（{n}）"),
    "open_question_help": Words("Ask it again.", "再问一次。"),
    "open_question_drop": Words("Take it off the list", "从列表中去掉"),
    "keep_question": Words("Keep this question", "保存这个问题"),
    "keep_question_help": Words("It stands in the list of open questions until the library answers it.",
                                "它会列在“待解决的问题”里，直到资料库能回答它。"),
    "question_kept": Words("Kept: it stands in the list of open questions.", "已保存，列在“待解决的问题”里。"),
    "otherwise": Words("Others say otherwise", "另有不同的说法"),
    "otherwise_help": Words("Sentences of other documents that say themselves that they speak against what others "
                            "hold. Who is right is for you to judge.",
                            "其他文档中的句子，自己表明不同意他人的看法；谁对谁错由你判断。"),
    "found_first": Words("Found in these places, which are being read; the answer takes their place.",
                         "在这些地方找到，正在阅读；回答得出后会取代这里的内容。"),
    "told_from": Words("From", "出自"), "told_sources": Words("{n} source{n:|s}.", "共 {n} 处来源。"),
    "told_near": Words("{n} section{n:|s} that {n:comes|come} nearest can be opened below.",
                       "下面可以打开 {n} 个最接近的章节。"),
    "asks": Words("Asks: the whole library", "范围：整个资料库"),
    "asks_some": Words("Asks: a part of the library", "范围：资料库的一部分"),
    "asks_lead": Words("Only documents that fit all of this are searched and quoted.",
                        "只检索和引用符合以下全部条件的文档。"),
    "asks_collections": Words("Collections", "文献集"),
    "asks_tags": Words("Tags", "标签"),
    "asks_states": Words("Reading state", "阅读状态"),
    "asks_years": Words("Documents without a year are left out where years are chosen.",
                         "选定年份后，没有年份的文档不在范围内。"),
    "asks_all": Words("all", "全部"),
    "asks_remove": Words("Take this filter away", "去掉这个条件"),
    "searched_in": Words("Only in: {scope}", "仅在：{scope}"),
    "outside": Words("{n} document{n:|s} outside this part {n:speaks|speak} of it.", "范围之外有 {n} 篇文档谈到它。"),
    "ask_everywhere": Words("Ask the whole library", "询问整个资料库"),
    "also_searched": Words("also searched:", "同时检索："),
    "also_leave_out": Words("Ask again without this name", "去掉这个名称后重新提问"),
    "left_out": Words("left out: {names}", "未检索：{names}"),
    "also_again": Words("Search them again", "重新检索这些名称"),
    "related": Words("To go on from here", "接着可以问"),
    "judge_lead": Words("Is this right?", "回答正确吗？"),
    "judge_right": Words("Right", "正确"),
    "judge_wrong": Words("Not right", "不正确"),
    "judge_help": Words("Kept in your library alone; `kb eval --feedback` judges it by this.",
                        "只保存在你的资料库里；`kb eval --feedback` 用它评判资料库。"),
    "judge_quote": Words("The words that answer it, copied from a document", "能回答它的原文，从文档中复制"),
    "judge_quote_help": Words("May be left empty.", "可以不填。"),
    "judge_absent": Words("Nothing in the library answers it", "资料库里没有答案"),
    "judge_save": Words("Keep this", "保存"),
    "judged_right": Words("You said: right.", "你认为：正确。"),
    "judged_wrong": Words("You said: not right.", "你认为：不正确。"),
    "judged_place": Words("You said: not right, and where the answer stands.", "你认为：不正确，并指出了答案所在。"),
    "judged_absent": Words("You said: the library has no answer.", "你认为：资料库里没有答案。"),
    "judge_undo": Words("Take it back", "撤回"),
}

# What Streamlit's own parts are called to a screen reader, in Chinese. "Help for " stands before a label.
HEARD = {
    "Skip to main content": "跳到正文",
    "Sidebar": "侧栏", "App pages": "页面", "Main menu": "主菜单", "Collapse sidebar": "收起侧栏",
    "Expand sidebar": "展开侧栏", "Link to heading": "此标题的链接", "Chat message from user": "提问",
    "Chat message from assistant": "回答", "Send message": "发送", "Clear all": "全部清除", "Close": "关闭",
    "Clear value": "清除", "Show password text": "显示密钥", "Hide password text": "隐藏密钥", "Help for ": "说明：",
}
