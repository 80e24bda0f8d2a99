"""Static files as they were built, with a version in the address instead of a copy on disk."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class Storage(StaticFilesStorage):
    """Adds ?v=<hash of the bytes>, so that browsers keep a file until it changes."""

    def url(self, name: str | None) -> str:
        url = super().url(name)
        version = _version(name or "")
        return f"{url}?v={version}" if version else url


@lru_cache(maxsize=512)
def _version(name: str) -> str:
    path = finders.find(name)
    if not isinstance(path, str):
        return ""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:10]
