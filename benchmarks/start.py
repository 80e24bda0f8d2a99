"""Claim: a second start takes under five seconds on a machine that does nothing else, a part of the first.

Both are measured from the command to the first healthy answer; the first makes the database.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import _grow

LONGEST_S = 120


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path) -> float:
    """Start Careline, stop it, and return the seconds until it was healthy."""
    port = free_port()
    own = {"CARELINE_VAR": str(folder), "PORT": str(port), "CARELINE_URL": f"http://localhost:{port}"}
    command = [Path(sys.executable).parent / "careline", "up"]
    began = time.monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **own, "DATABASE_URL": ""}, stderr=subprocess.DEVNULL
    )
    try:
        while time.monotonic() - began < LONGEST_S:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5):
                    return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        raise SystemExit("Careline did not start.")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def main() -> None:
    """Start twice and print how they compare."""
    folder = _grow.fresh_folder()
    try:
        first, second = start(folder), start(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"second start / first: {second / first:.2f}   ({second:.1f} s, {first:.1f} s; claim: under 5 s)")


if __name__ == "__main__":
    main()
