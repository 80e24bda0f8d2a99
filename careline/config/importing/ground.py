"""Names of the source to rows of ours: found where they exist, made where they do not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import Model
from django.utils.text import slugify

from careline.config.demo import bulk
from careline.config.importing import ids
from careline.config.importing.drafts import Customer, Draft
from careline.config.importing.mapping import Map
from careline.core.models import ExternalId, Team, User
from careline.customers.models import Address, Domain, Organisation, Person
from careline.tickets.actions import make_default_statuses
from careline.tickets.actions.state import plain_tag
from careline.tickets.models import Reason, Status, Tag

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+[1-9]\d{6,14}")
LOOK_UP = 500  # names in one question to the database


def statuses() -> dict[str, Status]:
    """Return the statuses by name and, for the usual one of each, by category; in lower case."""
    rows = list(Status.objects.filter(active=True).order_by("-position", "-pk"))
    found = {row.category: row for row in sorted(rows, key=lambda row: row.default)}
    return found | {row.name.lower(): row for row in rows}


def make_missing_statuses() -> None:
    """Make the usual status of each category, where an operation has none yet."""
    make_default_statuses()


class Ground:
    """What the source's teams, people, customers, reasons and tags are called here."""

    def __init__(self, chosen: Map) -> None:
        self.source = chosen.source
        self.made = {"customers": 0, "users": 0, "teams": 0, "reasons": 0, "tags": 0}
        self.statuses = statuses()
        self.teams = {name.lower(): pk for name, pk in Team.objects.values_list("name", "pk")}
        self.tags = dict(Tag.objects.values_list("name", "pk"))
        self.reasons = dict(Reason.objects.values_list("path", "pk"))
        self.users = self._known("user")
        self.users_by_email = {email.lower(): pk for email, pk in User.objects.values_list("email", "pk")}
        self.customers: dict[str, int] = {}  # of the batch at hand
        self.organisations: dict[int, int | None] = {}  # by customer, of the batch at hand
        self._agent_name = chosen.agent_name

    def _known(self, kind: str) -> dict[str, int]:
        rows = ExternalId.objects.filter(source=self.source, kind=kind)
        return dict(rows.values_list("external_id", "object_id"))

    def prepare(self, batch: list[Draft], *, now: datetime) -> None:
        """Find or make everything that these tickets name; inside the batch's transaction."""
        changed = [change.values for draft in batch for change in draft.changes]
        self._make_teams(_names((draft.team for draft in batch), (one.get("team") for one in changed)))
        self._make_reasons(_names((draft.reason for draft in batch), (one.get("reason") for one in changed)))
        self._make_tags(_names(tag for draft in batch for tag in draft.tags))
        self._make_users(
            _names(
                (one.author for draft in batch for one in draft.said),
                (one.get("assignee") for one in changed),
                (change.by for draft in batch for change in draft.changes),
            ),
        )
        self._find_customers(batch, now=now)

    def team(self, name: str) -> int | None:
        """Return the team of this name."""
        return self.teams.get(name.lower()) if name else None

    def reason(self, path: str) -> int | None:
        """Return the contact reason with this path."""
        return self.reasons.get(reason_path(path)) if path else None

    def tag(self, name: str) -> int:
        """Return the tag of this name."""
        return self.tags[plain_tag(name)]

    def user(self, name: str) -> int | None:
        """Return the person whom the source calls so."""
        if not name:
            return None
        return self.users_by_email.get(name.lower()) or self.users.get(name)

    def _remember(self, kind: str, rows: Iterable[tuple[str, int]]) -> None:
        columns = ("source", "kind", "external_id", "object_id")
        bulk.insert(ExternalId, columns, ((self.source, kind, name, pk) for name, pk in rows))

    def _make_teams(self, names: list[str]) -> None:
        for name in names:
            if name.lower() not in self.teams:
                self.teams[name.lower()] = Team.objects.create(name=name).pk
                self.made["teams"] += 1

    def _make_tags(self, names: list[str]) -> None:
        for name in map(plain_tag, names):
            if name not in self.tags:
                self.tags[name] = Tag.objects.create(name=name).pk
                self.made["tags"] += 1

    def _make_reasons(self, paths: list[str]) -> None:
        for path in map(reason_path, paths):
            parent: int | None = None
            steps = path.split(" / ")
            for depth in range(1, len(steps) + 1):
                here = " / ".join(steps[:depth])
                if here not in self.reasons:
                    row = Reason.objects.create(parent_id=parent, name=steps[depth - 1], path=here)
                    self.reasons[here] = row.pk
                    self.made["reasons"] += 1
                parent = self.reasons[here]

    def _make_users(self, names: list[str]) -> None:
        made = []
        for name in names:
            if self.user(name) is None:
                user = User.objects.create(
                    email=placeholder(self.source, name),
                    name=_agent_name(self._agent_name, name),
                    is_active=False,
                    password=make_password(None),
                )
                self.users[name] = user.pk
                made.append((name, user.pk))
        self._remember("user", made)
        self.made["users"] += len(made)

    def _find_customers(self, batch: list[Draft], *, now: datetime) -> None:
        wanted = {one.key: one for draft in reversed(batch) for one in reversed(draft.customers())}
        since = {
            one.key: draft.opened_at
            for draft in sorted(batch, key=_newest_first)
            for one in draft.customers()
        }
        found = _look_up(
            ExternalId,
            {"source": self.source, "kind": "person"},
            ("external_id", "object_id"),
            [key[:200] for key in wanted],
        )
        by_address = _look_up(
            Address, {}, ("value", "person_id"), [a for c in wanted.values() for _kind, a in addresses(c)]
        )
        self.customers = {}
        new = []
        for key, customer in wanted.items():
            known = [by_address[address] for _kind, address in addresses(customer) if address in by_address]
            pk = found.get(key[:200]) or (known[0] if known else None)
            if pk is None:
                new.append(customer)
            else:
                self.customers[key] = pk
        self._make_customers(new, since, found)
        self._remember(
            "person", [(key[:200], pk) for key, pk in self.customers.items() if key[:200] not in found]
        )
        rows = _look_up(Person, {}, ("pk", "organisation_id"), list(self.customers.values()))
        self.organisations = rows

    def _make_customers(self, new: list[Customer], since: dict[str, datetime], found: dict[str, int]) -> None:
        firms = self._organisations(new, since)
        numbers = ids.reserve(Person, len(new))
        taken: dict[tuple[str, str], int] = {}
        rows = []
        for pk, customer in zip(numbers, new, strict=True):
            own = addresses(customer)
            same = next((taken[one] for one in own if one in taken), None)
            if same is not None:  # two names of the source, one address: one customer
                self.customers[customer.key] = same
                continue
            taken |= dict.fromkeys(own, pk)
            self.customers[customer.key] = pk
            rows.append(
                (
                    pk,
                    customer.name or customer.email or customer.id,
                    firms.get(customer.key),
                    since[customer.key],
                )
            )
        bulk.insert(Person, ("id", "name", "organisation_id", "created_at"), rows)
        kinds: set[tuple[int, str]] = set()
        for (kind, value), pk in taken.items():
            Address.objects.create(person_id=pk, kind=kind, value=value, primary=(pk, kind) not in kinds)
            kinds.add((pk, kind))
        self.made["customers"] += len(rows)

    def _organisations(self, new: list[Customer], since: dict[str, datetime]) -> dict[str, int]:
        found: dict[str, int] = {}
        hosts = {c.key: c.email.lower().rpartition("@")[2] for c in new if not c.organisation and c.email}
        by_host = _look_up(Domain, {}, ("name", "organisation_id"), list(hosts.values()))
        found |= {key: by_host[host] for key, host in hosts.items() if host in by_host}
        for customer in new:
            if customer.organisation:
                row = Organisation.objects.filter(name=customer.organisation).first()
                row = row or Organisation.objects.create(
                    name=customer.organisation, created_at=since[customer.key]
                )
                found[customer.key] = row.pk
        return found


def addresses(customer: Customer) -> list[tuple[str, str]]:
    """Return the addresses that can be used: (kind, value)."""
    found = []
    if EMAIL.fullmatch(customer.email):
        found.append(("email", customer.email.lower()))
    phone = re.sub(r"[\s()/.-]", "", customer.phone)
    if PHONE.fullmatch(phone):
        found.append(("phone", phone))
    return found


def placeholder(source: str, name: str) -> str:
    """Return the address of somebody who is only known from an import: nobody can write to it."""
    mark = hashlib.sha256(f"{source}\0{name}".encode()).hexdigest()[:8]
    return f"{slugify(name)[:40] or 'agent'}-{mark}@imported.invalid"


def reason_path(path: str) -> str:
    """Return a path as the tree writes it."""
    steps = [step.strip()[:80] for step in path.split("/")]
    return " / ".join(step for step in steps if step)[:400]


def _agent_name(words: str, name: str) -> str:
    said = re.sub(r"\{id(?::(\d+))?\}", lambda hole: name[: int(hole[1])] if hole[1] else name, words)
    return said[:120]


def _newest_first(draft: Draft) -> Any:
    return -draft.opened_at.timestamp()


def _names(*many: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(name) for names in many for name in names if name))


def _look_up(
    table: type[Model], fixed: dict[str, Any], columns: tuple[str, str], names: list[Any]
) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for start in range(0, len(names), LOOK_UP):
        some = {f"{columns[0]}__in": names[start : start + LOOK_UP]}
        found |= dict(table._default_manager.filter(**fixed, **some).values_list(*columns))
    return found
