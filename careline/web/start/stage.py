"""How far the beginning is: which first-run pages are open."""

from __future__ import annotations

from django.http import Http404

from careline.core import directory
from careline.core import settings as choices

STEPS = ("brand", "hours", "mailbox", "team")


def refuse_once_begun() -> None:
    """Close a page for good once somebody signs in.

    Raises
    ------
    Http404
        Somebody does.
    """
    if directory.anybody_signs_in():
        raise Http404("the operation has begun")


def refuse_once_ready() -> None:
    """Close a set-up step once the set-up is finished.

    Raises
    ------
    Http404
        It is, or this operation was not set up step by step.
    """
    kept = choices.some("operation.ready", "operation.start_step")
    if kept["operation.ready"] or not kept["operation.start_step"]:
        raise Http404("the set-up is finished")


def after(step: str) -> str:
    """Return the step that follows, empty after the last."""
    position = STEPS.index(step) + 1
    return STEPS[position] if position < len(STEPS) else ""
