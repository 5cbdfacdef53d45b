"""How results look in a terminal: answers with their sources, tables, a progress bar with the time that is left.

Escapes only on a terminal and not with NO_COLOR; text from documents is stripped of control characters before it is
printed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from kb.cli.words import pad, reader_language, say
from kb.errors import is_skipped
from kb.messages import fill, word
from kb.text import one_line
from kb.types import (
    Answer,
    Check,
    Citation,
    Conversation,
    DocumentInfo,
    FilePath,
    Hit,
    Language,
    Problem,
    RecordPlace,
    Report,
    UserNote,
    Words,
    WrittenSentence,
    route_name,
)
from kb.types.answer import OTHERWISE
from kb.types.scope import STATE_WORDS

if TYPE_CHECKING:
    from kb.encoder.adapt import Adaptation
    from kb.encoder.adapt_reader import ReaderAdaptation
    from kb.survey.model.live import Live

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def style(code: str, text: str) -> str:
    """The text in an ANSI style where a terminal shows it."""
    return f"\x1b[{code}m{text}\x1b[0m" if text and sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


def clean(text: str) -> str:
    """Without control characters, which could move the cursor or turn the direction of writing."""
    return _CONTROL.sub("", text)


def _place(item: Citation | Hit) -> str:
    page = say(", p. {page}", page=item.page) if item.page is not None else ""
    section = f" › {item.section[-1]}" if item.section else ""
    gone = f"  ({say('the file is gone')})" if item.is_gone else ""
    seen = f"  ({as_recognised(item.recognised)})" if item.recognised is not None else ""
    also = "; ".join(say("also in {file}{page}, a text of the same work", file=one_line(PurePath(place.path).name, 60),
                         page=say(", p. {page}", page=place.page) if place.page is not None else "")
                     for place in (item.also if isinstance(item, Citation) else ()))
    return (
        f"{one_line(item.title, 80)}{page}{one_line(section, 60) and ' ' + one_line(section, 60)}  "
        f"[{item.document}:{item.start}-{item.end}]{seen}{gone}" + (f"\n    {also}" if also else "")
    )


def _record(records: Sequence[RecordPlace], answer: Answer) -> str:
    """What is recorded of a document, as a place: its title, file, fields and where they come from."""
    first, gap = records[0], "，" if answer.language == "zh" else "; "
    fields = gap.join(place.described(answer.language) for place in records)
    return f"{one_line(first.title, 80)}  {one_line(first.path, 120)}  ({fields})  [{first.document}]"


def as_recognised(confidence: float) -> str:
    """That a text was recognised in a picture, and how sure the recogniser is of its worst line."""
    return say("recognised, {confidence}", confidence=f"{confidence:.2f}".lstrip("0"))


_WORDS: dict[str, Words] = {
    "weak": Words("Only weak support for this:", "以下内容只有较弱的依据："),
    "not_found": Words("Not in your library.", "资料库中没有答案。"),
    "not_in_scope": Words("Not in this part of your library.", "资料库的这一部分中没有答案。"),
    "scope": Words("in {scope}: ", "范围：{scope}；"),
    "outside": Words("Outside of it {n} document{n:|s} {n:speaks|speak} of it.", "此范围之外有 {n} 篇文档提到它。"),
    "outside_one": Words("Outside of it 1 document speaks of it.", "此范围之外有 1 篇文档提到它。"),
    "searched": Words("searched {passages} passage{passages:|s} of {documents} document{documents:|s}",
                      "已检索 {documents} 篇文档的 {passages} 个段落"),
    "looked": Words("{documents} document{documents:|s} looked at", "已查看 {documents} 篇文档"),
    "missing": Words("; no passage contains: {terms}", "；没有段落包含：{terms}"),
    "also": Words("; also searched: {names}", "；同时检索：{names}"),
    "empty": Words("nothing found for: {names}", "没有找到：{names}"),
    "unasked": Words("{n} more document{n:|s} {n:was|were} not asked", "另有 {n} 篇文档未查"),
    "own": Words("In your own notes:", "你自己的笔记："),
    "nearest": Words("Nearest sections:", "最接近的章节："),
    "other": Words("some quotes are in another language than the question", "部分引文与提问的语言不同"),
    "model": Words("Written by {model}, checked against the quotes:", "由 {model} 撰写，已与引文核对："),
    "model_weak": Words("Written by {model} from weak support, checked against the quotes:",
                        "由 {model} 根据较弱的依据撰写，已与引文核对："),
    "unsupported": Words("no support: {why}", "无依据：{why}"),
    "counts": Words(
        "{verified} sentence{verified:|s} verified, {unsupported} without support, {dropped} dropped; citations of "
        "nothing removed: {ghosts}",
        "{verified} 句有依据，{unsupported} 句无依据，{dropped} 句已舍去，去掉 {ghosts} 处不存在的引用",
    ),
    "not_asked": Words("There is nothing to quote, so the model was not asked.",
                       "没有可用的引文，因此没有询问模型。"),
    "abstained": Words("{model} finds no answer in these quotes.", "{model} 在这些引文中没有找到答案。"),
    "incomplete": Words("This is not the whole answer.", "以上不是完整的回答。"),
    "blind": Words("; by words only, the encoder does not read this language", "；仅按字词检索，编码器不识别该语言"),
}


def print_answer(answer: Answer) -> None:
    def word(key: str, **values: object) -> str:
        return fill(_WORDS[key].in_(answer.language), values)

    if answer.status != "found":
        is_of_part = answer.status == "not_found" and answer.searched.scope is not None
        print(style("33", word("not_in_scope" if is_of_part else answer.status)))
    numbers, subject = answer.numbers, ""
    for claim in answer.claims:
        if claim.subject != subject:
            subject = claim.subject
            print(style("1", f"— {clean(subject)} —") if subject else "")
        marks = "".join(f"[{numbers[key]}]" for key in claim.keys)
        before, marked, after = claim.citations[0].marked if claim.citations else (claim.text, "", "")
        text = style("1", clean(before)) + style("1;4", clean(marked)) + style("1", clean(after))
        print(f"{text} {style('36', marks)}".rstrip())
    if answer.otherwise:
        print(style("2", OTHERWISE.in_(answer.language)))
    for claim in answer.otherwise:
        print(f"{clean(claim.text)} {style('36', f'[{numbers[claim.keys[0]]}]')}")
    if answer.claims:
        print()
    every = [c for claim in (*answer.claims, *answer.otherwise) for c in claim.citations]
    places = {(c.document, c.start): _place(c) for c in every}
    places |= {key: _record(records, answer) for key, records in answer.records.items()}
    for key, number in numbers.items():
        print(f"{style('36', f'[{number}]')} {places[key]}")
    if any(c.language != answer.language for c in every):
        print(style("2", word("other")))
    if answer.empty:
        print(style("2", word("empty", names="; ".join(one_line(name, 60) for name in answer.empty))))
    if answer.n_unasked:
        print(style("2", word("unasked", n=answer.n_unasked)))
    s = answer.searched
    line = word("searched", passages=s.passages, documents=s.documents)
    if answer.route != "sentences":
        line = f"{route_name(answer.route, answer.language)}{'；' if answer.language == 'zh' else '; '}" + word(
            "looked", documents=s.documents)
    if s.scope is not None:
        line = word("scope", scope=one_line(s.scope.described(answer.language), 200)) + line
    if answer.status == "not_found":
        line += word("missing", terms=" ".join(s.missing_terms)) if s.missing_terms else ""
    line += word("also", names=", ".join(one_line(name, 60) for name in s.also[:6])) if s.also else ""
    print(style("2", line + ("" if s.dense else word("blind"))))
    if s.outside:
        print(word("outside_one" if s.outside == 1 else "outside", n=s.outside))
    if answer.status == "not_found" and answer.nearest:
        print(word("nearest"))
        for hit in answer.nearest:
            print(f"  {_place(hit)}")
    print_own(answer.notes, answer.language)


def print_own(notes: Sequence[UserNote], language: Language) -> None:
    """What the reader has noted, said to be theirs; the document's words in it stand in quotation marks."""
    if notes:
        print(style("2", _WORDS["own"].in_(language)))
    for note in notes:
        quoted = f" “{clean(one_line(note.quote, 160))}”" if note.quote else ""
        place = f"{note.document}:{note.start}-{note.end}" if note.state in ("there", "changed") else note.document
        print(f"  {note.id}  {clean(one_line(note.text, 240))}{style('2', quoted)}  "
              f"{one_line(note.title, 60)} [{place}]".rstrip())


class SurveyStream:
    """Prints a survey as a model writes it: the heading of each part, then its sentences when they have been checked.
    before: called before something is printed."""

    def __init__(self, before: Callable[[], None]) -> None:
        self._before = before
        self._node = ""
        self._n_sentences = 0

    def __call__(self, live: Live) -> None:
        if live.node != self._node:
            self._node, self._n_sentences = live.node, 0
            self._before()
            print(style("1", clean(live.heading)), flush=True)
        for text in live.sentences[self._n_sentences:]:
            self._before()
            print(clean(text), flush=True)
        self._n_sentences = len(live.sentences)


class AnswerStream:
    """Prints an answer as it grows: the quotes, then each sentence of the model when it has been checked. last: the
    answer as it stands."""

    def __init__(self) -> None:
        self.last: Answer | None = None
        self._n_sentences = self._n_steps = 0
        # the claims' own numbers, and those of further places after them
        self._numbers: dict[tuple[str, int], int] = {}
        self._further: dict[int, Citation] = {}

    def __call__(self, answer: Answer) -> None:
        if self.last is None:
            print_answer(answer)
            print()
            self._numbers = answer.numbers
        self.last, written = answer, answer.written
        if written is None:
            return
        for step in written.steps[self._n_steps:]:
            print(style("2", one_line(f"{step.kind}: {step.text} " + " · ".join(step.items), 200)), file=sys.stderr,
                  flush=True)
        self._n_steps = len(written.steps)
        if written.sentences and not self._n_sentences:
            key = "model_weak" if answer.status == "weak" else "model"
            print(style("2", self._word(key, model=one_line(written.model, 80))))
        for sentence in written.sentences[self._n_sentences:]:
            self._sentence(sentence)
        self._n_sentences = max(self._n_sentences, len(written.sentences))

    def _sentence(self, sentence: WrittenSentence) -> None:
        if sentence.state == "dropped":
            return
        keys = dict.fromkeys(place.key for place in sentence.records if place.key in self._numbers)
        marks = "".join(f"[{self._numbers[key]}]" for key in keys)
        for c in sentence.citations:
            if (c.document, c.start) not in self._numbers:
                self._further[len(self._numbers) + 1] = c
            marks += f"[{self._numbers.setdefault((c.document, c.start), len(self._numbers) + 1)}]"
        if sentence.state == "unsupported":
            marks = f"({self._word('unsupported', why=', '.join(sentence.missing) or ', '.join(sentence.reasons))})"
        is_held = bool(sentence.citations or sentence.records)
        print(f"{clean(sentence.text)} {style('36' if is_held else '33', clean(marks))}", flush=True)

    def finish(self) -> None:
        """The places of what was written, the counts, and what went wrong."""
        written = self.last.written if self.last else None
        if written is None:
            return
        if written.sentences:
            print()
        for number, c in self._further.items():
            print(f"{style('36', f'[{number}]')} {_place(c)}\n    {clean(one_line(c.quote, 240))}")
        if written.problem is not None:
            message, hint = written.problem.describe(reader_language())
            print(f"{written.problem.code}: {message}\n  -> {hint}", file=sys.stderr)
        elif written.abstained and written.model:
            print(self._word("abstained" if written.was_asked else "not_asked", model=one_line(written.model, 80)))
        if written.sentences:
            states = [sentence.state for sentence in written.sentences]
            print(
                style(
                    "2",
                    self._word("counts", verified=states.count("verified"), unsupported=states.count("unsupported"),
                               dropped=states.count("dropped"), ghosts=written.n_ghosts)))
        if written.draft:
            print(style("2", f"{clean(written.draft)} …"))
        if not written.is_complete and (written.sentences or written.draft):
            print(style("33", self._word("incomplete")))

    def _word(self, key: str, **values: object) -> str:
        assert self.last is not None
        return fill(_WORDS[key].in_(self.last.language), values)


def print_conversations(conversations: Iterable[Conversation]) -> None:
    for item in conversations:
        print(f"{item.id}  {item.last[:16].replace('T', ' ')}  {item.n_turns:3}  {one_line(item.name, 90)}")


def print_hits(hits: Sequence[Hit]) -> None:
    for n, hit in enumerate(hits, 1):
        print(f"{style('36', f'{n:2}.')} {hit.score:.3f}  {_place(hit)}")
        print(f"    {one_line(hit.text, 240)}")
    if not hits:
        print(say("no passage contains any of these words"))


def _noted(status: str, note: str) -> str:
    """What is to be said of a document, behind its title."""
    is_chinese = reader_language() == "zh"
    before = word(status, reader_language()) + ("：" if is_chinese else ": ") if status != "ok" else ""
    return f"（{before}{note}）" if is_chinese else f"  ({before}{note})"


def print_documents(documents: Iterable[DocumentInfo]) -> None:
    for info in documents:
        note = _noted(info.status, info.note_in(reader_language())) if info.status != "ok" else ""
        year = str(info.year) if info.year else "    "
        print(f"{info.id}  {year}  {info.language}  {info.n_passages:5}  {one_line(info.title, 90)}{_written(info)}"
              f"{note}{_filed(info)}")
        if len(info.paths) > 1 or info.is_gone:
            for path in info.paths:
                print(f"{'':14}{file_line(path)}")


def _written(info: DocumentInfo) -> str:
    """Its authors, the first two by name."""
    is_zh = reader_language() == "zh"
    gap = "、" if is_zh else ", "
    more = "等" if is_zh else " et al."
    names = gap.join(one_line(author, 40) for author in info.authors[:2])
    return f"  — {names}{more if len(info.authors) > 2 else ''}" if names else ""


def _filed(info: DocumentInfo) -> str:
    """Its reading state and its tags."""
    state = STATE_WORDS[info.state].in_(reader_language())
    said = [*([state] if info.state != "unread" else []), *([", ".join(info.tags)] if info.tags else [])]
    return f"  [{one_line('; '.join(said), 120)}]" if said else ""


def file_line(path: FilePath) -> str:
    """A path, and what is to be said of its file."""
    states = {"there": "", "changed": say("changed since it was read"), "gone": say("the file is gone"),
              "unmounted": say("its disk is not mounted")}
    return one_line(path.path, 400) + (f"  ({states[path.state]})" if states[path.state] else "")


def print_problems(problems: Sequence[Problem]) -> None:
    """What was left out or failed, each with the reason and what to do next."""
    said = set()
    for problem in problems:
        message, hint = problem.describe(reader_language())
        word = say("skipped") if is_skipped(problem) else say("FAILED")
        what_next = "" if hint in said else f" -> {hint}"  # the same for a hundred files is said once
        said.add(hint)
        print(f"{pad(word, 9)}  {one_line(problem.path, 200)}\n           {problem.code}: {message}{what_next}")


def print_report(report: Report) -> None:
    for added in report.added:
        replaced = say(", replaces {document}", document=added.replaced) if added.replaced else ""
        if added.edited:
            replaced += say(", as edited: {fields}", fields=", ".join(say(name) for name in added.edited))
        note = _noted(added.status, added.note_in(reader_language())) if added.notes else ""
        passages = say("{n:4} passage{n:|s}", n=added.n_passages)
        print(f"{pad(say('added'), 9)}  {added.document}  {passages}  {one_line(added.title, 80)}{replaced}{note}")
    for item in report.unchanged:
        if item.moved_from:
            print(f"{pad(say('renamed'), 9)}  {item.document}  {one_line(item.moved_from, 200)} -> "
                  f"{one_line(item.path, 200)}")
    for like in report.alike:
        print(say("{document} says much the same as {other} ({share} % of the shorter one)  {title}",
                  document=like.document, other=like.other, share=int(100 * like.share),
                  title=one_line(like.other_title, 80)))
    if report.alike:
        print(say("if two of these are one work: kb works join ID ID"))
    if report.n_uncompared:
        print(say("{n} document{n:|s} {n:was|were} not compared with others", n=report.n_uncompared))
    print_problems((*report.skipped, *report.failed))
    print(say("{added} added, {unchanged} unchanged, {skipped} skipped, {failed} failed", added=len(report.added),
              unchanged=len(report.unchanged), skipped=len(report.skipped), failed=len(report.failed)))


def print_check(check: Check) -> None:
    marks = {"ok": say("ok"), "repaired": say("REPAIRED"), "warning": say("warning"), "error": say("ERROR")}
    language = reader_language()
    for finding in check.findings:
        message, hint = finding.describe(language)
        print(f"{pad(marks[finding.level], 8)}  {finding.name(language)}{'：' if language == 'zh' else ': '}{message}")
        if hint:
            print(f"            -> {hint}")


def print_adaptation(result: Adaptation) -> None:
    pairs = ", ".join(f"{n} {word(kind, reader_language())}" for kind, n in result.pairs.items())
    print(say("trained on {pairs} pair{pairs:|s} in {seconds} s; judged on {held} held-out pair{held:|s}", pairs=pairs,
              seconds=f"{result.seconds:.0f}", held=result.held))
    for name, scores in ((say("before"), result.before), (say("after"), result.after)):
        print(f"  {pad(name, 7)} nDCG@10 {scores.ndcg_at_10:.3f}  recall@1 {scores.recall_at_1:.3f}  "
              f"MRR {scores.mrr:.3f}")
    d = result.difference
    print(say("  nDCG@10 {mean:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}", mean=d.mean, low=d.low, high=d.high))
    print(f"{say('kept') if result.kept else say('not kept')}: {result.reason.in_(reader_language())}")


def print_reader_adaptation(result: ReaderAdaptation) -> None:
    print(say("trained on {n} of your questions and {headings} of the library's headings in {seconds} s; judged on "
              "{held} held-out question{held:|s}", n=result.trained, headings=result.rehearsed,
              seconds=f"{result.seconds:.0f}", held=result.held))
    for name, scores in ((say("before"), result.before), (say("after"), result.after)):
        figures = say("right sentence first {right} of {answered}; found without an answer {through} of {unanswered}",
                      right=scores.right, answered=scores.answered, through=scores.let_through,
                      unanswered=scores.unanswered)
        print(f"  {pad(name, 7)} {figures}")
    if result.unplaced:
        print(say("not used: {n} question{n:|s} whose quote stands in no passage", n=result.unplaced))
    print(f"{say('kept') if result.kept else say('not kept')}: {result.reason.in_(reader_language())}")
