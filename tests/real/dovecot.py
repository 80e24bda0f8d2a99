"""A real IMAP server: Dovecot, with passwords and with OAuth tokens that it checks by itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import imaplib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real import needs
from tests.real.ports import answers, free_port, wait_until

PASSWORD = "correct-horse"
TOKEN_KEY = b"a key that only the tests and their Dovecot know"
CONFIGURATION = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
TOKENS = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = email
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server; every address is a mailbox, and all share one password."""

    port: int
    folder: Path
    host: str = "127.0.0.1"
    password: str = PASSWORD

    def token(self, address: str, *, valid_s: int = 3600) -> str:
        """Return an OAuth access token for a mailbox; a negative time gives one that has run out."""
        now = int(time.time())
        claims = {"sub": address, "email": address, "iat": now - 60, "nbf": now - 60, "exp": now + valid_s}
        signed = b".".join(part(words) for words in ({"alg": "HS256", "typ": "JWT"}, claims))
        seal = hmac.new(TOKEN_KEY, signed, hashlib.sha256).digest()
        return (signed + b"." + unpadded(seal)).decode()

    @contextmanager
    def session(self, address: str) -> Iterator[imaplib.IMAP4]:
        """Give a signed-in connection, apart from any that Careline has."""
        with imaplib.IMAP4(self.host, self.port, timeout=20) as connection:
            connection.login(address, self.password)
            yield connection

    def put(self, address: str, raw: bytes, *, folder: str = "INBOX") -> None:
        """Lay a mail into a mailbox, as if it had just been delivered."""
        with self.session(address) as connection:
            status, said = connection.append(folder, None, None, raw)
            assert status == "OK", said

    def renumber(self, address: str) -> None:
        """Give the inbox another UIDVALIDITY, as after a restored backup."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.folder / "mail" / address / name).unlink(missing_ok=True)


def part(words: dict[str, object]) -> bytes:
    """Return one part of a token."""
    return unpadded(json.dumps(words).encode())


def unpadded(data: bytes) -> bytes:
    """Return base64 as tokens spell it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def owner() -> dict[str, object]:
    """Return the users the server runs as: Debian's own when root starts it, else ourselves."""
    if os.geteuid() == 0:
        someone = pwd.getpwnam("nobody")
        names = {"internal": "dovecot", "internal_group": "dovecot", "login": "dovenull"}
        return {**names, "uid": someone.pw_uid, "gid": someone.pw_gid}
    me = pwd.getpwuid(os.geteuid())
    group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True).stdout.strip()
    names = {"internal": me.pw_name, "internal_group": group, "login": me.pw_name}
    return {**names, "uid": me.pw_uid, "gid": me.pw_gid}


def write_configuration(folder: Path, port: int) -> Path:
    """Write everything the server reads, and the folder it keeps mail in."""
    users = owner()
    (folder / "mail").mkdir()
    os.chown(folder / "mail", int(str(users["uid"])), int(str(users["gid"])))
    key = folder / "keys" / "default" / "HS256"
    key.mkdir(parents=True)
    (key / "default").write_text(base64.b64encode(TOKEN_KEY).decode())
    (folder / "oauth2.conf").write_text(TOKENS.format(folder=folder))
    path = folder / "dovecot.conf"
    path.write_text(CONFIGURATION.format(folder=folder, port=port, password=PASSWORD, **users))
    folder.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Give an IMAP server on a free port; use an address of your own in each test."""
    program = needs.command("dovecot", package="dovecot-imapd")
    # A short path: sockets in it must stay below 108 characters.
    folder, port = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp")), free_port()
    configuration = write_configuration(folder, port)
    # The daemon keeps its standard output open, so that must not be our pipe.
    with (folder / "out").open("w") as out:
        process = subprocess.Popen(
            [program, "-F", "-c", str(configuration)], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, what="the start of Dovecot")
        log = folder / "log"
        assert process.poll() is None, (folder / "out").read_text() + (
            log.read_text() if log.exists() else ""
        )
        yield Dovecot(port, folder)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
