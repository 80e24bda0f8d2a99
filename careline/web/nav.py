"""What every page shows around its own content: the wings, the brand, the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careline.core import access
from careline.core import settings as choices
from careline.web.live import feed_url

if TYPE_CHECKING:
    from careline.core.models import User


@dataclass(frozen=True)
class Item:
    """One page in the navigation; it shows only where its address exists and the role may open it."""

    name: str
    label: str | Promise
    url_name: str
    icon: str
    needs: tuple[str, ...]
    key: str = ""
    bottom: bool = False
    also: str = ""  # where else one is on this page's side of the house
    development: bool = False  # for who builds Careline, not for who works with it


WINGS: tuple[tuple[str, str | Promise, tuple[Item, ...]], ...] = (
    (
        "listen",
        gettext_lazy("Listen"),
        (
            Item(
                "inbox",
                gettext_lazy("Inbox"),
                "tickets:inbox",
                "inbox",
                ("tickets.see",),
                "g i",
                True,
                also="/tickets/",
            ),
            Item(
                "customers",
                gettext_lazy("Customers"),
                "customers:list",
                "users",
                ("customers.see",),
                "g c",
                True,
            ),
        ),
    ),
    (
        "lead",
        gettext_lazy("Lead"),
        (Item("today", gettext_lazy("Today"), "today:today", "sun-high", ("today.see",), "g t", True),),
    ),
    (
        "setup",
        gettext_lazy("Setup"),
        (
            Item("channels", gettext_lazy("Channels"), "channels:mailboxes", "mail", ("setup.channels",)),
            Item(
                "service",
                gettext_lazy("Hours and service levels"),
                "service:service",
                "clock",
                ("setup.service",),
            ),
            Item("fields", gettext_lazy("Fields"), "fields:fields", "forms", ("setup.fields",)),
            Item(
                "users", gettext_lazy("Users and roles"), "setup:users", "user-cog", ("setup.users",), "g u"
            ),
            Item("operation", gettext_lazy("Operation"), "setup:operation", "building", ("setup.users",)),
            Item(
                "health", gettext_lazy("Health"), "setup:health", "heart-rate-monitor", ("health.see",), "g h"
            ),
            Item("audit", gettext_lazy("Audit trail"), "setup:audit", "history", ("audit.see",)),
            Item(
                "interface",
                gettext_lazy("Interface"),
                "interface:interface",
                "template",
                ("setup.see",),
                development=True,
            ),
        ),
    ),
)


def context(request: HttpRequest) -> dict[str, Any]:
    """Return the navigation for this person; only what works and what they may open."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], **_brand(request), "sign_in_url": reverse("account_login")}
    return {
        "nav": wings(request),
        **_brand(request),
        "home_url": "/",
        "live_url": _live_url(user),
        "user_name": user.name,
        "user_menu": _own_pages(user),
        "sign_out_url": reverse("account_logout"),
        "sign_in_url": reverse("account_login"),
    }


def wings(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the wings with the pages this person may open; an empty wing is left out."""
    found = []
    for key, label, items in WINGS:
        shown = [entry for item in items if (entry := _entry(item, request))]
        if shown:
            found.append({"key": key, "label": str(label), "items": shown})
    return found


def _entry(item: Item, request: HttpRequest) -> dict[str, Any] | None:
    if item.development and not settings.DEVELOPMENT:
        return None
    if not any(access.may(request.user, permission) for permission in item.needs):  # type: ignore[arg-type]
        return None
    try:
        url = reverse(item.url_name)
    except NoReverseMatch:
        return None
    return {
        "name": item.name,
        "label": str(item.label),
        "url": url,
        "icon": item.icon,
        "key": item.key,
        "bottom": item.bottom,
        "active": request.path.startswith((url, item.also) if item.also else url),
    }


def _brand(request: HttpRequest) -> dict[str, Any]:
    kept = getattr(request, "operation", None) or choices.some("operation.name", "operation.demo")
    demo = kept["operation.demo"]
    user = getattr(request, "user", None)
    may_begin = bool(demo and user and user.is_authenticated and access.may(user, "setup.see"))
    return {"brand_name": kept["operation.name"], "is_demo": demo, "may_begin": may_begin}


def _own_pages(user: Any) -> list[dict[str, str]]:
    return [
        {"label": _("Your profile"), "url": reverse("account:profile"), "icon": "user"},
        {"label": _("Security"), "url": reverse("mfa_index"), "icon": "shield-lock"},
    ]


def _live_url(user: User) -> str:
    wanted = {"inbox": "tickets.see", "today": "today.see"}
    topics = [topic for topic, permission in wanted.items() if access.may(user, permission)]
    return feed_url(user, [*topics, f"user:{user.pk}"])
