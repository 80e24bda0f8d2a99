"""Claims: a page of a desk with 1,000,000 tickets takes at most twice that of one with 100,000, and the list
of tickets is at least fifteen times as quick as django-helpdesk's at 100,000.

On SQLite, or on a PostgreSQL server named by BENCH_POSTGRES=postgresql://user@host.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import _grow
import _peer

HERE = Path(__file__).resolve().parent
SMALL = int(os.environ.get("BENCH_SMALL", "100000"))
LARGE = int(os.environ.get("BENCH_LARGE", "1000000"))


def ours(count: int) -> dict[str, float]:
    """Return the seconds of our pages with so many tickets."""
    folder = _grow.fresh_folder()
    try:
        with _grow.database(f"careline_bench_{count}") as address:
            command = [sys.executable, HERE / "_pages_child.py", folder, address, str(count)]
            done = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
        told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
        return told
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def theirs(count: int) -> dict[str, float]:
    """Return the seconds of django-helpdesk's pages with so many tickets."""
    folder = _grow.fresh_folder()
    try:
        with _grow.database("careline_bench_peer") as address:
            return _peer.run(HERE / "_peer_pages.py", str(count), folder=folder, database=address)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Measure all in one run and print the ratios."""
    engine = "PostgreSQL" if os.environ.get("BENCH_POSTGRES") else "SQLite"
    small, large = ours(SMALL), ours(LARGE)
    print(f"{engine}: {LARGE:,} tickets against {SMALL:,} (claim: at most 2)")
    for name in small:
        ratio = large[name] / small[name]
        print(f"  {name:<24} {ratio:5.2f}   ({small[name] * 1000:.1f} ms, {large[name] * 1000:.1f} ms)")
    try:
        peer = theirs(SMALL)
    except _peer.Absent as reason:
        print(f"django-helpdesk could not be installed, so it is not compared: {reason}")
        return
    print(
        f"{engine}: django-helpdesk {_peer.VERSION} against ours, {SMALL:,} tickets (claim for the list: 15)"
    )
    pairs = (
        ("list of everything", peer["rows_all"] + peer["frame"], small["list of everything"]),
        ("list of what is open", peer["rows_open"] + peer["frame"], small["list of what is open"]),
        ("ticket page", peer["ticket"], small["ticket page"]),
    )
    for name, their_s, our_s in pairs:
        print(f"  {name:<24} {their_s / our_s:5.1f}   ({their_s * 1000:.1f} ms, {our_s * 1000:.1f} ms)")


if __name__ == "__main__":
    main()
