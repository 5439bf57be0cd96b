"""Every sentence that a person reads is there in Portuguese, with the same fields."""

import ast
import asyncio
from itertools import pairwise
from string import Formatter

import pytest
from babel.messages.catalog import Catalog

from bot import texts
from bot.texts import LANGUAGES, N_, language_of, load_catalogues, translate
from tests.bot.catalogues import LOCALES, ROOT, TRANSLATED, catalogue, extracted, sources, translations

SENT = "Send"
TOO_LONG = "That question has {length} characters; I can read {limit}. Please shorten it."


@pytest.fixture(scope="module")
def wanted() -> dict[str, str]:
    return extracted()


@pytest.fixture(scope="module", params=TRANSLATED)
def committed(request: pytest.FixtureRequest) -> Catalog:
    return catalogue(request.param)


def test_every_message_is_translated(wanted: dict[str, str], committed: Catalog) -> None:
    """A message without a translation would reach a Brazilian in English: run `make messages` and translate what is empty."""
    said = translations(committed)

    assert {message: where for message, where in wanted.items() if not said.get(message)} == {}


def test_no_translation_is_left_over(wanted: dict[str, str], committed: Catalog) -> None:
    """Sentences that nobody says any more would be kept up by translators in vain: `make messages` takes them out."""
    assert translations(committed).keys() - wanted.keys() == set()
    assert dict(committed.obsolete) == {}


def test_no_translation_is_a_guess(committed: Catalog) -> None:
    """`make messages` marks the old translation of a reworded message fuzzy, and gettext leaves fuzzy ones out."""
    assert [message.id for message in committed if message.id and message.fuzzy] == []


def test_translations_keep_the_fields(committed: Catalog) -> None:
    """A field that a translation misspells raises KeyError in front of a person; one that it drops hides a fact."""
    assert {text: said for text, said in translations(committed).items() if _fields(text) != _fields(said)} == {}


def test_translations_keep_commands_and_settings(committed: Catalog) -> None:
    """A command or setting that was translated with its sentence is one that does not exist."""
    assert {text: said for text, said in translations(committed).items() if _names(text) != _names(said)} == {}


def test_messages_are_whole_literals() -> None:
    """What is put together or chosen inside the call is not found by the extraction, and so never translated."""
    unseen = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sources()
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and (message := _message_of(call)) and _is_pieced(message)
    ]

    assert unseen == []


def test_every_folder_is_a_language() -> None:
    """A catalogue that LANGUAGES does not name is never served."""
    assert sorted(folder.name for folder in LOCALES.iterdir()) == sorted(TRANSLATED)


@pytest.mark.parametrize("locale", ["pt-BR", "pt_BR.UTF-8", "pt-PT", "PT", "pt"])
def test_portuguese_of_any_country_is_served(locale: str) -> None:
    """Slack says pt-PT, a terminal pt_BR.UTF-8, a browser pt: all of them read Portuguese rather than English."""
    assert language_of(locale) == "pt_BR"
    assert translate(locale, SENT) == "Enviar"


@pytest.mark.parametrize("locale", ["", "en", "en-US", "C.UTF-8", "de-DE", "tlh", "../pt_BR"])
def test_any_other_language_gets_english(locale: str) -> None:
    """A platform may send any tag, or none: it never stops an answer and never names a file."""
    assert translate(locale, SENT) == "Send"


def test_fields_are_filled_in() -> None:
    """The person is told the numbers, in either language."""
    assert translate("en", TOO_LONG, length=9000, limit=4000) == "That question has 9000 characters; I can read 4000. Please shorten it."
    assert translate("pt-BR", TOO_LONG, length=9000, limit=4000).startswith("Essa pergunta tem 9000 caracteres; consigo ler até 4000.")


def test_a_field_is_not_read_as_a_message() -> None:
    """Braces in a file's name or a person's words stay what they are."""
    assert translate("pt-BR", "{name}: {problem}", name="{problem}", problem="{0}") == "{problem}: {0}"


@pytest.mark.parametrize("text", ['{"answer": 1}', "{count} of {total}", "a lone {", "100 %"])
def test_text_without_fields_is_left_as_it_is(text: str) -> None:
    """The page fills its placeholders in the browser, and JSON in a sentence is no placeholder."""
    assert translate("en", text) == text
    assert translate("pt-BR", text) == text


def test_the_page_gets_its_placeholders_translated_around() -> None:
    """The browser fills in what the server leaves open, in the language of the page."""
    assert translate("pt-BR", "Waiting: {count} before you") == "Na fila: {count} antes de você"


def test_an_unknown_message_is_said_as_it_is() -> None:
    """A sentence that is newer than its catalogue is better read in English than not at all."""
    assert translate("pt-BR", "Said nowhere else.") == "Said nowhere else."


def test_marking_changes_nothing() -> None:
    """A marked message is the id that `translate` is given later."""
    assert N_("Send") == "Send"


def test_catalogues_are_read_before_the_loop_runs() -> None:
    """A first translation inside an event loop would read a file there, and every conversation would wait for the disk."""
    texts._catalogue.cache_clear()

    load_catalogues()

    assert asyncio.run(_said_in_a_loop()) == ["Send", "Enviar"]


async def _said_in_a_loop() -> list[str]:
    return [translate(language, "Send") for language in LANGUAGES]


def _fields(text: str) -> set[str]:
    return {name for _literal, name, _format, _conversion in Formatter().parse(text) if name is not None}


def _names(text: str) -> list[str]:
    """Return what a translator must not touch: settings, and the commands after `aprendiz`."""
    words = [word.strip(".,;:()…") for word in text.split()]
    commands = [f"aprendiz {after}" for word, after in pairwise(words) if word == "aprendiz"]
    return sorted(commands + [word for word in words if "_" in word and word.isupper()])


def _message_of(call: ast.Call) -> ast.expr | None:
    match call:
        case ast.Call(func=ast.Name(id="translate"), args=[_, message, *_]) | ast.Call(func=ast.Name(id="N_"), args=[message]):
            return message
    return None


def _is_pieced(message: ast.expr) -> bool:
    """Tell whether *message* is put together of literals, or a choice between them."""
    match message:
        case ast.JoinedStr() | ast.BinOp():
            return True
        case ast.IfExp(body=ast.Constant()) | ast.IfExp(orelse=ast.Constant()):
            return True
    return False
