"""Ask the advisory service whether a locked package has a known vulnerability.

A service that does not answer within a minute is a sentence, not a failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

PATIENCE_S = 60


def findings() -> list[str] | None:
    """Return one line a vulnerability, or nothing at all when the service did not answer."""
    options = ["--disable-pip", "--require-hashes", "--progress-spinner=off", "--timeout=10", "--format=json"]
    command = [sys.executable, "-m", "pip_audit", "-r", "requirements.lock", *options]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    if all("skip_reason" in package for package in packages):
        return None  # a mirror that knows no advisories says so package by package
    return [line(package, hole) for package in packages for hole in package.get("vulns", [])]


def line(package: dict[str, Any], hole: dict[str, Any]) -> str:
    """Say in one line what is wrong with a package and which version mends it."""
    mended = ", ".join(hole["fix_versions"]) or "no release yet"
    return f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}"


def main() -> None:
    """Print the findings and fail when there are any."""
    found = findings()
    if found is None:
        print("  The advisory service did not answer; known vulnerabilities were not looked up.")
    elif found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
