"""What the figures of Today say, and which conversations each counts."""

from careline.insights.queries.day import Day, Hour, day_of
from careline.insights.queries.kept import (
    METRICS,
    KeptFigure,
    Page,
    Share,
    kept_of,
    page_of_kept,
    share_of,
    targets,
    week_before,
    week_of,
)
from careline.insights.queries.mail import MailTrouble, has_begun, mail_trouble, work_given_up
from careline.insights.queries.now import Now, Standing, TeamStanding, now_of
from careline.insights.queries.people import Crew, Seat, crews_of, desk_is_open, teams_to_choose
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
    "METRICS",
    "Chosen",
    "Crew",
    "Day",
    "Hour",
    "KeptFigure",
    "MailTrouble",
    "Now",
    "Page",
    "Scope",
    "Seat",
    "Share",
    "Standing",
    "TeamStanding",
    "chosen_figure",
    "condition_of",
    "conversations",
    "crews_of",
    "day_of",
    "desk_is_open",
    "figure_condition",
    "has_begun",
    "kept_of",
    "mail_trouble",
    "now_of",
    "page_of_kept",
    "query_of",
    "scope_of",
    "share_of",
    "targets",
    "teams_to_choose",
    "week_before",
    "week_of",
    "work_given_up",
]
