"""Translations: extract texts, compile catalogues, check that nothing is missing.

python scripts/messages.py extract|compile|check
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parents[1] / "careline"
LANGUAGES = ("de",)  # English is the language of the source
EXAMPLES = 10
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf]|\{\w*\}")


def catalogues(package: Path = PACKAGE) -> list[Path]:
    """Return the catalogues of all languages."""
    return sorted((package / "locale").glob("*/LC_MESSAGES/*.po"))


def load(path: Path) -> Catalog:
    """Read one catalogue."""
    with path.open("rb") as lines:
        return read_po(lines, locale=path.parts[-3])


def compile_all() -> None:
    """Write the compiled file beside each catalogue."""
    for path in catalogues():
        with path.with_suffix(".mo").open("wb") as out:
            write_mo(out, load(path))


def extract(package: Path = PACKAGE) -> None:
    """Collect the texts of sources and templates into the catalogues, keeping what is translated.

    Needs xgettext, from Debian's package gettext.
    """
    (package / "locale").mkdir(exist_ok=True)
    options = ["--no-obsolete", "--add-location=file", "--no-wrap", "--ignore=static/*", "--verbosity=0"]
    languages = [word for language in LANGUAGES for word in ("-l", language)]
    command = [sys.executable, "-m", "django", "makemessages", *languages, *options]
    done = subprocess.run(command, cwd=package, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def is_done(message: Message) -> bool:
    """Tell whether every form of a message is translated and none is a guess."""
    forms = message.string if isinstance(message.string, list | tuple) else [message.string]
    return all(forms) and not message.fuzzy


def name_of(message: Message) -> str:
    """Return the source text of a message, its singular when it has forms."""
    return message.id if isinstance(message.id, str) else message.id[0]


def holes(text: str) -> set[str]:
    """Return the placeholders of a text."""
    return set(PLACEHOLDER.findall(text))


def has_lost_a_placeholder(message: Message) -> bool:
    """Tell whether the last form (the plural, where there is one) names other values than its source."""
    source = message.id if isinstance(message.id, str) else message.id[-1]
    target = message.string if isinstance(message.string, str) else (message.string or [""])[-1]
    return holes(source) != holes(target)


def problems_in(catalogue: Catalog) -> list[str]:
    """Return what is untranslated, guessed, or has lost a placeholder."""
    found = []
    for message in catalogue:
        if message.id and not is_done(message):
            found.append(f"not translated: {name_of(message)}")
        elif message.id and has_lost_a_placeholder(message):
            found.append(f"placeholders differ: {name_of(message)}")
    return found


def texts(path: Path) -> set[tuple[str, str]]:
    """Return the context and source text of every message in a catalogue."""
    return {(message.context or "", name_of(message)) for message in load(path) if message.id}


def strays() -> list[str]:
    """Return texts that the sources use and the catalogues do not know, or the other way round."""
    if not shutil.which("xgettext"):
        print("  gettext is not installed, so new texts were not looked for")
        return []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "careline"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("static", "__pycache__", "*.mo"))
        extract(copy)
        found = []
        for fresh in catalogues(copy):
            kept = PACKAGE / fresh.relative_to(copy)
            old, new = (texts(kept) if kept.exists() else set()), texts(fresh)
            found += [f"not in {kept.name}: {text}" for _, text in sorted(new - old)]
            found += [f"no longer used: {text}" for _, text in sorted(old - new)]
    return found


def check() -> None:
    """End with a list when a text is missing, unused, guessed or broken."""
    found = strays()
    for path in catalogues():
        found += [f"{path.parts[-3]}: {problem}" for problem in problems_in(load(path))]
    if found:
        shown = "\n".join(f"  {problem}" for problem in found[:EXAMPLES])
        sys.exit(f"{shown}\n{len(found)} translations need care. Run: make messages")


if __name__ == "__main__":
    {"extract": extract, "compile": compile_all, "check": check}[sys.argv[1]]()
