"""Bytes on disk, stored once by their hash and never in the database."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings

from careline.core.models import File


def path_of(sha256: str) -> Path:
    """Return where the bytes with this hash lie."""
    return Path(settings.FILES_ROOT) / sha256[:2] / sha256[2:4] / sha256


def store(data: bytes, *, now: datetime) -> File:
    """Keep these bytes safely on disk and return their row; the same bytes are kept once."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(sha256)
    if not path.exists():
        _write_safely(path, data)
    row, _made = File.objects.get_or_create(sha256=sha256, defaults={"size": len(data), "created_at": now})
    return row


def read(file: File) -> bytes:
    """Return the bytes of a stored file."""
    return path_of(file.sha256).read_bytes()


def _write_safely(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        # A half-written file never gets the final name, whatever dies here.
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
