"""Whether a mail is really from the address it shows, as the mail server that we trust has judged it."""

from __future__ import annotations

from typing import Any, Literal

import authres

from careline.calc.mail.addresses import domain_of
from careline.calc.mail.shapes import Mail

Proof = Literal["pass", "fail", "none"]
_DOMAIN_OF = {
    "dkim": ("header_d", "header_i"),
    "spf": ("smtp_mailfrom", "smtp_helo"),
    "dmarc": ("header_from",),
}


def proof_of(mail: Mail, trusted_authserv: str) -> Proof:
    """Return what the trusted server says of the From address; "none" when it says nothing.

    Only the topmost header counts, and only when it names that server: what stands below may have come with
    the mail. A pass counts for the domain that it is about.

    Parameters
    ----------
    mail : Mail
        A parsed mail.
    trusted_authserv : str
        The name of our mail server in its Authentication-Results; empty when there is none.
    """
    if not trusted_authserv or not mail.authentication_results:
        return "none"
    try:
        found = authres.AuthenticationResultsHeader.parse(
            f"Authentication-Results: {mail.authentication_results[0]}"
        )
    except Exception:  # the library raises whatever an odd header makes it raise
        return "none"
    if str(found.authserv_id).lower() != trusted_authserv.strip().lower():
        return "none"
    domain = domain_of(mail.from_.address)
    said = [str(one.result).lower() for one in found.results if _is_about(one, domain)]
    if "pass" in said:
        return "pass"
    judged = [one for one in found.results if one.method in _DOMAIN_OF and str(one.result).lower() != "none"]
    return "fail" if judged else "none"


def _is_about(one: Any, domain: str) -> bool:
    named = (getattr(one, name, None) for name in _DOMAIN_OF.get(one.method, ()))
    told = next((str(value) for value in named if value), "")
    judged = domain_of(told) or told.lower()
    return bool(judged) and bool(domain) and _aligned(judged, domain)


def _aligned(judged: str, domain: str) -> bool:
    if "." not in judged:
        return False
    return judged == domain or domain.endswith(f".{judged}") or judged.endswith(f".{domain}")
