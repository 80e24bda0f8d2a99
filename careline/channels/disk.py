"""Bytes that must survive a power cut, written before their rows, and many of them at once where many come.

Each file is written under another name, synchronised and renamed; then the folders are synchronised. Waiting
for the disk is what takes long, so that many files wait together.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from careline.core import files, prepared
from careline.core.models import File

Thing = TypeVar("Thing")
_files: prepared.Prepared[File] = prepared.Prepared(lambda hashes: File.objects.filter(sha256__in=hashes))
TOGETHER = 8
_writers = ThreadPoolExecutor(max_workers=TOGETHER, thread_name_prefix="disk")


def put(data: bytes) -> None:
    """Put bytes safely where `core.files` looks for them."""
    put_all([data])


def put_all(many: Iterable[bytes]) -> None:
    """Put several pieces safely where `core.files` looks for them; what lies there already is left alone."""
    new = {files.path_of(hashlib.sha256(data).hexdigest()): data for data in many}
    new = {path: data for path, data in new.items() if not path.exists()}
    folders = _made({path.parent for path in new})
    _together(_write, new.items())
    _together(_sync_folder, folders | {path.parent for path in new})


def rows_of(many: Iterable[bytes], *, now: datetime) -> dict[str, File]:
    """Return the rows of bytes that lie on disk already, by their hash, made where they are missing."""
    sizes = {hashlib.sha256(data).hexdigest(): len(data) for data in many}
    if not sizes:
        return {}
    new = [File(sha256=sha256, size=size, created_at=now) for sha256, size in sizes.items()]
    prepared.insert_all(new, ignore_conflicts=True)
    return {row.sha256: row for row in _files(list(sizes))}


def _made(wanted: set[Path]) -> set[Path]:
    """Make folders, and return those that have got a new one in them."""
    root, changed = Path(settings.FILES_ROOT), set()
    for folder in wanted:
        for one in (root, folder.parent, folder):
            if not one.exists():
                one.mkdir(parents=True, exist_ok=True)
                changed.add(one.parent)
    return changed


def _together(do: Callable[[Thing], None], things: Iterable[Thing]) -> None:
    work = list(things)
    if len(work) == 1:
        do(work[0])
    else:
        list(_writers.map(do, work))  # raises what one of them raised


def _write(item: tuple[Path, bytes]) -> None:
    path, data = item
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
