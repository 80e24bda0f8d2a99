"""Run every check that needs no running system, and say at the end which of them failed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
FOLDERS = [name for name in ("careline", "tests", "scripts", "benchmarks") if Path(name).exists()]
CHECKS: dict[str, list[str | Path]] = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", *FOLDERS],
    "lint": [BIN / "ruff", "check", "--quiet", *FOLDERS],
    "types": [BIN / "mypy", "careline", "scripts"],
    "floors": [BIN / "lint-imports"],
    "architecture": [BIN / "python", "-m", "pytest", "-n0", "tests/architecture"],
    "translations": [BIN / "python", "scripts/messages.py", "check"],
    "vulnerabilities": [BIN / "python", "scripts/audit.py"],
}


def passes(name: str) -> bool:
    """Run one check, show its words when it fails, and tell whether it passed."""
    started = time.monotonic()
    done = subprocess.run(CHECKS[name], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    failed = done.returncode != 0
    took = time.monotonic() - started
    print(f"{name:<16} {'FAILED' if failed else 'ok':<7}{took:5.1f} s")
    said = done.stdout + done.stderr
    if failed or name == "vulnerabilities":
        sys.stdout.write(said)
    sys.stdout.flush()
    return not failed


def main() -> None:
    """Run all checks, also after a failure: one run shows everything there is to repair."""
    failed = [name for name in CHECKS if not passes(name)]
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
