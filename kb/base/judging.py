"""How well this library answers questions whose answers its reader knows, and a bar for "found" chosen by them.

Reads: a file of questions.  Gives: Evaluation, Calibration. KnowledgeBase (__init__.py) adds asking and surveys.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from kb.answer.evidence import Finder
from kb.answer.quotes import answer
from kb.answer.support import FOUND, WEAK_READ, bar_of
from kb.base.catalogue import OnProgress, PathLike, ignore
from kb.base.feedback import Judged
from kb.base.places import Compared, compared
from kb.encoder.vocabulary import lines_of, not_like
from kb.errors import DataError, SettingError
from kb.outside import read_json
from kb.store import View
from kb.text import guess_language, search_terms, sentence_spans, trim
from kb.types import (
    Answer,
    AskedQuestion,
    Bar,
    Calibration,
    Document,
    Evaluation,
    Hit,
    Progress,
    Rate,
    Words,
)

Places = tuple[tuple[str, int, int], ...]
_FORM = '{"question": …, "quote": …}'
_DEPTHS = (1, 5, 10)
_Z = 1.96  # of a normal distribution, for 95 %
_LEAST, _LEAST_OPEN = 30, 8  # labelled questions that a bar is chosen by, and of them without an answer
_STEPS = [round(WEAK_READ + 0.02 * i, 2) for i in range(int((0.96 - WEAK_READ) / 0.02))]
_SHORTEST, _LONGEST = 2, 9  # terms of a heading that a question is made of
_SECTION = 200  # characters of the shortest section


class Labelled(NamedTuple):
    """A question with the words that answer it, "" where nothing does."""

    question: str
    quote: str
    made: bool = False


class Judging(Judged):
    """A library that can be asked how well it answers."""

    def _finder(self, view: View) -> Finder:
        """What looks for evidence; KnowledgeBase gives it."""
        raise NotImplementedError

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best passages; KnowledgeBase gives them."""
        raise NotImplementedError

    def evaluate(self, questions: PathLike | None, *, on_progress: OnProgress | None = None) -> Evaluation:
        """Asks questions whose answers are known: whether the right document and passage are found, whether the first
        sentence is right, and whether questions without an answer are told to have none; each with its 95 % interval,
        for both languages.

        questions: JSON lines {"question": …, "quote": words that answer it}; one without a quote has no answer here;
        None: those of the reader's own feedback.
        Errors: DataError for a line that is none, NothingIndexed.
        """
        told = on_progress or ignore
        labelled = (self._judged_ones() if questions is None else
                    read_labelled(Path(os.path.expanduser(os.fsdecode(questions)))))
        with self.reading() as view:
            places = _places(view, labelled)
            asked, unplaced = [], []
            for n, one in enumerate(labelled):
                told(Progress("question", n, len(labelled), one.question))
                if one.quote and not places[n]:
                    unplaced.append(one.question)
                    continue
                asked.append(_asked(one, places[n], self.search(one.question, max(_DEPTHS)), self.ask(one.question)))
            told(Progress("question", len(labelled), len(labelled)))
        return Evaluation(_by_language(asked), tuple(asked), tuple(unplaced), sum(one.made for one in asked))

    def _judged_ones(self) -> list[Labelled]:
        """The questions of the feedback that says what answers. Errors: DataError where there are none."""
        found = [Labelled(str(line["question"]), str(line.get("quote", ""))) for line in self.feedback_lines()]
        if not found:
            raise DataError("E_TOO_LITTLE", what=Words("answers that you have judged", "你评价过的回答"), found=0,
                            needed=1, advice=Words("say whether answers are right, on the page or with kb feedback",
                                                   "在页面上或用 kb feedback 评价回答"))
        return found

    def made_questions(self, n: int) -> list[dict[str, object]]:
        """n questions made of headings, to begin with: each asks what a section says of its heading, and its quote is
        the section's first sentence with a word of it. They are marked as made: headings are easier than what people
        ask, and none of them is without an answer."""
        with self.reading() as view:
            found = [made for info in view.documents() for made in _made_of(view.document(info.id))]
        asked = Counter(made["question"] for made in found)  # a heading of several works asks of none
        found = [made for made in found if asked[made["question"]] == 1]
        found.sort(key=lambda made: hashlib.sha256(f"{made['document']} {made['question']}".encode()).digest())
        return [{name: value for name, value in made.items() if name != "heading"} for made in found[:n]]

    def calibrate(self, questions: PathLike, *, on_progress: OnProgress | None = None) -> Calibration:
        """Chooses from where on an answer counts as found here, by your own questions: on one half of them, judged on
        the other. It is kept only if there neither a smaller share of what is found is right nor fewer right answers
        are found, and one of the two is better; `uncalibrate` goes back.

        questions: as `evaluate` takes them, of both kinds. Errors: DataError E_TOO_LITTLE, NothingIndexed.
        """
        told = on_progress or ignore
        labelled = [one for one in read_labelled(Path(os.path.expanduser(os.fsdecode(questions)))) if not one.made]
        with self.reading() as view:
            places = _places(view, labelled)
            usable = [(one, where) for one, where in zip(labelled, places, strict=True) if where or not one.quote]
            _check_enough(usable)
            finder = self._finder(view).with_bar(0.0)
            judged = []
            for n, (one, where) in enumerate(usable):
                told(Progress("question", n, len(usable), one.question))
                judged.append(_judged(one, where, finder))
            before = bar_of(view)
        told(Progress("question", len(usable), len(usable)))
        first, second = judged[::2], judged[1::2]
        bar = _chosen(first, before)
        was, now = _let_through(second, before), _let_through(second, bar)
        kept, reason = _verdict(was, now)
        if kept:
            with self._store.write("log") as writer:
                writer.set_bar(bar)
        return Calibration(was, now, len(first), len(second), kept, reason)

    def uncalibrate(self) -> float:
        """Goes back to the bar as it is shipped; gives that. Errors: SettingError where none was chosen."""
        if self.bar == FOUND:
            raise SettingError("E_SETTING", name="calibrate", value="--undo", detail=Words(
                "this library has the bar as it is shipped", "资料库用的就是自带的门槛"))
        with self._store.write("log") as writer:
            writer.set_bar(None)
        return FOUND

    @property
    def bar(self) -> float:
        """From where on an answer counts as found here."""
        if not self._store.exists():
            return FOUND
        with self._store.read() as view:
            return bar_of(view)


# --- questions and their places

def read_labelled(path: Path) -> list[Labelled]:
    """The questions of a file. Errors: DataError with the line."""
    found = []
    for number, line in lines_of(path):
        try:
            item = read_json(line, is_strict=False)
            question, quote = item["question"], item.get("quote") or ""
            if not isinstance(question, str) or not question.strip() or not isinstance(quote, str):
                raise ValueError(line)
            found.append(Labelled(question, quote, item.get("made") is True))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError("E_DATA", path=path, line=number, detail=not_like(_FORM, repr(error))) from None
    if not found:
        raise DataError("E_TOO_LITTLE", what=Words("questions", "问题"), found=0, needed=1, advice=Words(
            f"write lines like {_FORM}, or begin with: kb eval --make 20",
            f"每行写成 {_FORM}，或先用 kb eval --make 20 生成"))
    return found


def _places(view: View, labelled: Sequence[Labelled]) -> list[Places]:
    """Where the quote of each question stands; each document is read once."""
    wanted = [compared(one.quote) for one in labelled]
    found: list[list[tuple[str, int, int]]] = [[] for _ in labelled]
    for info in view.documents():
        text = view.document(info.id).text
        whole = compared(text)
        here = [n for n, quote in enumerate(wanted) if quote and quote in whole]
        spans = Compared(text) if here else None
        for n in here:
            found[n] += [(info.id, *span) for span in (spans.spans(labelled[n].quote) if spans else ())]
    return [tuple(places) for places in found]


def heading_questions(document: Document) -> Iterable[tuple[str, str]]:
    """(heading, question) of each section whose heading says something that its text goes on with."""
    for made in _made_of(document):
        yield str(made["heading"]), str(made["question"])


def _made_of(document: Document) -> Iterable[dict[str, object]]:
    """A question for each section whose heading says something."""
    counts: dict[str, int] = {}
    for section in document.sections:
        counts[section.heading] = counts.get(section.heading, 0) + 1
    for section in document.sections[1:]:
        heading = section.heading.strip().strip("0123456789.§、 ")
        terms = {term for term in search_terms(heading) if len(term) > 1}
        if counts[section.heading] > 1 or not _SHORTEST <= len(terms) <= _LONGEST or section.end - section.start < \
                _SECTION:
            continue
        body = section.start + len(section.heading)
        for start, end in sentence_spans(document.text, body, section.end):
            start, end = trim(document.text, start, end)
            quote = document.text[start:end]
            if len(quote) > 20 and terms & set(search_terms(quote)) and heading not in quote[:len(heading) + 8]:
                is_chinese = guess_language(heading) == "zh"
                question = f"关于“{heading}”，文中怎么说？" if is_chinese else f"What is said about {heading}?"
                yield {"question": question, "quote": quote, "document": document.id, "made": True, "heading": heading}
                break


# --- what came of them

def _asked(one: Labelled, places: Places, hits: Sequence[Hit], found: Answer) -> AskedQuestion:
    documents = {document for document, _, _ in places}
    of_document = next((n for n, hit in enumerate(hits, 1) if hit.document in documents), 0)
    of_passage = next((n for n, hit in enumerate(hits, 1) if _overlaps(hit.document, hit.start, hit.end, places)), 0)
    return AskedQuestion(one.question, guess_language(one.question), one.made, places, of_document, of_passage,
                         found.status, found.support, _is_right(found, places))


def _is_right(found: Answer, places: Places) -> bool:
    return any(_overlaps(c.document, c.start, c.end, places) for claim in found.claims[:1] for c in claim.citations)


def _overlaps(document: str, start: int, end: int, places: Places) -> bool:
    return any(document == name and start < last and first < end for name, first, last in places)


def _by_language(asked: Sequence[AskedQuestion]) -> dict[str, tuple[Rate, ...]]:
    found = {"all": _rates(asked)}
    for language in ("zh", "en"):
        if some := [one for one in asked if one.language == language]:
            found[language] = _rates(some)
    return found


def _rates(asked: Sequence[AskedQuestion]) -> tuple[Rate, ...]:
    answerable = [one for one in asked if one.places]
    without = [one for one in asked if not one.places]
    found = [one for one in asked if one.status == "found"]
    rates = [rate(f"document@{k}", sum(0 < one.document_rank <= k for one in answerable), len(answerable))
             for k in _DEPTHS]
    rates += [rate(f"passage@{k}", sum(0 < one.passage_rank <= k for one in answerable), len(answerable))
              for k in _DEPTHS]
    return (*rates, rate("right sentence first", sum(one.is_right for one in answerable), len(answerable)),
            rate("found", sum(one.status == "found" for one in answerable), len(answerable)),
            rate("right of all found", sum(one.is_right for one in found), len(found)),
            rate("not found, where nothing answers", sum(one.status == "not_found" for one in without), len(without)),
            rate("not found or weak there", sum(one.status != "found" for one in without), len(without)))


def rate(name: str, right: int, n: int) -> Rate:
    """A share with its interval, 95 %. Source: Wilson 1927, "Probable inference, the law of succession, and statistical
    inference"."""
    if not n:
        return Rate(name, right, n, None, None)
    p, z = right / n, _Z
    middle, width = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return Rate(name, right, n, round(max(0.0, (middle - width) / whole), 4), round(min(1.0, (middle + width) / whole),
                                                                                  4))


# --- the bar

class _Judged(NamedTuple):
    """support: of the answer; may_be_found: whether its names and numbers let it be found at all."""

    support: float
    may_be_found: bool
    is_right: bool
    has_answer: bool


def _judged(one: Labelled, places: Places, finder: Finder) -> _Judged:
    evidence = finder.find(one.question)
    found = answer(evidence, finder)
    return _Judged(evidence.support, found.status == "found", _is_right(found, places), bool(places))


def _let_through(judged: Sequence[_Judged], bar: float) -> Bar:
    found = [one for one in judged if one.may_be_found and one.support >= bar]
    return Bar(bar, sum(one.is_right for one in found), len(found), sum(one.has_answer for one in judged))


def _chosen(judged: Sequence[_Judged], before: float) -> float:
    """The bar that finds most right answers among those with no smaller share of right ones than now."""
    least = _let_through(judged, before).precision or 0.0
    bars = [_let_through(judged, bar) for bar in sorted({*_STEPS, before})]
    fit = [bar for bar in bars if bar.found and (bar.precision or 0.0) >= least]
    best = max(fit, key=lambda bar: (bar.right, bar.precision or 0.0, -abs(bar.bar - before)), default=None)
    return best.bar if best is not None else before


def _verdict(was: Bar, now: Bar) -> tuple[bool, Words]:
    if now.bar == was.bar:
        return False, Words("no other bar does better on your questions", "在你的问题上没有更好的门槛")
    before, after = was.precision, now.precision
    if after is None or before is not None and after < before:
        return False, Words("on the other half a smaller share of what is found would be right",
                            "在另一半问题上，“有答案”中正确的比例会降低")
    if now.right < was.right:
        return False, Words("on the other half fewer right answers would be found",
                            "在另一半问题上，找到的正确答案会变少")
    if now.right > was.right or before is None or after > before:
        return True, Words("on the other half neither a smaller share of what is found nor fewer answers are right, "
                           "and one of the two is better",
                           "在另一半问题上，“有答案”中正确的比例和找到的正确答案都没有减少，且至少一项更好")
    return False, Words("on the other half it does no better", "在另一半问题上没有更好")


def _check_enough(usable: Sequence[tuple[Labelled, Places]]) -> None:
    advice = Words(f"write lines like {_FORM}; without a quote: the library has no answer",
                   f"每行写成 {_FORM}；不写 quote 表示资料库中没有答案")
    n_open = sum(not places for _, places in usable)
    if len(usable) < _LEAST:
        raise DataError("E_TOO_LITTLE", what=Words("questions of your own", "你自己的问题"), found=len(usable),
                        needed=_LEAST, advice=advice)
    if n_open < _LEAST_OPEN:
        raise DataError("E_TOO_LITTLE", what=Words("questions without an answer", "没有答案的问题"), found=n_open,
                        needed=_LEAST_OPEN, advice=advice)


def to_lines(made: Iterable[dict[str, object]]) -> str:
    """Questions as a file holds them."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in made)
