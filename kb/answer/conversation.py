"""Follow-up questions, and conversations as files.

Reads: the turns of a conversation (history.py).  Gives: a question that stands by itself; Markdown, JSON or BibTeX.
Only the reader's own questions are used to rewrite one: what documents said cannot steer what is searched next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from kb.answer.claims import names_in
from kb.answer.prompts import CONDENSE
from kb.answer.terms import bundled_concepts
from kb.answer.works import form_of, place_of
from kb.errors import ModelError
from kb.llm.chat import ChatModel, Message
from kb.text import guess_language, in_markdown, one_line, question_tokens
from kb.types import Answer, Citation, DocumentInfo, Language, Turn
from kb.types.answer import OTHERWISE
from kb.words import Phrases, phrases

# Words that point to what was said before, and beginnings that leave out what they are about.
_POINTS = {
    "en": Phrases(
        r"\b(?:«follow: points en»|this(?! (?:«follow: here en»)))\b|(?:^|\b(?:«follow: before that en»)\s)that\b|"
        r"^(?:«follow: begins en»)\b", re.IGNORECASE),
    "zh": Phrases("«follow: points zh»|^(?:«follow: begins zh»)|(?:«follow: ends zh»)[？?]?$"),
}


_FOR_A_THING = {
    "en": Phrases(r"\b(?:it|its|(?:this|the|that) (?:«follow: kinds en»))\b", re.IGNORECASE),
    "zh": Phrases("它|(?:该|此|[这那][种个篇项]?)(?:«follow: kinds zh»)"),
}
# What can be about a word before it in the same question, and where a new clause begins that may go on with that word.
_WITHIN = {"en": Phrases("«follow: within en»", re.IGNORECASE), "zh": Phrases("«follow: within zh»")}
_PRONOUN = Phrases("«follow: pronouns»", re.IGNORECASE)
_CLAUSE = Phrases(r"(?:[,;]|\b(?:and|but|or))\s+(?:«follow: asks en»)\b|\b(?:«follow: joins en»)\s|[，；]",
                  re.IGNORECASE)

_OF = Phrases(r"\s+(?:«questions: of en»)\s")  # "the authors of BERT"
_ASKS = Phrases(r"\b(?:«follow: asks en»)\b|«follow: asks zh»", re.IGNORECASE)


def is_follow_up(question: str) -> bool:
    """Whether a question points to something said before, and not to what it names itself."""
    question, language = question.strip(), guess_language(question)
    return any(not (_said_within(question[:found.start()], found[0], language)
                    or (found[0].lower().startswith("the ") and _OF.match(question, found.end())))
               for found in _POINTS[language].pattern.finditer(question))


def _said_within(before: str, word: str, language: Language) -> bool:
    """Whether a pointing word is about a name or a term that stands before it in its own question: right before it
    ("BERT这篇论文"), its owner ("does BERT share its weights"), in a clause before ("what is pruning and how is it
    done")."""
    named = [*names_in(before), *(concept.words for concept in bundled_concepts(before))]
    if word in phrases("follow", "beside zh"):
        return any(before.rstrip(" 》”\"").endswith(name) for name in named)
    if not _WITHIN[language].fullmatch(word):
        return False
    if not _PRONOUN.fullmatch(word):
        return bool(named)
    clause = _CLAUSE.search(before)
    return clause is not None and bool(named or _ASKS.search(before[:clause.start()]))


def condense(question: str, turns: Sequence[Turn], model: ChatModel | None,
             weigh: Callable[[str], Mapping[str, float]]) -> str:
    """The question so that it stands by itself; unchanged where nothing points back. Never raises ModelError.

    Without a model, or when it fails, the one thing that the question before names stands for the word that points to
    it; where that is not clear the weightiest words of the question before are added. weigh: idf of a question's terms.
    """
    if not turns or not is_follow_up(question):
        return question
    if model is not None:
        language = guess_language(question)
        asked = "\n".join(
            f"- {one_line(turn.answer.question if turn.answer else turn.question, 300)}" for turn in turns[-4:])
        try:
            reply = model.chat(
                [Message("user", CONDENSE[language].format(conversation=asked, question=one_line(question, 1000)))],
                max_tokens=200)
        except ModelError:
            pass
        else:
            lines = [line for line in reply.text.splitlines() if line.strip()]
            found = one_line(lines[-1], 400).strip(" \"“”'「」*") if lines else ""
            if found and len(found) < 4 * len(question) + 200:
                return found
    previous = turns[-1].answer.question if turns[-1].answer else turns[-1].question
    return (_filled(question, _thing_of(previous, question))
            or f"{question} ({' '.join(_weightiest(previous, weigh(previous)))})")


def _thing_of(previous: str, question: str) -> str:
    """The one name, else the one term of the field, that the question before is about and this one does not name; ""
    for none or several."""
    for named in (names_in(previous), [concept.words for concept in bundled_concepts(previous)]):
        others = [name for name in named if name not in question]
        if others:
            return others[0] if len(others) == 1 else ""
    return ""


def _filled(question: str, thing: str) -> str:
    """The question with the thing instead of the first word that points to it; "" without either."""
    found = _FOR_A_THING[guess_language(question)].search(question)
    if not thing or found is None:
        return ""
    return question[:found.start()] + thing + ("'s" if found[0].lower() == "its" else "") + question[found.end():]


def _weightiest(question: str, idf: Mapping[str, float], limit: int = 3) -> list[str]:
    """The words of a question that weigh most, in its order; Chinese bigrams that touch are one word."""
    tokens = [token for token in question_tokens(question) if len(token.term) > 1 or token.term.isascii()]
    spans: list[tuple[int, int, float]] = []
    for token in sorted(tokens, key=lambda token: (token.start, -token.end)):
        weight = idf.get(token.term, 1.0)
        if spans and token.start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], token.end), max(spans[-1][2], weight))
        else:
            spans.append((token.start, token.end, weight))
    best = sorted(sorted(spans, key=lambda span: -span[2])[:limit])
    return [question[a:b] for a, b, _ in best]


# --- files

_HEADS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "quotes": "Quotes",
        "model": "Written by {model} (prompt {version}); a sentence with a number was checked against its source.",
        "unsupported": "no support found",
        "incomplete": "This answer is not complete.",
        "gone": "A document it quoted was removed; the answer was removed with it.",
        "none": "Not in the library.",
        "asked": "asked as",
        "recognised": ", recognised {:.2f}",
    },
    "zh": {
        "quotes": "引文",
        "model": "由 {model} 撰写（提示词版本 {version}）；带编号的句子已与来源核对。",
        "unsupported": "未找到依据",
        "incomplete": "此回答不完整。",
        "gone": "所引文档已移除，回答随之删除。",
        "none": "资料库中没有答案。",
        "asked": "实际提问",
        "recognised": "，识别文字 {:.2f}",
    },
}


def citations_of(answer: Answer) -> list[Citation]:
    """Every place an answer cites, once, in the order it is shown: what was written first, then the quotes."""
    written = [c for s in (answer.written.sentences if answer.written else ()) for c in s.citations]
    return list({(c.document, c.start, c.end): c
                 for c in (*written, *(c for claim in (*answer.claims, *answer.otherwise) for c in claim.citations))
                 }.values())


def to_markdown(turns: Sequence[Turn]) -> str:
    """A conversation to read: questions, answers, each quote with its place."""
    parts = []
    for turn in turns:
        words = _HEADS[guess_language(turn.question)]
        parts.append(f"## {in_markdown(turn.question)}\n\n*{turn.time}*")
        if turn.answer is None:
            parts.append(words["gone"])
            continue
        if turn.answer.asked:
            parts.append(f"*{words['asked']}: {in_markdown(turn.answer.question)}*")
        citations = citations_of(turn.answer)
        numbers = {(c.document, c.start, c.end): n for n, c in enumerate(citations, 1)}
        written = turn.answer.written
        if written and (written.sentences or written.draft):
            lines = []
            for s in written.sentences:
                marks = "".join(f"[{numbers[c.document, c.start, c.end]}]" for c in s.citations)
                marks += "".join(dict.fromkeys(f"({turn.answer.numbers[place.key]})" for place in s.records
                                               if place.key in turn.answer.numbers))
                if s.state != "dropped":
                    lines.append(f"{in_markdown(s.text)} {marks or '(' + words['unsupported'] + ')'}")
            lines += [f"{in_markdown(written.draft)} … ({words['unsupported']})"] if written.draft else []
            parts += [" ".join(lines), *([] if written.is_complete else [words["incomplete"]]),
                      "*" + words["model"].format(model=in_markdown(written.model),
                                                  version=written.prompt_version) + "*"]
        parts += _in_our_words(turn.answer)
        if citations or not turn.answer.claims:
            parts.append(f"**{words['quotes']}**" if citations else words["none"])
        others = {(c.document, c.start, c.end) for claim in turn.answer.otherwise for c in claim.citations}
        first = min((n for key, n in numbers.items() if key in others), default=0)
        parts += [
            (f"**{OTHERWISE.in_(turn.answer.language)}**\n\n" if n == first else "") +
            f"{n}. > {in_markdown(c.quote)}\n   "
            f"{in_markdown(' › '.join((c.title, *c.section[-1:])))}{f', p. {c.page}' if c.page else ''}"
            f"{words['recognised'].format(c.recognised) if c.recognised is not None else ''} "
            f"`{c.document}:{c.start}-{c.end}`"
            for n, c in enumerate(citations, 1)
        ]
    return "\n\n".join(parts) + "\n"


def _in_our_words(answer: Answer) -> list[str]:
    """The claims that are made of records, or count what is quoted below, and the records they rest on."""
    numbers = answer.numbers
    said = [f"- {in_markdown(claim.text)} {''.join(f'({numbers[key]})' for key in claim.keys)}".rstrip()
            for claim in answer.claims if not claim.citations]
    gap = "，" if answer.language == "zh" else "; "
    places = [f"({numbers[key]}) {in_markdown(records[0].title)} `{key[0]}` "
              f"{in_markdown(gap.join(place.described(answer.language) for place in records))}"
              for key, records in answer.records.items()]
    return ["\n".join(lines) for lines in (said, places) if lines]


def to_json(turns: Sequence[Turn]) -> str:
    """A conversation with everything that is known of it."""
    return json.dumps([turn.to_dict() for turn in turns], ensure_ascii=False, indent=2) + "\n"


def to_bibtex(turns: Sequence[Turn], infos: Sequence[DocumentInfo]) -> str:
    """An entry for every document that the conversation cites and that is still in the library."""
    cited = [c for turn in turns if turn.answer for c in citations_of(turn.answer)]
    documents = {c.document for c in cited}
    documents |= {document for turn in turns if turn.answer for document, _ in turn.answer.records}
    sure = {document: min(c.recognised for c in cited if c.document == document and c.recognised is not None)
            for document in {c.document for c in cited if c.recognised is not None}}
    return "\n".join(_entry(info, sure.get(info.id)) for info in infos if info.id in documents)


def _entry(info: DocumentInfo, recognised: float | None) -> str:
    """recognised: of the worst of its quotes that stood in pictures."""
    family = re.sub(r"\W", "", info.authors[0].split()[-1]).lower() if info.authors else "anon"
    place, venue = place_of(info)
    fields = {
        "title": "{" + _latex(info.title) + "}", "author": " and ".join(_latex(author) for author in info.authors),
        "year": str(info.year or ""), place: _latex(venue), "doi": _latex(info.doi or ""),
        "eprint": _latex(info.arxiv or ""), "archiveprefix": "arXiv" if info.arxiv else "",
        "url": re.sub(r"[{}\\\s]", "", info.url or ""),
        "note": "" if recognised is None else
                f"quotes recognised in pictures of its pages (OCR), confidence {recognised:.2f} at the least"
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{form_of(info).bibtex}{{{family}{info.year or ''}_{info.id[:6]},\n{body}\n}}\n"


def _latex(text: str) -> str:
    return "".join(
        {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}.get(
            c, "\\" + c if c in "&%$#_" else c) for c in one_line(text, 500))
