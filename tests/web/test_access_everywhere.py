"""Every address, asked by every kind of person: what opens, what does not, and what nobody learns.

The tables are written down here a second time, apart from the roles and the screens, so that neither can
change without somebody saying so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from careline.channels.models import Mailbox, Outgoing, RawMail
from careline.config.live import narrowed
from careline.core import files
from careline.core.access import DEFAULT_ROLES, PERMISSIONS
from careline.core.actions.roles import make_default_roles
from careline.core.models import Event, Role, User
from careline.tickets import actions
from careline.tickets.models import Message, Ticket
from careline.tickets.said import NewFile, NewMessage
from careline.web.live import Pass
from tests.make import MONDAY_9, make_person, make_policy, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db

OPEN, SIGNED_IN, GONE = "open", "signed in", "over"  # GONE: the first pages, once somebody signs in
NEEDED = {
    OPEN: "healthz start:join account_login account_inactive account_signup account_reset_password "
    "account_reset_password_done account_reset_password_from_key account_reset_password_from_key_done "
    "account_logout mfa_authenticate mfa_login_webauthn",
    GONE: "start:start start:demo start:progress start:again start:enter start:people start:administrator",
    SIGNED_IN: "home:home account_reauthenticate account_change_password account_set_password "
    "account:profile account:availability usersessions_list mfa_index mfa_reauthenticate mfa_activate_totp "
    "mfa_deactivate_totp mfa_view_recovery_codes mfa_generate_recovery_codes mfa_download_recovery_codes "
    "mfa_list_webauthn mfa_add_webauthn mfa_reauthenticate_webauthn mfa_remove_webauthn mfa_edit_webauthn "
    "command:command",
    "tickets.see": "tickets:inbox tickets:inbox_pulse tickets:inbox_dues tickets:inbox_export "
    "tickets:view_save tickets:view_rename tickets:view_remove tickets:view_restore tickets:ticket "
    "tickets:ticket_history tickets:ticket_pulse tickets:ticket_properties tickets:ticket_why "
    "tickets:message_body tickets:message_delivery tickets:file",
    "tickets.edit": "tickets:inbox_change tickets:inbox_undo tickets:ticket_change tickets:ticket_no_reply "
    "tickets:ticket_undo",
    "tickets.reply": "tickets:ticket_reply",
    "tickets.create": "tickets:new tickets:new_people",
    "customers.see": "customers:list customers:people_export customers:person customers:organisations "
    "customers:organisations_export customers:organisation",
    "customers.edit": "customers:person_new customers:undo customers:person_edit customers:person_leave "
    "customers:address_add customers:address_remove customers:address_primary customers:address_works "
    "customers:organisation_new customers:organisation_edit customers:domain_add customers:domain_remove "
    "customers:adopt",
    "today.see": "today:today today:promises",
    "views.share": "fields:views fields:view fields:view_move fields:view_reset fields:view_remove "
    "fields:view_restore",
    "setup.see": "start:over interface:interface",
    "setup.channels": "channels:mailboxes channels:mailbox_new channels:mailbox_test channels:mailbox "
    "channels:mailbox_pause channels:mailbox_activate",
    "setup.service": "today:targets service:service service:state service:apply service:policy_new "
    "service:policy_condition service:policy_effect service:policy service:policy_move "
    "service:policy_archive service:policy_restore service:hours service:calendar_new service:hours_look "
    "service:calendar service:hours_effect service:calendar_remove",
    "setup.fields": "fields:fields fields:status fields:status_move fields:status_default "
    "fields:status_archive fields:status_restore fields:reasons fields:reason fields:reason_place "
    "fields:reason_move fields:reason_archive fields:reason_restore fields:tags fields:tag fields:tag_merge "
    "fields:tag_remove fields:tag_restore",
    "setup.users": "start:test_mailbox start:step setup:users setup:user_invite setup:user "
    "setup:user_resend setup:user_revoke setup:user_deactivate setup:user_reactivate setup:teams setup:team "
    "setup:team_people setup:team_archive setup:team_restore setup:roles setup:role_undo setup:role_grant "
    "setup:role_rename setup:role_remove setup:operation setup:brand",
    "health.see": "tickets:message_raw channels:quarantine channels:outbox setup:health",
    "health.act": "tickets:message_retry channels:mail_retry_all channels:mail_retry channels:mail_discard "
    "channels:mail_restore channels:mail_raw channels:outgoing_retry_all channels:outgoing_retry "
    "channels:outgoing_cancel channels:outgoing_restore channels:outgoing_raw setup:job_retry_all "
    "setup:job_retry setup:job_discard",
    "audit.see": "setup:audit",
}
DOOR = {name: needed for needed, names in NEEDED.items() for name in names.split()}

WORK = "tickets.see tickets.edit tickets.reply tickets.create customers.see customers.edit"
READ = "tickets.see customers.see today.see"
MANAGES = f"{WORK} {READ} views.share setup.see setup.channels setup.service setup.fields"
HOLDS = {
    "agent": WORK,
    "lead": f"{WORK} today.see views.share health.see",
    "qa": READ,
    "planner": f"{READ} setup.see",
    "manager": f"{MANAGES} health.see health.act audit.see",
    "admin": f"{MANAGES} health.see health.act audit.see setup.users",
    "auditor": f"{READ} setup.see health.see audit.see",
    "own": WORK,
    "stranger": "",
}
# Of a conversation in another team, these read nothing and change nothing.
KEPT_OUT = ("agent", "own", "stranger")
SECRET = "Quimburga"  # stands in everything that the kept-out must never read
WORDS = {"token": "x", "uidb36": "1", "key": "first_reply", "what": "status", "step": "brand"}


def names(patterns: Iterable[Any], space: str = "", keys: frozenset[str] = frozenset()) -> Iterator[Any]:
    """Return the name of each address, and of the parts that vary in it."""
    for pattern in patterns:
        held = keys | pattern.pattern.regex.groupindex.keys()
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names(pattern.url_patterns, inner, held)
        else:
            yield f"{space}{pattern.name}", held


EVERY = dict(names(get_resolver().url_patterns))


@dataclass(frozen=True)
class Desk:
    """A desk with a conversation of another team, in which every word is secret."""

    people: dict[str, User]
    hidden: Ticket
    ids: dict[str, int]

    def client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role != "anonymous":
            client.force_login(self.people[role])
        return client

    def address(self, name: str, **over: Any) -> str:
        """Return an address; numbers name what does not exist, unless they are given."""
        return reverse(name, kwargs={key: over.get(key, WORDS.get(key, 0)) for key in EVERY[name]})


@pytest.fixture
def desk() -> Desk:
    actions.make_default_statuses()
    actions.make_default_views()
    roles = make_default_roles()
    own = {key: "own" if key.startswith("tickets.") and key != "tickets.create" else reach
           for key, reach in DEFAULT_ROLES["agent"][1].items()}  # fmt: skip
    roles["own"] = Role.objects.create(key="own", name="Own work", grants=own)
    people = {name: make_user(name=f"Person {name}") for name in HOLDS}
    for name, user in people.items():
        if name in roles:
            user.roles.add(roles[name])
    make_team(people["agent"], people["own"], name="Returns")
    make_policy("Everybody", targets={"first_reply": 60, "resolution": 60})
    return Desk(people, *_hidden())


def _hidden() -> tuple[Ticket, dict[str, int]]:
    there = make_user("tickets.see", "tickets.reply", "tickets.edit", name="Cleo Marin")
    customer = make_person("Ada Lund", "ada@example.org")
    ticket = make_ticket(
        f"{SECRET} subject", f"{SECRET} text", customer=customer, team=make_team(there), assignee=there
    )
    kept = files.store(SECRET.encode(), now=MONDAY_9)
    file = NewFile(f"{SECRET}.png", "image/png", 9, kept, inline=True, content_id="pic")
    said = NewMessage(
        text=f"{SECRET} mail",
        html=f"<p>{SECRET}</p>",
        quoted_html=f"<p>{SECRET}</p>",
        person=customer,
        files=[file],
    )
    message = actions.receive_message(ticket=ticket, message=said, now=MONDAY_9)
    changed = actions.set_priority(ticket=ticket, priority=4, actor=there, now=MONDAY_9)
    box = Mailbox.objects.create(name="Help", address="help@lumen.example")
    mail = RawMail.objects.create(
        mailbox=box, file=kept, received_at=MONDAY_9, state="done", ticket=ticket, message=message
    )
    letter = Outgoing.objects.create(
        mailbox=box, file=kept, ticket=ticket, mail_id="out@lumen.example", created_at=MONDAY_9,
        send_at=MONDAY_9, message=message, state="failed",
    )  # fmt: skip
    assert changed is not None
    ids = {
        "pk": ticket.pk,
        "message_id": message.pk,
        "file_id": message.attachments.get().pk,
        "event_id": changed.pk,
        "person": customer.pk,
        "mail": mail.pk,
        "letter": letter.pk,
    }
    return ticket, ids


def read(answer: Any) -> str:
    """Return the body, also of an answer that is streamed, with its headers."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{dict(answer.headers)} {body.decode('utf-8', 'replace')}"


def to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_the_table_knows_every_address() -> None:
    assert sorted(DOOR) == sorted(EVERY)


def test_the_table_knows_every_role() -> None:
    granted = {name: set(grants) for name, (_label, grants) in DEFAULT_ROLES.items()}
    assert {name: set(HOLDS[name].split()) for name in granted} == granted


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", HOLDS)
def test_a_role_opens_what_the_table_says_and_nothing_else(role: str, method: str, desk: Desk) -> None:
    wrong, client = [], desk.client(role)
    for name, needed in DOOR.items():
        answer = getattr(client, method)(desk.address(name))
        status = answer.status_code
        if name == "account_logout":
            client = desk.client(role)
        if name == "healthz":
            continue  # says whether the parts run, which they do not in a test
        opens = needed in (OPEN, SIGNED_IN, GONE, *HOLDS[role].split())
        if status >= 500 or to_sign_in(answer) or (status == 403) == opens:
            wrong.append(f"{name}: {status}")
        if needed == GONE and status not in (404, 405) and not (status == 302 and role == "admin"):
            wrong.append(f"{name} is still open: {status}")
    assert wrong == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_who_is_not_signed_in_opens_anything(method: str, desk: Desk) -> None:
    client = desk.client("anonymous")
    wrong = []
    for name, needed in DOOR.items():
        answer = getattr(client, method)(desk.address(name))
        if needed == OPEN:
            continue
        fine = answer.status_code in (404, 405) if needed == GONE else to_sign_in(answer)
        if not fine and answer.status_code != 405:
            wrong.append(f"{name}: {answer.status_code} {answer.headers.get('Location', '')}")
    assert wrong == []


@pytest.mark.parametrize("role", KEPT_OUT)
def test_a_conversation_out_of_reach_is_not_there(role: str, desk: Desk) -> None:
    client, before = desk.client(role), Event.objects.count()
    wrong = []
    for name in DOOR:
        if not name.startswith("tickets:") or "pk" not in EVERY[name]:
            continue
        if name.startswith("tickets:view"):
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(desk.address(name, **desk.ids), {"value": "1", "text": "x"})
            if answer.status_code not in (403, 404, 405) or SECRET in read(answer):
                wrong.append(f"{method} {name}: {answer.status_code}")
    assert wrong == []
    assert (Event.objects.count(), Message.objects.filter(ticket=desk.hidden).count()) == (before, 2)


ASKED = (
    "?view=everything", f"?q={SECRET}", f"?words={SECRET}", "?figure=late", "?figure=arrivals", "?show=kept",
    '?where={"field":"subject","op":"not_empty"}',
)  # fmt: skip
LISTS = (
    "tickets:inbox", "tickets:inbox_pulse", "tickets:inbox_dues", "tickets:inbox_export", "command:command",
    "today:today", "today:promises", "customers:list", "customers:person", "customers:people_export",
)  # fmt: skip
# Behind the word that was asked for, which a page repeats, stands what nobody asked for.
TELLING = tuple(f"{SECRET}{rest}" for rest in (" subject", " text", " mail", ".png", "<"))


@pytest.mark.parametrize("role", [*KEPT_OUT, "limited lead"])
def test_no_page_speaks_of_a_conversation_out_of_reach(role: str, desk: Desk) -> None:
    limited = [f"{key}:own" if PERMISSIONS[key].scoped else key for key in HOLDS["admin"].split()]
    desk.people["limited lead"] = make_user(*limited, name="Lene Lind")
    client, wrong = desk.client(role), []
    for name in DOOR.keys() - {"account_logout", "healthz"}:
        over = desk.ids | ({"pk": desk.ids["person"]} if name.startswith("customers:") else {})
        for query in ("", *(ASKED if name in LISTS else ())):
            answer = client.get(desk.address(name, **over) + query)
            if answer.status_code >= 500 or any(told in read(answer) for told in TELLING):
                wrong.append(f"{name}{query}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("role", ["agent", "own"])
def test_no_number_counts_a_conversation_out_of_reach(role: str, desk: Desk) -> None:
    client = desk.client(role)
    person = client.get(reverse("customers:list")).context["rows"][0]
    assert (person["contact"].open, person["contact"].all, person["contact"].last_at) == (0, 0, None)
    inbox = client.get(reverse("tickets:inbox") + "?view=everything")
    assert [one.count for one in _counted(inbox.context) if one.count] == []


def _counted(context: Any) -> list[Any]:
    from careline.tickets.queries import views_for

    return views_for(context["request"].user, now=context["request"].now)


@pytest.mark.parametrize("role", KEPT_OUT)
def test_many_at_once_leave_out_what_is_not_seen(role: str, desk: Desk) -> None:
    before = Event.objects.count()
    client = desk.client(role)
    given = {"ticket": str(desk.hidden.pk), "do": "assign:none"}
    assert client.post(reverse("tickets:inbox_change"), given).status_code in (302, 403)
    assert Event.objects.count() == before


def test_raw_mail_of_a_conversation_out_of_reach_is_not_given(desk: Desk) -> None:
    """Whoever looks after failed work need not be one who reads all conversations."""
    keeper = make_user("health.see", "health.act", "tickets.see:own", name="Keeper")
    desk.people["keeper"] = keeper
    client = desk.client("keeper")
    assert client.get(reverse("channels:mail_raw", args=[desk.ids["mail"]])).status_code == 404
    assert client.get(reverse("channels:outgoing_raw", args=[desk.ids["letter"]])).status_code == 404
    both = desk.client("manager")
    assert both.get(reverse("channels:mail_raw", args=[desk.ids["mail"]])).status_code == 200
    assert both.get(reverse("channels:outgoing_raw", args=[desk.ids["letter"]])).status_code == 200


def test_every_change_needs_the_secret_word_of_the_form(desk: Desk) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.people["admin"])
    posted = [name for name, needed in DOOR.items() if needed not in (GONE,)]
    answers = {name: client.post(desk.address(name)).status_code for name in posted}
    assert {name: status for name, status in answers.items() if status not in (403, 405)} == {}


def test_who_is_switched_off_is_out_at_once(desk: Desk) -> None:
    client = desk.client("agent")
    assert client.get("/inbox/").status_code == 200
    User.objects.filter(pk=desk.people["agent"].pk).update(is_active=False)
    assert to_sign_in(client.get("/inbox/"))


def test_a_role_that_is_taken_away_is_gone_with_the_next_page(desk: Desk) -> None:
    client = desk.client("agent")
    assert client.get("/inbox/").status_code == 200
    desk.people["agent"].roles.clear()
    assert client.get("/inbox/").status_code == 403


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_nowhere_else(there: str) -> None:
    user = make_user("tickets.see")
    user.set_password("a long enough word")
    user.save()
    given = {"login": user.email, "password": "a long enough word", "next": there}
    answer = Client().post("/accounts/login/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("role", ["agent", "own"])
def test_the_live_feed_forgets_a_conversation_that_left_its_readers_reach(role: str, desk: Desk) -> None:
    mine = make_ticket("A lamp", assignee=desk.people[role])
    topics = frozenset({"inbox", f"ticket:{mine.pk}", f"ticket:{desk.hidden.pk}"})
    allowed = Pass(user_id=desk.people[role].pk, topics=topics, since=0, issued_at=0)
    assert narrowed(allowed).topics == {"inbox", f"ticket:{mine.pk}"}
    Ticket.objects.filter(pk=mine.pk).update(assignee=None, team=desk.hidden.team)
    assert narrowed(allowed).topics == {"inbox"}
