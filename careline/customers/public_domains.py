"""Mail domains that anybody can have an address in; none of them says whom somebody works for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def public_domains() -> frozenset[str]:
    """Return the domains of public mail providers, as listed beside this file."""
    return frozenset(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split())


def is_public(domain: str) -> bool:
    """Say whether anybody can have an address in this domain."""
    return domain in public_domains()
