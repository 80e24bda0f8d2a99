"""Tell mail that a machine wrote, and what may follow from it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from careline.calc.mail.addresses import domain_of, normal
from careline.calc.mail.shapes import Kind, Mail

LOOP_HEADER = "x-careline-loop"
_FALSE = ("", "no", "false", "0")
_ROBOT = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mailerdaemon)@?", re.I)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|returned mail|mail delivery|"
    r"delivery (?:status|failure|has failed|incomplete|notification)|"
    r"failure notice|unzustellbar|nicht zustellbar|zustellung|non remis|no se pudo entregar|mancato recapito|"
    r"onbestelbaar|warning: could not send",
    re.I,
)
_AWAY_SUBJECT = re.compile(
    r"^\s*(?:auto(?:matic|matische|matisk|mated)?[ :-]|automatische antwort|automatic reply|"
    r"out of (?:the )?office|abwesen|réponse automatique|"
    r"respuesta automática|risposta automatica|resposta automática|automatisch antwoord|"
    r"autosvar|poissa|automatyczna odpowiedź|"
    r"автоответ|自动回复|自動返信|自動回覆|vacation)",
    re.I,
)
_SUPPRESS = re.compile(r"\b(?:all|dr|autoreply)\b", re.I)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Kind of a mail and the signals that say so."""

    kind: Kind
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Treatment:
    """What may follow from a mail of some kind.

    Attributes
    ----------
    kept : bool
        It becomes a message or an event on a ticket; the raw bytes are kept in any case.
    opens : bool
        It may open a ticket when it belongs to none.
    reopens : bool
        It may reopen a ticket, be assigned and move service clocks.
    acknowledged : bool
        It may be answered by a machine.
    """

    kept: bool
    opens: bool
    reopens: bool
    acknowledged: bool


TREATMENT: dict[Kind, Treatment] = {
    "none": Treatment(kept=True, opens=True, reopens=True, acknowledged=True),
    "list": Treatment(kept=True, opens=True, reopens=True, acknowledged=False),
    "auto_reply": Treatment(kept=True, opens=False, reopens=False, acknowledged=False),
    "bounce": Treatment(kept=True, opens=False, reopens=False, acknowledged=False),
    "loop": Treatment(kept=False, opens=False, reopens=False, acknowledged=False),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the classifier looks at.

    Attributes
    ----------
    headers : sequence of (str, str)
        Lower-case names and decoded values.
    senders : tuple of str
        Addresses in From and Sender.
    return_path : str or None
        Envelope sender; empty for ``<>``, None when the header is absent.
    report_type : str
        The report-type parameter of a multipart/report, or an empty string.
    has_status_part : bool
        True when a message/delivery-status part is there.
    """

    headers: Sequence[tuple[str, str]]
    senders: tuple[str, ...] = ()
    return_path: str | None = None
    report_type: str = ""
    has_status_part: bool = False
    subject: str = ""
    message_id: str = ""


def classify(
    facts: Facts,
    *,
    own_domains: Collection[str] = (),
    own_addresses: Collection[str] = (),
    instance: str = "",
) -> Verdict:
    """Return the kind of a mail: own loop before bounce before automatic reply before list.

    Parameters
    ----------
    facts : Facts
        Headers and structure.
    own_domains, own_addresses : collection of str
        Domains our own message ids carry, and the addresses of our mailboxes.
    instance : str
        Name of this installation, as written in its loop header.
    """
    reading = _Headers(facts.headers)
    for kind, signals in (
        ("loop", _loop(facts, reading, own_domains, own_addresses, instance)),
        ("bounce", _bounce(facts, reading)),
    ):
        if signals:
            return Verdict("loop" if kind == "loop" else "bounce", signals)
    replies, lists, generated = _reply(facts, reading), _list(reading), _generated(facts, reading)
    # A newsletter is also "auto-generated": the list headers say more about it.
    if replies or (generated and not lists):
        return Verdict("auto_reply", (*replies, *generated))
    return Verdict("list", (*lists, *generated)) if lists else Verdict("none")


# Said of mails that a program writes on its own account as well as of answers.
_EITHER = frozenset(
    (
        "auto-submitted",
        "x-auto-response-suppress",
        "x-loop",
        "x-fc-machinegenerated",
        LOOP_HEADER,
        "empty return path",
        "from postmaster",
        "empty from",
    )
)


def answers_something(mail: Mail) -> bool:
    """Tell whether an automatic mail answers another one, as absence notes do; alerts and web forms do not.

    Parameters
    ----------
    mail : Mail
        A mail of the kind ``auto_reply``.
    """
    if mail.in_reply_to or mail.references or set(mail.signals) - _EITHER:
        return True
    replied = mail.header("auto-submitted").strip().lower().startswith("auto-replied")
    return replied or bool(_AWAY_SUBJECT.search(mail.subject))


class _Headers:
    """Header lookup for the rules below."""

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in headers:
            self._values.setdefault(name, []).append(value.strip())

    def get(self, name: str) -> str:
        """Return all values of a header in lower case, joined."""
        return " ".join(self._values.get(name, ())).lower()

    def set(self, name: str) -> bool:
        """Tell whether a header is there and does not say no."""
        return name in self._values and self.get(name) not in _FALSE

    def present(self, *names: str) -> tuple[str, ...]:
        """Return those of `names` that are there and do not say no."""
        return tuple(name for name in names if self.set(name))


def _loop(
    facts: Facts,
    headers: _Headers,
    own_domains: Collection[str],
    own_addresses: Collection[str],
    instance: str,
) -> tuple[str, ...]:
    ours, domains = {normal(one) for one in own_addresses}, {one.lower() for one in own_domains}
    named = {word.strip("<>,;\"'") for word in headers.get("x-loop").split()}
    signals = []
    if instance and instance.lower() in headers.get(LOOP_HEADER).split():
        signals.append(LOOP_HEADER)
    if named & ours:
        signals.append("x-loop")
    if domain_of(facts.message_id) in domains and "bulk" in headers.get("precedence"):
        signals.append("own message-id in bulk")
    if ours & {normal(one) for one in facts.senders}:
        signals.append("from one of our addresses")
    return tuple(signals)


def _bounce(facts: Facts, headers: _Headers) -> tuple[str, ...]:
    signals = []
    if facts.report_type == "delivery-status" or (
        facts.has_status_part and facts.report_type != "disposition-notification"
    ):
        signals.append("delivery status report")
    signals += headers.present("x-failed-recipients")
    robot = next((one for one in facts.senders if _ROBOT.match(one)), "")
    returned = bool(_BOUNCE_SUBJECT.search(facts.subject))
    if robot.lower().startswith(("mailer-daemon", "mail-daemon", "mailerdaemon")) or (
        robot and (facts.return_path == "" or returned)
    ):
        signals.append(f"from {robot.lower()}")
    if facts.return_path == "" and returned and not robot:
        signals.append("empty return path")
    return tuple(signals)


def _reply(facts: Facts, headers: _Headers) -> tuple[str, ...]:
    signals = [f"report-type={facts.report_type}"] if facts.report_type == "disposition-notification" else []
    if headers.get("auto-submitted").startswith("auto-replied"):
        signals.append("auto-submitted")
    if "auto_reply" in headers.get("precedence") or "auto-reply" in headers.get("precedence"):
        signals.append("precedence")
    if "autoresponder" in headers.get("delivered-to"):
        signals.append("delivered-to")
    if _AWAY_SUBJECT.search(facts.subject) and (headers.get("precedence") or facts.return_path == ""):
        signals.append("subject")
    signals += headers.present(
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-autoreply-from",
        "x-ms-exchange-inbox-rules-loop",
    )
    return tuple(signals)


def _generated(facts: Facts, headers: _Headers) -> tuple[str, ...]:
    signals = []
    if headers.set("auto-submitted"):
        signals.append("auto-submitted")
    if _SUPPRESS.search(headers.get("x-auto-response-suppress")):
        signals.append("x-auto-response-suppress")
    signals += headers.present("x-loop", "x-fc-machinegenerated", LOOP_HEADER)
    if facts.return_path == "":
        signals.append("empty return path")
    if any(_ROBOT.match(one) for one in facts.senders):
        signals.append("from postmaster")
    if not facts.senders:
        signals.append("empty from")
    return tuple(signals)


def _list(headers: _Headers) -> tuple[str, ...]:
    signals = headers.present("list-id", "list-unsubscribe", "list-post")
    bulk = any(word in headers.get("precedence") for word in ("bulk", "junk", "list"))
    return (*signals, "precedence") if bulk else signals
