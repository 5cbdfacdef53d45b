"""Bounds on what a reading process may use, set by itself before it reads."""

from __future__ import annotations

import contextlib
import math
import resource
import signal
import sys
from functools import lru_cache
from typing import Any

from kb.readers import Limits


def peak_mb() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def limit(limits: Limits) -> None:
    """Bounds on what the child may use. Memory counts beyond what the server has mapped already."""
    _die_with_parent()
    memory = _mapped() + (limits.memory_mb << 20)
    for name, bound in (("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", 64), ("RLIMIT_CORE", 0), ("RLIMIT_AS", memory)):
        with contextlib.suppress(ValueError, OSError, AttributeError):  # not every system knows every limit
            resource.setrlimit(getattr(resource, name), (bound, bound))


def limit_cpu(limits: Limits, reads_on: bool) -> None:
    """So many seconds from now. The soft limit ends the child by SIGXCPU; what it has sent by then survives. The hard
    one cannot be raised again."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    # whole seconds only: never less than the limit
    soft = limits.cpu_seconds + (math.ceil(used.ru_utime + used.ru_stime) if reads_on else 0)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU,
                           (soft, resource.getrlimit(resource.RLIMIT_CPU)[1] if reads_on else soft + 5))


def _mapped() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def _die_with_parent() -> None:
    if sys.platform == "linux":
        libc().prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@lru_cache(maxsize=1)
def libc() -> Any:
    """The C library, loaded once."""
    import ctypes

    return ctypes.CDLL(None)
