"""How the command line is read: argparse, with help and errors in the reader's language and a guess at what was meant.

Reads: the arguments.  Gives: options, or one line on stderr and exit code 2.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from kb.cli.words import fold, say

_QUOTED = r"'?(.*?)'?"
_ERRORS = (  # what argparse says, in every version since 3.11 -> what is said here
    (r"the following arguments are required: (.+)", "this is missing: {0}"),
    (r"argument (.+?): expected one argument", "{0} needs a value"),
    (r"argument (.+?): expected at least one argument", "{0} needs at least one value"),
    (r"argument (.+?): expected (\d+) arguments", "{0} needs {1} values"),
    (rf"argument (.+?): ignored explicit argument {_QUOTED}", "{0} takes no value"),
    (r"ambiguous option: (.+?) could match (.+)", "{0} may be one of {1}"),
)
_CHOICE = re.compile(rf"argument (.+?): invalid choice: {_QUOTED} \(choose from (.+)\)")


class Parser(argparse.ArgumentParser):
    """argparse's parser. `options.parser` is the one of the command that was chosen. takes_minus: -WORD is a word of
    the command's, and no option."""

    takes_minus = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, formatter_class=_Formatter, add_help=False)
        self.add_argument("-h", "--help", action="help", help="show this help")
        self.set_defaults(parser=self)
        self._given: Sequence[str] = ()

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The options. Leaves with exit code 2 where the arguments cannot be understood."""
        options, rest = self.parse_known_args(args, namespace)
        if rest:
            chosen: Parser = options.parser
            chosen._refuse(rest)
        return options

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's own."""
        self._given = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(self._given, namespace)

    def _parse_optional(self, arg_string: str) -> Any:
        is_word = self.takes_minus and arg_string.startswith("-") and not arg_string.startswith("--")
        return None if is_word and arg_string != "-h" else super()._parse_optional(arg_string)

    def error(self, message: str) -> NoReturn:
        """One line in the reader's language, and where to read on."""
        found = _CHOICE.fullmatch(message)
        before = self._given
        if found and found[2] in self._given:  # what stands before a wrong word may be why it is one
            before = self._given[:self._given.index(found[2])]
        strangers = self._strangers(before)
        if found:
            if strangers:
                self._refuse(strangers)
            self._refuse_choice(found[1], found[2], re.findall(r"[^\s,']+", found[3]))
        for pattern, words in _ERRORS:
            if found := re.fullmatch(pattern, message):
                if words == _ERRORS[0][1] and strangers:  # a wrong name is why the right one is missing
                    self._refuse(strangers)
                self._leave(say(words).format(*found.groups()))
        self._leave(message.removeprefix("argument "))

    def _strangers(self, arguments: Iterable[str]) -> list[str]:
        """Those that look like an option and are none."""
        names = [argument.partition("=")[0] for argument in arguments if re.match(r"--?[a-zA-Z]", argument)]
        return [name for name in names if not any(known.startswith(name) or (known == name[:2] and name[1] != "-")
                                                  for known in self._option_string_actions)]

    def _refuse(self, rest: Sequence[str]) -> NoReturn:
        """Says what the first of the arguments is that do not belong here."""
        strangers = self._strangers(rest)
        if strangers:
            name = strangers[0]
            self._guess(say("there is no option {name}", name=name), name, self._option_string_actions)
        self._leave(say("{name} is one argument too many", name=rest[0]))

    def _refuse_choice(self, argument: str, value: str, known: Sequence[str]) -> NoReturn:
        if argument in ("COMMAND", "ACTION"):
            self._guess(say("there is no command {name}", name=value), value, known)
        words = say("{name}: {value} is none of {known}", name=argument, value=value, known=", ".join(known))
        self._guess(words, value, known)

    def _guess(self, words: str, given: str, known: Iterable[str]) -> NoReturn:
        from difflib import get_close_matches

        close = get_close_matches(given, list(known), 1)
        if not close:
            self._leave(words)
        self.exit(2, say("{words}; did you mean {name}?", words=f"{self.prog}: {words}", name=close[0]) + "\n")

    def _leave(self, words: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {words}\n  -> {self.prog} --help\n")


class _Formatter(argparse.HelpFormatter):
    """Help in the reader's language, its lines as wide as they look."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, say("usage: ") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        super().start_section(say(heading) if heading else heading)

    def add_text(self, text: str | None) -> None:
        super().add_text(say(text) if text else text)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return say(action.help) if action.help else action.help

    def _split_lines(self, text: str, width: int) -> list[str]:
        return fold(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width - len(indent)))


def at_least_one(value: str) -> int:
    """A whole number of at least 1, for argparse."""
    return _number(value, 1, None)


def port(value: str) -> int:
    """A port's number, for argparse."""
    return _number(value, 1, 65535)


def any_port(value: str) -> int:
    """A port's number, or 0 for one that is free, for argparse."""
    return _number(value, 0, 65535)


def _number(value: str, low: int, high: int | None) -> int:
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if number < low or (high is not None and number > high):
        words = "{value} is not a whole number of at least {low}"
        raise argparse.ArgumentTypeError(
            say(words, value=value, low=low) if high is None
            else say("{value} is not a whole number from {low} to {high}", value=value, low=low, high=high))
    return number


def cost(value: str) -> float:
    """An amount of money, for argparse."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(say("{value} is not an amount like 0.50", value=value))
    return number
