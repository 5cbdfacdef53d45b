"""A lab is one runnable example of the article: what it is called, what can be set, what it does.

Its work is a function of its parameters and its Run (run.py): it tells events, asks `stopped()` between steps, and
gives its metrics. It writes through its Run only. Training labs run one at a time (HOME/labs/.lock; a dead holder never
blocks).
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kb.config import load_settings
from kb.errors import KBError, LabError, ParameterError, UnknownLab
from kb.labs.pages.report import Told, report
from kb.labs.run import LabResult, Run, new_folder, one_at_a_time
from kb.messages import Language, words_of
from kb.runs import Event, Status, as_json, read_events
from kb.types import Words

Kind = Literal["int", "float", "text", "choice", "file", "bool"]

LONGEST_TEXT = 20_000
NO_WORDS = Words("", "")


@dataclass(frozen=True, slots=True)
class Param:
    """One thing a user can change. low and high are included; choices only for kind "choice". zh: the default for who
    reads Chinese, where it is another.

    A "file" is a path, "" for none; what it holds is checked by the lab.
    """

    name: str
    kind: Kind
    default: Any
    label: Words
    help: Words = NO_WORDS
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    zh: Any = None

    def default_in(self, language: Language) -> Any:
        """The value where none is given."""
        return self.default if self.zh is None or language != "zh" else self.zh

    def read(self, raw: Any) -> Any:
        """The value that was meant, from a string or a value of the right type. Errors: SettingError, with what is
        wanted."""
        if self.kind == "bool":
            return self._bool(raw)
        if self.kind in ("int", "float"):
            return self._number(raw)
        value = str(raw)
        if self.kind == "choice" and value not in self.choices:
            raise ParameterError("E_LAB_CHOICE", name=self.name, value=value, known=", ".join(self.choices))
        if self.kind == "file":
            path = os.path.abspath(os.path.expanduser(value)) if value else ""
            if path and not os.path.isfile(path):
                raise ParameterError("E_LAB_FILE", name=self.name, value=value)
            return path
        if len(value) > LONGEST_TEXT:
            raise ParameterError("E_LAB_RANGE", name=self.name, value=f"{len(value)} characters", low=0,
                               high=LONGEST_TEXT)
        return value

    def _bool(self, raw: Any) -> bool:
        known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        value = known.get(str(raw).lower())
        if value is None:
            raise ParameterError("E_LAB_CHOICE", name=self.name, value=raw, known="true, false")
        return value

    def _number(self, raw: Any) -> int | float:
        try:
            value = int(str(raw)) if self.kind == "int" else float(raw)
        except (TypeError, ValueError):
            raise ParameterError("E_LAB_NUMBER", name=self.name, value=raw, default=self.default) from None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not (math.isfinite(value) and low <= value <= high):
            raise ParameterError("E_LAB_RANGE", name=self.name, value=raw, low=self.low, high=self.high)
        return value


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of the article, the lines that compute it (a piece of the lab's source, as it stands there), and what
    the article's version leaves out."""

    tex: str
    code: str
    note: Words


@dataclass(frozen=True, slots=True)
class Lab:
    """A runnable example of the article.

    section: of the article, "3.2"; question: what to search the library for; seconds: what the defaults take on two
    cores.
    work: the example itself. fields and apply: "try your own": apply(folder of a finished run, values of the fields) ->
    rows of a table.
    modules: further source files worth showing beside the lab's own.
    """

    name: str
    title: Words
    about: Words
    section: str
    question: Words
    params: tuple[Param, ...]
    work: Callable[[Mapping[str, Any], Run], dict[str, Any]]
    seconds: int = 10
    trains: bool = True
    formulas: tuple[Formula, ...] = ()
    fields: tuple[Param, ...] = ()
    apply: Callable[[Path, Mapping[str, Any]], list[dict[str, Any]]] | None = None
    modules: tuple[str, ...] = ()

    def check(self, params: Mapping[str, Any], language: Language = "en") -> dict[str, Any]:
        """Every parameter with its value, those not given with their default for the reader's language. Errors:
        SettingError for an unknown name or a bad value."""
        return _check(self.name, self.params, params, language)

    def try_out(self, folder: Path, values: Mapping[str, Any], language: Language = "en") -> list[dict[str, Any]]:
        """What the model of a finished run makes of the user's own input, as rows. Errors: SettingError, DataError (a
        damaged model)."""
        if self.apply is None:
            raise UnknownLab("E_LAB_NO_MODEL", lab=self.name)
        return self.apply(folder, _check(self.name, self.fields, values, language))

    def sources(self) -> list[tuple[str, str]]:
        """(file name, text) of the lab's code, its own first."""
        files = [
            Path(str(sys.modules[name].__file__))
            for name in dict.fromkeys((self.work.__module__, *self.modules))
            if name in sys.modules
        ]
        return [(f"{file.parent.name}/{file.name}", file.read_text(encoding="utf-8")) for file in files]

    def run(self, params: Mapping[str, Any] | None = None, *, folder: Path | None = None, home: Path | None = None,
            on_event: Callable[[Event], None] | None = None, should_stop: Callable[[], bool] | None = None,
            language: Language = "en") -> LabResult:
        """Runs the lab in `folder` (default: a new one in HOME/labs) and gives what came out; leaves report.html and
        its figures there, in the reader's language, which also chooses the defaults.

        home: of the library whose run it is, as `KnowledgeBase.home` (default: KB_HOME, or where `kb` keeps its own).

        Errors: SettingError before anything is written; whatever the lab refuses (DataError, …) and E_LAB_FAILED
        after its status was written as "failed".
        """
        values = self.check(params or {}, language)
        home = Path(home) if home else load_settings().home
        run = Run(folder or new_folder(home, self.name, values.get("seed", 0)), on_event or (lambda event: None),
                  should_stop or (lambda: False))
        run.begin(self.name, values)
        try:
            with one_at_a_time(home, run) if self.trains else contextlib.nullcontext():
                run.set_status("loading")
                metrics = {} if run.stopped() else self.work(values, run)
        except KeyboardInterrupt:
            run.set_status("cancelled")
            raise
        except KBError as error:
            run.fail(error)
            self._leave_report(run, values, {}, "failed", language, error)
            raise
        # a defect, or a library that fails on unforeseen input: kept whole in log.txt, told in one line
        except Exception as error:
            run.log(traceback.format_exc())
            failure = LabError("E_LAB_FAILED", lab=self.name, detail=f"{type(error).__name__}: {error}"[:400],
                              path=run.folder / "log.txt")
            run.fail(failure)
            self._leave_report(run, values, {}, "failed", language, failure)
            raise failure from error
        run.save("metrics.json", as_json(metrics))
        status: Status = "cancelled" if run.was_stopped else "done"
        self._leave_report(run, values, metrics, status, language)
        run.set_status(status)
        return LabResult(run.folder, status, metrics)

    def _leave_report(self, run: Run, params: Mapping[str, Any], metrics: Mapping[str, Any], status: Status,
                      language: Language, error: KBError | None = None) -> None:
        """report.html and figure-01.svg … in the run's folder. What cannot be drawn is in the log; the run stands."""
        formulas = [(formula.tex, formula.code, words_of(formula.note)) for formula in self.formulas]
        told = Told(describe(self), formulas, self.sources(), params, metrics, read_events(run.folder), status,
                    run.seconds(), dict(params) == self.check({}, language),
                    error.describe(language) if error else ("", ""))
        try:
            for i, figure in enumerate(told.drawn(language), 1):
                run.save(f"figure-{i:02}.svg", figure.svg.encode())
            run.save("report.html", report(told, run.folder, language).encode())
        # events of another package's lab may hold anything
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            run.log(traceback.format_exc())


def settings_from(lab: Lab, settings: Sequence[str], language: Language = "en") -> dict[str, Any]:
    """["seed=1", "text=a=b"] -> checked values. Errors: SettingError."""
    return lab.check(dict(split_setting(setting) for setting in settings), language)


def split_setting(setting: str) -> tuple[str, str]:
    """"text=a=b" -> ("text", "a=b"). Errors: SettingError."""
    name, sign, value = setting.partition("=")
    if not sign:
        raise ParameterError("E_LAB_SETTING", value=setting)
    return name.strip(), value


def describe(lab: Lab) -> dict[str, Any]:
    """A lab in plain values: what it is, and its parameters."""
    return {
        "name": lab.name, "title": _pair(lab.title), "about": _pair(lab.about), "section": lab.section,
        "seconds": lab.seconds, "leaves_model": lab.apply is not None,
        "params": [{"name": p.name, "kind": p.kind, "default": p.default, "default_zh": p.default_in("zh"),
                    "label": _pair(p.label), "help": _pair(p.help), "choices": list(p.choices), "low": p.low,
                    "high": p.high} for p in lab.params],
        "fields": [{"name": p.name, "kind": p.kind, "default": p.default, "label": _pair(p.label)} for p in lab.fields]
    }


def _pair(words: object) -> dict[str, str]:
    """As JSON; a lab of another package may still give (Chinese, English)."""
    return words_of(words).to_dict()


def _check(lab: str, known: Sequence[Param], given: Mapping[str, Any], language: Language) -> dict[str, Any]:
    by_name = {param.name: param for param in known}
    for name in given:
        if name not in by_name:
            raise ParameterError("E_LAB_PARAM", lab=lab, name=name, known=", ".join(by_name) or "–")
    return {name: param.read(given.get(name, param.default_in(language))) for name, param in by_name.items()}
