"""Everything that can go wrong, as one tree.

    KBError                    code, exit_code, describe(language) -> (message, hint)
    ├── LibraryError           the library folder: E_BUSY E_READONLY E_DISK E_VERSION E_DAMAGED E_NO_LIBRARY
    │   └── NothingIndexed     E_NOTHING_INDEXED (exit code 3)
    ├── FileProblem            one input file: E_EMPTY E_TYPE E_PASSWORD E_CIPHER E_PARSE E_CPU E_MEMORY E_READER_DIED E_TOO_BIG
    │   │                      E_BOMB E_ENCODING E_PERMISSION E_CHANGED E_NOT_FOUND E_IO E_SIDECAR
    │   └── Skipped            left out on purpose: SKIP_LINK SKIP_SPECIAL SKIP_TYPE SKIP_HIDDEN SKIP_SIDECAR
    ├── EncoderError           E_ENCODER (two encoders would mix), E_ENCODER_MISSING (cannot be loaded), E_VOCABULARY (a damaged artefact)
    ├── DataProblem            E_DATA (training data: file and line), E_TOO_LITTLE
    ├── QuestionError          Q_EMPTY Q_LONG
    ├── UnknownDocument        E_UNKNOWN_DOCUMENT
    └── SettingError           E_SETTING (exit code 2)

An error is made from its code and the values its message names: FileProblem("E_TOO_BIG", what="120 MB", limit="100 MB").
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
    "E_SETTING": ("{name} = {value} is not valid: {detail}", "see kb doctor for where each setting comes from",
                  "设置 {name} = {value} 无效：{detail}", "kb doctor 会说明每项设置的来源"),
    "E_PUBLIC": ("refusing to listen on {address} without a login", "use 127.0.0.1, or set up st.login (secrets.toml, [auth])",
                 "没有登录保护，拒绝在 {address} 上监听", "请用 127.0.0.1，或配置 st.login（secrets.toml 的 [auth]）"),
    "E_MISSING": ("{package} is not installed", "pip install '{install}'", "没有安装 {package}", "pip install '{install}'"),
    "E_ERROR": ("{detail}", "run kb doctor; if it stays, report it", "{detail}", "运行 kb doctor；若仍出现，请反馈"),
}


def describe(code: str, values: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """(message, hint) of a code in the reader's language."""
    words = MESSAGES[code]
    message, hint = words[2:] if language == "zh" else words[:2]
    return message.format_map(values), hint.format_map(values)


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


class UnknownDocument(KBError):
    """No document has this id."""


class SettingError(KBError):
    """A setting has a value that cannot be used."""

    exit_code = 2


def as_problem(path: str, error: FileProblem) -> Problem:
    """The row of a report that says what happened to a file."""
    message, hint = error.describe("en")
    return Problem(path, error.code, message, hint, {name: str(value) for name, value in error.values.items()})
