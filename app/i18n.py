"""Every word of the app, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st
from kb_app.ask_words import ASK
from kb_app.count_words import COUNTS
from kb_app.document_words import DOCUMENT
from kb_app.guard_words import LOGIN
from kb_app.lab_words import LABS
from kb_app.library_words import LIBRARY
from kb_app.outline_words import OUTLINE
from kb_app.reading_words import READING
from kb_app.settings_words import SETTINGS
from kb_app.table_words import TABLE

from kb.messages import fill
from kb.types import Language, Words

TEXTS: dict[str, Words] = {
    "ask": Words("Ask", "提问"),
    "library": Words("Library", "资料库"),
    "language": Words("Language", "语言"),
    "ask_title": Words("Ask your library", "向资料库提问"),
    "ask_lead": Words(
        "{documents:,} document{documents:|s}, {passages} passage{passages:|s}. Every sentence of an answer opens the "
        "place it came from.",
        "{documents:,} 篇文档，{passages} 个段落。每句回答都能打开它的原文。",
    ),
    "ask_input": Words("Type a question, in Chinese or English", "输入问题，中文或英文"),
    "examples": Words("For example", "例如"),
    "example_about": Words("What is “{title}” about?", "“{title}”讲了什么？"),
    "empty_lead": Words("The library is empty. Add papers, notes or web pages, then ask.",
                        "资料库还是空的。添加论文、笔记或网页之后就可以提问。"),
    "open_library": Words("Open the library", "打开资料库"),
    "add_documents": Words("Add documents", "添加文档"),
    "reading": Words("Reading {passages} passage{passages:|s}", "正在检索 {passages} 个段落"),
    "found": Words("found", "有依据"),
    "weak": Words("weak support", "依据较弱"),
    "found_in_part": Words("partly supported", "部分有依据"),
    "not_found": Words("not in your library", "资料库中没有答案"),
    "not_found_lead": Words("Nothing in the library supports an answer.", "资料库中没有支持答案的内容。"),
    "missing": Words("No passage contains: {terms}", "没有段落包含：{terms}"),
    "nearest": Words("Nearest sections", "最接近的章节"),
    "searched": Words("Searched {passages} passage{passages:|s} of {documents:,} document{documents:|s}",
                      "已检索 {documents:,} 篇文档的 {passages} 个段落"),
    "looked": Words("{documents:,} document{documents:|s} looked at", "已查看 {documents:,} 篇文档"),
    "words_only": Words("By words only: the encoder does not read this language", "仅按字词检索：编码器不识别该语言"),
    "nothing_for": Words("Nothing was found for: {names}", "没有找到：{names}"),
    "unasked": Words("{n} more document{n:|s} {n:was|were} not asked.", "另有 {n} 篇文档未查。"),
    "other_language": Words("Some quotes are in another language than the question; they are shown as they stand.",
                            "部分引文与提问的语言不同，按原文显示。"),
    "sources": Words("Sources", "来源"),
    "source": Words("Source", "出处"),
    "source_close": Words("Close the source", "关闭原文"),
    "new_chat": Words("New chat", "新对话"),
    "page": Words("p. {page}", "第 {page} 页"),
    "guessed": Words("(guessed)", "（推测）"),
    "guessed_fields": Words("guessed: {fields}", "推测：{fields}"),
    "link": Words("Link to this place", "此处的链接"),
    "documents": Words("Documents", "文档"),
    "ready_of": Words("{ready} of {passages} ready", "{ready} / {passages} 就绪"),
    "passages": Words("Passages", "段落"),
    "chinese_english": Words("Chinese / English", "中文 / 英文"),
    "size": Words("Size", "大小"),
    "title": Words("Title", "题名"),
    "authors": Words("Authors", "作者"),
    "and_others": Words(" et al.", " 等"),
    "year": Words("Year", "年份"),
    "doc_language": Words("Language", "语言"),
    "file": Words("File", "文件"),
    "sections": Words("Sections: {names}", "章节：{names}"),
    "open_source": Words("Open the text", "查看原文"),
    "remove": Words("Remove", "移除"),
    "remove_sure": Words("Remove “{title}” from the library? The file itself stays.",
                         "从资料库移除“{title}”？原文件不受影响。"),
    "remove_yes": Words("Yes, remove", "确认移除"),
    "removed": Words("Removed: {title}", "已移除：{title}"),
    "fill_in": Words("Fill in the field first.", "请先填写。"),
    "fill_in_or_file": Words("Choose a file or fill in the field first.", "请先选择文件或填写路径。"),
    "cancel": Words("Cancel", "取消"),
    "upload": Words("Upload files (Markdown, text, PDF, HTML, Word, PowerPoint, Excel, LaTeX, EPUB, mail, zip …)",
                    "上传文件（Markdown、文本、PDF、HTML、Word、PowerPoint、Excel、LaTeX、EPUB、邮件、zip 等）"),
    "upload_go": Words("Add these files", "添加所选文件"),
    "path": Words("A file or folder on this machine, or an address (https://…, arXiv:…, doi:…)",
                  "本机上的文件或文件夹，或网络地址（https://…、arXiv:…、doi:…）"),
    "path_go": Words("Add path", "添加路径"),
    "sync_go": Words("Match a folder", "与文件夹同步"),
    "sync_help": Words("Matching a folder adds, updates, follows renamed files and removes what is gone, after showing "
                       "what that is.", "与文件夹同步：添加、更新、跟随改名，并移除已不在的文件；先显示将要做什么。"),
    "sync_looking": Words("Comparing the folder with the library", "正在比较文件夹与资料库"),
    "sync_same": Words("Nothing to add, update or remove in this folder: {counts}.",
                       "此文件夹中没有待添加、更新或移除的文件：{counts}。"),
    "sync_add": Words("add", "添加"),
    "sync_update": Words("update", "更新"),
    "sync_move": Words("renamed", "改名"),
    "sync_renew": Words("renamed and changed", "改名并改动"),
    "sync_copy": Words("same bytes", "内容相同"),
    "sync_remove": Words("remove", "移除"),
    "sync_yes": Words("Do this", "照此进行"),
    "file_is_gone": Words("file gone", "文件已不在"),
    "working_sync": Words("Matching the folder", "与文件夹同步"),
    "phase_look": Words("looking", "查看"),
    "bundled": Words("Add the bundled article and paper notes", "添加自带的文章与论文笔记"),
    "working_ocr": Words("Recognising pages", "识别页面"),
    "phase_recognise": Words("recognising page", "识别页面"),
    "ocr_help": Words("Some pages have no text. Reading them takes some seconds for each; it goes on where it was "
                      "stopped.", "部分页面没有文字。识别每页需数秒；中断后从停下处继续。"),
    "ocr_done": Words("{pages} page{pages:|s} of {documents} document{documents:|s} recognised; {doubtful} "
                      "line{doubtful:|s} under {least}",
                      "识别了 {documents} 篇文档的 {pages} 页；低于 {least} 的有 {doubtful} 行"),
    "recognised": Words("recognised text, {confidence}", "识别文字，{confidence}"),
    "working_add": Words("Adding documents", "添加文档"),
    "working_adapt": Words("Fitting to this library", "适配本资料库"),
    "phase_read": Words("reading", "读取"),
    "phase_encode": Words("encoding", "编码"),
    "phase_outline": Words("ordering the outline", "排定大纲"),
    "phase_commit": Words("storing", "写入"),
    "phase_teach": Words("preparing", "准备"),
    "phase_train": Words("training", "训练"),
    "fit": Words("Fit encoder and reader to this library", "让编码器和阅读模型适配本资料库"),
    "fit_lead": Words(
        "Trains the encoder on this library's own headings and sentences and judges it on passages held out. It is "
        "used only if it is surely better; then every document is encoded again.",
        "用资料库自己的标题和句子继续训练编码器，再用留出的段落评判；只有确实更好才会采用，并重新编码全部文档。",
    ),
    "fit_go": Words("Fit it", "开始适配"),
    "fit_undo": Words("Back to encoder and reader as shipped", "恢复自带的编码器和阅读模型"),
    "fit_reader_lead": Words(
        "The reader, which chooses an answer's sentences, can learn from your own questions: lines of "
        '{{"question": …, "quote": words of the passage that answers}}. Every fifth is held out; it is used unless '
        "those are answered worse.",
        "选择答案句子的阅读模型可以学习你的问题：每行 {{\"question\": …, \"quote\": 能回答它的段落中的原文}}。"
        "每五个问题留出一个用于评判，只要没有答得更差就会采用。",
    ),
    "fit_reader_file": Words("Your questions (.jsonl)", "你的问题（.jsonl）"),
    "fit_reader_go": Words("Teach the reader", "训练阅读模型"),
    "fit_reader_kept": Words(
        "In use now. On held-out questions the right sentence came first for {before_right} of {answered} before, "
        "{after_right} after; found without an answer {before_let_through} of {unanswered} before, "
        "{after_let_through} after.",
        "已采用。留出的问题中首句正确：之前 {before_right}/{answered}，之后 {after_right}/{answered}；"
        "没有答案却判为有答案：之前 {before_let_through}/{unanswered}，之后 {after_let_through}/{unanswered}。",
    ),
    "fit_reader_not_kept": Words(
        "Not used, it was worse. On held-out questions the right sentence came first for {before_right} of "
        "{answered} before, {after_right} after; found without an answer {before_let_through} of {unanswered} before, "
        "{after_let_through} after.",
        "没有采用，因为变差了。留出的问题中首句正确：之前 {before_right}/{answered}，之后 {after_right}/{answered}；"
        "没有答案却判为有答案：之前 {before_let_through}/{unanswered}，之后 {after_let_through}/{unanswered}。",
    ),
    "fit_reader_unplaced": Words("Not used: {n} question{n:|s} whose quote stands in no passage.",
                                 "未使用：{n} 个问题的 quote 不在任何段落中。"),
    "fit_bundled_only": Words("Only the bundled encoder can be fitted.", "只有自带的编码器可以适配。"),
    "fit_kept": Words("In use now: nDCG@10 on {held} held-out question{held:|s} went from {before} to {after}.",
                      "已采用：{held} 个留出问题的 nDCG@10 从 {before} 提高到 {after}。"),
    "fit_not_kept": Words(
        "Not used: nDCG@10 on {held} held-out question{held:|s} was {before} before and {after} after, which is not "
        "surely better.",
        "没有采用：{held} 个留出问题的 nDCG@10 为 {before} 与 {after}，不能确定更好。",
    ),
    "fit_undone": Words("Back to what was shipped; {passages} passage{passages:|s} encoded again.",
                        "已恢复自带的模型，重新编码 {passages} 个段落。"),
    "stop": Words("Stop", "停止"),
    "job_cancelled": Words("Stopped; what was stored stays.", "已停止；已写入的文档都在。"),
    "job_interrupted": Words("It was interrupted; what was stored stays. Start it again to go on.",
                             "过程被中断；已写入的都在，再次开始即可继续。"),
    "job_more": Words("{n:,} more {n:is|are} listed in {file}", "另有 {n:,} 个，见 {file}"),
    "job_failed": Words("{task} failed: {message}", "{task}失败：{message}"),
    "reason": Words("Reason", "原因"),
    "settings": Words("Settings", "设置"),
    "answer_model": Words("Answer model", "回答模型"),
    "answer_model_lead": Words(
        "Without one, answers are sentences of your library. Any OpenAI-compatible endpoint (Ollama, llama.cpp, vLLM, "
        "LM Studio, hosted) can write fluent ones; each sentence is checked against its quotes, which always stand "
        "beside it.",
        "不设置时，回答只用资料库中的原句。设置任何兼容 OpenAI 的接口（Ollama、llama.cpp、vLLM、LM Studio "
        "或云服务）后，它可以写出连贯的回答；每句话都会与引文核对，原句始终列在旁边。",
    ),
    "model_url": Words("Base URL", "地址"),
    "model_name": Words("Model", "模型"),
    "model_key": Words("Key (local models usually need none)", "密钥（本地模型通常不需要）"),
    "key_kept": Words("saved; used for this address only", "已保存；只用于这个地址"),
    "model_now": Words("In use: {model} at {url}, {access}", "现在使用 {url} 的 {model}，{access}"),
    "with_key": Words("with a key", "有密钥"),
    "without_key": Words("without a key", "无密钥"),
    "model_from_environment": Words(
        "Set by the environment (KB_LLM_URL, KB_LLM_MODEL, KB_LLM_KEY); it cannot be changed here.",
        "由环境变量 KB_LLM_URL、KB_LLM_MODEL、KB_LLM_KEY 设置，在此不能修改。",
    ),
    "model_privacy": Words(
        "When you ask, the question and the passages quoted go to this address and nowhere else. The key is kept in a "
        "file only you can read, never in the library, logs or exports.",
        "提问时，问题和引用的段落会发送到这个地址，不会发往别处。密钥保存在只有你能读的文件里，不进入资料库、"
        "日志和导出文件。",
    ),
    "test_connection": Words("Test connection", "测试连接"),
    "save": Words("Save", "保存"),
    "saved": Words("Saved", "已保存"),
    "checking": Words("Checking", "正在检查"),
    "check_installation": Words("Check this installation", "检查安装"),
    "use_model": Words("Language model", "语言模型"),
    "use_model_help": Words("Let {model} write an answer from the quotes.", "让 {model} 根据引文写回答。"),
    "use_model_unset": Words("Enter the model's address on the Settings page first.", "先在设置页填写模型的地址。"),
    "use_deep": Words("Deep", "深入"),
    "use_deep_help": Words("Splits the question and searches several times before it writes.",
                           "先拆分问题，多次检索，再写回答。"),
    "model_reads": Words("The model is reading the quotes", "模型正在阅读引文"),
    "model_wrote": Words("Written by {model}, each sentence checked against its quotes",
                         "由 {model} 撰写，已逐句与引文核对"),
    "model_verified": Words("{n} verified", "{n} 句有依据"),
    "model_unsupported": Words("{n} without support", "{n} 句无依据"),
    "model_n_dropped": Words("{n} dropped", "{n} 句已舍去"),
    "model_ghosts": Words("{n} citation{n:|s} of nothing removed", "去掉 {n} 处不存在的引用"),
    "model_used": Words("{tokens} token{tokens:|s}, {seconds} s", "{tokens} 个 token，{seconds} 秒"),
    "model_dropped": Words("{n} dropped sentence{n:|s}", "舍去的 {n} 句"),
    "model_stopped": Words("Stopped; this is not the whole answer.", "回答已停止，不完整。"),
    "model_abstains": Words("The model finds no answer in the quotes.", "模型在引文中没有找到答案。"),
    "model_not_asked": Words("There is nothing to quote, so the model was not asked.",
                             "没有可用的引文，因此没有询问模型。"),
    "quotes_stand": Words("The quotes below stand.", "下面的原句不受影响。"),
    "quotes": Words("In the library's own words", "资料库原句"),
    "unchecked": Words("not checked", "未核对"),
    "no_support": Words("not supported by the quotes", "引文不支持"),
    "no_support_for": Words("not in the quotes: {what}", "引文中没有 {what}"),
    "contradicted": Words("the quotes say the opposite", "与引文相反"),
    "steps": Words("{n} step{n:|s}", "{n} 个步骤"),
    "step_plan": Words("Plan", "计划"),
    "step_search": Words("Search", "检索"),
    "step_score": Words("Score", "评分"),
    "step_decide": Words("Still needed", "还需要"),
    "step_write": Words("Write from", "撰写，依据"),
    "step_stop": Words("Stop", "停止"),
    "asked_as": Words("Asked as: {question}", "实际提问：{question}"),
    "edit_question": Words("Edit", "修改"),
    "ask_again": Words("Ask again", "重新提问"),
    "conversations": Words("Conversations", "历史对话"),
    "no_conversations": Words("No conversation is kept yet.", "还没有保存的对话。"),
    "delete_conversation": Words("Delete this conversation", "删除这段对话"),
    "not_kept": Words("Not kept in the log: {why}", "对话没有保存：{why}"),
    "turn_gone": Words("A document it quoted was removed; the answer went with it.", "所引文档已移除，回答随之删除。"),
    "phase_write": Words("writing", "写作"),
    "survey": Words("Survey", "综述"),
    "survey_lead": Words(
        "Give a topic; the survey is written in your library's own sentences, and each one opens the place it "
        "came from.",
        "给出一个主题，用资料库里的原句写成综述：每一句都能打开它的原文。",
    ),
    "survey_told": Words("The survey is written: {works} work{works:|s}, {sections} section{sections:|s}.",
                         "综述已写成：{works} 篇文献，{sections} 节。"),
    "survey_told_outline": Words("The outline is ready.", "大纲已排定。"),
    "survey_new": Words("New survey", "新的综述"),
    "survey_topic": Words("Topic, for example: compression of language models", "主题，例如：大语言模型的压缩"),
    "survey_language": Words("Language of the survey", "综述的语言"),
    "survey_auto": Words("automatic", "自动"),
    "survey_length": Words("Length", "篇幅"),
    "length_short": Words("short", "短"),
    "length_medium": Words("medium", "中"),
    "length_long": Words("long", "长"),
    "survey_style": Words("Style of references", "参考文献格式"),
    "survey_columns": Words("Further columns of the comparison table", "对照表中另加的列"),
    "survey_columns_help": Words("Names or questions, with a semicolon between them: data set; what is the batch size?",
                                 "名称或问题，用分号隔开：数据集；批量大小是多少？"),
    "style_numeric": Words("numeric", "编号"),
    "style_author_year": Words("author-year", "著者-出版年"),
    "style_gbt7714": Words("GB/T 7714", "GB/T 7714"),
    "survey_model_help": Words(
        "Let {model} write each section from its quotes; every sentence is checked, and quoted instead where it fails.",
        "让 {model} 根据每节的引文撰写；每句话都会核对，不成立的改用原句。",
    ),
    "survey_cap": Words("Limit in tokens (0: none)", "token 上限（0 为不限）"),
    "survey_cap_help": Words("Questions and replies of one run together; what does not fit is quoted instead.",
                             "这一次运行中，提问与回答合计不超过此数；超出的部分用原句代替。"),
    "survey_estimate": Words("Estimate", "估算用量"),
    "survey_estimated": Words("At most {calls} question{calls:|s} and {tokens} token{tokens:|s} in all; {price}. The "
                              "model was not asked.",
                              "至多提问 {calls} 次，共 {tokens} token；{price}。没有向模型提问。"),
    "survey_cost": Words("a cost of at most {cost}", "费用至多 {cost}"),
    "survey_no_price": Words("no price is set (KB_LLM_PRICE)", "没有设置价格（KB_LLM_PRICE）"),
    "survey_plan": Words("Plan the outline", "先看大纲"),
    "survey_write": Words("Write", "撰写"),
    "survey_earlier": Words("Earlier surveys", "以前的综述"),
    "survey_cancelled": Words("Stopped; the sections that were written stay.", "已停止；写好的小节都在。"),
    "survey_interrupted": Words("It was interrupted; the sections that were written stay.",
                                "过程被中断；写好的小节都在。"),
    "survey_resume": Words("Resume", "继续"),
    "part_now": Words("being written", "正在写"),
    "part_open": Words("to come", "待写"),
    "survey_outline": Words("Outline", "大纲"),
    "survey_outline_of": Words("{topic} · {language} · length: {length} · references: {style}",
                               "{topic} · {language} · 篇幅：{length} · 参考文献：{style}"),
    "survey_works": Words("{n} of {all} work{all:|s} {n:is|are} used; the others stand below the cut.",
                          "采用 {all} 篇中的 {n} 篇；其余低于界限。"),
    "survey_next_works": Words("Take the next {n} as well", "再采用其后 {n} 篇"),
    "survey_write_outline": Words("Write with this outline", "按此大纲撰写"),
    "survey_update": Words("Update to the library as it is", "按资料库的现状更新"),
    "survey_update_help": Words("Only the sections that new or removed documents touch will change.",
                                "只有涉及新增或移除文献的小节会改变。"),
    "survey_audit": Words("Self-audit", "自查"),
    "survey_review": Words("Second opinion", "审稿意见"),
    "survey_review_help": Words("What a reviewer would object to, beside the draft.",
                                "在正文旁列出审稿人会提出的问题。"),
    "survey_review_none": Words("Nothing to object to.", "没有可提出的问题。"),
    "survey_review_open": Words("Show the source", "查看原文"),
    "survey_sound": Words("every quote stands at its place", "每条引文都与原文逐字一致"),
    "survey_unsound": Words("some quotes no longer hold", "有引文不再成立"),
    "survey_measure": Words("Measure", "项目"),
    "survey_value": Words("Value", "数值"),
    "survey_all": Words("all {n}", "全部 {n} 项"),
    "citations_lead": Words(
        "{documents} document{documents:|s} {documents:has|have} a reference list, {entries} entr{entries:y|ies} in "
        "all; {edges} of them {edges:points|point} to documents of "
        "this library.",
        "{documents} 篇文档有参考文献表，共 {entries} 条，其中 {edges} 条指向资料库内的文档。",
    ),
    "citations_order": Words("Order", "顺序"),
    "order_reading": Words("To read first (most cited)", "先读（被引多的在前）"),
    "order_year": Words("Year", "年份"),
    "citations_more": Words("{n} more are not shown.", "另有 {n} 篇未列出。"),
    "cited_by": Words("is cited by", "引用它的"),
    "cited_by_n": Words("cited by {n}", "被引 {n} 次"),
    "cites": Words("cites", "它引用的"),
    "state_queued": Words("queued", "排队中"),
    "state_loading": Words("loading", "载入中"),
    "state_running": Words("running", "运行中"),
    "state_cancelled": Words("stopped, best kept", "已停止，保留了最好的结果"),
    "state_nothing_kept": Words("stopped before there was anything to keep", "已停止，还没有可以保留的结果"),
    "state_done": Words("done", "完成"),
    "state_failed": Words("failed", "失败"),
    "state_interrupted": Words("interrupted", "中断"),
    "unexpected": Words("Something unexpected went wrong, id {id}; the server log has the details.",
                        "出了意外的错误，编号 {id}；详情见服务器日志。"),
    **ASK,
    **COUNTS,
    **LABS,
    **OUTLINE,
    **SETTINGS,
    **DOCUMENT,
    **LIBRARY,
    **LOGIN,
    **TABLE,
    **READING,
}


def language() -> Language:
    """ "zh" or "en": what the reader chose, else what the browser says."""
    if "lang" not in st.session_state:
        asked = st.query_params.get("lang")
        locale = (st.context.locale or "en").lower()
        st.session_state.lang = asked if asked in ("zh", "en") else "zh" if locale.startswith("zh") else "en"
    chosen: Language = st.session_state.lang
    return chosen


def listing(names: Iterable[str]) -> str:
    """Names one after the other, as the reader's language writes them."""
    return ("、" if language() == "zh" else ", ").join(names)


def clauses(parts: Iterable[str]) -> str:
    """Parts that may have commas of their own, one after the other."""
    return ("；" if language() == "zh" else "; ").join(parts)


def commas(parts: Iterable[str]) -> str:
    """Short parts of one statement, one after the other."""
    return ("，" if language() == "zh" else ", ").join(parts)


def counted(counts: Mapping[str, int]) -> str:
    """Counts in a line, by their keys; those of nothing are left out, but for the first where all are."""
    said = [t(key, n=n) for key, n in counts.items() if n] or [t(key, n=0) for key in list(counts)[:1]]
    return commas(said)


def beside(words: str) -> str:
    """Words in brackets, as they stand behind others; "" for none."""
    return "" if not words else f"（{words}）" if language() == "zh" else f" ({words})"


def t(key: str, **values: object) -> str:
    """The words for a key in the reader's language."""
    return fill(TEXTS[key].in_(language()), values)
