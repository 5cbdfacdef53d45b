"""Every word of a survey that is ours: headings, fixed frames round quotes, the banner; none of them makes a
claim."""

from __future__ import annotations

from collections.abc import Sequence

from kb.messages import fill
from kb.survey.records import CUT, Request, Unused
from kb.types import Language, Words

WORDS: dict[str, Words] = {
    "title": Words("{topic}: a survey", "{topic}：文献综述"),
    "banner_extractive": Words(
        "Extractive survey: every sentence in quotation marks is copied word for word from the place that is cited; "
        "outside them stand fixed phrases and what can be counted in the sources, which the audit counts again.",
        "摘录式综述：引号内的每一句都逐字抄自所注文献的所注位置；引号外只有固定的连接语和可以在文献中核算的话，自查会重新核算。",
    ),
    "banner_cut": Words(
        " A quote that begins with an ellipsis is without the connective (“However,”) that its sentence begins with.",
        "引文以省略号开头时，原句开头的“然而”之类的连接词没有抄录。",
    ),
    "banner_model": Words(
        "Written by the language model {model}: code has checked each sentence's numbers, names and words against the "
        "quotes it cites; what failed is a quote instead. Code does not see a distortion in the same words.",
        "由语言模型 {model} 撰写：每句话都由程序对照所引原文核对数字、名称和用词；未通过的换成原文引文。"
        "程序看不出用词相同的曲解。",
    ),
    "abstract": Words("Abstract", "摘要"),
    "introduction": Words("Introduction", "引言"),
    "conclusion": Words("Conclusion", "结语"),
    "problems": Words("Limits and open problems", "局限与待解问题"),
    "timeline": Words("Timeline", "时间线"),
    "taxonomy": Words("Taxonomy", "分类"),
    "table": Words("Comparison", "对照表"),
    "unused": Words("Documents not used", "未采用的文献"),
    "references": Words("References", "参考文献"),
    "audit": Words("Self-audit", "自查"),
    "pool": Words("Other works", "其他文献"),
    "alone": Words("What the works say", "各文献所述"),
    "foreign": Words("Works in Chinese on {term}", "关于 {term} 的英文文献"),
    # the introduction
    "scope": Words("This survey of “{topic}” draws on {n} document{n:|s} of the library ({years}).",
                   "本综述围绕“{topic}”，依据资料库中的 {n} 篇文献（{years}）。"),
    "scope_one": Words("This survey of “{topic}” draws on one document of the library ({years}).",
                       "本综述围绕“{topic}”，依据资料库中的 1 篇文献（{years}）。"),
    "structure": Words(
        "The sections that follow take up, in this order, {sections}; the last one gathers limits and "
        "problems that the sources name.",
        "以下各节依次讨论{sections}，最后汇总各文献说明的局限与问题。",
    ),
    "structure_plain": Words("The sections that follow take up, in this order, {sections}.",
                             "以下各节依次讨论{sections}。"),
    "open_definition": Words("On {term}, {who} wrote:", "关于{term}，{who}写道："),
    # a section
    "lead": Words("{n} work{n:|s} ({years}){shared}.", "{n} 篇文献（{years}）{shared}。"),
    "lead_one": Words("One work ({years}).", "一篇文献（{years}）。"),
    "lead_parts": Words("{n} work{n:|s} ({years}){shared}: {parts}.", "{n} 篇文献（{years}）{shared}，分为{parts}。"),
    "shared": Words(", most of which name {terms}", "，多数提到{terms}"),
    # before what works give, by its kind
    "gives_data": Words("At least {n} work{n:|s} {n:gives|give} data: ", "至少有 {n} 篇文献给出数据："),
    "gives_tool": Words("At least {n} work{n:|s} {n:builds|build} systems or tools: ",
                        "至少有 {n} 篇文献给出系统或工具："),
    "gives_theory": Words("At least {n} work{n:|s} {n:is|are} on theory: ", "至少有 {n} 篇文献给出理论："),
    "gives_model": Words("At least {n} work{n:|s} {n:puts|put} forward models: ", "至少有 {n} 篇文献给出模型："),
    "gives_method": Words("At least {n} work{n:|s} {n:puts|put} forward methods: ", "至少有 {n} 篇文献给出方法："),
    "gives_reviews": Words("At least {n} work{n:|s} {n:looks|look} back on others: ",
                           "至少有 {n} 篇文献回顾已有工作："),
    "gives_asks": Words("At least {n} work{n:|s} {n:says|say} what {n:it looks|they look} into: ",
                        "至少有 {n} 篇文献说明所考察的问题："),
    "gives_finds": Words("At least {n} work{n:|s} {n:says|say} what {n:it|they} found: ",
                         "至少有 {n} 篇文献报告所得结果："),
    "problems_lead": Words(
        "What follows is in the words of the sources, in the order of the sections above.",
        "以下为各文献的原话，按前文各节的顺序排列。",
    ),
    "told_limitation": Words("At least {n} work{n:|s} {n:names|name} a limit of {n:its|their} own.",
                             "至少有 {n} 篇文献说明了自身的局限。"),
    "told_open": Words("At least {n} work{n:|s} {n:leaves|leave} something open.",
                       "至少有 {n} 篇文献留下了待解的问题。"),
    "told_gap": Words("At least {n} work{n:|s} {n:names|name} a problem that {n:it sets|they set} out from.",
                      "至少有 {n} 篇文献提出了其所针对的问题。"),
    "lead_rest": Words("Outside these parts {n:stands|stand} {n} more work{n:|s}.",
                       "另有 {n} 篇文献不在这些部分之内。"),
    "lead_rest_one": Words("Outside these parts stands one more work.", "另有 1 篇文献不在这些部分之内。"),
    "dated": Words("{n} of them dated, {years}", "其中 {n} 篇注明年份，{years}"),
    "undated": Words("undated", "年份不详"),
    "note_on": Words("{a} note on {who}", "关于{who}的笔记"),
    "gloss_own": Words(" (“{title}”)", "（《{title}》）"),
    "gloss_terms": Words(" (title in Chinese, on {terms})", "（外文题名，涉及{terms}）"),
    "gloss_none": Words(" (title in Chinese)", "（外文题名）"),
    "in_zh": Words(" (in Chinese)", ""),
    "in_en": Words("", "（原文为英文）"),
    "none_held": Words("No sentence that the model wrote here passed the checks; this part is left out.",
                       "模型写的句子没有一句通过核对，此处从略。"),
    "not_written": Words("The model did not write this part ({why}).", "模型没有写出这一部分（{why}）。"),
    "unfinished": Words("The model did not finish “{heading}” ({why}); quotes stand in its place.",
                        "“{heading}”一节没有由模型写完（{why}），以原文引文代替。"),
    "outline_kept": Words("The model's outline was not used ({why}); the sections follow the clusters.",
                          "模型的大纲没有采用（{why}），各节按聚类结果排列。"),
    "coherence": Words(
        "For coherence the model changed the connectives of {joined} sentence{joined:|s}; {reverted} "
        "change{reverted:|s} went beyond "
        "connectives and were taken back.",
        "为使行文连贯，模型改动了 {joined} 句的连接词；另有 {reverted} 处改动超出连接词，已还原。",
    ),
    "recognised": Words("recognised {sure}", "识别文字 {sure}"),
    "are_recognised": Words(
        "{n} of {all} quote{all:|s} {n:was|were} read in pictures of pages; “recognised” with a figure says how sure "
        "the recogniser "
        "is of the worst line, from 0 to 1: compare these quotes with the page.",
        "{all} 处引文中有 {n} 处是从页面图片中识别出来的；“识别文字”后的数字是识别程序对其中最差一行的把握（0 到 1），"
        "请与原页面核对。",
    ),
    "no_source": Words("No source was found for this part.", "没有找到可用的原文。"),
    # how a survey ends
    "overview": Words("Overviews", "概览"),
    # figures: a title, and what is said of it to those who cannot see it
    "figure": Words("Figure {n}. {title}", "图 {n}　{title}"),
    "figure_timeline": Words("The works by year", "各年的文献"),
    "figure_timeline_said": Words("{n} work{n:|s} from {first} to {last}; works of each year: {counts}.",
                                  "{first} 至 {last}，共 {n} 篇；各年篇数：{counts}。"),
    "figure_citations": Words("Who cites whom among the works", "文献之间的引用"),
    "figure_citations_said": Words(
        "{n} citation{n:|s} {n:joins|join} {works} work{works:|s}; no citation from or to the other {others} was "
        "found. "
        "An arrow leads from a work to the one it cites. Cited most often: {most}.",
        "{works} 篇文献之间有 {n} 处引用；其余 {others} 篇没有找到引用关系。箭头由引用的文献指向被引用的文献。"
        "被引最多的：{most}。"),
    "figure_taxonomy": Words("The works by section", "文献的分类"),
    "figure_taxonomy_said": Words("{n} section{n:|s} with {leaves} group{leaves:|s}; works of each group: {parts}.",
                                  "{n} 节，{leaves} 组；各组篇数：{parts}。"),
    "figure_matrix": Words("What each work says of each aspect", "各文献在各方面的取值"),
    "figure_matrix_said": Words(
        "{n} work{n:|s} against {columns}: {filled} cell{filled:|s} {filled:has|have} a value; the darker, the more "
        "works have the same one.",
        "{n} 篇文献，各列为 {columns}：{filled} 格有值，颜色越深，取值相同的文献越多。"),
    "figure_ticks": Words("Which works share which terms", "哪些文献涉及相同的术语"),
    "figure_ticks_said": Words(
        "{n} work{n:|s} against the {shown} term{shown:|s} that most of them share, of {all} in the matrix; the "
        "other {others} work{others:|s} "
        "{others:has|have} none of these. A term, and how many works have it: {terms}.",
        "{n} 篇文献与其中最多文献共有的 {shown} 个术语（矩阵中共有 {all} 个）；其余 {others} 篇没有这些术语。"
        "各术语及具有它的文献篇数：{terms}。"),
    "figure_shared": Words("term of {n} work{n:|s}", "{n} 篇共有"),
    "figure_no_section": Words("in no section", "不属于任何一节"),
    "figure_cited": Words("cited by {n}", "被引 {n}"),
    "figure_blank": Words("no value", "无值"),
    "figure_same": Words("{n} with this value", "{n} 篇取此值"),
    "figure_same_more": Words("{n} or more", "{n} 篇以上"),
    "no_citations": Words("No citation of one of these works by another was found.", "没有找到这些文献之间的引用。"),
    "figure_no_font": Words(
        "No typeface with Chinese characters was found on the computer that drew this picture: where SVG is not shown, "
        "boxes stand for them.",
        "绘制此图的电脑上没有中文字体：不能显示 SVG 的程序里，汉字显示为方框。"),
    "no_typeface": Words(
        "{n} character{n:|s} of the sources {n:is|are} in no typeface of TeX: {n:its name stands|their names stand} "
        "in square brackets instead.",
        "原文中有 {n} 个字符是 TeX 的字体所没有的，改用方括号中的字符名。"),
    "contents": Words("Contents", "目录"),
    "year": Words("Year", "年份"),
    "document": Words("Document", "文献"),
    "task": Words("Task named", "所涉任务"),
    "method": Words("Model or method named", "所涉模型或方法"),
    "data": Words("Data", "数据"),
    "measure": Words("Measure", "指标"),
    "value": Words("Value", "数值"),
    "size": Words("Parameters", "参数量"),
    "cites": Words(" (cites {keys})", "（引用 {keys}）"),
    "not_relevant": Words("relevance to the topic, {relevance}, is below the cut, {cut}",
                          "与主题的相关度 {relevance} 低于界限 {cut}"),
    "beyond": Words("relevance to the topic, {relevance}, is not among the first {works}",
                    "与主题的相关度 {relevance} 不在前 {works} 篇之列"),
    "speaks_for": Words("; what speaks for it: {words}", "；主题中的“{words}”见于该文"),
    "no_text": Words("has no text layer", "没有可检索的文字"),
    "no_sentence": Words("has no sentence that can be quoted by itself", "没有可以单独引用的句子"),
    "copy": Words("has the same content as another document", "与另一篇文献内容相同"),
    "same_work": Words("is another text of a work that is used", "与所用文献是同一作品的另一文本"),
    "repeats": Words("says nothing that another document does not say", "没有其他文献未说过的句子"),
    "left_out": Words("was left out by the reader", "由使用者排除"),
    "new": Words("came into the library after the outline was made", "在大纲定下之后才加入资料库"),
    "gap_year": Words("not given", "未注明"),
}

# How a source speaks of a limit, of what it leaves open, or of the problem that it sets out from, which is no limit of
# its own; where it is not sure which of the first two it is, it only wrote.
LIMITS: dict[str, Words] = {
    "limitation": Words("{who} named a limit:", "{who}说明了一处局限："),
    "open": Words("{who} left this open:", "{who}留下了待解的问题："),
    "": Words("{who} wrote:", "{who}写道："),
    "gap": Words("{who} set out from this problem:", "{who}针对的问题："),
}
TOLD = ("limitation", "open", "", "gap")  # in this order
# Between the sentences of one source, where its own heading says what follows.
LABELS: dict[str, Words] = {
    "problem": Words("The problem:", "问题："),
    "method": Words("The method:", "方法："),
    "result": Words("The result:", "结果："),
    "limitation": Words("The limit:", "局限："),
}


# field of Audit -> what it counts
AUDIT: dict[str, Words] = {
    "sentences": Words("sentences", "句子数"),
    "quotes": Words("places quoted", "引文处数"),
    "documents": Words("documents", "文献数"),
    "cited_sentence_share": Words("sentences with a citation, frames counted as without",
                                  "带引文的句子占比（含连接语）"),
    "span_validity": Words("quotes that stand at their place, byte for byte", "引文与原文逐字一致"),
    "strict_support": Words("sentences that their evidence supports", "有依据的句子占比"),
    "number_fidelity": Words("numbers found in the cited text", "数字见于所引原文"),
    "dangling_references": Words("cited but not listed", "引用了却未列出的文献"),
    "unused_references": Words("listed but not cited", "列出却未引用的文献"),
    "section_reuse": Words("share of a later section's references already in the first", "后文重复使用首节文献的比例"),
    "near_duplicates": Words("sentences said again in another section", "跨节重复的句子"),
    "complete_references": Words("references with author, year and link", "作者、年份、链接齐全的文献"),
    "coverage": Words("relevant documents that are quoted", "被引用的相关文献"),
    "unsupported_kept": Words("sentences kept without support", "保留的无依据句子"),
    "missing_sections": Words("sections that could not be written", "未写成的小节"),
    "broken": Words("quotes and words of ours that do not hold", "不成立的引文或本文用语"),
    "facts": Words("counts behind our own words, made again", "重新核对的本文用语所依据的事实"),
    "repeats": Words("sentences that say again what any part says", "全文中重复说过的句子"),
    "own_headings": Words("headings in a reader's or a model's own words, not counted",
                          "使用者或模型自拟、未核对的标题"),
    "joined_share": Words("cited sentences that cite two works or more", "同时引用两篇以上文献的句子占比"),
}


def audit_label(name: str, language: Language) -> str:
    """What a field of the audit counts, in the reader's words."""
    return AUDIT[name].in_(language)


def word(key: str, language: Language, **values: object) -> str:
    return fill(WORDS[key].in_(language), values)


def why_unused(row: Unused, request: Request, language: Language) -> str:
    """Why a document was not used, and by which of the topic's words it speaks of it all the same."""
    relevance = "–" if row.relevance is None else f"{row.relevance:.2f}"
    why = word(row.reason, language, relevance=relevance, cut=f"{CUT:.2f}", works=request.works)
    return why + speaks_for(row, language)


def speaks_for(row: Unused, language: Language) -> str:
    """By which of the topic's words a document that was not used speaks of it, behind why; "" for none."""
    return word("speaks_for", language, words=listed(row.words, language)) if row.words else ""


def by_title(title: str, language: Language, *, is_name: bool = False, gloss: str = "") -> str:
    """The frame with which a work begins to speak: its title, in full, or the name that its title begins with. gloss:
    what a title in the other language says."""
    if language == "zh":
        return f"{title}{gloss}：" if is_name else f"《{title}》{gloss}："
    if gloss:
        return f"{title.rstrip('.。 ')}{gloss}:"
    return title if title.endswith(("?", "!", "？", "！")) else title.rstrip(".。 ") + ":"


def limit_frame(role: str, language: Language, who: str) -> str:
    """A frame for a limit. role: "limitation", "open" or "gap", "" where it is not sure which."""
    return LIMITS[role].in_(language).format(who=who)


def listed(items: Sequence[str], language: Language) -> str:
    """ "a, b and c", "a、b和c"; items that are joined themselves keep apart: "a and b; c", "“a与b”和“c”"."""
    if language == "zh":
        items = [f"“{item}”" for item in items] if len(items) > 1 and any("与" in item for item in items) else items
        return "、".join(items[:-1]) + ("和" if len(items) > 1 else "") + "".join(items[-1:])
    if len(items) > 1 and any(" and " in item or "," in item for item in items):
        return "; ".join(items)
    return (
        ", ".join(items[:-1])
        + ("," if len(items) > 2 else "")
        + (" and " if len(items) > 1 else "")
        + "".join(items[-1:])
    )
