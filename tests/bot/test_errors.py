"""Every error says something to whoever meets it, in their language, and nothing that was meant for the operator."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from bot.errors import BadDocument, BadRequest, Busy, ChatbotError, Misconfigured, QuestionTooLong, TryAgainLater
from bot.texts import translate
from tests.bot.catalogues import ROOT, TRANSLATED, catalogue, sources, translations

_SPEAKS = re.compile(r"^    user_text\b.* = ", re.MULTILINE)


def _family(error: type[ChatbotError]) -> Iterator[type[ChatbotError]]:
    yield error
    for child in error.__subclasses__():
        yield from _family(child)


def _with_texts_of_their_own() -> list[type[ChatbotError]]:
    """Return the product's errors that say something else than their parent."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources() if _SPEAKS.search(path.read_text(encoding="utf-8"))
    }
    for module in modules:
        import_module(module)
    return sorted(
        (error for error in set(_family(ChatbotError)) if error.__module__ in modules and "user_text" in vars(error)),
        key=lambda error: error.__qualname__,
    )


ERRORS = _with_texts_of_their_own()
every_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)


def _placeholders(error: type[ChatbotError]) -> list[str]:
    return re.findall(r"\{(\w+)\}", error.user_text)


def test_the_errors_of_all_packages_are_looked_at() -> None:
    """A search that finds nothing would let every error pass."""
    assert {"ChatbotError", "QuestionTooLong", "UnknownConversation", "NotPosted"} <= {error.__name__ for error in ERRORS}


@every_error
def test_an_error_has_one_sentence_in_every_language(error: type[ChatbotError]) -> None:
    """An empty message, or one that no catalogue knows, leaves a person without a word they understand."""
    assert error.user_text.strip()
    assert [language for language in TRANSLATED if not translations(catalogue(language)).get(error.user_text)] == []


@every_error
def test_fields_are_documented(error: type[ChatbotError]) -> None:
    """Whoever raises an error learns from its docstring what the sentence needs; a missing field is a KeyError in a chat."""
    documented = set(re.findall(r"`(\w+)`", error.__doc__ or ""))

    assert set(_placeholders(error)) <= documented


@every_error
@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_an_error_can_be_said_with_its_fields(error: type[ChatbotError], language: str) -> None:
    """All that the sentence needs is the fields it names; no brace is left for a person to wonder at."""
    fields = {name: f"<{name}>" for name in _placeholders(error)}

    said = translate(language, error.user_text, **fields)

    assert all(value in said for value in fields.values())
    assert "{" not in said


def test_the_detail_stays_with_the_operator() -> None:
    """Details hold addresses, paths and answers of other services: a chat never shows them."""
    error = Misconfigured("slack.bot_token was revoked")

    assert str(error) == "slack.bot_token was revoked"
    assert error.fields == {}
    assert "slack" not in translate("en", error.user_text, **error.fields)


def test_fields_travel_with_the_error() -> None:
    """The adapter that tells the person knows only the error."""
    error = QuestionTooLong(length=9000, limit=4000)

    assert error.fields == {"length": 9000, "limit": 4000}
    assert translate("en", error.user_text, **error.fields).startswith("That question has 9000 characters")


@pytest.mark.parametrize(("error", "kind"), [(Busy, TryAgainLater), (QuestionTooLong, BadRequest), (BadDocument, BadRequest)])
def test_errors_are_caught_by_who_can_act(error: type[ChatbotError], kind: type[ChatbotError]) -> None:
    """Adapters decide by the kind: whoever can wait is not told to rephrase."""
    assert issubclass(error, kind)
