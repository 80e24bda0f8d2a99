"""What the gallery shows: invented people and numbers, the same on every visit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from careline.web.drawing import Slot, day_chart, spark

USUAL = (3, 2, 1, 1, 2, 5, 12, 24, 38, 42, 40, 36, 30, 33, 37, 35, 30, 24, 18, 14, 10, 8, 6, 4)
TODAY = (2, 3, 1, 0, 3, 6, 15, 33, 52, 58, 49, 41, 38, 12)

WHY = [
    "Ada wrote at 09:38, inside opening hours.",
    "The policy “Refunds” promises the next reply within 4 h of open time.",
    "The clock paused for 42 min while the ticket waited on Ada.",
]
LETTER = (
    "Hello,\n\nI returned the reading lamp on 26 October, and the refund has still not reached my account."
    "\n\nKind regards\nAda Bremer"
)


def everything(now: datetime) -> dict[str, Any]:
    """Return the values of every component on the gallery page."""
    return {
        **_people(now),
        **_drawings(),
        "categories": ["new", "open", "waiting", "hold", "solved", "closed"],
        "levels": ["low", "normal", "high", "urgent"],
        "due_states": ["running", "risk", "late", "met", "paused"],
        "kinds": ["info", "met", "risk", "late"],
        "why_lines": WHY,
        "letter": LETTER,
        "tabs": [
            {"label": "Mine", "url": "#tabs", "count": 12, "active": True},
            {"label": "At risk", "url": "#tabs", "count": 7, "state": "risk"},
            {"label": "Late", "url": "#tabs", "count": 4, "state": "late"},
            {"label": "Solved", "url": "#tabs"},
        ],
        "chips": [
            {"field": "Team", "words": "is Billing or Delivery", "remove_url": "#chips"},
            {"field": "Status", "words": "is not closed", "remove_url": "#chips"},
        ],
        "crumbs": [{"label": "Setup", "url": "#crumbs"}, {"label": "Interface"}],
        "bulk": [
            {"label": "Assign", "name": "do", "value": "assign", "icon": "user-plus"},
            {"label": "Solve", "name": "do", "value": "solve", "icon": "circle-check"},
        ],
        "scopes": ["none", "own", "team", "all"],
    }


def _people(now: datetime) -> dict[str, Any]:
    return {
        "names": ["Ben Okafor", "Cleo Marin", "Nia Petrov"],
        "instants": [now - timedelta(minutes=4), now - timedelta(hours=5), now - timedelta(days=9)],
        "files": [
            {"name": "receipt.pdf", "url": "#messages", "size": 182_000},
            {"name": "a-name-so-long-that-it-has-to-be-cut-somewhere.png", "url": "#messages", "size": 64},
        ],
        "entries": [
            {"icon": "flag", "who": "Ben", "text": "set priority", "old": "Normal", "new": "High", "at": now},
            {"icon": "mail", "who": "Ada", "text": "wrote by email", "at": now - timedelta(days=2)},
        ],
        "rows": [
            {"subject": "Refund has not arrived", "category": "new", "due": "late", "left": "1 h 12 min"},
            {"subject": "Wrong size sent", "category": "open", "due": "risk", "left": "8 min"},
            {"subject": "Photos of the frame", "category": "waiting", "due": "paused", "left": ""},
        ],
    }


def _drawings() -> dict[str, Any]:
    slots = [
        Slot(
            label=f"{hour:02d}:00",
            value=TODAY[hour] if hour < len(TODAY) else 0,
            usual=usual,
            low=usual * 0.75,
            high=usual * 1.3,
            tick=f"{hour:02d}" if hour % 3 == 0 else "",
            partial=hour == len(TODAY) - 1,
        )
        for hour, usual in enumerate(USUAL)
    ]
    return {"chart": day_chart(slots), "spark": spark(USUAL), "flat": spark([5, 5, 5])}
