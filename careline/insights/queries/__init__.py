"""What the figures of Today say, and which conversations each counts."""

from careline.insights.queries.scope import (
    Chosen,
    Scope,
    chosen_figure,
    condition_of,
    conversations,
    figure_condition,
    query_of,
    scope_of,
)

__all__ = [
    "Chosen",
    "Scope",
    "chosen_figure",
    "condition_of",
    "conversations",
    "figure_condition",
    "query_of",
    "scope_of",
]
