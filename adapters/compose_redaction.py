"""The redaction as the operator has set it."""

from bot.settings import PrivacySettings
from store.own_patterns import OwnPatterns
from store.redaction import PatternRedactor


def make_redactor(privacy: PrivacySettings) -> PatternRedactor:
    """
    Return the redactor (a third of a second, longer with Presidio; off the event loop).

    Raises:
        Misconfigured: A pattern is wrong, or Presidio is asked for and not installed.
    """
    more = []
    if privacy.presidio:
        from store.presidio import load_presidio

        more.append(load_presidio(privacy.presidio))
    return PatternRedactor(OwnPatterns(privacy.patterns), exceptions=privacy.exceptions, more=more)
