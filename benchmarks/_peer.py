"""django-helpdesk from the package index in an environment of its own: what our ratios are taken against.

It is installed once into the system's folder for temporary files and used as its documentation says: its own
migrations, its own views and its own mail intake, on the same database engine as ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

VERSION = "2.6.1"
HOME = Path(tempfile.gettempdir()) / f"careline-bench-django-helpdesk-{VERSION}"
SETTINGS = """
import os
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(os.environ["PEER_FOLDER"])
SECRET_KEY = "only for a measurement on this machine"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sites",
    "django.contrib.humanize", "rest_framework", "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "peer_urls"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
if os.environ.get("PEER_DATABASE"):
    _at = urlsplit(os.environ["PEER_DATABASE"])
    DATABASES = {"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": _at.path.lstrip("/"), "USER": _at.username or "",
        "PASSWORD": _at.password or "", "HOST": _at.hostname or "", "PORT": _at.port or "",
    }}
else:
    # As fast as SQLite goes: the same journal and the same durability as ours.
    DATABASES = {"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "db.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE", "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-64000",
        },
    }}
MEDIA_ROOT = HERE / "media"
STATIC_URL = "static/"
SITE_ID = 1
LOGIN_URL = "/login/"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
HELPDESK_PUBLIC_ENABLED = True
HELPDESK_TEAMS_MODE_ENABLED = False
"""
URLS = """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("", include("helpdesk.urls", namespace="helpdesk"))]
"""


class Absent(Exception):
    """It cannot be installed here."""


def python() -> Path:
    """Return the interpreter that has it, installing it the first time.

    Raises
    ------
    Absent
        The package index does not answer.
    """
    interpreter = HOME / "bin" / "python"
    if not (HOME / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", HOME], check=True)
        wanted = [f"django-helpdesk=={VERSION}", "psycopg[binary]"]
        done = subprocess.run(
            [interpreter, "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True
        )
        if done.returncode:
            raise Absent(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip failed")
        (HOME / "peer_settings.py").write_text(SETTINGS)
        (HOME / "peer_urls.py").write_text(URLS)
        (HOME / "ready").touch()
    return interpreter


def run(script: Path, *words: str, folder: Path, database: str = "") -> dict[str, Any]:
    """Run one of our scripts inside its environment and return the JSON object it prints last."""
    interpreter = python()
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "DATABASE_"))
    }
    environment |= {
        "PYTHONPATH": str(HOME),
        "DJANGO_SETTINGS_MODULE": "peer_settings",
        "PEER_FOLDER": str(folder),
        "PEER_DATABASE": database,
    }
    done = subprocess.run(
        [interpreter, script, *words], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told
