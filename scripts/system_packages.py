"""Install the Debian packages that some tests and commands need, where that is possible.

Elsewhere it says nothing: each test that misses one skips with a sentence that says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def has_command(*names: str) -> Callable[[], bool]:
    """Return a test for the presence of any of these commands."""
    return lambda: any(shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in names)


def has_postgres_server() -> bool:
    """Tell whether a PostgreSQL server could be started here."""
    return bool(list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))) or has_command("initdb")()


# What is needed, how to see it, and Debian's packages for it.
NEEDS: dict[str, list[tuple[Callable[[], bool], list[str]]]] = {
    "tests": [
        (has_command("chromium", "chromium-browser", "google-chrome"), ["chromium"]),
        (has_command("dovecot"), ["dovecot-imapd"]),
        (has_command("xgettext"), ["gettext"]),
    ],
    "messages": [(has_command("xgettext"), ["gettext"])],
    "postgres": [(has_postgres_server, ["postgresql"])],
}


def missing(groups: list[str]) -> list[str]:
    """Return the packages that are needed and not there."""
    return [name for group in groups for there, names in NEEDS[group] if not there() for name in names]


def is_debian() -> bool:
    """Tell whether this is Debian (Ubuntu has no chromium package of this kind)."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()


def apt(*arguments: str) -> None:
    """Run apt-get without questions, and without starting the services that come along."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        sys.stdout.write(done.stdout + done.stderr)


def main() -> None:
    """Install what is missing for the groups on the command line."""
    wanted = missing(sys.argv[1:])
    if not wanted:
        return
    if not (is_debian() and os.geteuid() == 0 and shutil.which("apt-get")):
        print(f"  not installed: {', '.join(wanted)} (tests that need them are skipped)")
        return
    print(f"  installing {', '.join(wanted)} ...")
    sys.stdout.flush()
    apt("update")
    apt("install", "-y", "--no-install-recommends", *wanted)


if __name__ == "__main__":
    main()
