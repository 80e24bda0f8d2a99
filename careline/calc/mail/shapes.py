"""What is known of one message, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["none", "bounce", "auto_reply", "list", "loop"]
Role = Literal["file", "calendar", "signature", "report", "message"]


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header; `address` is lower case in its domain only."""

    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that came with a message.

    Attributes
    ----------
    inline : bool
        True when `body_html` shows it at its place through ``cid:`` + `content_id`.
    role : str
        ``file``, or why a screen may fold it: ``calendar``, ``signature``, ``report``, ``message``.
    """

    name: str
    type: str
    size: int
    inline: bool
    content_id: str | None
    sha256: str
    role: Role = "file"
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says.

    Attributes
    ----------
    recipient : str
        Address that failed, or an empty string.
    status : str
        Enhanced status code such as ``5.1.1`` (RFC 3463), or an empty string.
    permanent : bool
        True when trying again cannot help (class 5).
    address_unknown : bool
        True when the code says that the address itself does not exist.
    original_message_id : str
        Message-ID of the mail that bounced, without brackets, or an empty string.
    original_subject : str
        Its subject, or an empty string.
    diagnostic : str
        The remote server's own words, shortened.
    """

    recipient: str = ""
    status: str = ""
    permanent: bool = False
    address_unknown: bool = False
    original_message_id: str = ""
    original_subject: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, decoded, with nothing thrown away: the fold points cut for display only.

    Attributes
    ----------
    in_reply_to, references : tuple of str
        Message ids without angle brackets, oldest first.
    date : datetime or None
        Aware instant the sender claims.
    body_text : str
        The whole text, quotation and signature included.
    body_html : str
        Sanitised; empty when the mail has no HTML. The quotation begins at the element marked ``data-quote``.
    reply_text : str
        What the sender wrote this time.
    quoted_text, signature_text : str
        What was folded away from `body_text`; empty when nothing was.
    automatic : str
        ``none``, ``bounce``, ``auto_reply``, ``list`` or ``loop``.
    signals : tuple of str
        Why `automatic` says so.
    headers : tuple of (str, str)
        Headers of interest, lower-case name and decoded value, in order.
    remote_images : int
        Number of outside images that `body_html` holds back.
    problems : tuple of str
        What was wrong with the mail, one plain sentence each.
    """

    from_: Address = Address()
    sender: Address = Address()
    reply_to: tuple[Address, ...] = ()
    return_path: str | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    body_text: str = ""
    body_html: str = ""
    reply_text: str = ""
    quoted_text: str = ""
    signature_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    automatic: Kind = "none"
    signals: tuple[str, ...] = ()
    bounce: Bounce | None = None
    authentication_results: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    remote_images: int = 0
    problems: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """Return the first value of header `name`, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")
