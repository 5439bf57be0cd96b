"""The redaction as the operator has set it."""

from typing import TYPE_CHECKING

from bot.settings import PrivacySettings
from store.set_redaction import Redaction

if TYPE_CHECKING:
    from store.redaction import PatternRedactor


def redaction_of(privacy: PrivacySettings) -> Redaction:
    """Return the redaction as a value, of which nothing is loaded yet."""
    return Redaction(tuple(privacy.patterns.items()), tuple(privacy.exceptions), privacy.presidio)


def make_redactor(privacy: PrivacySettings) -> "PatternRedactor":
    """
    Return the redactor (a third of a second, longer with Presidio; off the event loop).

    Raises:
        Misconfigured: A pattern is wrong, or Presidio is asked for and not installed.
    """
    return redaction_of(privacy).make()
