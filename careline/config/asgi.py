"""The whole web side on one port: the live feed beside the pages."""

from __future__ import annotations

import os
from typing import Any, cast

from a2wsgi import WSGIMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careline.config.settings")

from careline.config.wsgi import application  # isort: skip - sets Django up, which the rest needs

from django.conf import settings

from careline.config.body import Buffered, Receive, Scope, Send
from careline.config.live import Hub

hub = Hub()
# Few threads: they share one interpreter, so more of them only make each other slower.
_threads: Any = WSGIMiddleware(cast(Any, application), workers=settings.PAGE_THREADS)
pages = Buffered(_threads, limit=settings.MAX_BODY)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Send each request to the feed or to the pages."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
    elif scope["path"] == "/events":
        await hub(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        what = (await receive())["type"]
        await send({"type": f"{what}.complete"})
        if what == "lifespan.shutdown":
            return
