"""Questions to begin with, looked for by a process of its own, after everything else that this machine does.

    python -m kb_app.suggested      for the library of KB_HOME; prints {"examples": [question, …]}

They cost as much as two dozen answers: looked for in the app's own process, every page and question waited meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from kb import KBError, KnowledgeBase
from kb.runs import parse_object

_NICE = 15
_LONGEST = 600  # seconds


def look() -> list[str]:
    """Questions that the app's library answers; none where they could not be looked for. Waits for them."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        said = subprocess.run([sys.executable, "-P", "-m", "kb_app.suggested"], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    found = (parse_object(said) or {}).get("examples")
    return [str(one) for one in found] if isinstance(found, list) else []


def main() -> int:
    """Looks and prints."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        with KnowledgeBase.open(os.environ.get("KB_HOME") or None,
                                encoder=os.environ.get("KB_ENCODER") or None) as base:
            found = list(base.examples())
    except KBError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"examples": found}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
