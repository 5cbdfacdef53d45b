"""What is said of whole works: from the library's records, and in tables with a row for each document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.messages import Language, Words
from kb.types.record import Record

# How an answer was found: in sentences; in what the library records of its documents; in who cites whom; in the parts
# of a work; beside each other, for two things; document by document.
Route = Literal["sentences", "records", "graph", "summary", "comparison", "list"]


@dataclass(frozen=True, slots=True)
class RecordPlace(Record):
    """What the library records of a document, as evidence.

    field: "title", "authors", "year", "venue", "added" …  value: as it is recorded.  origin: "read" off the document,
    "guessed", "beside" it in a file, "set" by a reader, or "index" it was looked up in; source: which index.
    """

    document: str
    title: str
    path: str
    field: str
    value: str
    origin: Literal["read", "guessed", "beside", "set", "index"] = "read"
    source: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What the records of one document are numbered by, beside the places of its quotes."""
        return self.document, -1

    def described(self, language: Language) -> str:
        """The field and where its value comes from, in the reader's language: "authors, guessed"."""
        where = _ORIGINS[self.origin if self.value else "missing"].in_(language).format(source=self.source)
        return f"{self.field_in(language)}{'：' if language == 'zh' else ': '}{where}"

    def field_in(self, language: Language) -> str:
        """What the field is called in the reader's language."""
        return _FIELDS.get(self.field, Words(self.field, self.field)).in_(language)


_FIELDS = {"title": Words("title", "题名"), "authors": Words("authors", "作者"), "year": Words("year", "年份"),
           "venue": Words("venue", "出处"), "added": Words("added", "加入时间"), "language": Words("language", "语言")}
_ORIGINS = {"read": Words("as read in the file", "读自文件"), "guessed": Words("guessed", "推测"),
            "beside": Words("from the file beside it", "来自旁边的文件"), "set": Words("set by a reader", "由读者设定"),
            "index": Words("looked up in {source}", "查自 {source}"), "missing": Words("not recorded", "没有记录")}
_ROUTES: dict[Route, Words] = {
    "sentences": Words("found in sentences", "据句子"),
    "records": Words("found in the library's records", "据资料库的记录"),
    "graph": Words("found in who cites what", "据引用关系"),
    "summary": Words("put together from its parts", "据文献各部分"),
    "comparison": Words("put side by side", "并列比较"), "list": Words("looked for document by document", "逐篇查找"),
}


def route_name(route: Route, language: Language) -> str:
    """How an answer was found, in the reader's language."""
    return _ROUTES[route].in_(language)
