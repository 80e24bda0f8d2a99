"""No committed file names a package registry: where packages come from is the user's own setting."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Split, so that this file does not name them either.
HOSTS = [
    f"{name}.{ending}"
    for name, ending in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("cdnjs.cloudflare", "com"),
        ("deb.debian", "org"),
        ("fonts.googleapis", "com"),
        ("ghcr", "io"),
    )
]


def committed() -> list[Path]:
    """Return the files git knows; all files of an unpacked archive that has no history."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name]
    return [path for name in names if (path := ROOT / name).is_file()]


def test_no_committed_file_names_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in committed()
        for host in HOSTS
        if host.encode() in path.read_bytes()
    ]
    assert found == []


def test_the_locks_carry_a_hash_for_every_package() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        blocks = lock.read_text().replace("\\\n", " ").splitlines()
        pinned = [line for line in blocks if "==" in line and not line.lstrip().startswith("#")]
        assert pinned
        assert [line.split()[0] for line in pinned if "--hash=sha256:" not in line] == []
