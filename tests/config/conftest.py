"""Looking into a running installation, through its own settings and database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.real.careline import ROOT, Careline

START = """
import json, os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careline.config.settings")
import django
django.setup()
from django.utils import timezone
from careline.core import events, heartbeat, queue
from careline.core.models import Event, Heartbeat, Job, Setting, User
from tests.core import queue_tasks as tasks
now = timezone.now()
"""


def inside(careline: Careline, code: str) -> Any:
    """Run code beside an installation and return what it left in `answer`."""
    done = subprocess.run(
        [sys.executable, "-c", START + code + "\nprint(json.dumps(answer))"],
        env=careline.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def pid_of(careline: Careline, part: str) -> int:
    """Return the process of a part."""
    return int(inside(careline, f"answer = Heartbeat.objects.get(pk={part!r}).data['pid']"))


@pytest.fixture
def look_inside():
    """Give `inside` to a test."""
    return inside
