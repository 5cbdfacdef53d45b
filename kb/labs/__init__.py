"""The labs: every example of the article, runnable.

    import kb
    result = kb.labs.get("finetune").run({"n_train": 200}, home=base.home)
    print(result.metrics["test_accuracy"])

Each lab is one file here that exports LAB; it is imported when it is asked for, and loads torch when it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from kb import plugins
from kb.errors import PluginError, UnknownLab
from kb.labs.lab import Formula, Lab, Param, describe, settings_from, split_setting
from kb.labs.notebook import notebook, write_notebook
from kb.labs.pace import estimate
from kb.labs.pages.guides import READING_ORDER, Guide, guide_of
from kb.labs.pages.numbers import Number, cell, label, numbers, shown
from kb.labs.run import LabResult, Run, end_when_stopped, list_runs, load_tensors, new_folder
from kb.runs import Event, RunInfo, read_events, read_log, read_run, stop
from kb.types import Words

# In the order of the article. A name is its module's with hyphens.
NAMES = (
    "parameters",
    "pretraining-matters",
    "attention",
    "compress",
    "transformer",
    "pretrain",
    "classify",
    "finetune",
    "tag",
    "read",
    "summarise",
    "pipeline",
    "digits",
    "detect",
    "generate",
    "shapes",
    "protein",
)

__all__ = [
    "NAMES", "READING_ORDER", "Event", "Formula", "Guide", "Lab", "LabResult", "Number", "Param", "Run", "RunInfo",
    "cell", "describe", "end_when_stopped", "estimate", "get", "guide_of", "label", "label_texts", "labs",
    "list_runs", "load_tensors", "new_folder", "notebook", "numbers", "read_events", "read_log", "read_run",
    "settings_from", "shown", "split_setting", "stop", "write_notebook"
]


def get(name: str) -> Lab:
    """The lab of this name, of kb or of another installed package. Errors: SettingError, with the names there are;
    PluginError for a package whose lab cannot be used."""
    if name not in NAMES:
        return _foreign(name)
    lab: Lab = import_module(f"kb.labs.{name.replace('-', '_')}").LAB
    return lab


def label_texts(run: str | Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What the classifier of a finished `finetune` run says of texts: [{"text", "label", "probability", …}], in their
    order."""
    from kb.labs import finetune

    return finetune.classify(Path(run), texts)


def labs() -> tuple[Lab, ...]:
    """All labs, in the order of the article, those of other packages last; one that cannot be used is left out with a
    warning in the log."""
    found = [get(name) for name in NAMES]
    for name in dict.fromkeys(plugin.name for plugin in plugins.installed("kb.labs") if plugin.name not in NAMES):
        try:
            found.append(get(name))
        except PluginError as error:
            logging.getLogger(__name__).warning("%s", error)
    return tuple(found)


def _foreign(name: str) -> Lab:
    plugin = plugins.find("kb.labs", name)
    if plugin is None:
        known = dict.fromkeys((*NAMES, *(other.name for other in plugins.installed("kb.labs"))))
        raise UnknownLab("E_LAB", name=name, known=", ".join(known))
    lab = plugins.load(plugin)
    lab = getattr(lab, "LAB", lab)
    if not isinstance(lab, Lab) or lab.name != name:
        raise plugins.failed(plugin, Words(
            f"it must be a kb.labs.Lab with the name {name}, it is {lab!r:.80}",
            f"它必须是名为 {name} 的 kb.labs.Lab，实际是 {lab!r:.80}"))
    return lab
