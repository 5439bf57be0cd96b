"""Sealed text: readable with the key of the pseudonyms alone, and safe against change."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.text import clean_text


class Sealer:
    """
    Fernet (https://github.com/fernet/spec) under a key of its own, derived from the home's with HKDF (RFC 5869).

    Whoever has the key of the pseudonyms needs no second one to keep and back up, and neither use tells anything of the other.
    """

    def __init__(self, key: bytes) -> None:
        """Derive from *key*, the bytes that `store.pseudonyms.load_key` gives."""
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"aprendiz sealing 1").derive(key)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """Return *text* sealed: printable ASCII, about a third longer and 100 characters, never twice the same."""
        return self._fernet.encrypt(clean_text(text).encode()).decode()

    def open(self, sealed: str) -> str | None:
        """Return the text; None where it was sealed under another key, or is damaged."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii", "replace")).decode()
        except InvalidToken:
            return None
