"""The words of the outline and its editor, in Chinese and English: a part of TEXTS in i18n.py."""

from __future__ import annotations

from kb.types import Words

OUTLINE: dict[str, Words] = {
    "outline_move_document": Words("Move “{title}”", "移动“{title}”"),
    "outline_move_section": Words("Move the section “{heading}”", "移动“{heading}”一节"),
    "outline_move_to": Words("Move to…", "移到…"),
    "outline_rename": Words("Rename", "改标题"),
    "outline_merge": Words("Merge “{heading}” into another section", "把“{heading}”并入另一节"),
    "outline_join": Words("Merge", "合并"),
    "outline_merge_into": Words("Merge into…", "并入…"),
    "outline_merge_with": Words("merge into “{heading}”", "并入“{heading}”"),
    "outline_fold": Words("Fold or unfold", "展开或收起"),
    "outline_drop_document": Words("Leave out “{title}”", "不采用“{title}”"),
    "outline_drop_section": Words("Take out the section “{heading}”", "删去“{heading}”一节"),
    "outline_by_model": Words(
        "The model ordered the outline; code checked that every document stands in it exactly once.",
        "大纲由模型排定：每篇文献恰好出现一次，已由程序核对。",
    ),
    "outline_by_clusters": Words("The model's outline was not used ({why}); these are the clusters.",
                                 "模型的大纲没有采用（{why}），以下是聚类的结果。"),
    "outline_again_mark": Words("to be rewritten", "将重写"),
    "outline_again": Words("{n} part{n:|s} will be written again: {names}", "{n} 处将重写：{names}"),
    "outline_other_writer_model": Words("The survey is made of quotes; writing it now lets the model write all of it.",
                                        "这篇综述是摘录的；现在撰写将由模型重写全文。"),
    "outline_other_writer_quotes": Words(
        "A model wrote the survey, and the model is switched off now: writing makes all of it quotes.",
        "这篇综述由模型撰写，而语言模型现在是关闭的：撰写将全部改为摘录。",
    ),
    "outline_as_written": Words("As the survey was written.", "与已写成的综述一致。"),
    "outline_empty": Words("An empty section is not written; drag documents here.", "空的节不会写出；把文献拖到这里。"),
    "outline_fixed": Words("Follows from the sections; only its heading can be changed.", "由各节得出；只能改标题。"),
    "outline_undo": Words("Undo", "撤销"),
    "outline_add": Words("New section", "新增一节"),
    "outline_new_section": Words("New section", "新的一节"),
    "outline_unused": Words("Not used", "未采用"),
    "outline_unused_empty": Words("Drag documents or sections here to leave them out.", "把不要的文献或节拖到这里。"),
    "outline_relevance": Words("The number is a work's relevance to the topic; not used is what is {why}.",
                               "数字是与主题的相关度；{why}的未采用。"),
    "outline_beyond": Words("not among the first {works}", "不在前 {works} 篇之列"),
    "outline_below": Words("below the cut of {cut}", "低于界限 {cut}"),
    "outline_or": Words("{one} or {other}", "{one}或{other}"),
    "outline_left_out": Words("left out by you", "由你排除"),
    "outline_hidden": Words("{n} more", "另有 {n} 篇"),
    "outline_keys": Words(
        "Drag ⠿ or the row; click a heading to rename it; drop a section on another's heading to merge. Keys: Tab to "
        "⠿, arrows move, Enter chooses a section, Delete takes out, Ctrl+Z undoes.",
        "拖动 ⠿ 或整行；点标题改名；拖到另一节的标题上即合并。键盘：Tab 选中 ⠿，方向键移动，回车选节，Delete 删去，"
        "Ctrl+Z 撤销。",
    ),
    "outline_did_rename": Words("Renamed: {what}", "已改名：{what}"),
    "outline_did_move": Words("“{what}” moved to “{where}”", "“{what}”已移到“{where}”"),
    "outline_did_place": Words("Moved: {what}", "已移动：{what}"),
    "outline_did_merge": Words("“{what}” merged into “{where}”", "“{what}”已并入“{where}”"),
    "outline_did_add": Words("Added: {what}", "已新增：{what}"),
    "outline_did_drop": Words("Left out: {what}", "不采用：{what}"),
    "outline_did_undo": Words("Undone", "已撤销"),
}
