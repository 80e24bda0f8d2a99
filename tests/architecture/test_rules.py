"""The house keeps its rules, and each rule is able to fail."""

from __future__ import annotations

import ast
import statistics

import pytest

from tests.architecture import rules
from tests.architecture.house import Rule, Source, broken, sources

ALL = (
    rules.uses_signals,
    rules.overrides_save,
    rules.prints,
    rules.reads_the_clock,
    rules.keeps_time_itself,
    rules.writes_in_a_query,
    rules.touches_tables_in_a_screen,
    rules.speaks_untranslated,
    rules.is_too_long,
    rules.says_nothing_of_itself,
    rules.records_with_places,
)
# One small sin against each.
SINS: list[tuple[Rule, str, str]] = [
    (rules.uses_signals, "core/apps.py", "from django.db.models.signals import post_save"),
    (rules.uses_signals, "core/apps.py", "from django.db.models import signals"),
    (rules.overrides_save, "core/models.py", "class A:\n    def save(self):\n        pass"),
    (rules.prints, "core/files.py", "print('kept')"),
    (rules.reads_the_clock, "tickets/actions/open.py", "def open_it():\n    return timezone.now()"),
    (rules.reads_the_clock, "calc/hours.py", "start = datetime.datetime.now(tz)"),
    (rules.reads_the_clock, "channels/letters.py", "timezone.localtime()"),
    (rules.reads_the_clock, "sla/actions.py", "def f(clock=timezone.now): ..."),
    (rules.keeps_time_itself, "core/models.py", "at = DateTimeField(auto_now_add=True)"),
    (rules.writes_in_a_query, "core/queries.py", "def seen(user):\n    user.save()"),
    (rules.writes_in_a_query, "core/queries/users.py", "User.objects.filter(pk=1).update(name='')"),
    (rules.touches_tables_in_a_screen, "web/home/views.py", "rows = Ticket.objects.all()"),
    (rules.speaks_untranslated, "web/home/forms.py", "CharField(label='Your name')"),
    (rules.speaks_untranslated, "web/home/forms.py", "raise ValidationError('Too short by far.')"),
    (rules.is_too_long, "core/models.py", "x = 1\n" * 401),
    (rules.says_nothing_of_itself, "core/models.py", "x = 1"),
    (rules.says_nothing_of_itself, "core/models.py", '"""Tables."""\nclass A:\n    x = 1'),
    (rules.records_with_places, "core/actions/a.py", "def close(ticket, *, actor, now): ..."),
    (rules.records_with_places, "core/actions/a.py", "def close(*, x):\n    events.record('a.b')"),
]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.__name__)
def test_no_source_breaks_the_rule(rule: Rule) -> None:
    assert broken(rule) == []


@pytest.mark.parametrize(("rule", "path", "text"), SINS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_rule_finds_what_it_is_for(rule: Rule, path: str, text: str) -> None:
    assert len(rule(Source(f"careline/{path}", text))) == 1


def test_every_rule_has_a_sin_it_was_tried_on() -> None:
    assert {rule for rule, _, _ in SINS} == set(ALL)


def lengths() -> list[int]:
    """Return the length in lines of every function of the house."""
    return sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for source in sources()
        for node in source.nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_functions_are_short() -> None:
    found = lengths()
    assert statistics.median(found) <= 10
    assert found[int(0.95 * len(found))] <= 40
