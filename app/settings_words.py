"""The words of the Settings page beyond the model's, and of the Survey page's topics, in Chinese and English: a part of
TEXTS in i18n.py."""

from __future__ import annotations

from kb.types import Words

SETTINGS: dict[str, Words] = {
    "model_fill_in": Words("Fill in the address and the model first.", "请先填写地址和模型。"),
    "answering": Words("How answers are found", "如何找到答案"),
    "fact_encoder": Words("Encoder", "编码器"),
    "encoder_fitted": Words("{name}, fitted to this library", "{name}，已适配本资料库"),
    "encoder_shipped": Words("as shipped, for Chinese and English", "自带，识别中文和英文"),
    "fact_reader": Words("Reader, which chooses the sentences", "阅读模型（选择句子）"),
    "reader_fitted": Words("taught by your own questions", "已用你的问题训练"),
    "reader_auto": Words("as shipped, as deep as this machine is quick enough for", "自带，层数按本机速度选择"),
    "reader_off": Words("off: words, forms and meaning decide", "关闭：由字词、句式和语义决定"),
    "reader_named": Words("as shipped, {name}", "自带，{name}"),
    "fact_index": Words("Index", "索引"),
    "index_ready": Words("{ready} of {passages} passage{passages:|s} by meaning, all of them by words",
                         "{ready} / {passages} 个段落可按语义检索，全部可按字词检索"),
    "fact_bar": Words("Support from which an answer is “found”", "判为有依据的门槛"),
    "storage": Words("Storage", "存储"),
    "fact_folder": Words("Folder", "文件夹"),
    "fact_library": Words("Library", "资料库"),
    "library_size": Words("{documents:,} document{documents:|s}, {size}", "{documents:,} 篇文档，{size}"),
    "backup_path": Words("Back up all of it into one file", "全部备份到一个文件"),
    "backup_go": Words("Back up now", "立即备份"),
    "backup_running": Words("Writing it and reading it back", "正在写入并读回校验"),
    "backup_done": Words("Written and read back: {path}, {documents:,} document{documents:|s}, {size}",
                         "已写入并校验：{path}，{documents:,} 篇文档，{size}"),
    "fact_backup": Words("The same in a terminal, while the app goes on", "也可以在终端中备份，应用可以照常使用"),
    "fact_restore": Words("Restore: on this machine or another, into a folder that is not there yet",
                          "恢复：在本机或另一台机器上，放进一个还不存在的文件夹"),
    "privacy": Words("Privacy", "隐私"),
    "privacy_lead": Words(
        "Everything stays in this folder on this machine. Nothing is sent anywhere but what you set or type: the "
        "answer model above, addresses you add, details you look up.",
        "一切都保存在本机的这个文件夹里。除了你设置或输入的（上面的回答模型、添加的网址、查找的题录），不会向任何地方发送内容。",
    ),
    "network_on": Words("The network may be used for addresses you type. To forbid that, start the "
                        "app with KB_NETWORK=off before the command.",
                        "你输入网址时可以使用网络。要禁止，请在启动命令前加上 KB_NETWORK=off。"),
    "network_off": Words("The network is off (KB_NETWORK=off).", "网络已关闭（KB_NETWORK=off）。"),
    "privacy_kept": Words("Kept here: {chats} conversation{chats:|s}, {feedback} judgement{feedback:|s} of answers, "
                          "{questions} question{questions:|s}.",
                          "保存在这里：{chats} 段对话，{feedback} 条评价，{questions} 个问题。"),
    "forget_chats": Words("Delete all conversations", "删除全部对话"),
    "forget_feedback": Words("Delete all judgements of answers", "删除全部评价"),
    "forget_sure": Words("This cannot be undone.", "删除后无法恢复。"),
    "forget_yes": Words("Yes, delete", "确认删除"),
    "connections": Words("Connections", "连接"),
    "connections_lead": Words("Other programs on this machine can ask this library. These commands only read; --write "
                              "lets them add and edit.",
                              "本机的其他程序可以查询这个资料库。以下命令只读；加 --write 可以添加和修改。"),
    "connect_mcp": Words("For assistants that speak the Model Context Protocol",
                         "供支持 Model Context Protocol 的助手使用"),
    "connect_mcp_config": Words("As such a program's settings take it", "写进这类程序的设置"),
    "connect_api": Words("For programs, over HTTP, with a token that is printed",
                         "供程序通过 HTTP 使用，启动时会显示令牌"),
    "versions": Words("Versions", "版本"),
    "not_installed": Words("not installed", "未安装"),
    "check_well": Words("All {n} point{n:|s} are in order.", "{n} 项均正常。"),
    "check_rest": Words("What was looked at ({n})", "检查过的内容（{n}）"),
    "check_part": Words("Part", "项目"),
    "check_found": Words("Found", "结果"),
    "survey_no_topic": Words("Type a topic first, or take one of those above.", "请先输入主题，或选用上面列出的主题。"),
    "survey_topics": Words("Topics of your library", "资料库中的主题"),
}
