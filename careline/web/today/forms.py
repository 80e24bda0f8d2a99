"""What is typed on the pages about Today."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from careline.insights import queries as insights


class TargetsForm(forms.Form):
    """The share of promises that is aimed at, in percent."""

    first_reply = forms.IntegerField(label=_("First replies [%]"), min_value=1, max_value=100)
    resolution = forms.IntegerField(label=_("Solutions [%]"), min_value=1, max_value=100)

    @staticmethod
    def now() -> dict[str, int]:
        """Return what is aimed at now."""
        return {metric: round(share * 100) for metric, share in insights.targets().items()}

    def shares(self) -> dict[str, float]:
        """Return what was typed, as shares."""
        return {metric: self.cleaned_data[metric] / 100 for metric in insights.METRICS}
