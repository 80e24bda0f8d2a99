"""What is ours: addresses, agents, and the names by which we know our own mail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from careline.calc.mail.addresses import domain_of, normal
from careline.channels.guard import Own
from careline.channels.keys import signing_key
from careline.channels.models import Mailbox
from careline.core.models import Brand, User

BRAND_WORD = "Careline"


@dataclass(frozen=True)
class Ours:
    """Our addresses, the words before numbers in our subjects, and who of us writes from where."""

    addresses: frozenset[str]
    domains: frozenset[str]
    words: tuple[str, ...]
    agents: Mapping[str, int]  # address -> user

    @property
    def known_to_parser(self) -> Own:
        """Return what the parser should know of us.

        Our domains are not among it: they are the company's too, and its newsletters are no loops of ours.
        """
        return Own(addresses=sorted(self.addresses), instance=instance())


_held: ContextVar[Ours | None] = ContextVar("ours", default=None)


@contextmanager
def held(known: Ours) -> Iterator[None]:
    """Let `ours` answer with this while a batch of mail is taken in, in place of asking for each mail."""
    token = _held.set(known)
    try:
        yield
    finally:
        _held.reset(token)


def ours() -> Ours:
    """Return what is ours now."""
    return _held.get() or _asked()


def _asked() -> Ours:
    boxes = Mailbox.objects.values_list("address", "aliases")
    addresses = frozenset(normal(one) for address, aliases in boxes for one in (address, *aliases) if one)
    words = [word for word in Brand.objects.values_list("token", flat=True) if word]
    return Ours(
        addresses=addresses,
        domains=frozenset(domain_of(one) for one in addresses),
        words=tuple(dict.fromkeys([*words, BRAND_WORD])),
        agents=_agents(),
    )


def _agents() -> dict[str, int]:
    rows = User.objects.filter(is_active=True).values_list("pk", "email", "aliases")
    found: dict[str, int] = {}
    for pk, email, aliases in rows:
        for address in (email, *aliases):
            found.setdefault(normal(address), pk)
    return found


def instance() -> str:
    """Return the name of this installation in its loop header; it tells nothing of the key it is made of."""
    return hashlib.sha256(b"careline instance " + signing_key()).hexdigest()[:20]


def is_ours(address: str, addresses: frozenset[str]) -> bool:
    """Say whether mail to an address comes to us, plus-addresses included."""
    return normal(address) in addresses or without_plus(address) in addresses


def without_plus(address: str) -> str:
    """Return an address without what stands between a plus sign and the @."""
    local, at, domain = normal(address).rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
