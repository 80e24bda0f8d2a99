"""Take the picture of README.md: the inbox of the demo operation, in a Careline of its own.

    python scripts/screenshot.py [docs/screenshot.png]

Needs Chromium. Starts on a free port with an invented operation, and leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
COMMAND = Path(sys.executable).parent / "careline"
SIZE: ViewportSize = {"width": 1440, "height": 900}
SETTLED_MS = 1_000
LARGEST = 300_000  # bytes: it is fetched with every clone
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo() -> Iterator[str]:
    """Start a Careline with the demo operation, and give its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="careline-picture-") as var:
        environment = {**os.environ, "CARELINE_VAR": var, "PORT": str(port), "DATABASE_URL": ""}
        subprocess.run([COMMAND, "demo", "--tickets", "4000"], env=environment, check=True)
        process = subprocess.Popen([COMMAND, "up"], env=environment)
        try:
            wait_for(f"http://localhost:{port}/healthz")
            yield f"http://localhost:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_for(address: str) -> None:
    """Wait until an address answers well."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"{address} does not answer")


def open_desk(page: Page, address: str) -> None:
    """Sign in as the first person the demo offers, and open the list of all open conversations."""
    page.goto(f"{address}/start/people/")
    page.locator("button[name=person]").first.click()
    page.goto(f"{address}/inbox/?view=all-open")
    page.wait_for_timeout(SETTLED_MS)


def take(address: str, path: Path) -> None:
    """Write the picture."""
    with sync_playwright() as playwright:
        found = next((place for name in BROWSERS if (place := shutil.which(name))), None)
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        page = browser.new_page(viewport=SIZE, color_scheme="light", locale="en-GB")
        open_desk(page, address)
        page.screenshot(path=path)
        browser.close()


def main() -> None:
    """Take the picture, and refuse one that is too large."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshot.png"
    with demo() as address:
        take(address, path)
    size = path.stat().st_size
    if size > LARGEST:
        sys.exit(f"{path} has {size} bytes; at most {LARGEST} are wanted")
    print(f"{path}: {size} bytes")


if __name__ == "__main__":
    main()
