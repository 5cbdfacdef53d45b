"""`kb edit`, `kb show ID --report`, `kb doctor --documents`: what is known of documents, and setting it right.

Reads: Edit and ReadingReport of base/reading.py.  Gives: text on stdout, no wider than the terminal.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.cli.common import ERROR, OK, Command, open_base, show
from kb.cli.progress import Progressbar
from kb.cli.terminal import style
from kb.cli.words import fold, pad, reader_language, say
from kb.messages import word
from kb.operations import shapes
from kb.text import one_line
from kb.types import Metadata

if TYPE_CHECKING:
    from kb.base.reading import Edit, Field, Omission, ReadingReport

_FIELDS = ("title", "author", "year", "venue", "doi", "arxiv", "language")
_NAME = 10  # columns of a field's name


def add_edit(command: Command) -> None:
    """Declares `kb edit`."""
    edit = command("edit", "set title, authors, year and other metadata of a document for good")
    edit.add_argument("document", metavar="ID")
    edit.add_argument("--title", help="its title")
    edit.add_argument("--author", action="append", metavar="NAME", help="an author; once for each, in their order")
    for name, words in (("year", "year of publication"), ("venue", "journal, conference or publisher"), ("doi", "DOI"),
                        ("arxiv", "arXiv number")):
        edit.add_argument(f"--{name}", help=words)
    edit.add_argument("--language", choices=("zh", "en"), help="language of the document")
    edit.add_argument("--clear", action="append", choices=_FIELDS, default=[], metavar="FIELD",
                      help="give a field back what was read: title, author, year, venue, doi, arxiv or language")


def edit(options: argparse.Namespace) -> int:
    """The command `kb edit`."""
    authors = None if options.author is None else [name for name in options.author if name]
    clear = ["authors" if name == "author" else name for name in options.clear]
    with open_base(options) as base:
        made = base.edit(options.document, title=options.title, authors=authors, year=options.year,
                         venue=options.venue, doi=options.doi, arxiv=options.arxiv, language=options.language,
                         clear=clear)
    show(options, shapes.edited(made), lambda: _print_edit(made))
    return OK


def _print_edit(made: Edit) -> None:
    print(f"{made.document}  {one_line(str(made.after[0].value or ''))}")
    for old, new in made.changed():
        _line(say(old.name), f"{_value(old)}{_origin(old)}")
        _line("", f"-> {_value(new)}{_origin(new)}")
    if not made.changed():
        print(say("nothing is different from what it was"))


def _value(field: Field) -> str:
    value = field.value
    return one_line(", ".join(value) if isinstance(value, tuple) else "-" if value is None else str(value), 1000)


def _origin(field: Field) -> str:
    """Where a value comes from, as it stands behind it."""
    said = {"file": "", "missing": "", "beside": say("from the file beside it"), "guess": say("guessed"),
            "edited": say("edited {when}", when=field.when[:10]),
            "index": say("from {source}, {when}", source=field.source, when=field.when[:10])}[field.origin]
    if reader_language() == "zh":
        return f"（{said}）" if said else ""
    return f"  ({said})" if said else ""


def said_of(metadata: Metadata, name: str) -> str:
    """What is to be said of a field behind its value."""
    source = {item.field: item.source for item in metadata.edited}.get(name)
    if source == "":
        return say("  (edited)")
    if name in metadata.guessed:
        return say("  (guessed)")
    return say("  (from {source})", source=source) if source else ""


def report(options: argparse.Namespace, document: str) -> int:
    """The command `kb show ID --report`."""
    with open_base(options) as base:
        found = base.report(document)
    show(options, found.to_dict(), lambda: _print_report(found))
    return OK


def _print_report(found: ReadingReport) -> None:
    from kb.base.reading import pages_in_words

    language = reader_language()
    print(style("1", one_line(found.title)))
    _line("id", found.document)
    _line(say("file"), one_line(found.path, 400))
    size = [found.kind, say("{n:,} character{n:|s}", n=found.n_characters),
            say("{n:,} passage{n:|s}", n=found.n_passages)]
    size[1:1] = [say("{n:,} page{n:|s}", n=found.n_pages)] if found.n_pages else []
    comma = "，" if language == "zh" else ", "
    _line(say("read"), comma.join(size) + ("" if found.status == "ok" else f"  ({word(found.status, language)})"))
    if parts := [_part(kind, n) for kind, n in found.parts.items() if n]:
        _line("", comma.join(parts))
    if found.nearly_empty:
        _line("", say("nearly empty pages: {pages}", pages=pages_in_words(found.nearly_empty)))
    if found.recognised:
        _line("", say("recognised pages: {pages}; the recogniser is {sure} sure of them",
                      pages=pages_in_words([page for page, _ in found.recognised]), sure=found.sure_in_words()))
    for field in found.fields:
        if field.value is not None or field.origin == "edited" or field.name in ("title", "authors", "year"):
            # which language it is in, the letters say
            own = say("  (from the file itself)") if field.origin == "file" and field.name != "language" else ""
            _line(say(field.name), f"{_value(field)}{_origin(field)}{own}")
    for n, item in enumerate(found.left_out):
        _line(say("left out") if not n else "", _omitted(item))
    for n, note in enumerate(found.notes):
        _line(say("note") if not n else "", note.in_(language))
    for n, doubt in enumerate(found.doubts):
        _line(say("doubtful") if not n else "", style("33", doubt.describe(language)[0]))


def _part(kind: str, n: int) -> str:
    return f"{word(kind, reader_language())} {n:,}"


def _omitted(item: Omission) -> str:
    from kb.base.reading import pages_in_words

    language = reader_language()
    pages = say(", p. {page}", page=pages_in_words(item.pages)) if item.pages else ""
    texts = " · ".join(one_line(text, 40) for text in item.texts if text)
    why = item.why(language)
    colon = "：" if language == "zh" else ": "
    return item.name(language) + pages + (f"{colon}{why}" if why else "") + (f" | {texts}" if texts else "")


def _line(name: str, value: str) -> None:
    """A field and its value, over as many lines as that takes."""
    lines = fold(value, max(30, shutil.get_terminal_size().columns - _NAME - 3))
    for n, line in enumerate(lines):
        print(f"  {pad(name if not n else '', _NAME)} {line}".rstrip())


def doctor(options: argparse.Namespace) -> int:
    """The command `kb doctor --documents`."""
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        found = base.doubtful(on_progress=progress)
        n_documents = base.status().documents
    is_sound = all(report.is_sound for report in found)
    show(options, {"sound": is_sound, "n_documents": n_documents, "documents": [item.to_dict() for item in found]},
         lambda: _print_doubtful(found, n_documents))
    return OK if is_sound else ERROR


def _print_doubtful(found: Sequence[ReadingReport], n_documents: int) -> None:
    width, language = max(20, shutil.get_terminal_size().columns - 15), reader_language()
    colon, semicolon = ("：", "；") if language == "zh" else (": ", "; ")
    by_text = [item for item in found if not item.lacks_only_metadata]
    others = [item for item in found if item.lacks_only_metadata]
    for item in by_text:
        for n, line in enumerate(fold(one_line(item.title), width)):
            print(f"{item.document if not n else '':12}  {style('1', line)}")
        for line in fold(semicolon.join(doubt.describe(language)[0] for doubt in item.doubts), width):
            print(f"{'':14}{style('33' if item.is_sound else '31', line)}")
    if others:
        print(("\n" if by_text else "") + say("Read well, but what is known of them has gaps or guesses:"))
    for item in others:
        said = semicolon.join(doubt.describe(language)[0] for doubt in item.doubts)
        for n, line in enumerate(fold(f"{one_line(item.title, 60)}{colon}{said}", width)):
            print(f"{item.document if not n else '':12}  {line}")
    print(say("{n} of {all} document{all:|s} {n:needs|need} a look, and of {metadata} more the metadata; kb show ID "
              "--report says more, "
              "kb edit ID and kb look-up set metadata right", n=len(by_text), all=n_documents, metadata=len(others)))
