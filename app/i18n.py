"""Every word of the app, in Chinese and English."""

from __future__ import annotations

import streamlit as st

TEXTS: dict[str, tuple[str, str]] = {
    "app": ("kb 知识库", "kb"),
    "ask": ("提问", "Ask"),
    "library": ("资料库", "Library"),
    "language": ("语言", "Language"),
    "ask_title": ("向资料库提问", "Ask your library"),
    "ask_lead": ("{documents} 篇文档，{passages} 个段落。每句回答都能打开它的原文。", "{documents} documents, {passages} passages. Every sentence of an answer opens the place it came from."),
    "ask_input": ("输入问题，中文或英文", "Type a question, in Chinese or English"),
    "examples": ("例如", "For example"),
    "example_about": ("“{title}”讲了什么？", "What is “{title}” about?"),
    "empty_title": ("先添加文档", "Add your first documents"),
    "empty_lead": ("资料库还是空的。添加论文、笔记或网页之后就可以提问。", "The library is empty. Add papers, notes or web pages, then ask."),
    "open_library": ("打开资料库", "Open the library"),
    "add_documents": ("添加文档", "Add documents"),
    "reading": ("正在检索 {passages} 个段落", "Reading {passages} passages"),
    "found": ("有依据", "found"),
    "weak": ("依据较弱", "weak support"),
    "not_found": ("资料库中没有答案", "not in your library"),
    "not_found_lead": ("资料库中没有支持答案的内容。", "Nothing in the library supports an answer."),
    "missing": ("没有段落包含：{terms}", "No passage contains: {terms}"),
    "nearest": ("最接近的章节", "Nearest sections"),
    "searched": ("已检索 {documents} 篇文档的 {passages} 个段落", "Searched {passages} passages of {documents} documents"),
    "words_only": ("仅按字词检索：编码器不识别该语言", "By words only: the encoder does not read this language"),
    "other_language": ("部分引文与提问的语言不同，按原文显示", "Some quotes are in another language than the question; they are shown as they stand"),
    "sources": ("来源", "Sources"),
    "source": ("出处", "Source"),
    "close": ("关闭", "Close"),
    "new_chat": ("新对话", "New chat"),
    "page": ("第 {page} 页", "p. {page}"),
    "page_of": ("第 {page} 页，共 {pages} 页", "page {page} of {pages}"),
    "previous": ("上一页", "Previous"),
    "next": ("下一页", "Next"),
    "whole_page": ("整页", "Whole page"),
    "not_on_page": ("在这一页上没有找到引文，因此没有标记。", "The quote was not found on this page, so nothing is marked."),
    "file_gone": ("原文件已移动或改变，下面是入库时的文本。", "The file has moved or changed; this is the text as it was added."),
    "guessed": ("（推测）", "(guessed)"),
    "link": ("此处的链接", "Link to this place"),
    "documents": ("文档", "Documents"),
    "ready_of": ("{ready} / {passages} 就绪", "{ready} of {passages} ready"),
    "passages": ("段落", "Passages"),
    "chinese_english": ("中文 / 英文", "Chinese / English"),
    "size": ("大小", "Size"),
    "filter": ("筛选标题、作者、文件", "Filter by title, author, file"),
    "title": ("标题", "Title"),
    "authors": ("作者", "Authors"),
    "year": ("年份", "Year"),
    "doc_language": ("语言", "Language"),
    "kind": ("类型", "Kind"),
    "status": ("状态", "Status"),
    "file": ("文件", "File"),
    "sections": ("章节", "Sections"),
    "open_source": ("查看原文", "Open the text"),
    "remove": ("移除", "Remove"),
    "remove_sure": ("从资料库移除“{title}”？原文件不受影响。", "Remove “{title}” from the library? The file itself stays."),
    "remove_yes": ("确认移除", "Yes, remove"),
    "removed": ("已移除：{title}", "Removed: {title}"),
    "cancel": ("取消", "Cancel"),
    "upload": ("上传文件（Markdown、文本、PDF、HTML、DOCX、LaTeX）", "Upload files (Markdown, text, PDF, HTML, DOCX, LaTeX)"),
    "upload_go": ("添加所选文件", "Add these files"),
    "path": ("本机上的文件或文件夹", "A file or folder on this machine"),
    "path_go": ("添加路径", "Add path"),
    "bundled": ("添加自带的文章与论文笔记", "Add the bundled article and paper notes"),
    "working_add": ("添加文档", "Adding documents"),
    "working_adapt": ("适配编码器", "Fitting the encoder"),
    "phase_read": ("读取", "reading"),
    "phase_encode": ("编码", "encoding"),
    "phase_commit": ("写入", "storing"),
    "phase_teach": ("准备", "preparing"),
    "phase_train": ("训练", "training"),
    "fit": ("让编码器适配本资料库", "Fit the encoder to this library"),
    "fit_lead": ("用资料库自己的标题和句子继续训练编码器，再用留出的段落评判；只有确实更好才会采用，并重新编码全部文档。",
                 "Trains the encoder on this library's own headings and sentences and judges it on passages held out. It is used only if it is surely better; then every document is encoded again."),
    "fit_go": ("开始适配", "Fit it"),
    "fit_undo": ("恢复自带的编码器", "Back to the encoder as shipped"),
    "fit_bundled_only": ("只有自带的编码器可以适配。", "Only the bundled encoder can be fitted."),
    "fit_kept": ("已采用：{held} 个留出问题的 nDCG@10 从 {before} 提高到 {after}。", "In use now: nDCG@10 on {held} held-out questions went from {before} to {after}."),
    "fit_not_kept": ("没有采用：{held} 个留出问题的 nDCG@10 为 {before} 与 {after}，不能确定更好。", "Not used: nDCG@10 on {held} held-out questions was {before} before and {after} after, which is not surely better."),
    "fit_undone": ("已恢复自带的编码器，重新编码 {passages} 个段落。", "Back to the encoder as shipped; {passages} passages encoded again."),
    "stop": ("停止", "Stop"),
    "job_done": ("{added} 个已添加，{unchanged} 个未变，{skipped} 个跳过，{failed} 个失败", "{added} added, {unchanged} unchanged, {skipped} skipped, {failed} failed"),
    "job_stopped": ("已停止；已写入的文档都在。", "Stopped; what was stored stays."),
    "job_interrupted": ("过程被中断；已写入的都在，再次开始即可继续。", "It was interrupted; what was stored stays. Start it again to go on."),
    "job_failed": ("{task}失败：{message}", "{task} failed: {message}"),
    "what_next": ("处理办法", "What to do"),
    "reason": ("原因", "Reason"),
    "nothing_matches": ("没有匹配的文档", "No document matches"),
    "unexpected": ("出了意外的错误，编号 {id}；详情见服务器日志。", "Something unexpected went wrong, id {id}; the server log has the details."),
}


def language() -> str:
    """ "zh" or "en": what the reader chose, else what the browser says."""
    if "lang" not in st.session_state:
        asked = st.query_params.get("lang")
        locale = (st.context.locale or "en").lower()
        st.session_state.lang = asked if asked in ("zh", "en") else "zh" if locale.startswith("zh") else "en"
    chosen: str = st.session_state.lang
    return chosen


def t(key: str, **values: object) -> str:
    """The words for a key in the reader's language."""
    return TEXTS[key][language() == "en"].format(**values)
