"""
LanguageTool's rules for Portuguese and English, where the extra `[proofread]` is installed: agreement, spelling, confused words.

The engine is LingoTweaker's (https://github.com/fiduswriter/LingoTweaker), which reads LanguageTool's own rules and dictionaries.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from store.cleaning.proposals import UNTOUCHED, Kind, Proposal
from store.language import identify
from store.personal_data import bare

_VARIANTS: Final = {"pt": "pt-BR", "en": "en-US"}
_STYLE: Final = frozenset({"style", "locale-violation", "register"})  # kinds of matches that correct nothing
_UNKNOWN: Final = "MORFOLOGIK"  # in the names of rules that know words by a dictionary
_CHOICES: Final = 5
_LEAST_WORDS: Final = 4  # by which a language is told
_MOST_CHARACTERS: Final = 20_000  # of a text, for the time it takes


def has_grammar() -> bool:
    """Tell whether the extra is installed."""
    return find_spec("lt_py") is not None


class Grammar:
    """
    What LanguageTool would correct; matters of style are left out.

    A language's rules are loaded when its first text comes, in some five seconds and 450 MB; then 400 characters take some 40 ms.
    """

    def __init__(self) -> None:
        """Load nothing yet."""
        self._engine = cache(_engine)

    def __call__(self, text: str) -> Iterator[Proposal]:
        """Give proposals for *text*, some of which may overlap; none where its language is neither or cannot be told."""
        language = identify(text) if len(text.split()) >= _LEAST_WORDS and len(text) <= _MOST_CHARACTERS else ""
        if language not in _VARIANTS:
            return
        written = text.encode()
        for match in self._engine(language).check(text):
            if match["suggestions"] and match["issue_type"] not in _STYLE:
                start, end = match["offset"], match["offset"] + match["length"]
                before, place = written[start:end].decode(errors="replace"), len(written[:start].decode(errors="replace"))
                if (proposal := _proposal(place, before, match)) and text.startswith(proposal.before, proposal.start):
                    yield proposal


def _engine(language: str) -> Any:
    from lt_py import Engine

    # Told, because by itself it takes a folder `data` where the command runs, which the home is called, for its own.
    rules = import_module(f"lingotweaker_data_{language}").data_dir()
    return Engine(language, variant=_VARIANTS[language], data_dir=rules)


def _proposal(start: int, before: str, match: dict[str, Any]) -> Proposal | None:
    """Return a match as the words that change; None where nothing does, or a line's spaces do."""
    suggested = match["suggestions"]
    head, tail = _common_words(before, suggested[0])
    same = [each for each in suggested if each.startswith(head) and each.endswith(tail) and len(each) > len(head) + len(tail)]
    after, *others = (each[len(head) : len(each) - len(tail)] for each in same)
    before = before[len(head) : len(before) - len(tail)]
    kind = _kind(before, after, match["rule_id"])
    rests_on_a_code = UNTOUCHED.search(f"{head}{tail}")  # which the rules take for a word: "DAS pago" for "das pagas"
    if before == after or kind == "spacing" or "\n" in before or rests_on_a_code:
        return None
    return Proposal(kind, start + len(head), before, after, tuple(others[: _CHOICES - 1]))


def _common_words(before: str, after: str) -> tuple[str, str]:
    """Return the whole words that both begin with and those that both end with; something of each is left between."""
    head = tail = ""
    shorter = min(len(before), len(after))
    for word in before.split(" ")[:-1]:
        if not (after.startswith(f"{head}{word} ") and len(head) + len(word) + 1 < shorter):
            break
        head += f"{word} "
    for word in reversed(before.split(" ")[1:]):
        if not (after.endswith(f" {word}{tail}") and len(head) + len(word) + len(tail) + 1 < shorter):
            break
        tail = f" {word}{tail}"
    return head, tail


def _kind(before: str, after: str, rule: str) -> Kind:
    if before.split() == after.split() or "".join(before.split()) == "".join(after.split()):
        return "spacing"
    if before.lower() == after.lower():
        return "capital"
    if bare(before) == bare(after):
        return "accents"
    words = before.split()
    if len(words) == 2 and words[0].lower() == words[1].lower():
        return "doubled"
    return "spelling" if _UNKNOWN in rule else "grammar"
