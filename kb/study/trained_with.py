"""What a work was trained, run and measured with: the sentences and rows that give a value for one of these.

Reads: a Paper, a Setting.  Gives: Told.  Next: each.py shows them. No trained reader is asked: a setting is a number
beside its name ("learning rate of 0.01"), rounds ("300 epochs"), a time or a speed with its unit, or one of many names
(Adam, cross-entropy, PyTorch, RTX 3090), so that a library is read in a moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from kb.study.grids import Grid
from kb.study.mentions import any_of
from kb.study.papers import Line, Paper, Part
from kb.study.parts import is_plan
from kb.study.rows import own_rows
from kb.study.settings import Setting, read_setting
from kb.study.spans import model_pattern
from kb.types import Cell
from kb.words import Phrases, phrases

Spans = list[tuple[int, int]]
# What counts for a sentence, and from where on it is told. Weights chosen by hand.
_PARTS: dict[Part, float] = {"experiment": 1.0, "method": 1.0, "text": 0.8, "back": 0.7, "abstract": 0.7,
                             "conclusion": 0.5, "introduction": 0.4, "limitation": 0.2}
_HEADED, _OWN, _DONE, _NAMED, _CAPTION, _VARIED, _OF_OTHER = 0.4, 0.3, 0.4, 0.5, -0.5, -0.5, -0.6
_LEAST, _NEARLY = 1.0, 0.9  # of all these; below the clearest one, for another to stand beside it
_ROW = 1.1  # of a row of a table that gives the value beside the name, or below it in a row of the work's own
_LEAST_LENGTH, _MOST_LENGTH = 12, 700  # characters of a sentence
_SHORTEST = 5  # letters, up to which a name is looked for as it is written
_LINKED, _BEFORE = 48, 12  # characters between a name and its number, behind and before it
_VALUE = (r"(?:√\s*)?(?:\d[\d,]*(?:\.\d+)?|\.\d+)"
          r"(?:\s*(?:[eE]\s?[-−–]?\s?\d+|(?:[×x*·]|\\times|\\cdot)\s*10\s*\^?\s*\{?\s*"
          r"[-−–⁻]?\s*[\d⁰¹²³⁴⁵⁶⁷⁸⁹]+\}?)|\s?[kKMBG]\b|\s?[百千万亿])?|10\s*(?:\^?\s*\{?\s*[-−–]\s?\d+\}?|⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_NUMBER = re.compile(rf"(?<![A-Za-z0-9_.\[])(?:{_VALUE})(?:\s?[×x]\s?(?:{_VALUE}))*(?![\d\]])")
_REFERS = re.compile(r"(?:Tables?|Figures?|Fig\.?|Sections?|Sec\.?|Eqs?\.?|Equations?|Appendix|Algorithm|"
                     r"[表图式章节])\s*[(（]?\s*$", re.IGNORECASE)
_OF_FORMULA = re.compile(r"[(（]\d+[)）]")
_LINKS = Phrases(r"(?:[\s()（）=:：,$\\{}~≈“”\"'*|]|"
                 r"(?<![A-Za-z])(?:[A-Za-zα-ωΑ-Ω]|«settings: links~»)(?![A-Za-z])|_\{?\w+\}?)*", re.IGNORECASE)
_LINKS_BEFORE = re.compile(r"\s*(?:as|for|the|initial|dimensional|[-$%％)）]|的|作为|为)*\s*"
                           r"(?:the|initial|初始|mini)?\s*-?", re.IGNORECASE)
_HEADING = Phrases(r"\b(?:«settings: settings heading»)\b|«settings: settings heading»", re.IGNORECASE)
_IS_DONE = Phrases(r"(?<![A-Za-z])(?:«settings: done»)(?![A-Za-z])|[一-鿿](?:«settings: done»)", re.IGNORECASE)
_TRAINS = Phrases(r"(?<![A-Za-z])(?:«settings: trains»)(?![A-Za-z])|(?<=[一-鿿])(?:«settings: trains»)", re.IGNORECASE)
_NOT_TOTAL = Phrases(r"(?:«settings: not total»)"
                     r"(?:\s+(?:about|the|around|first|(?:\d[\w.]*(?:,|\s+and)?\s+)+(?:and\s+)?))?\s*$",
                     re.IGNORECASE)
_MINIMIZES = re.compile(r"minimi[sz]|maximi[sz]|supervis|最小化|最大化", re.IGNORECASE)
_MEASURES = re.compile(r"\bmetrics?\b|\bmeasures\b|指标", re.IGNORECASE)  # cross entropy is one of them as well
_ENDS_AT = re.compile(r"(?:terminat|stop|finish|end)\w*\s+(?:\w+\s+){0,2}(?:at|after)\s*(?:about\s*)?$", re.IGNORECASE)
_IS_FAST = Phrases(r"(?<![A-Za-z])(?:«settings: is fast»)(?![A-Za-z])|«settings: is fast»", re.IGNORECASE)
_VARIES = re.compile(r"\bdifferent\b|\blarger\b|\bsmaller\b|\bhigher\b|\blower\b|\btoo\b|\bif\b|\be\.g\.|"
                     r"不同的?|过大|过小|较大|较小|如果|例如|\bsuch as\b|\bcan be\b|\bothers?\b", re.IGNORECASE)
_ROUND = re.compile(rf"(?<![A-Za-z0-9_.])({_VALUE})\s*(?:个|次|million|thousand)?\s*-?(?:training\s+|full\s+)?"
                    r"(?:epochs?\b|iterations?\b|(?:training\s+|update\s+|optimization\s+|gradient\s+)steps?\b|steps\b|rounds?\b|"
                    r"[Ee]poch|轮|次迭代|个周期|代(?!码)|次(?=训练)|步)", re.IGNORECASE)
_SPEED = re.compile(rf"(?<![A-Za-z0-9_.])({_VALUE})\s*(?:[-–~]\s*\d+\s*)?(?:FPS\b|"
                    r"frames?\s*(?:per|/|a)\s*s(?:econd|ec)?\b|"
                    r"(?:images?|samples?|sentences?|tokens?|words?|queries|requests)\s*(?:per|/|a)\s*s(?:econd|ec)?\b|"
                    r"帧(?:每秒|/\s?s|/秒)|[张条句]\s?/\s?(?:s|秒)|Hz\b)", re.IGNORECASE)
_TIME = re.compile(rf"(?<![A-Za-z0-9_.])({_VALUE})\s*(?:ms\b|msec\b|milliseconds?\b|s\b|secs?\b|seconds?\b|μs\b|"
                   r"(?:ms|s|seconds?)\s*(?:/|per)\s*(?:image|frame|img)|毫秒|秒|微秒)")
_PER_IMAGE = re.compile(r"ms\s*/|/\s*(?:image|img|frame)|per\s+(?:image|frame)|每[张帧]", re.IGNORECASE)
_FPS_FIRST = re.compile(rf"\b(?:FPS|帧率)[^\d。.;；]{{0,14}}({_VALUE})(?!\s*(?:ms|%))", re.IGNORECASE)
_LONG_TIME = re.compile(rf"(?<![A-Za-z0-9_.])({_VALUE}|(?:one|two|three|four|five|six|seven|ten)\b)\s*(?:个|GPU)?[\s-]*"
                        r"(?:days?\b|hours?\b|hrs?\b|h\b|minutes?\b|mins?\b|weeks?\b|天|小时|分钟|周)", re.IGNORECASE)
_SOUND = re.compile(r"kHz|采样|sampl(?:ing|ed) (?:rate|at)|refresh", re.IGNORECASE)
_DEVICE = re.compile(
    r"(?:(?:NVIDIA|Nvidia|nVidia|英伟达|GeForce|Tesla|Pascal|Quadro|Maxwell)\s?)*"
    r"(?:GeForce|Tesla|Quadro|(?:GTX|RTX)\s?[- ]?(?:Titan|TITAN)?[\s-]?[A-Z]?\d*|"
    r"TI-?\s?TAN|Titan|TITAN|Jetson|Tegra|DGX)"
    r"(?:[\s-]?(?:GTX|RTX|XP|Xp|X[12]?|V|Z|RTX|[A-Z]?\d{2,4}[A-Za-z]{0,2}|TX[12]|Nano|Xavier|Ti|SUPER|Super|Black|"
    r"[Ss]tation))*|"
    r"(?<![A-Za-z0-9-])(?:K[1-8]0[mc]?|M[46]0|P40|P100|V100S?|A100|A10G?|A30|A40|A6000|A800|H100|H800|H20|L40S?|"
    r"\d{4}\s?Ti|[234]0[6-9]0)"
    r"(?![A-Za-z0-9.%])|(?<![A-Za-z0-9-])[TP]4\s+GPU")
_COUNTED_DEVICE = re.compile(
    r"(?:\d+|one|two|three|four|five|six|eight|sixteen|a\s+single|single|a|an)\s+(?:\w+\s+){0,2}GPUs?\b|"
    r"(?:\d+|[一二两三四八单双多])\s?[块张台个卡]\s?(?:\w+\s?){0,3}(?:GPU|显卡)")
_WITHOUT = re.compile(r"(?:\bwithout|\bnot|\bno|无需|不需要|没有)\s*$", re.IGNORECASE)
_OF_LEARNING = ("speed", "rounds", "training time", "loss", "optimizer")  # in other works only where it is named
_OTHER_DEVICE = re.compile(r"\b(?:Intel|AMD|Xeon|Core\s?i\d|i[3579]-\d{4}\w*|Ryzen|EPYC|TPUs?(?:\s?v\d)?|FPGA|"
                           r"Raspberry\s?Pi|Ascend|昇腾|树莓派|\d+\s?GB?\s+(?:of\s+)?(?:RAM|memory|内存)|STM32\w*|ARM\s?Cortex|MacBook|i[3579])\b")
_OF_MEMORY = re.compile(r"\bGPUs? (?:memory|hours?|days?|cost|bandwidth|usage)|显存", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence or a row of a table, document.text[start:end], with the value in it, and how clearly it is told."""

    start: int
    end: int
    answer: tuple[int, int]
    weight: float


def trained_with(paper: Paper, setting: Setting, most: int) -> list[Told]:
    """What a work tells of a setting, in the order of its text: the clearest sentences; rows of tables where none
    does. A survey trains nothing."""
    if paper.is_survey:
        return []
    told = [found for line in paper.lines if (found := _in_line(paper, line, setting)) is not None]
    if not told:
        told = list(_in_tables(paper, setting))
    told.sort(key=lambda one: (-one.weight, one.start))
    kept = [one for one in told[:most] if one.weight >= told[0].weight - _NEARLY]
    return sorted(kept, key=lambda one: one.start)


# --- sentences


def _in_line(paper: Paper, line: Line, setting: Setting) -> Told | None:
    """The sentence with its first value, if it is one of this work's; None below the least weight."""
    if line.is_other or line.part not in _PARTS or not _LEAST_LENGTH <= len(line.text) <= _MOST_LENGTH:
        return None
    if is_plan(line.text):
        return None
    spans = _FINDERS[setting.kind](line, setting)
    if not spans or (setting.kind in _OF_LEARNING and not paper.is_of_learning
                     and not _name_pattern(setting).search(line.masked)):
        return None
    weight = _PARTS[line.part]
    weight += _HEADED * any(_HEADING.search(heading) is not None for heading in line.section[-1:])
    weight += _OWN * line.is_own + _DONE * bool(_IS_DONE.search(line.masked)) + _CAPTION * line.is_caption
    weight += _NAMED * (setting.kind in ("gpu", "hardware") and not _COUNTED_DEVICE.fullmatch(line.masked, *spans[0]))
    weight += _OF_OTHER * (setting.kind == "speed" and _is_of_another(paper, line))
    weight += _VARIED * bool(_VARIES.search(line.masked)) + _NAMED * bool(_name_pattern(setting).search(line.masked))
    if weight < _LEAST:
        return None
    return Told(line.start, line.end, (line.start + spans[0][0], line.start + spans[0][1]), weight)


def _is_of_another(paper: Paper, line: Line) -> bool:
    """Whether a sentence names models and none of them is the work's own: "Fast YOLO can run at 155 FPS"."""
    names = [found[0].casefold() for found in model_pattern().finditer(line.masked)]
    is_own = line.is_own or any(own in line.masked.casefold() for own in paper.own_names)
    return bool(names) and not is_own


def _numbers(line: Line, setting: Setting) -> Spans:
    """The numbers beside a name: "learning rate was set to 0.01", "a 0.01 learning rate"."""
    text = line.masked
    numbers = [n.span() for n in _NUMBER.finditer(text) if not _REFERS.search(text[:n.start()])
               and not _OF_FORMULA.match(text, max(0, n.start() - 1))]
    found: Spans = []
    for name in _name_pattern(setting).finditer(text):
        after = [n for n in numbers if 0 <= n[0] - name.end() <= _LINKED
                 and _LINKS.fullmatch(text[name.end():n[0]]) is not None]
        before = [n for n in numbers if 0 <= name.start() - n[1] <= _BEFORE
                  and _LINKS_BEFORE.fullmatch(text[n[1]:name.start()])]
        found += after[:1] or before[-1:]
    return found


def _rounds(line: Line, setting: Setting) -> Spans:
    """How long it trained, in rounds; none that only say when something changed: "every 30 epochs"."""
    text = line.masked
    found = [n for n in _ROUND.finditer(text) if n[1].strip("0")]
    if not found or not _TRAINS.search(text):
        return _numbers(line, setting)
    return [n.span(1) for n in found if not _NOT_TOTAL.search(text[:n.start()]) or _ENDS_AT.search(text[:n.start()])]


def _speeds(line: Line, setting: Setting) -> Spans:
    """How fast it runs: with a unit of speed; a time where it is said that this is how long it takes."""
    text = line.masked
    if _SOUND.search(text):
        return []
    found = [n.span(1) for n in _SPEED.finditer(text)] + [n.span(1) for n in _FPS_FIRST.finditer(text)]
    if _PER_IMAGE.search(text) or (_IS_FAST.search(text) and not _TRAINS.search(text)):
        found += [n.span(1) for n in _TIME.finditer(text)]
    return found


def _training_times(line: Line, setting: Setting) -> Spans:
    return [n.span(1) for n in _LONG_TIME.finditer(line.masked)] if _TRAINS.search(line.masked) else []


def _devices(line: Line, setting: Setting) -> Spans:
    """Devices by their names, or how many of them; none where only their memory is spoken of."""
    found = [n.span() for n in _DEVICE.finditer(line.masked)]
    if setting.kind == "hardware":
        found += [n.span() for n in _OTHER_DEVICE.finditer(line.masked)]
    counted = _TRAINS.search(line.masked) and not _OF_MEMORY.search(line.masked)
    return found or [n.span() for n in _COUNTED_DEVICE.finditer(line.masked)
                     if counted and not _WITHOUT.search(line.masked[:n.start()])]


def _names(line: Line, setting: Setting) -> Spans:
    """The names of what such a setting may be, where the sentence says that something was done with it."""
    found = [n.span() for n in _value_pattern(setting.kind).finditer(line.masked)]
    is_called = bool(_name_pattern(setting).search(line.masked))
    if setting.kind == "loss":
        is_called = is_called or bool(_MINIMIZES.search(line.masked))
        return found if is_called and not _MEASURES.search(line.masked) else []
    return found if is_called or _IS_DONE.search(line.masked) else []


_FINDERS: dict[str, Callable[[Line, Setting], Spans]] = {
    "number": _numbers, "rounds": _rounds, "speed": _speeds, "training time": _training_times, "gpu": _devices,
    "hardware": _devices, "optimizer": _names, "loss": _names, "framework": _names, "activation": _names}


@cache
def _name_pattern(setting: Setting) -> re.Pattern[str]:
    names = any_of([name for name in setting.names if len(name) > 2 or not name.isascii()])  # LR may be a regression
    return re.compile(rf"(?:{names})(?:s\b)?", re.IGNORECASE)


@cache
def _value_pattern(kind: str) -> re.Pattern[str]:
    """The names of a kind, short ones as they are written: Torch is a framework, a torch is none."""
    names = phrases("settings", f"value {kind}")
    short, long = ([name for name in names if (len(name) > _SHORTEST) == is_long] for is_long in (False, True))
    return re.compile(f"{any_of(short)}|(?i:{any_of(long)})")


# --- tables


def _in_tables(paper: Paper, setting: Setting) -> Iterator[Told]:
    """Rows that give a value: of settings, beside the setting's name; of the work's own method, below it."""
    for grid in paper.grids:
        part = paper.part_at(grid.start)
        if part not in _PARTS:
            continue
        labels = [read_setting(cell.text) for row in (grid.header, *grid.rows) for cell in row[:-1]]
        is_of_settings = sum(label is not None for label in labels) > 1
        for row in (grid.header, *grid.rows) if is_of_settings else ():
            for label, cell in pairwise(row):
                if read_setting(label.text) == setting and _is_value(cell.text, setting):
                    yield Told(row[0].start, row[-1].end, (cell.start, cell.end), _ROW * _PARTS[part])
                    break
        yield from _below(paper, grid, setting, _ROW * _PARTS[part])


def _below(paper: Paper, grid: Grid, setting: Setting, weight: float) -> Iterator[Told]:
    """The row of the work's own method, where the setting stands above a column; none that is only nobody else's."""
    heads = [re.sub(r"[(（\[].*$", "", cell.text) for cell in grid.header]
    columns = [i for i, head in enumerate(heads) if i and read_setting(head) == setting]
    own: Sequence[Sequence[Cell]] = ()
    if columns:
        own, whose = own_rows(grid, paper)
        own = own if whose == "named" else ()
    for row in own[:1]:
        cells = [row[i] for i in columns if i < len(row) and _is_value(row[i].text, setting)]
        if cells:
            yield Told(row[0].start, row[-1].end, (cells[0].start, cells[0].end), weight)


def _is_value(text: str, setting: Setting) -> bool:
    """Whether a cell of a table is a value of the setting."""
    if setting.kind in ("optimizer", "loss", "framework", "activation"):
        return bool(_value_pattern(setting.kind).search(text))
    if setting.kind in ("gpu", "hardware"):
        return bool(_DEVICE.search(text) or _OTHER_DEVICE.search(text))
    return bool(_NUMBER.search(text))
