"""One size of desk in a process of its own: fill it, time its pages, print the seconds."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import _grow

ROUNDS = 15


def timed(client: Any, url: str) -> float:
    """Return the median seconds of one page, once it is warm."""
    spent = []
    for round_number in range(ROUNDS + 2):
        began = perf_counter()
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        if round_number >= 2:
            spent.append(perf_counter() - began)
    return median(spent)


def main() -> None:
    """Fill and measure."""
    folder, address, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    _grow.start(folder, address)
    from django.test import Client

    began = perf_counter()
    user = _grow.fill(count, now=datetime.now(UTC))
    _grow.say(f"{count:,} tickets written in {perf_counter() - began:.0f} s")
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    told = {name: timed(client, url.format(middle=count // 2)) for name, url in PAGES.items()}
    print(json.dumps(told))


PAGES = {
    "list of everything": "/inbox/?view=everything",
    "list of what is open": "/inbox/?view=open",
    "ticket page": "/tickets/{middle}/",
    "Today": "/today/",
}

if __name__ == "__main__":
    main()
