"""What people install: the built wheel, without the work tree around it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

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


def test_installed_wheel_gives_a_command_that_runs_without_the_work_tree(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    run(*pip, "--no-index", wheel, cwd=tmp_path)
    # The dependencies are those already here: only our own wheel is on trial.
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv")}))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    command = tmp_path / "venv" / "bin" / "careline"
    assert "up" in run(command, "--help", cwd=tmp_path)
    where = run(python, "-c", "import careline; print(careline.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(packages)
