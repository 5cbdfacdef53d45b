"""Everything that can go wrong, as one tree.

    KBError                    code, exit_code, describe(language) -> (message, hint)
    ├── LibraryError           the library folder: E_BUSY E_READONLY E_DISK E_VERSION E_DAMAGED E_NO_LIBRARY
    │   └── NothingIndexed     E_NOTHING_INDEXED (exit code 3)
    ├── FileProblem            one input file: E_EMPTY E_TYPE E_PASSWORD E_CIPHER E_PARSE E_CPU E_MEMORY E_READER_DIED E_TOO_BIG
    │   │                      E_BOMB E_ENCODING E_PERMISSION E_CHANGED E_NOT_FOUND E_IO E_SIDECAR
    │   └── Skipped            left out on purpose: SKIP_LINK SKIP_SPECIAL SKIP_TYPE SKIP_HIDDEN SKIP_SIDECAR
    ├── EncoderError           E_ENCODER (two encoders would mix), E_ENCODER_MISSING (cannot be loaded), E_VOCABULARY (a damaged artefact)
    ├── DataProblem            E_DATA (training data: file and line), E_TOO_LITTLE, D_… (rows of a lab), E_LAB_MODEL
    ├── QuestionError          Q_EMPTY Q_LONG
    ├── UnknownDocument        E_UNKNOWN_DOCUMENT
    ├── UnknownConversation    E_UNKNOWN_CONVERSATION
    ├── ModelError             the language model's endpoint (exit code 5): LLM_UNSET LLM_UNREACHABLE LLM_DNS LLM_TLS LLM_TIMEOUT LLM_AUTH LLM_PATH
    │                          LLM_MODEL LLM_RATE LLM_SERVER LLM_CONTEXT LLM_REQUEST LLM_REDIRECT LLM_PROTOCOL LLM_EMPTY LLM_INCOMPLETE LLM_UNEXPECTED LLM_CAP
    └── SettingError           E_SETTING, E_LAB… (exit code 2)

An error is made from its code and the values its message names: FileProblem("E_TOO_BIG", what="120 MB", limit="100 MB"). A value that is
words itself is a pair (Chinese, English).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb.types import Language, Problem

_Words = tuple[str, str, str, str]

# code -> message and hint in English, message and hint in Chinese. {path} and the other names come from the raiser.
MESSAGES: dict[str, _Words] = {
    "E_BUSY": ("the library is being written by process {pid} ({command})", "wait until it ends, or stop that process",
               "进程 {pid}（{command}）正在写入资料库", "等它结束，或停止该进程"),
    "E_READONLY": ("the library folder cannot be written: {path}", "check the folder's permissions, or choose another with --home",
                   "资料库文件夹不可写：{path}", "检查文件夹权限，或用 --home 换一个"),
    "E_DISK": ("no space left while writing {path}", "free some disk space and run the command again; what was there is intact",
               "写入 {path} 时磁盘已满", "腾出空间后重新运行；原有内容完好"),
    "E_VERSION": ("the library has schema {found}, this program knows {known}", "update kb: pip install --upgrade kb",
                  "资料库的结构版本是 {found}，本程序只认识 {known}", "请升级 kb：pip install --upgrade kb"),
    "E_DAMAGED": ("the library's database is damaged: {detail}", "run: kb verify; then add the named files again",
                  "资料库的数据库已损坏：{detail}", "运行 kb verify，再重新添加它列出的文件"),
    "E_NO_LIBRARY": ("there is no library in {path}", "add documents first: kb add PATH",
                     "{path} 中没有资料库", "先添加文档：kb add 路径"),
    "E_NOTHING_INDEXED": ("the library in {path} holds no documents", "add some first: kb add PATH",
                          "{path} 中的资料库还没有文档", "先添加文档：kb add 路径"),
    "E_EMPTY": ("the file is empty (0 bytes)", "check that the download or export finished",
                "文件为空（0 字节）", "检查下载或导出是否完成"),
    "E_TYPE": ("named {suffix} but is {found}", "rename the file to what it is, or convert it",
               "扩展名是 {suffix}，内容却是 {found}", "改成与内容相符的扩展名，或转换格式"),
    "E_PASSWORD": ("the PDF is encrypted and needs a password", "save a copy without the password and add that",
                   "PDF 已加密，需要密码", "另存一份不带密码的副本再添加"),
    "E_CIPHER": ("the PDF uses a cipher that cannot be read: {detail}", "print it to a new PDF and add that",
                 "无法读取该 PDF 的加密方式：{detail}", "重新打印成新的 PDF 再添加"),
    "E_PARSE": ("the file is damaged or not understood: {detail}", "open it in its own program and save it again",
                "文件损坏或无法解析：{detail}", "用原来的程序打开并重新保存"),
    "E_CPU": ("reading took more than {limit} s of CPU time", "raise the limit: KB_READ_CPU_SECONDS=600 kb add …",
              "读取所用的 CPU 时间超过 {limit} 秒", "提高上限：KB_READ_CPU_SECONDS=600 kb add …"),
    "E_MEMORY": ("reading needed more than {limit} MB of memory", "raise the limit: KB_READ_MEMORY_MB=4096 kb add …",
                 "读取所需内存超过 {limit} MB", "提高上限：KB_READ_MEMORY_MB=4096 kb add …"),
    "E_READER_DIED": ("the reader stopped unexpectedly ({detail})", "the file is probably damaged; convert it and add the copy",
                      "读取程序意外终止（{detail}）", "文件可能已损坏；转换后再添加"),
    "E_TOO_BIG": ("{what} is over the limit of {limit}", "split the file, or raise the limit in kb.toml",
                  "{what} 超过上限 {limit}", "拆分文件，或在 kb.toml 中提高上限"),
    "E_BOMB": ("the archive unpacks to far more than its size ({what})", "this looks like a decompression bomb; it was not unpacked",
               "压缩包解开后远大于自身（{what}）", "疑似解压炸弹，没有解开"),
    "E_ENCODING": ("the text cannot be decoded; the best guess is {guess}", "name the encoding: kb add --encoding {guess} …",
                   "文本无法解码，最可能的编码是 {guess}", "指定编码：kb add --encoding {guess} …"),
    "E_PERMISSION": ("the file may not be read (permission denied)", "change its permissions",
                     "没有读取该文件的权限", "修改文件权限"),
    "E_CHANGED": ("the file changed while it was being read", "add it again when nothing writes to it",
                  "文件在读取过程中发生了变化", "等写入结束后再添加"),
    "E_NOT_FOUND": ("no such file or folder, and no file matches the pattern", "check the path",
                    "没有这个文件或文件夹，也没有匹配的文件", "检查路径"),
    "E_IO": ("the file cannot be read: {detail}", "check the disk or the path",
             "文件无法读取：{detail}", "检查磁盘或路径"),
    "E_SIDECAR": ("its metadata file {sidecar} is not valid: {detail}", "mend or remove the metadata file",
                  "元数据文件 {sidecar} 无效：{detail}", "修正或删除该元数据文件"),
    "SKIP_LINK": ("a symbolic link is not followed", "add the file it points to",
                  "不跟随符号链接", "直接添加它指向的文件"),
    "SKIP_SPECIAL": ("not a regular file (a device, pipe or socket)", "add a regular file",
                     "不是普通文件（设备、管道或套接字）", "请添加普通文件"),
    "SKIP_TYPE": ("this kind of file is not read: {found}", "supported: {supported}",
                  "不支持的文件类型：{found}", "支持：{supported}"),
    "SKIP_HIDDEN": ("a hidden file or folder is left out", "name it on the command line to add it",
                    "跳过隐藏文件或文件夹", "如需添加，请在命令行写出它的路径"),
    "SKIP_SIDECAR": ("metadata of {document}; used there", "nothing to do",
                     "{document} 的元数据，已用于该文档", "无需处理"),
    "E_ENCODER": ("the library was built with encoder {saved}, now {now} is set", "run: kb reindex (or set the encoder back)",
                  "资料库由编码器 {saved} 建立，现在设置的是 {now}", "运行 kb reindex（或改回原来的编码器）"),
    "E_ENCODER_MISSING": ("the encoder {name} cannot be loaded: {detail}", "{advice}",
                          "编码器 {name} 无法加载：{detail}", "{advice}"),
    "E_VOCABULARY": ("the Chinese vocabulary {path} cannot be used: {detail}", "install kb again, or set the encoder that was used before",
                     "中文词表 {path} 无法使用：{detail}", "重新安装 kb，或改回之前的编码器"),
    "E_DATA": ("{path}, line {line}: {detail}", "mend or remove the line and run the command again; nothing was changed",
               "{path} 第 {line} 行：{detail}", "修正或删除该行后重新运行；没有任何改动"),
    "E_TOO_LITTLE": ("{what}: {found} found, at least {needed} are needed", "{advice}",
                     "{what}：找到 {found}，至少需要 {needed}", "{advice}"),
    "Q_EMPTY": ("the question is empty", "type a question", "问题为空", "请输入问题"),
    "Q_LONG": ("the question has {n} characters, the limit is {limit}", "shorten it; a document belongs in the library (kb add)",
               "问题有 {n} 个字符，上限是 {limit}", "请缩短；长文档请用 kb add 添加到资料库"),
    "E_UNKNOWN_DOCUMENT": ("no document with id {id}", "kb list shows the ids", "没有编号为 {id} 的文档", "用 kb list 查看编号"),
    "E_UNKNOWN_CONVERSATION": ("no conversation with id {id}", "kb log shows the ids", "没有编号为 {id} 的对话", "用 kb log 查看编号"),
    "E_SETTING": ("{name} = {value} is not valid: {detail}", "see kb doctor for where each setting comes from",
                  "设置 {name} = {value} 无效：{detail}", "kb doctor 会说明每项设置的来源"),
    "LLM_CAP": ("the rest does not fit under the cap of {limit}", "raise the cap and run it again; what was written stays",
                "其余部分超出上限 {limit}", "提高上限后再运行一次；已写好的部分都在"),
    "E_SURVEY": ("{path} is not a survey: {detail}", "write one: kb survey write TOPIC --out FOLDER",
                 "{path} 不是综述：{detail}", "先生成一篇：kb survey write 主题 --out 文件夹"),
    "E_SURVEY_EMPTY": ("none of the {n} documents has anything to quote on “{topic}”", "add documents on the topic (kb add), or word it differently",
                       "{n} 篇文档中没有可以就“{topic}”引用的内容", "添加相关文档（kb add），或换一种说法"),
    "E_OUTLINE": ("the outline cannot be used: {detail}", "mend outline.json, or make a new one: kb survey plan TOPIC --out FOLDER",
                  "大纲无法使用：{detail}", "修正 outline.json，或重新生成：kb survey plan 主题 --out 文件夹"),
    "E_OUTLINE_FORM": ("the outline is not of its form at “{place}”: {detail}", "mend outline.json, or make a new one: kb survey plan TOPIC --out FOLDER",
                       "大纲在“{place}”处格式不对：{detail}", "修正 outline.json，或重新生成：kb survey plan 主题 --out 文件夹"),
    "E_OUTLINE_UNKNOWN": ("“{section}” in the outline names document {document}, which the library does not hold", "take the id out, or see the ids with kb list",
                          "大纲的“{section}”一节列有文献 {document}，资料库中没有它", "删去该编号，或用 kb list 查看编号"),
    "E_OUTLINE_TWICE": ("document {document} (“{title}”) stands in the outline twice: in “{first}” and in “{second}”", "leave it in one of them",
                        "文献 {document}（“{title}”）在大纲中出现两次：“{first}”和“{second}”", "只留一处"),
    "E_OUTLINE_NODE": ("the outline has no {name}", "kb survey outline FOLDER shows the ids of its sections and documents", "大纲中没有 {name}", "用 kb survey outline 文件夹 查看各节和文献的编号"),
    "E_OUTLINE_EDIT": ("the outline cannot be changed so: {detail}", "nothing was changed", "大纲不能这样修改：{detail}", "未作任何改动"),
    "E_OUT": ("cannot write {path}: {detail}", "choose another folder with --out", "无法写入 {path}：{detail}", "用 --out 换一个文件夹"),
    "E_LAB": ("there is no lab {name}", "there are: {known}", "没有名为 {name} 的实验", "现有：{known}"),
    "E_LAB_PARAM": ("the lab {lab} has no parameter {name}", "it has: {known}", "实验 {lab} 没有参数 {name}", "它的参数：{known}"),
    "E_LAB_SETTING": ("{value} is not of the form NAME=VALUE", "for example: --set seed=1", "{value} 不是 名称=值 的形式", "例如：--set seed=1"),
    "E_LAB_CHOICE": ("{name} = {value} is not known", "one of: {known}", "{name} = {value} 不可用", "可选：{known}"),
    "E_LAB_NUMBER": ("{name} = {value} is not a number of the right kind", "a number like {default} is wanted", "{name} = {value} 不是所需的数字", "需要像 {default} 这样的数字"),
    "E_LAB_RANGE": ("{name} = {value} is out of range", "from {low} to {high}", "{name} = {value} 超出范围", "范围：{low} 到 {high}"),
    "E_LAB_SAME": ("{a} and {b} are both {value}", "name two different columns", "{a} 与 {b} 都是 {value}", "请指定两个不同的列"),
    "E_LAB_ALONE": ("{name} is given without {other}", "give {other} too, or leave {name} out", "给了 {name} 却没有给 {other}", "请同时给出 {other}，或去掉 {name}"),
    "E_LAB_FILE": ("{name} = {value}: there is no such file", "check the path", "{name} = {value}：没有这个文件", "检查路径"),
    "E_LAB_FOLDER": ("the folder {path} is not empty", "choose another with --out; a run never writes over what is there", "文件夹 {path} 不是空的", "用 --out 另选一个；实验不会覆盖已有内容"),
    "E_LAB_UNWRITABLE": ("the folder {path} cannot be written: {detail}", "check its permissions, or choose another with --out", "文件夹 {path} 不可写：{detail}", "检查权限，或用 --out 另选一个"),
    "E_LAB_NO_MODEL": ("the lab {lab} leaves no model to try", "kb lab list shows which do", "实验 {lab} 没有可试用的模型", "kb lab list 会列出有模型的实验"),
    "E_LAB_NO_RUN": ("there is no finished run in {path}", "kb lab runs shows the runs", "{path} 中没有完成的运行", "kb lab runs 会列出所有运行"),
    "D_BIG": ("{path} has {size}, the limit is {limit}", "give a part of it", "{path} 有 {size}，上限是 {limit}", "请给出其中一部分"),
    "D_EMPTY": ("{path} is empty", "check that the export finished", "{path} 是空的", "检查导出是否完成"),
    "D_ENCODING": ("{path} is not {encoding}; the best guess is {guess}", "add --set encoding={guess}, or save it as UTF-8",
                   "{path} 不是 {encoding} 编码，最可能是 {guess}", "加上 --set encoding={guess}，或另存为 UTF-8"),
    "D_LONG_LINE": ("{path}, line {line} has {n} characters, the limit is {limit}", "this is not a table of sentences, or its line ends are lost",
                    "{path} 第 {line} 行有 {n} 个字符，上限是 {limit}", "这不像句子表格，或者换行丢失了"),
    "D_LONG_TEXT": ("{path}, line {line}: the text has {n} characters, the limit is {limit}", "cut it into sentences or paragraphs",
                    "{path} 第 {line} 行的文本有 {n} 个字符，上限是 {limit}", "请切成句子或段落"),
    "D_COLUMN": ("{path} has no column {name}", "it has: {known}; name them with --set text=… --set label=…",
                 "{path} 没有 {name} 列", "它的列：{known}；用 --set text=… --set label=… 指定"),
    "D_COLUMN_TWICE": ("{path} has two columns named {name}", "rename one of them", "{path} 有两列都叫 {name}", "请改掉其中一列的名字"),
    "D_EMPTY_ROWS": ("{path}: {count} rows without a text or a label (lines {lines})", "mend them, or leave them out with --set drop_empty=true",
                     "{path}：{count} 行没有文本或标签（第 {lines} 行）", "请补全，或用 --set drop_empty=true 略去"),
    "D_FEW": ("{path}: {found} examples found, at least {needed} are needed", "label some more",
              "{path}：只有 {found} 条，至少需要 {needed} 条", "请再标注一些"),
    "D_ONE_CLASS": ("{path}: every example has the label {label}", "a classifier needs at least two labels",
                    "{path}：所有样本的标签都是 {label}", "分类至少需要两种标签"),
    "D_MANY_LABELS": ("{path}: {found} different labels, the limit is {limit}", "is this an id or a number? choose another column with --set label=…",
                      "{path}：有 {found} 种标签，上限是 {limit}", "这是编号或数值吗？用 --set label=… 换一列"),
    "D_SMALL_CLASS": ("the label {label} has {found} examples, too few to train and to validate", "label more of them, or merge it with another label",
                      "标签 {label} 只有 {found} 条，不够训练和验证", "请再标注一些，或与别的标签合并"),
    "D_LABEL": ("the test file has labels that training never sees: {labels}", "training has: {known}", "测试文件有训练中没有的标签：{labels}", "训练中的标签：{known}"),
    "D_DIVERGED": ("the loss was no longer a number at step {step}", "lower the learning rate, it was {rate}", "第 {step} 步损失不再是数字", "请降低学习率（现为 {rate}）"),
    "D_SPAN": ("{path}, line {line}: {detail}", "start and end count characters of the text, end is not included; mend the line", "{path} 第 {line} 行：{detail}", "start 与 end 按字符计数，不含 end；请修正该行"),
    "D_NO_BUNDLED": ("the bundled data {name} is not installed", "give a file of your own with --set data=FILE, or install kb again",
                     "没有安装自带数据 {name}", "用 --set data=文件 指定自己的数据，或重新安装 kb"),
    "E_LAB_MODEL": ("the model {path} cannot be used: {detail}", "run the lab again", "模型 {path} 无法使用：{detail}", "请重新运行实验"),
    "E_LAB_INPUT": ("{name}: {detail}", "change it and run the lab again; nothing was trained", "{name}：{detail}", "修改后重新运行；还没有开始训练"),
    "E_LAB_LINE": ("{path}, line {line}: {detail}", "mend or remove the line and run the lab again; nothing was trained",
                   "{path} 第 {line} 行：{detail}", "修正或删除该行后重新运行；还没有开始训练"),
    "E_LAB_PICTURE": ("{path}: {detail}", "give a PNG or JPEG file of one digit", "{path}：{detail}", "请给出只有一个数字的 PNG 或 JPEG 图片"),
    "E_LAB_NEEDS": ("this needs: {what}", "{advice}", "需要：{what}", "{advice}"),
    "E_LAB_FAILED": ("the lab {lab} failed: {detail}", "the whole story is in {path}", "实验 {lab} 失败：{detail}", "详情见 {path}"),
    "E_PUBLIC": ("refusing to listen on {address} without a login", "use 127.0.0.1, or set up st.login (secrets.toml, [auth])",
                 "没有登录保护，拒绝在 {address} 上监听", "请用 127.0.0.1，或配置 st.login（secrets.toml 的 [auth]）"),
    "E_MISSING": ("{package} is not installed", "pip install '{install}'", "没有安装 {package}", "pip install '{install}'"),
    "LLM_UNSET": ("no language model is set", "set KB_LLM_URL and KB_LLM_MODEL, or use the Settings page; answers stay extractive",
                  "没有设置语言模型", "设置 KB_LLM_URL 和 KB_LLM_MODEL，或使用设置页；回答仍为摘录"),
    "LLM_UNREACHABLE": ("the language model at {url} cannot be reached: {detail}", "start it, or check the address and port",
                        "连接不上 {url} 的语言模型：{detail}", "启动它，或检查地址和端口"),
    "LLM_DNS": ("the host name in {url} is not known", "check its spelling and the network", "{url} 中的主机名无法解析", "检查拼写和网络"),
    "LLM_TLS": ("no secure connection to {url}: {detail}", "check the certificate, and whether the address should begin with http:// instead",
                "无法与 {url} 建立安全连接：{detail}", "检查证书，以及地址是否应以 http:// 开头"),
    "LLM_TIMEOUT": ("the language model did not finish within {limit} s", "ask again, choose a faster model, or raise KB_LLM_SECONDS",
                    "语言模型没有在 {limit} 秒内完成", "重新提问、换用更快的模型，或提高 KB_LLM_SECONDS"),
    "LLM_AUTH": ("{url} refuses the key (HTTP {status})", "check the key; it must belong to this address", "{url} 拒绝了密钥（HTTP {status}）",
                 "检查密钥；它必须属于这个地址"),
    "LLM_PATH": ("there is no chat endpoint at {url} (HTTP {status})", "check the path: most addresses end in /v1", "{url} 下没有对话接口（HTTP {status}）",
                 "检查路径：多数地址以 /v1 结尾"),
    "LLM_MODEL": ("{url} has no model {model}: {detail}", "check the model's name, or install it there", "{url} 没有模型 {model}：{detail}",
                  "检查模型名称，或在那里安装它"),
    "LLM_RATE": ("{url} allows no more requests for now (HTTP 429)", "wait {seconds} s and ask again", "{url} 暂时不再接受请求（HTTP 429）",
                 "等待 {seconds} 秒后重新提问"),
    "LLM_SERVER": ("{url} failed (HTTP {status}): {detail}", "ask again later, or look at that server's log", "{url} 出错（HTTP {status}）：{detail}",
                   "稍后重新提问，或查看该服务器的日志"),
    "LLM_CONTEXT": ("the question with its evidence is too long for the model", "set KB_LLM_CONTEXT to the tokens it can take (now {limit})",
                    "问题加证据超过了模型的长度", "把 KB_LLM_CONTEXT 设为模型能接受的 token 数（现在是 {limit}）"),
    "LLM_REQUEST": ("{url} does not accept the request (HTTP {status}): {detail}", "check that it is an OpenAI-compatible chat endpoint",
                    "{url} 不接受该请求（HTTP {status}）：{detail}", "检查它是否为兼容 OpenAI 的对话接口"),
    "LLM_REDIRECT": ("{url} sends requests on to another address; that is not followed", "enter the final address itself",
                     "{url} 要求转到另一个地址；不会跟随", "请直接填写最终地址"),
    "LLM_PROTOCOL": ("{url} did not answer in the form of a chat endpoint: {detail}", "check that the address is an OpenAI-compatible API, not a web page",
                     "{url} 的回答不是对话接口的格式：{detail}", "检查该地址是否为兼容 OpenAI 的接口，而不是网页"),
    "LLM_EMPTY": ("the language model wrote nothing", "ask again, or choose another model", "语言模型没有写出内容", "重新提问，或换一个模型"),
    "LLM_INCOMPLETE": ("the language model's answer broke off", "ask again; what is shown is not the whole answer", "语言模型的回答中断了",
                       "重新提问；显示的不是完整回答"),
    "LLM_UNEXPECTED": ("the language model did something else than answer ({detail})", "choose another model", "语言模型没有作答（{detail}）", "换一个模型"),
    "E_ERROR": ("{detail}", "run kb doctor; if it stays, report it", "{detail}", "运行 kb doctor；若仍出现，请反馈"),
}


def describe(code: str, values: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """(message, hint) of a code in the reader's language."""
    words = MESSAGES[code]
    message, hint = words[2:] if language == "zh" else words[:2]
    said = {name: value[language == "en"] if isinstance(value, tuple) else value for name, value in values.items()}
    return message.format_map(said), hint.format_map(said)


class KBError(Exception):
    """Base of every error a caller can act on. str(error) is the English message."""

    exit_code = 1

    def __init__(self, code: str = "E_ERROR", **values: Any) -> None:
        self.code = code
        self.values = values
        super().__init__(self.describe("en")[0])

    def describe(self, language: Language) -> tuple[str, str]:
        """(message, hint) in the reader's language."""
        return describe(self.code, self.values, language)


class LibraryError(KBError):
    """The library folder cannot be opened, locked or written."""


class NothingIndexed(LibraryError):
    """There is no document to search."""

    exit_code = 3


class FileProblem(KBError):
    """One input file could not be read; its neighbours are not affected."""


class Skipped(FileProblem):
    """A file that was left out on purpose."""


class EncoderError(KBError):
    """The encoder is missing, or is not the one the library was built with."""


class DataProblem(KBError):
    """Training data cannot be used: a line that is not of the file's form, or too little of it."""


class QuestionError(KBError):
    """The question cannot be asked as it stands."""

    exit_code = 2


class ModelError(KBError):
    """The language model could not be asked or did not answer; the extractive answer does not need it."""

    exit_code = 5


class UnknownDocument(KBError):
    """No document has this id."""


class UnknownConversation(KBError):
    """No conversation has this id."""


class SettingError(KBError):
    """A setting has a value that cannot be used."""

    exit_code = 2


def as_problem(path: str, error: FileProblem) -> Problem:
    """The row of a report that says what happened to a file."""
    message, hint = error.describe("en")
    return Problem(path, error.code, message, hint, {name: str(value) for name, value in error.values.items()})
