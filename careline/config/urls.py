"""Every address of the house."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from careline.config.health import healthz
from careline.web.account.allauth_urls import own_urlpatterns as own_allauth

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("", include("careline.web.home.urls")),
    path("", include("careline.web.start.urls")),
    path("accounts/", include("careline.web.account.allauth_urls")),
    path("account/", include("careline.web.account.urls")),
    path("account/", include(own_allauth)),
    path("", include("careline.web.tickets.urls")),
    path("customers/", include("careline.web.customers.urls")),
    path("today/", include("careline.web.today.urls")),
    path("command/", include("careline.web.command.urls")),
    path("setup/channels/", include("careline.web.channels.urls")),
    path("setup/service/", include("careline.web.service.urls")),
    path("setup/fields/", include("careline.web.fields.urls")),
    path("setup/", include("careline.web.setup.urls")),
    path("", include("careline.web.interface.urls")),
]
handler400 = "careline.web.errors.views.bad_request"
handler403 = "careline.web.errors.views.forbidden"
handler404 = "careline.web.errors.views.not_found"
handler500 = "careline.web.errors.views.broken"
