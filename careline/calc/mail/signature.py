"""Find signatures: by the agreed mark, by what telephones add, by what a sender always ends with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from careline.calc.mail.quote_words import SENT_FROM, bare

LOOK_BACK = 30  # a signature is at the end or it is none
_DASHES = re.compile(r"^--\s?$")
_UNDERSCORES = re.compile(r"^_{20,}\s*$")
MIN_MAILS = 3


def signature_start(lines: Sequence[str], *, learnt: str = "") -> int:
    """Return the index of the first signature line, or ``len(lines)`` when there is none.

    Parameters
    ----------
    lines : sequence of str
        The text above the quotation.
    learnt : str
        This sender's usual ending, from `learn_signature`.
    """
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    starts = [i for i in range(max(0, end - LOOK_BACK), end) if _begins(lines[i], i, end)]
    starts += _learnt_start(lines, end, learnt)
    return min(starts) if starts else len(lines)


def _begins(line: str, i: int, end: int) -> bool:
    if _DASHES.match(line):
        return True
    if _UNDERSCORES.match(line):  # a mailing list's footer
        return i > 0 and end - i <= 8
    return len(line) < 120 and end - i <= 3 and _sent_from(line)


def _sent_from(line: str) -> bool:
    plain = bare(line)
    return plain.startswith(SENT_FROM) or (
        plain.endswith((" gesendet", "から送信", "gönderildi", "보냄")) and "phone" in plain
    )


def _learnt_start(lines: Sequence[str], end: int, learnt: str) -> list[int]:
    wanted = [line.strip() for line in learnt.split("\n") if line.strip()]
    filled = [i for i in range(end) if lines[i].strip()]
    if not wanted or len(filled) < len(wanted):
        return []
    at = filled[-len(wanted) :]
    return [at[0]] if [lines[i].strip() for i in at] == wanted else []


def learn_signature(previous_texts: Sequence[str]) -> str:
    """Return the longest ending that all earlier replies of one sender share, or an empty string.

    Parameters
    ----------
    previous_texts : sequence of str
        Reply texts without quotations, at least three.
    """
    if len(previous_texts) < MIN_MAILS:
        return ""
    stacks = [
        [line.strip() for line in reversed(text.split("\n")) if line.strip()] for text in previous_texts
    ]
    tail: list[str] = []
    for level in zip(*stacks, strict=False):
        if len(set(level)) > 1 or len(tail) >= LOOK_BACK:
            break
        tail.append(level[0])
    # Mails that are alike from end to end are copies; that tells nothing about a signature.
    if not tail or all(len(stack) == len(tail) for stack in stacks):
        return ""
    return "\n".join(reversed(tail))
