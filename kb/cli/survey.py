"""`kb survey …` and `kb citations`: surveys from a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.cli.common import ERROR, OK, PARTIAL, Command, commands_of, open_base, print_json, show
from kb.cli.parser import at_least_one, cost
from kb.cli.progress import Progressbar
from kb.cli.scope import add_scope_options, scope_of
from kb.cli.terminal import SurveyStream
from kb.cli.words import pad, reader_language, say
from kb.operations import shapes
from kb.text import one_line

if TYPE_CHECKING:
    from kb.base import KnowledgeBase
    from kb.survey import Audit, Changes, Review
    from kb.survey.citing import CitationGraph
    from kb.survey.model.model import ModelWriter
    from kb.survey.records import Node, Unused

# Said again here so that no other command loads the surveys; tests/survey/test_survey.py holds them equal.
LENGTHS = ("short", "medium", "long")
STYLES = ("numeric", "author-year", "gbt7714")
_NEXT = 5  # works below the cut that are shown
FORMATS = ("markdown", "latex", "docx", "html", "ris", "bibtex", "csl", "json")


def add_commands(command: Command) -> None:
    """Declares `kb survey ACTION` and `kb citations`."""
    action = commands_of(command("survey", "write a survey of a topic, each sentence with the place it comes from"),
                         "action", "ACTION")
    for name, words in (("plan", "the outline and its documents, to be edited before writing"),
                        ("write", "write it; a run that was stopped goes on where it was")):
        one = action(name, words)
        one.add_argument("topic", metavar="TOPIC", help="of the survey, in Chinese or English")
        one.add_argument("--out", type=Path, metavar="FOLDER", required=name == "write",
                         help="where the files are left")
        one.add_argument("--language", choices=("zh", "en"),
                         help="of headings and connecting words (default: the topic's)")
        one.add_argument("--length", choices=LENGTHS, default="medium", help="of the survey (default: medium)")
        one.add_argument("--style", choices=STYLES,
                         help="of the references (default: gbt7714 in Chinese, numeric in English)")
        one.add_argument("--document", action="append", default=[], metavar="ID",
                         help="use only this document; may be repeated")
        one.add_argument("--columns", nargs="+", default=[], metavar="COLUMN",
                         help="further columns of the comparison table: names (\"data set\") or questions")
        one.add_argument("--works", type=at_least_one, default=0, metavar="N",
                         help="use the N most relevant documents (default: those that are on the topic)")
        add_scope_options(one, without=("--language", "--document"))
        _add_model_options(one)
        if name == "write":
            one.add_argument("--dry-run", action="store_true",
                             help="with --llm: print what it would take in tokens and cost, and write nothing")
            one.add_argument("--outline", type=Path, metavar="FILE", help="an outline.json you edited")
    outline = action("outline", "show, check and edit the outline in a folder, and say what will be written again")
    outline.add_argument("out", type=Path, metavar="FOLDER", help="where the survey is")
    for option, names, words in (("rename", ("SECTION", "HEADING"), "another heading"),
                                 ("move", ("DOCUMENT", "SECTION"), "a document to the end of a section"),
                                 ("merge", ("SECTION", "INTO"),
                                  "two sections in one"), ("place", ("SECTION", "BEFORE"),
                                                           "a section before another one; - for last"),
                                 ("add", ("HEADING", ), "a new section"), ("drop", ("ID", ),
                                                                           "a section or a document left out")):
        outline.add_argument(f"--{option}", action=_Edit, nargs=len(names), metavar=names, help=words)
    update = action("update", "bring a survey up to date after documents were added or removed, and say what changed")
    update.add_argument("out", type=Path, metavar="FOLDER", help="where the survey is")
    _add_model_options(update)
    audit = action("audit", "check every quote against the library, byte for byte, and count the rest")
    audit.add_argument("file", type=Path, metavar="FILE", help="survey.json, or the folder it is in")
    second = action("review", "what a reviewer would object to: thin sections, works cited once, trends without a year")
    second.add_argument("out", type=Path, metavar="FOLDER", help="where the survey is")
    export = action("export", "the survey in another format")
    export.add_argument("file", type=Path, metavar="FILE", help="survey.json, or the folder it is in")
    export.add_argument("--format", required=True, choices=FORMATS, help="the file to make")
    export.add_argument("--style", choices=STYLES, help="of the references (default: the survey's own)")
    export.add_argument("--out", type=Path, metavar="FOLDER", help="default: the survey's folder")
    command("citations", "which documents of the library cite which, and what to read first")


class _Edit(argparse.Action):
    """Collects edits in the order in which they are given, whatever their option."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        namespace.edits = [*getattr(namespace, "edits", ()), (self.dest, *values)]


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--llm", action="store_true",
        help="let the language model that is set order the outline and write; each sentence is verified, else quoted")
    parser.add_argument("--max-tokens", type=at_least_one, metavar="N",
                        help="with --llm: ask no more in this run before it takes this many tokens in all")
    parser.add_argument("--max-cost", type=cost, metavar="X",
                        help="with --llm and a price (KB_LLM_PRICE): ask no more before this cost")


def _plan(options: argparse.Namespace) -> int:
    from kb.survey import make_request, save_plan

    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        request = make_request(options.topic, options.language, options.length, options.style, options.document,
                               options.columns, options.works, scope_of(options))
        writer = base.survey_writer(max_tokens=options.max_tokens, max_cost=options.max_cost) if options.llm else None
        made = base.surveyor().plan(request, options.out, progress, writer)
    if options.out and (options.out / "outline.before.json").is_file():
        print(say("an outline that was edited before is kept: {path}", path=options.out / "outline.before.json"),
              file=sys.stderr)
    if options.json:
        print_json(save_plan(made, model=writer.record() if writer else None).to_dict())
    else:
        _print_plan(made.outline, {r.document: r.title for r in made.references})
        print(say("{used} document{used:|s} used, {unused} not", used=len(made.references), unused=len(made.unused)),
              file=sys.stderr)
        _print_next(len(made.references), made.unused)
    _print_shaped(writer)
    return OK


def _print_next(n_used: int, unused: Sequence[Unused]) -> None:
    """How many works of how many are used, the next ones below the cut with what speaks for them, and how to take
    them."""
    below = [row for row in unused if row.reason in ("not_relevant", "beyond")]
    if not below:
        return
    print(say("{n} of {all} work{all:|s}; the next ones by relevance:",
              n=n_used, all=n_used + len(below)), file=sys.stderr)
    for row in below[:_NEXT]:
        line = f"  {row.relevance or 0:.2f}  {one_line(row.title, 90)}  {', '.join(row.words)}"
        print(line.rstrip(), file=sys.stderr)
    print(say("to take them as well: --works {n}", n=n_used + len(below[:_NEXT])), file=sys.stderr)


def _print_shaped(writer: ModelWriter | None) -> None:
    """Says whose outline it is, where a model was to make it."""
    if writer:
        why = say("; the model’s could not be used: {why}", why=writer.shaped["why"]) if "why" in writer.shaped else ""
        print(say("outline by: {who}", who=writer.shaped.get("by")) + why, file=sys.stderr)


def _outline(options: argparse.Namespace) -> int:
    from kb.survey import read_plan, read_survey, touched, with_edit, write_plan
    from kb.survey.outline.edit import check

    saved = read_plan(options.out)
    edits = getattr(options, "edits", [])
    for edit in edits:
        saved = with_edit(saved, _named_edit(edit, saved.titles))
    with open_base(options) as base:
        check(saved.outline, {info.id: info.title for info in base.documents()})
    if edits:
        write_plan(options.out, saved)
    survey = read_survey(options.out) if (options.out / "survey.json").is_file() else None
    again = touched(survey.outline, saved.outline) if survey else None
    if options.json:
        print_json({**saved.to_dict(), "edited": saved.is_edited, "again": again})
        return OK
    _print_plan(saved.outline, saved.titles, with_ids=True)
    if survey and again is not None:
        how = say("with --llm") if survey.mode == "model" else say("without --llm")
        print(say("will be written again ({how}, as before): {parts}", how=how, parts=", ".join(again) or "-"),
              file=sys.stderr)
    return OK


def _named_edit(edit: tuple[str, ...], titles: Mapping[str, str]) -> dict[str, str | None]:
    """The edit of a command-line option as edit.apply takes it."""
    match edit:
        case ("rename", node, heading):
            return {"do": "rename", "section": node, "heading": heading}
        case ("move", document, node):
            return {"do": "move", "document": document, "section": node, "before": None}
        case ("place", node, before):
            return {"do": "place", "section": node, "before": None if before == "-" else before}
        case ("merge", node, into):
            return {"do": "merge", "section": node, "into": into}
        case ("drop", name):
            return {"do": "drop", "document" if name in titles else "section": name}
    return {"do": edit[0], "heading": edit[1]}


def _writer(base: KnowledgeBase, options: argparse.Namespace, progress: Progressbar) -> ModelWriter:
    """The model that is set, told of while it writes: each sentence is printed when it has been checked, unless as
    JSON; the page looks into the folder."""
    shown = SurveyStream(before=progress.clear)
    return base.survey_writer(max_tokens=options.max_tokens, max_cost=options.max_cost,
                              on_live=(lambda live: None) if options.json else shown)


def _write(options: argparse.Namespace) -> int:
    from kb.survey import make_request, read_outline

    outline = read_outline(options.outline) if options.outline else None
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        request = make_request(options.topic, options.language, options.length, options.style, options.document,
                               options.columns, options.works, scope_of(options))
        surveyor = base.surveyor()
        writer = _writer(base, options, progress) if options.llm else None
        if options.dry_run and writer:
            estimate = surveyor.estimate(request, writer, progress, options.out, outline)
            lines = [f"{name}: {value}" for name, value in estimate.to_dict().items()]
            show(options, estimate.to_dict(), lambda: print(*lines, sep="\n"))
            return OK
        survey = surveyor.write(request, options.out, outline, writer, on_progress=progress)
        found = surveyor.audit(survey)
    _print_shaped(writer)
    tokens = {"tokens": str(sum(a + b for a, b in writer.spent))} if writer else {}
    _print_audit(found, options, out=str(options.out), title=survey.title, **tokens)
    if not options.json:
        _print_next(len(survey.references), survey.unused)
    return PARTIAL if survey.missing else OK if found.is_sound else ERROR


def _update(options: argparse.Namespace) -> int:
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        surveyor = base.surveyor()
        writer = _writer(base, options, progress) if options.llm else None
        survey, found = surveyor.update(options.out, writer, progress)
        checked = surveyor.audit(survey)
    show(options, {"changes": found.to_dict(), "audit": checked.to_dict()}, lambda: _print_changes(found))
    return OK if checked.is_sound else ERROR


def _audit(options: argparse.Namespace) -> int:
    from kb.survey import read_survey

    survey = read_survey(options.file)
    with open_base(options) as base:
        found = base.surveyor().audit(survey)
    _print_audit(found, options, title=survey.title)
    return OK if found.is_sound else ERROR


def _review(options: argparse.Namespace) -> int:
    from kb.survey import read_survey

    survey = read_survey(options.out)
    with open_base(options) as base:
        found = base.surveyor().review(survey)
    if options.json:
        print_json({"title": survey.title, "sound": found.is_sound, **found.to_dict()})
    else:
        print(one_line(survey.title))
        _print_review(found)
    return ERROR if not found.is_sound else PARTIAL if found.of("unfinished") else OK


def _print_review(found: Review) -> None:
    from kb.survey import OBJECTIONS

    reader = reader_language()
    for kind, name in OBJECTIONS.items():
        remarks = found.of(kind)
        if remarks:
            print(f"{name.in_(reader)} ({len(remarks)})")
        for remark in remarks:
            place = "  ".join(part for part in (one_line(remark.heading), remark.sentence or remark.node) if part)
            said = f"  “{one_line(remark.text)}”" if remark.text else ""
            print(f"  {f'{place}: ' if place else ''}{one_line(remark.words.in_(reader))}{said}")
    if not found.remarks:
        print(say("nothing to object to"))


def _export(options: argparse.Namespace) -> int:
    from kb.survey import read_survey
    from kb.survey.folder import Folder

    survey = read_survey(options.file)
    folder = Folder(options.out or (options.file if options.file.is_dir() else options.file.parent))
    with open_base(options) as base:
        made = base.surveyor().export(survey, options.format, options.style)
    paths = [str(folder.write(name, data)) for name, data in made.items()]
    show(options, {"files": paths}, lambda: print(*paths, sep="\n"))
    return OK


def _citations(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        graph = base.citation_graph()
    show(options, graph.to_dict(), lambda: _print_graph(graph))
    return OK


def _print_graph(graph: CitationGraph) -> None:
    titles = {item.document: item.title for item in graph.reading}
    for n, item in enumerate(graph.reading, 1):
        cited = say("cited by {n:3}", n=item.n_cited)
        print(f"{n:3}. {item.year or '    '}  {cited}  {one_line(item.title, 80)}")
        for other in item.builds_on:
            print(f"       -> {one_line(titles[other], 80)}")
    print(say("{n} citation{n:|s} inside the library, from {entries} entr{entries:y|ies} of {lists} reference "
              "list{lists:|s}",
              n=len(graph.edges), entries=graph.n_entries, lists=graph.n_documents))


def _print_plan(outline: Sequence[Node], titles: Mapping[str, str], *, with_ids: bool = False) -> None:
    def show_node(node: Node, depth: int) -> None:
        print(f"{'  ' * depth}{one_line(node.heading)}{f'  [{node.id}]' if with_ids else ''}")
        for document in node.documents if node.kind == "theme" else ():
            print(f"{'  ' * depth}  {document}  {one_line(titles.get(document, '?'), 90)}")
        for child in node.children:
            show_node(child, depth + 1)

    for top in outline:
        show_node(top, 0)


def _print_audit(found: Audit, options: argparse.Namespace, **more: str) -> None:
    from kb.survey.words import audit_label

    if options.json:
        print_json(shapes.audited(found, **more))
        return
    print(one_line(more["title"]))
    for name, value in found.to_dict().items():
        if name != "broken":
            said = "–" if value is None else format(value, ".4g") if isinstance(value, float) else value
            print(f"  {audit_label(name, reader_language())}: {said}")
    for line in found.broken:
        print(f"  {say('BROKEN')} {one_line(line)}")
    if "out" in more:
        print(more["out"])


def _print_changes(found: Changes) -> None:
    for change in found.changed:
        print(f"{pad(say(change.what), 9)} {one_line(change.heading)}  ({one_line('; '.join(change.why), 300)})")
        for text in change.before:
            print(f"  - {one_line(text, 200)}")
        for text in change.after:
            print(f"  + {one_line(text, 200)}")
    print(say("{added} document{added:|s} added, {removed} removed; {changed} part{changed:|s} changed, {unchanged} "
              "unchanged",
              added=len(found.added), removed=len(found.removed), changed=len(found.changed),
              unchanged=len(found.unchanged)))


def _survey(options: argparse.Namespace) -> int:
    return _ACTIONS[options.action](options)


_ACTIONS = {"plan": _plan, "outline": _outline, "write": _write, "update": _update, "audit": _audit, "review": _review,
            "export": _export}
COMMANDS = {"survey": _survey, "citations": _citations}
