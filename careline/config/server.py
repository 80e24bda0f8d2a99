"""The web part: uvicorn on a socket that the supervisor opened."""

from __future__ import annotations

import os
import socket
import threading

import uvicorn
from django.conf import settings

from careline.config.environment import value

MOST_CONNECTIONS = 4_000


class Server(uvicorn.Server):
    """A server that also ends the live streams, which would else keep it from ending."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        from careline.config.asgi import hub

        hub.close()
        await super().shutdown(sockets)


def config() -> uvicorn.Config:
    """Return how the pages are served."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a folder that is not there
    from careline.config.asgi import app

    trusted = value("CARELINE_BEHIND_PROXY", "")
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=6,
        proxy_headers=bool(trusted),
        forwarded_allow_ips="*" if trusted.lower() in {"1", "yes", "true", "on"} else trusted or None,
    )


def run(stop: threading.Event) -> None:
    """Serve until told to stop; uvicorn listens to the signals itself."""
    server = Server(config())
    descriptor = int(os.environ["CARELINE_SOCKET"])
    with socket.socket(fileno=descriptor) as listening:
        server.run(sockets=[listening])
    stop.set()
