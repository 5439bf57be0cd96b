"""User-facing text: message ids are English, catalogues live in `bot/locale` as gettext PO files."""

import gettext
import io
from datetime import date
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "pt_BR")


def N_(message: str) -> str:
    """Mark *message* for extraction (`pybabel extract -k N_`) without translating it."""
    return message


def translate(locale: str, message: str, **fields: object) -> str:
    """
    Return *message* in the language of *locale* with *fields* filled in.

    Args:
        locale: A BCP 47 or POSIX tag ("pt-BR", "pt_BR.UTF-8", "en-US"); an unknown or empty one gives English.
        message: An English message id of the catalogue, with `str.format` placeholders.
    """
    text = _catalogue(language_of(locale)).gettext(message)
    return text.format(**fields) if fields else text


def language_of(locale: str) -> str:
    """Return the catalogue's name for *locale*: Portuguese of any country is served in Brazilian Portuguese."""
    return "pt_BR" if locale.lower().startswith("pt") else "en"


def load_catalogues() -> None:
    """Read every catalogue and the names of its months now, so that no event loop waits for a file later."""
    from babel.dates import format_date

    for language in LANGUAGES:
        _catalogue(language)
        format_date(date.min, locale=language)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    # Compiled in memory: a checkout and a wheel then need no build step and carry no binary.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = files("bot") / "locale" / language / "LC_MESSAGES" / "aprendiz.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
