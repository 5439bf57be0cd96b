"""The redaction as the operator has set it, as a value that any process can be given."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from store.personal_data import Detect

if TYPE_CHECKING:
    from store.redaction import PatternRedactor


@dataclass(frozen=True, slots=True)
class Redaction:
    """The operator's patterns with their kinds, the contacts that stay, and the model of Presidio's, empty for none."""

    patterns: tuple[tuple[str, str], ...] = ()
    exceptions: tuple[str, ...] = ()
    presidio: str = ""

    def make(self) -> "PatternRedactor":
        """Return the redactor (a third of a second, longer with Presidio; off the event loop); raises Misconfigured."""
        from store.own_patterns import OwnPatterns
        from store.redaction import PatternRedactor

        return PatternRedactor(OwnPatterns(dict(self.patterns)), exceptions=self.exceptions, more=[*self._names()])

    def redact(self, text: str, names: Detect) -> str:
        """Return *text* with personal data, secrets and what *names* finds replaced; the first call makes the redactor, as `make`."""
        return _made(self).redact_by(text, names)

    def _names(self) -> Iterator[Detect]:
        if self.presidio:
            from store.presidio import load_presidio

            yield load_presidio(self.presidio)


UNSET: Final = Redaction()


@lru_cache(maxsize=1)
def _made(redaction: Redaction) -> "PatternRedactor":
    return redaction.make()
