"""The operations that other programs may ask for, each written once: behind `kb mcp`, `kb api` and the command line.

Reads: a name and arguments.  Gives: plain values in the shapes of the command's --json (shapes.py). A server makes its
tools or its routes out of this table and adds nothing of its own to it.
"""

from __future__ import annotations

from dataclasses import replace

from kb.messages import Words
from kb.operations import calls, filing, judging
from kb.operations.filing import DOCUMENTS, FILTERS
from kb.operations.kinds import Operation as Operation
from kb.operations.kinds import Parameter as Parameter

_MAX_QUESTION = 8000  # characters; tests/test_operations.py holds these against what the library allows
_MAX_TEXT = 500_000
_STYLES = ("numeric", "author-year", "gbt7714")
_ID = 64  # characters of a document's id or a beginning of it

_QUESTION = Parameter("question", "text", Words("in Chinese or English", "中文或英文"), is_required=True, least=1,
                      most=_MAX_QUESTION)
_DOCUMENT = Parameter("document", "text", Words("a document's id, or an unambiguous beginning of it",
                                                "文档编号，或能唯一确定它的开头"), is_required=True, least=1, most=_ID)
_ONLY = Parameter("documents", "texts", Words("ids of the documents to look at; none: all of the library",
                                              "要查的文档编号；不给则为整个资料库"), (), most=200, longest=_ID)
_TAGS = Parameter("tags", "texts", Words("labels of notes", "笔记的标签"), (), most=50, longest=80)
_NOTE = Parameter("note", "text", Words("a note's id, or an unambiguous beginning of it",
                                        "笔记编号，或能唯一确定它的开头"), is_required=True, least=1, most=_ID)
_KEPT_QUESTIONS = Parameter("questions", "texts", Words("ids of kept questions", "保存的问题的编号"), (), most=200,
                            longest=_ID)
_LLM = Parameter("llm", "yes", Words("let the language model that is set write too, checked sentence by sentence",
                                     "同时让已设置的语言模型撰写，并逐句核对"), False)
_LANGUAGE = Parameter("language", "choice", Words("of the result; none: that of the document or the question",
                                                  "结果所用的语言；不给则随文档或问题"), choices=("zh", "en"))


def _documents(most: int) -> Parameter:
    return Parameter("documents", "texts", Words("ids of documents", "文档编号"), is_required=True, least=1, most=most,
                     longest=_ID)


def _field(name: str, en: str, zh: str) -> Parameter:
    return Parameter(name, "text", Words(en, zh), most=2000)


READING = (
    Operation(
        "search", Words("find the passages for a question", "为一个问题检索段落"),
        Words("hits, best first: text, document, title, page, section, start and end in the document's text, score",
              "命中的段落，最好的在前：原文、文档、标题、页码、章节、在文档文本中的起止位置、得分"),
        (_QUESTION, Parameter("k", "number", Words("how many", "多少个"), 10, least=1, most=100), *FILTERS,
         DOCUMENTS), calls.search),
    Operation(
        "ask", Words("answer a question from the library, with the exact place of every sentence",
                     "用资料库回答一个问题，每句话都有确切出处"),
        Words("status (found, weak, not_found), claims with their citations, the nearest sections where there is no "
              "answer", "status（found、weak、not_found），带引文的各句，没有答案时给出最接近的章节"),
        (_QUESTION, _LLM, Parameter("deep", "yes", Words("with llm: plan and search several times first",
                                                         "配合 llm：先规划并多次检索"), False),
         Parameter("without", "texts", Words("other names of what is asked about, of an answer's searched.also, that "
                                             "are not to be searched",
                                             "不要同时检索的其他名称，取自回答的 searched.also"), (), most=50,
                   longest=200), *FILTERS, DOCUMENTS), calls.ask),
    Operation(
        "table", Words("a table out of many documents: a row for each, every cell verbatim with its place",
                       "从多篇文档制表：每篇一行，每格都是原文并有出处"),
        Words("columns, rows with their cells, measures that several documents have side by side",
              "各列，各行及其单元格，以及多篇文档共有的指标"),
        (Parameter("columns", "texts", Words("what each column is to hold: a name (\"data set\") or a question",
                                             "每列要什么：名称（如“数据集”）或问题"), (), most=40, longest=300),
         Parameter("preset", "choice", Words("columns that go together, before those that are named",
                                             "一组常用的列，排在所列各列之前"), choices=("paper", "result", "source")),
         _ONLY, *FILTERS), calls.table),
    Operation(
        "read", Words("what documents say of themselves: problem, method, results, limits, definitions, tables, in "
                      "their own sentences", "文档如何陈述自己：问题、方法、结果、不足、定义和表格，都用原句"),
        Words("a summary for each document, by its parts, each sentence with its place",
              "每篇文档的概要，按部分列出，每句有出处"),
        (_documents(20), _LANGUAGE), calls.read),
    Operation(
        "cite", Words("documents as entries of a list of references", "把文档写成参考文献条目"),
        Words("for each document its entry and key, what is missing in it and what was guessed",
              "每篇文档的条目和引用键、缺少的内容、推测的内容"),
        (_documents(200), Parameter("style", "choice", Words("none: GB/T 7714 in Chinese, numeric in English",
                                                             "不给则中文用 GB/T 7714，英文用编号格式"),
                                    choices=(*_STYLES, "bibtex", "ris", "csl")), _LANGUAGE), calls.cite),
    Operation(
        "bibliography", Words("documents as one bibliography, each work once", "把文档写成一份文献目录，每部作品一次"),
        Words("the text", "文本"),
        (Parameter("documents", "texts", Words("ids of documents; none: all of the library",
                                               "文档编号；不给则为整个资料库"), (), most=500, longest=_ID),
         Parameter("style", "choice", Words("BibTeX, RIS, CSL JSON, APA or GB/T 7714",
                                            "BibTeX、RIS、CSL JSON、APA 或 GB/T 7714"), "bibtex",
                   choices=("bibtex", "ris", "csl", "apa", "gbt7714")),
         Parameter("collections", "texts", Words("only what is in these collections", "只要这些集合中的"), (),
                   most=20, longest=120)), calls.bibliography),
    Operation(
        "works", Words("which documents are texts of one work", "哪些文档是同一作品的文本"),
        Words("the works, each with its documents and what joins them", "各作品及其文档，以及归为一处的依据"),
        (), calls.works),
    Operation(
        "map", Words("which documents lie together by meaning, and where each lies in two dimensions",
                     "按内容哪些文档相近，以及每篇在二维平面上的位置"),
        Words("places: document, x and y from 0 to 1, group; groups: what tells each from the others (terms); kept: "
              "the share of nearest documents that are near on the map",
              "places：文档、x 和 y（0 到 1）、所在的组；groups：各组与其他组的区别用语（terms）；"
              "kept：最相近的文档在图上仍相近的比例"),
        (*FILTERS, DOCUMENTS), calls.map_documents),
    Operation(
        "where", Words("where a quoted sentence stands word for word: its documents, pages and offsets",
                       "一句引文逐字出自哪里：文档、页码与位置"),
        Words("places with what stands around them, and how many there are in all", "各处位置及其前后文，以及总数"),
        (Parameter("quote", "text", Words("the sentence; line ends, spaces, hyphens, quotation marks, accents and "
                                          "capitals do not count",
                                          "这句话；换行、空格、连字符、引号、重音和大小写不计"),
                   is_required=True, least=1, most=_MAX_QUESTION), _ONLY,
         Parameter("k", "number", Words("how many places", "给出多少处"), 20, least=1, most=100)), calls.where),
    Operation(
        "notes", Words("the reader's own notes and highlights, each with its place in a document",
                       "读者自己的笔记和高亮，各有在文档中的位置"),
        Words("notes: the reader's words (text, tags), the document's (quote), whether they stand there now, where",
              "笔记：读者的话（text、tags）、文档的话（quote）、现在是否还在、在哪里"),
        (Parameter("question", "text", Words("only those that hold its words, best first; none: all",
                                             "只要含有其字词的，最好的在前；不给则为全部"),
                   least=1, most=_MAX_QUESTION),
         _ONLY, _TAGS, Parameter("kind", "choice", Words("only these", "只要这一种"), choices=("note", "highlight"))),
        calls.notes),
    Operation(
        "questions", Words("the questions that the reader has kept, with their answers", "读者保存的问题及其回答"),
        Words("questions with the answer that was kept, and the latest where that is another",
              "各问题、保存的回答，以及与之不同的最新回答"),
        (Parameter("unanswered", "yes", Words("only those without an answer", "只要没有答案的"), False),),
        calls.questions),
    Operation(
        "list", Words("list the documents", "列出文档"),
        Words("a page of documents, newest first unless sorted, how many there are, and the offset of the next page",
              "一页文档，新的在前（除非指定排序），文档总数，以及下一页的 offset"),
        (Parameter("offset", "number", Words("how many to leave out first", "先略过多少篇"), 0, most=1_000_000_000),
         Parameter("limit", "number", Words("how many at most", "最多多少篇"), 50, least=1, most=500),
         Parameter("sort", "text", Words("columns, the first one first, - for the highest first: year,-added",
                                         "按哪些列排序，先列的优先，- 表示从大到小：year,-added"), "", most=200),
         *FILTERS, DOCUMENTS), calls.list_documents),
    Operation(
        "show", Words("show a document: its data and text, a page, or the place that an answer names",
                      "查看文档：信息与正文、某一页，或回答所注的位置"),
        Words("the document with a part of its text, and the offset of the next part; of a span, what stands there and "
              "around it", "文档及其一部分正文，以及下一部分的 offset；对位置则给出该处及前后文"),
        (_DOCUMENT, Parameter("place", "text", Words("a page (3), or a span (100-200); none: all of it",
                                                     "页码（3）或位置（100-200）；不给则为全文"), "", most=64),
         Parameter("offset", "number", Words("the character that the text is to begin with", "正文从第几个字符开始"), 0,
                   most=1_000_000_000),
         Parameter("limit", "number", Words("characters of the text at most", "正文最多多少字符"), 20_000, least=0,
                   most=200_000)), calls.show),
    Operation(
        "survey", Words("write a survey of a topic in the library's own sentences, each with the place it comes from",
                        "就一个主题用资料库中的原句撰写综述，每句有出处"),
        Words("the survey as Markdown, its references as BibTeX, and what its audit counts",
              "Markdown 格式的综述，BibTeX 格式的参考文献，以及核对的计数"),
        (Parameter("topic", "text", Words("in Chinese or English", "中文或英文"), is_required=True, least=1,
                   most=_MAX_QUESTION), _LANGUAGE,
         Parameter("length", "choice", Words("of the survey", "综述的篇幅"), "medium",
                   choices=("short", "medium", "long")),
         Parameter("style", "choice", Words("of the references", "参考文献的格式"), choices=_STYLES), _ONLY,
         Parameter("works", "number", Words("so many of the most relevant documents; 0: those on the topic",
                                            "最相关的多少篇；0 表示所有切题的"), 0, most=10_000),
         Parameter("columns", "texts", Words("further ones of its comparison table", "对比表中另加的列"), (),
                   most=40, longest=300), _LLM, *FILTERS), calls.survey),
    *filing.READING,
    *judging.READING,
)
WRITING = (
    Operation(
        "add", Words("add files, folders, zip archives or addresses to the library, or a text under a title",
                     "把文件、文件夹、zip 压缩包或网址加入资料库，或加入一段有标题的文本"),
        Words("what became of each: added, unchanged, skipped, failed", "每一项的结果：加入、未变、略过、失败"),
        (Parameter("paths", "texts", Words("on the machine where this runs", "本程序所在机器上的路径"), (), most=100,
                   longest=4000),
         Parameter("title", "text", Words("of the text", "文本的标题"), least=1, most=300),
         Parameter("text", "text", Words("Markdown or plain text, instead of paths", "Markdown 或纯文本，代替路径"),
                   least=1, most=_MAX_TEXT)), calls.add, writes=True, reaches_out=True),
    Operation(
        "import", Words("import bibliographies: BibTeX, RIS, CSL JSON, EndNote XML, Zotero",
                        "导入文献目录：BibTeX、RIS、CSL JSON、EndNote XML、Zotero"),
        Words("what became of each entry, and what could not be imported", "每个条目的结果，以及无法导入的"),
        (Parameter("paths", "texts", Words(
            "files and folders on the machine where this runs; \"zotero:\" for a Zotero that runs there",
            "本程序所在机器上的文件和文件夹；“zotero:” 指正在运行的 Zotero"), is_required=True, least=1, most=100,
            longest=4000),), calls.import_bibliography, writes=True),
    Operation(
        "edit", Words("set title, authors, year and other metadata of a document for good",
                      "永久设定文档的标题、作者、年份等信息"),
        Words("the fields as they were and as they are", "修改前后的各项"),
        (_DOCUMENT, _field("title", "its title", "标题"),
         Parameter("authors", "texts", Words("in their order", "按顺序"), most=200, longest=300),
         _field("year", "year of publication", "出版年份"),
         _field("venue", "journal, conference or publisher", "期刊、会议或出版社"), _field("doi", "DOI", "DOI"),
         _field("arxiv", "arXiv number", "arXiv 编号"),
         Parameter("language", "choice", Words("language of the document", "文档语言"), choices=("zh", "en")),
         Parameter("clear", "texts", Words("fields that get back what was read: title, authors, year, venue, doi, "
                                           "arxiv, language", "恢复为读取所得的项，如 title、authors、year"),
                   (), most=7, longest=20)), calls.edit, writes=True),
    Operation(
        "note", Words("keep a note of the reader's on words of a document, or highlight them",
                      "在文档的字词上记下读者的笔记，或将其高亮"),
        Words("the note with its place", "笔记及其位置"),
        (_DOCUMENT, Parameter("text", "text", Words("the reader's own words; none: a highlight",
                                                    "读者自己的话；不给则为高亮"), "", most=100_000),
         Parameter("quote", "text", Words("the document's words that it is on; none: all of the document",
                                          "笔记所在的原文；不给则为整篇文档"), "", most=2000),
         Parameter("place", "text", Words("a span (100-200), where the words stand in several places",
                                          "位置（100-200），用于同样的字词出现多处时"), "", most=64), _TAGS),
        calls.note, writes=True),
    Operation(
        "edit_note", Words("give a note another text or other tags", "修改笔记的内容或标签"),
        Words("the note as it is now", "修改后的笔记"),
        (_NOTE, Parameter("text", "text", Words("instead of its text", "代替原来的内容"), most=100_000),
         Parameter("tags", "texts", Words("instead of its tags", "代替原来的标签"), most=50, longest=80)),
        calls.edit_note, writes=True),
    Operation(
        "remove_notes", Words("remove notes and highlights", "删除笔记和高亮"),
        Words("the notes that are gone", "已删除的笔记"),
        (Parameter("notes", "texts", Words("ids of notes", "笔记编号"), is_required=True, least=1, most=200,
                   longest=_ID),), calls.remove_notes, writes=True, removes=True),
    Operation(
        "keep_question", Words("answer a question and keep both", "回答一个问题并保存"),
        Words("the question with its answer", "问题及其回答"), (_QUESTION,), calls.keep_question, writes=True),
    Operation(
        "check_questions", Words("ask kept questions again where the library has changed",
                                 "资料库有变化时重新提问保存的问题"),
        Words("for each: its status before and now, sentences that came and went",
              "每个问题：之前和现在的状态，新增与消失的句子"),
        (_KEPT_QUESTIONS,
         Parameter("update", "yes", Words("keep today's answers instead", "改为保存现在的回答"), False)),
        calls.check_questions, writes=True),
    Operation(
        "remove_questions", Words("remove kept questions", "删除保存的问题"),
        Words("the questions that are gone", "已删除的问题"),
        (replace(_KEPT_QUESTIONS, is_required=True, least=1),), calls.remove_questions, writes=True, removes=True),
    Operation(
        "remove", Words("remove documents, and what quotes them in the library's folder",
                        "移除文档，以及资料库文件夹中引用它们的内容"),
        Words("the documents that are gone, and what may still have something of them",
              "已移除的文档，以及可能仍含有其内容之处"),
        (_documents(200), ), calls.remove, writes=True, removes=True),
    *filing.WRITING,
    *judging.WRITING,
)
OPERATIONS = {operation.name: operation for operation in (*READING, *WRITING)}


def allowed(*, writes: bool) -> tuple[Operation, ...]:
    """The operations of a server: those that read, and the others only where they were asked for."""
    return (*READING, *WRITING) if writes else READING
