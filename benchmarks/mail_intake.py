"""Claim: our intake takes at least five times as many mails a second as django-helpdesk's, on SQLite.

Ours keeps each mail on disk, synchronised, before it is read, and reads it in a process of its own; theirs
does neither. Both get the same three hundred mails and owe the same acknowledgements.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import _grow
import _mails
import _peer

HERE = Path(__file__).resolve().parent


def ours(mails: Path) -> dict[str, Any]:
    """Return what our intake took."""
    folder = _grow.fresh_folder()
    try:
        with _grow.database("careline_bench_mail") as address:
            command = [sys.executable, HERE / "_mail_child.py", folder, address, mails]
            done = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return told
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def theirs(mails: Path) -> dict[str, Any]:
    """Return what django-helpdesk's took."""
    folder = _grow.fresh_folder()
    try:
        with _grow.database("careline_bench_mail_peer") as address:
            return _peer.run(HERE / "_peer_mail.py", str(mails), folder=folder, database=address)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Measure both in one run and print the ratio."""
    mails = _grow.fresh_folder()
    try:
        _mails.write(mails)
        our = ours(mails)
        rate = our["mails"] / our["seconds"]
        print(f"ours: {our['mails']} mails in {our['seconds']:.2f} s, {rate:.0f} a second ({our})")
        try:
            peer = theirs(mails)
        except _peer.Absent as reason:
            print(f"django-helpdesk could not be installed, so it is not compared: {reason}")
            return
        theirs_rate = (_mails.COUNT - peer["failed"]) / peer["seconds"]
        print(f"django-helpdesk {_peer.VERSION}: {theirs_rate:.0f} mails a second ({peer})")
        print(f"ratio {rate / theirs_rate:.1f} (claim: 5)")
    finally:
        shutil.rmtree(mails, ignore_errors=True)


if __name__ == "__main__":
    main()
