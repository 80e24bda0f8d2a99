"""Reading mail addresses that somebody typed into one box."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

MOST = 50


def addresses(text: str) -> list[str]:
    """Split what was typed into mail addresses, each once, in lower case.

    Raises
    ------
    ValidationError
        One of them is none, which the sentence names; or there are more than fifty.
    """
    words = [word.strip("<>").lower() for word in re.split(r"[\s,;]+", text)]
    found = list(dict.fromkeys(word for word in words if word))
    for address in found:
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(_("“%(word)s” is not a mail address.") % {"word": address}) from error
    if len(found) > MOST:
        raise ValidationError(_("Give at most %(most)s addresses at once.") % {"most": MOST})
    return found
