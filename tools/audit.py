"""Known holes in what is pinned: pip-audit over constraints.txt and tools/locks/torch.txt, after `pip check`.

    python -m tools.audit

Exit code 0: every pinned package was asked about, none has a known vulnerability. 1: some have, or `pip check` found
something. 2: nobody answered for some packages, so nothing is known of them: pip-audit itself calls that a pass.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools.lock import MAIN, TORCH, Pin, read


def ask(pins: Iterable[Pin]) -> dict[str, Any]:
    """What pip-audit says of these versions; {} where it says nothing that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        lines, out = Path(folder) / "pins.txt", Path(folder) / "found.json"
        lines.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in pins), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "pip_audit", "--requirement", str(lines), "--no-deps", "--disable-pip",
                        "--progress-spinner", "off", "--format", "json", "--output", str(out)],
                       capture_output=True, check=False)
        try:
            found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found


def report(found: dict[str, Any], names: Iterable[str]) -> tuple[int, list[str]]:
    """(exit code, lines) for what was found out about these packages."""
    asked = {entry["name"]: entry for entry in found.get("dependencies", [])}
    unknown = [name for name in names if "vulns" not in asked.get(name, {})]
    holes = [(name, entry["version"], hole) for name, entry in sorted(asked.items()) for hole in entry.get("vulns", [])]
    lines = [f"{name} {version}: {hole['id']}, fixed in {', '.join(hole['fix_versions']) or 'no version yet'}"
             for name, version, hole in holes]
    if unknown:
        lines.append(f"nothing is known of {len(unknown)} packages: the vulnerability service of the package index did "
                     f"not answer for them ({', '.join(unknown[:5])}{' …' if len(unknown) > 5 else ''}). "
                     "Run make audit where it can be reached.")
    elif not holes:
        lines.append(f"no known vulnerability in {len(asked)} packages")
    return 1 if holes else 2 if unknown else 0, lines


def main() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], check=False).returncode
    pins = [*read(MAIN), *read(TORCH)]
    code, lines = report(ask(pins), [pin.name for pin in pins])
    print("\n".join(lines))
    sys.exit(1 if checked else code)


if __name__ == "__main__":
    main()
