"""What a work is trained, run and measured with, by any name of it: learning rate, GPU, 推理速度.

Reads: the name of a setting.  Gives: Setting, how its values look and its names.  Next: values.py, what may be asked;
trained_with.py finds the values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from kb.words import phrases, sections


@dataclass(frozen=True)
class Setting:
    """kind: of settings.txt, how its values look; names: what it is called, the usual one first."""

    kind: str
    names: tuple[str, ...]


def read_setting(name: str) -> Setting | None:
    """The setting of this name; None for what is none."""
    return _known().get(_bare(name))


@cache
def _known() -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for kind in [name.removeprefix("names ") for name in sections("settings") if name.startswith("names ")]:
        for line in phrases("settings", f"names {kind}"):
            names = tuple(line.split(" | "))
            found |= {_bare(name): Setting(kind, names) for name in names if _bare(name) not in found}
    return found


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.casefold()).strip(" ?？。.")
