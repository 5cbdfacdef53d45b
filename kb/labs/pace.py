"""How long a lab will take on this machine, as it is now: what it took here before, or what it took where it was
measured, times how much longer a short piece of the same kind of work takes here.

Reads: the runs of a library, a clock.  Gives: seconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kb.labs.lab import Lab
from kb.labs.run import list_runs

_PROBE_SECONDS = 0.054  # CPU time of the probe where `Lab.seconds` were measured, one thread
_GROW = ("steps", "epochs", "n_train")  # settings that the time of a training is proportional to
_BEGINS = 3.0  # seconds until libraries and weights are loaded, whatever is trained


def estimate(lab: Lab, params: Mapping[str, Any] | None = None, *, home: Path | None = None) -> float:
    """Seconds that a run with these settings will take. home: of a library, whose last run with the same settings says
    it best."""
    values = lab.check(params or {})
    for run in list_runs(home) if home else ():
        if run.lab == lab.name and run.status == "done" and run.params == values:
            return run.seconds
    factor = 1.0
    for param in lab.params:
        if param.name in _GROW and param.default:
            factor *= values[param.name] / param.default
    begins = min(_BEGINS, lab.seconds / 2)
    return (begins + (lab.seconds - begins) * factor) * slowness()


@cache
def slowness() -> float:
    """How many times as long a short piece of work takes here and now as where the labs were measured; once a
    process."""
    return max(0.05, probe() / _PROBE_SECONDS)


def probe() -> float:
    """Seconds of a few thousand small products and their hyperbolic tangents, which is what a lab's steps are."""
    import numpy as np

    x = np.linspace(-1.0, 1.0, 48 * 48, dtype=np.float32).reshape(48, 48)
    started = time.perf_counter()
    y = x
    for _ in range(12_000):
        y = np.tanh(x @ y)
    return time.perf_counter() - started
