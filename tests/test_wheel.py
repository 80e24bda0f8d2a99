"""What people install: the built wheel, without the work tree around it."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real.careline import installation, running

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the wheel, built from the work tree as `make wheel` does."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_assets_templates_and_translations(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "careline/web/static/dist/app.js" in names
    assert "careline/web/static/dist/app.css" in names
    assert "careline/web/templates/base.html" in names
    assert "careline/locale/de/LC_MESSAGES/django.mo" in names
    assert not [name for name in names if name.startswith(("tests/", "frontend/", "var/"))]


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the command `careline` of a virtual environment in which only our wheel was installed anew."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    run(*pip, "--no-index", wheel, cwd=folder)
    # The dependencies are those already here: only our own wheel is on trial.
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    where = run(python, "-c", "import careline; print(careline.__file__)", cwd=folder)
    assert Path(where.strip()).is_relative_to(packages)
    return folder / "venv" / "bin" / "careline"


def test_installed_wheel_gives_a_command_that_runs_without_the_work_tree(command: Path) -> None:
    assert "up" in run(command, "--help", cwd=command.parent)


def test_installed_wheel_serves_its_pages_and_assets_in_two_languages(command: Path) -> None:
    with installation() as house:
        own = replace(house, command=command, cwd=house.folder)
        with running(own):
            page = get(own.url)
            assert "Welcome to Careline" in page
            assert "Willkommen bei Careline" in get(own.url, "de")
            (style,) = re.findall(r'href="([^"]+app\.css[^"]*)"', page)
            assert "@font-face" in get(own.url + style)
        assert not list(own.folder.glob("careline")), "nothing of the program is written into the data"


def get(url: str, language: str = "en") -> str:
    """Return what an address answers."""
    request = urllib.request.Request(url, headers={"Accept-Language": language})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())
