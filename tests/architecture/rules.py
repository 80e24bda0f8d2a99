"""The rules that a reader of one file can judge. Each returns the places that break it."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from tests.architecture.house import ROOT, Source, dotted, functions

# Who may read the clock: those who start something. All else is given `now`.
CLOCK_READERS = (
    "careline/config/",
    "careline/web/viewer.py",  # once per request
    "careline/web/live.py",  # stamps the pass to the live feed
    "careline/web/account/devices.py",  # thins out writes of "last seen"
    "careline/web/templatetags/parts.py",  # a page drawn outside a request
    "careline/core/tasks.py",  # the interface of django_tasks has no place for `now`
    "careline/channels/system_mail.py",  # nor has that of Django's mail backends
    "careline/channels/post.py",  # talks with servers while time passes; takes a clock
    "careline/sla/actions/reapply.py",  # a job: when it runs is when the change meets each ticket
)
CLOCKS = {
    "timezone.now",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
}
CLOCKS_WITHOUT_A_VALUE = {"timezone.localdate", "timezone.localtime"}
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "add",
    "remove",
    "set",
}
SHARED_NAMES = {"add", "remove", "set", "update"}  # sets and dictionaries have these too
LONGEST_FILE = 400


def uses_signals(source: Source) -> list[str]:
    """News travels by events; a signal works unseen."""
    modules = {"django.db.models.signals", "django.dispatch", "django.core.signals"}
    found = []
    for node in source.nodes():
        if isinstance(node, ast.ImportFrom) and (
            node.module in modules or any(f"{node.module}.{name.name}" in modules for name in node.names)
        ):
            found.append(source.at(node, "imports signals"))
    return found


def overrides_save(source: Source) -> list[str]:
    """A table remembers; what happens on a change is an action."""
    if "models" not in PurePosixPath(source.path).stem and "/models/" not in source.path:
        return []
    return [
        source.at(function, f"{holder.name}.{function.name}")
        for holder in source.nodes()
        if isinstance(holder, ast.ClassDef)
        for function in holder.body
        if isinstance(function, ast.FunctionDef) and function.name in {"save", "delete", "full_clean"}
    ]


def prints(source: Source) -> list[str]:
    """Programs read our output; people read pages and logs."""
    return [
        source.at(node, "print")
        for node in source.nodes()
        if isinstance(node, ast.Call) and dotted(node.func) == "print"
    ]


def reads_the_clock(source: Source) -> list[str]:
    """Who reads the clock cannot be told the time by a test, nor by an import of last year's mail."""
    if source.path.startswith(CLOCK_READERS):
        return []
    return [
        source.at(node, ast.unparse(node))
        for node in source.nodes()
        if (isinstance(node, ast.Attribute) and _ending(node) in CLOCKS)
        or (isinstance(node, ast.Call) and not node.args and _ending(node.func) in CLOCKS_WITHOUT_A_VALUE)
    ]


def _ending(node: ast.AST) -> str:
    return ".".join(dotted(node).split(".")[-2:])


def keeps_time_itself(source: Source) -> list[str]:
    """The database reads no clock for us either."""
    return [
        source.at(node, node.arg)
        for node in source.nodes()
        if isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}
    ]


def writes_in_a_query(source: Source) -> list[str]:
    """Whoever asks changes nothing."""
    if not (source.path.endswith("/queries.py") or "/queries/" in source.path):
        return []
    return [
        source.at(node, f"{dotted(node.func)}()") for node in source.nodes() if _writes_to_the_database(node)
    ]


def _writes_to_the_database(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    if node.func.attr not in WRITES:
        return False
    return node.func.attr not in SHARED_NAMES or "objects" in ast.unparse(node.func.value)


def touches_tables_in_a_screen(source: Source) -> list[str]:
    """Screens ask queries, which know what this person may see."""
    if not source.path.startswith(("careline/web/", "careline/api/")):
        return []
    return [
        source.at(node, dotted(node))
        for node in source.nodes()
        if (isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"})
        or (isinstance(node, ast.Name) and node.id in {"get_user_model", "get_model"})
    ]


def speaks_untranslated(source: Source) -> list[str]:
    """Labels, help and refusals of a form are read by people in their own language."""
    if not source.path.startswith("careline/web/"):
        return []
    found = []
    for node in source.nodes():
        if not isinstance(node, ast.Call):
            continue
        texts = [word.value for word in node.keywords if word.arg in {"label", "help_text", "empty_label"}]
        if dotted(node.func).endswith(("ValidationError", "add_error", "toast")):
            texts += node.args
        found += [source.at(node, repr(text.value)) for text in texts if _is_sentence(text)]
    return found


def _is_sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def is_too_long(source: Source) -> list[str]:
    """A file of more than four hundred lines is a folder."""
    return [f"{source.path}: {source.lines} lines"] if source.lines > LONGEST_FILE else []


def says_nothing_of_itself(source: Source) -> list[str]:
    """Every module, and every public function and class in it, says in a sentence what it is."""
    if source.path.endswith("/apps.py"):
        return []
    found = [] if ast.get_docstring(source.tree) or not source.text.strip() else [source.at(source.tree, "?")]
    for node in source.tree.body:
        public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if public and not node.name.startswith("_") and not ast.get_docstring(node):
            found.append(source.at(node, node.name))
    return found


def records_with_places(source: Source) -> list[str]:
    """An action that a domain offers is called by names only, and is told the time when it records."""
    if "/actions" not in source.path:
        return []
    found = []
    offered = _offered(source)
    for function in functions(source):
        names = {argument.arg for argument in function.args.kwonlyargs}
        if offered and function.name not in offered:
            continue
        if "actor" in names and _places(function):
            found.append(source.at(function, f"{function.name} takes {_places(function)} by place"))
        elif _records(function) and "now" not in names | set(_places(function)) and "at" not in names:
            found.append(source.at(function, f"{function.name} records without `now`"))
    return found


def _offered(source: Source) -> set[str]:
    """Return what the domain's package of actions re-exports; nothing where it re-exports nothing."""
    package = ROOT / PurePosixPath(source.path).parent / "__init__.py"
    tree = ast.parse(package.read_text()) if package.exists() else ast.Module([], [])
    return {
        name.asname or name.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for name in node.names
    }


def _places(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def _records(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Call) and dotted(node.func) in {"events.record", "record"}
        for node in ast.walk(function)
    )
