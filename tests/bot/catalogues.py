"""The source tree and its translation catalogues, as the tests of texts and errors read them."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.texts import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "bot" / "locale"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
_PACKAGES = ("bot", "store", "finetune", "adapters")
# As `make messages` tells pybabel: which argument of which function is a message.
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"translate": (2,), "N_": None}


def sources() -> Iterator[Path]:
    """Yield every module of the product."""
    for package in _PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def extracted() -> dict[str, str]:
    """Return every message id of the source tree with the file where it was found last."""
    found: dict[str, str] = {}
    for package in _PACKAGES:
        for name, _line, message, _comments, _context in extract_from_dir(ROOT / package, [("**.py", "python")], keywords=_KEYWORDS):
            assert isinstance(message, str), f"{package}/{name}: {message} has a plural, which no catalogue here does"
            found[message] = f"{package}/{name}"
    return found


def catalogue(language: str) -> Catalog:
    """Return the catalogue of *language* as it is committed."""
    with (LOCALES / language / "LC_MESSAGES" / "aprendiz.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def translations(of: Catalog) -> dict[str, str]:
    """Return the message ids of a catalogue with what they are in its language; without the header."""
    return {str(message.id): str(message.string or "") for message in of if message.id}
