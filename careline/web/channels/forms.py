"""What the mailbox page asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careline.core import directory
from careline.web.addresses import addresses

if TYPE_CHECKING:
    from careline.channels.models import Mailbox

SECURITY = [
    ("tls", gettext_lazy("TLS")),
    ("starttls", gettext_lazy("STARTTLS")),
    ("none", gettext_lazy("None (only on a trusted network)")),
]
QUOTES = [
    ("none", gettext_lazy("Nothing")),
    ("last", gettext_lazy("The customer's last message")),
    ("full", gettext_lazy("The whole conversation")),
]
SECRETS = ("password", "outbound_password", "client_secret", "refresh_token")


def _secret(label: Any, **more: Any) -> forms.CharField:
    box = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, max_length=4000, required=False, strip=True, widget=box, **more)


def _text(label: Any, *, most: int = 255, required: bool = False, **more: Any) -> forms.CharField:
    box = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=most, required=required, widget=box, **more)


def _port(initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("Port"), min_value=1, max_value=65535, required=False, initial=initial
    )


class MailboxForm(forms.Form):
    """One address that customers write to: how its mail comes in, how it goes out, what answers look like."""

    address = forms.EmailField(
        label=gettext_lazy("Address that customers write to"),
        widget=forms.EmailInput(attrs={"placeholder": "help@example.com", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name in Careline"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("For your colleagues. The address, if you leave it empty."),
    )
    from_name = forms.CharField(
        label=gettext_lazy("Name that customers see"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Your brand, if you leave it empty."),
    )
    team = forms.TypedChoiceField(
        label=gettext_lazy("New conversations go to"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=lambda: [("", _("Nobody in particular")), *directory.team_choices()],
    )
    aliases = forms.CharField(
        label=gettext_lazy("Further addresses of this mailbox"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Mail to them arrives here as well. One a line."),
    )

    kind = forms.ChoiceField(
        label=gettext_lazy("How its mail comes in"),
        choices=[
            ("imap", gettext_lazy("We fetch it by IMAP")),
            ("smtp", gettext_lazy("Your server sends it here by SMTP or LMTP")),
        ],
        widget=forms.RadioSelect,
        initial="imap",
    )
    imap_host = _text(gettext_lazy("IMAP server"))
    imap_port = _port(993)
    imap_security = forms.ChoiceField(
        label=gettext_lazy("Security"), choices=SECURITY, required=False, initial="tls"
    )
    folder = _text(gettext_lazy("Folder"), most=200, initial="INBOX")

    auth = forms.ChoiceField(
        label=gettext_lazy("How we sign in"),
        choices=[
            ("password", gettext_lazy("User and password")),
            ("xoauth2", gettext_lazy("OAuth (Google, Microsoft)")),
        ],
        widget=forms.RadioSelect,
        initial="password",
    )
    user = _text(gettext_lazy("User"), help_text=gettext_lazy("Mostly the address itself."))
    password = _secret(gettext_lazy("Password"))
    provider = forms.ChoiceField(
        label=gettext_lazy("Provider"),
        choices=[("google", "Google"), ("microsoft", "Microsoft"), ("", gettext_lazy("Another one"))],
        required=False,
    )
    tenant = _text(gettext_lazy("Tenant"), help_text=gettext_lazy("Microsoft only: its id or domain."))
    client_id = _text(gettext_lazy("Client id"))
    client_secret = _secret(gettext_lazy("Client secret"))
    refresh_token = _secret(gettext_lazy("Refresh token"))
    token_url = _text(
        gettext_lazy("Address for tokens"), help_text=gettext_lazy("Only for another provider.")
    )

    smtp_host = _text(
        gettext_lazy("SMTP server for sending"),
        help_text=gettext_lazy("Empty: this mailbox only receives."),
    )
    smtp_port = _port(587)
    smtp_security = forms.ChoiceField(
        label=gettext_lazy("Security"), choices=SECURITY, required=False, initial="starttls"
    )
    smtp_login = forms.BooleanField(
        label=gettext_lazy("The SMTP server wants us to sign in"), required=False, initial=True
    )
    smtp_user = _text(gettext_lazy("User for sending"), help_text=gettext_lazy("If it is another one."))
    outbound_password = _secret(
        gettext_lazy("Password for sending"), help_text=gettext_lazy("If it is another one.")
    )

    signature = forms.CharField(
        label=gettext_lazy("Under every answer"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The brand's signature, if you leave it empty."),
    )
    quote_history = forms.ChoiceField(
        label=gettext_lazy("Answers quote"), choices=QUOTES, widget=forms.RadioSelect, initial="last"
    )
    acknowledge = forms.BooleanField(
        label=gettext_lazy("Tell customers at once that their mail has arrived"),
        required=False,
        help_text=gettext_lazy("Once for each new conversation, and never to machines."),
    )

    plus = forms.BooleanField(
        label=gettext_lazy("Answers come back to an address with the number in it"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Such as help+17.…@example.com. Most servers take such addresses."),
    )
    verp = forms.BooleanField(
        label=gettext_lazy("Failures come back to an address of their own"),
        required=False,
        initial=True,
        help_text=gettext_lazy("So that a failure names its mail. Microsoft 365 does not allow it."),
    )
    trusted_authserv = _text(
        gettext_lazy("Server whose sender checks we believe"),
        help_text=gettext_lazy("The name that it writes into Authentication-Results, such as mx.google.com."),
    )
    join_by_subject_h = forms.IntegerField(
        label=gettext_lazy("Join mails with the same sender and subject within [h]"),
        min_value=0,
        max_value=720,
        required=False,
        initial=0,
        help_text=gettext_lazy("0: never. Only for senders that drop every other trace."),
    )

    def clean_address(self) -> str:
        return str(self.cleaned_data["address"]).lower()

    def clean_aliases(self) -> list[str]:
        return addresses(self.cleaned_data["aliases"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("kind") == "imap":
            for name in ("imap_host", "imap_port", "imap_security"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("Needed to fetch mail by IMAP."))
        if given.get("smtp_host") and not given.get("smtp_port") and "smtp_port" not in self.errors:
            self.add_error("smtp_port", _("Needed to send."))
        return given


def inbound_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return how we read, as the action takes it."""
    if given["kind"] != "imap":
        return {"kind": "smtp"}
    where = {key: given[f"imap_{key}"] for key in ("host", "port", "security")}
    return {"kind": "imap", **where, "folder": given["folder"], **_signing_in(given)}


def outbound_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return how we send, as the action takes it."""
    where = {key: given[f"smtp_{key}"] for key in ("host", "port", "security")}
    flags = {"plus": given["plus"], "verp": given["verp"]}
    if not given["smtp_login"]:
        return {**where, **flags}
    signing_in = _signing_in(given)
    return {**where, **flags, **signing_in, "user": given["smtp_user"] or signing_in["user"]}


def _signing_in(given: dict[str, Any]) -> dict[str, Any]:
    found = {"user": given["user"] or given["address"], "auth": given["auth"]}
    if given["auth"] == "xoauth2":
        found |= {key: given[key] for key in ("provider", "tenant", "client_id", "token_url")}
    return found


def secrets_of(given: dict[str, Any]) -> dict[str, str]:
    """Return the secrets that were typed in; those left empty stay as they are."""
    return {key: given[key] for key in SECRETS if given[key]}


def more_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return the rest, as the action takes it."""
    keys = ("aliases", "from_name", "signature", "quote_history", "acknowledge", "trusted_authserv")
    return {
        **{key: given[key] for key in keys},
        "join_by_subject_h": given["join_by_subject_h"] or 0,
    }


def initial_of(box: Mailbox) -> dict[str, Any]:
    """Return a mailbox as the form shows it; secrets are never shown."""
    read, send = box.inbound, box.outbound
    signing_in = read if read.get("kind") == "imap" else send
    plain = ("address", "name", "from_name", "signature", "quote_history", "acknowledge")
    same_user = send.get("user", "") in ("", signing_in.get("user", ""))
    return {
        **{key: getattr(box, key) for key in (*plain, "trusted_authserv", "join_by_subject_h")},
        "team": box.team_id,
        "aliases": "\n".join(box.aliases),
        "kind": read.get("kind", "smtp"),
        **{f"imap_{key}": read[key] for key in ("host", "port", "security") if key in read},
        **{f"smtp_{key}": send[key] for key in ("host", "port", "security") if key in send},
        "folder": read.get("folder", "INBOX"),
        "auth": signing_in.get("auth") or "password",
        **{key: signing_in.get(key, "") for key in ("user", "provider", "tenant", "client_id", "token_url")},
        "smtp_login": bool(send.get("user")) if send else True,
        "smtp_user": "" if same_user else send.get("user", ""),
        "plus": send.get("plus", True),
        "verp": send.get("verp", send.get("plus", True)),
    }
