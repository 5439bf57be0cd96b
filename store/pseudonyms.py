"""Keyed pseudonyms: the same person, or value, is the same everywhere in the store, and nobody can tell which without the key."""

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from pydantic import SecretStr

from bot.errors import Misconfigured
from bot.messages import Platform
from bot.ports import Pseudonyms

KEY_FILE = "privacy.key"
_KEY_BYTES = 32
_MINIMUM_BYTES = 16  # 128 bits: https://www.rfc-editor.org/rfc/rfc2104#section-3 asks for no less than half the hash


class KeyedPseudonyms(Pseudonyms):
    """HMAC-SHA256 of platform and user id, or kind and value, cut to 32 hex digits."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, platform: Platform, person: str) -> str:
        """See the port."""
        return self._keyed(f"{platform}:{person}")

    def of_value(self, kind: str, value: str) -> str:
        """See the port; no platform is called `value`."""
        return self._keyed(f"value:{kind}:{value}")

    def _keyed(self, text: str) -> str:
        message = text.encode(errors="surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:32]


def load_key(home: Path, configured: SecretStr) -> bytes:
    """
    Return the configured key, or that of the home, made at the first start; reads and writes files.

    Raises:
        Misconfigured: The key is too short, readable by others, or cannot be read or made.
    """
    if configured.get_secret_value():
        return _long_enough(configured.get_secret_value().encode(), "APRENDIZ_PRIVACY__KEY")
    path = home / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise Misconfigured(f"{path} may be read by others (mode {mode:o}); run chmod 600 on it.")
        return _long_enough(path.read_bytes().strip(), str(path))
    except OSError as error:
        raise Misconfigured(f"The key file {path} cannot be used: {error.strerror}; it must be this user's, with mode 600.") from error


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) < _MINIMUM_BYTES:
        raise Misconfigured(
            f"{where} holds {len(key)} bytes; a key needs at least {_MINIMUM_BYTES}. Restore the original key from a backup."
        )
    return key


def _create(path: Path) -> None:
    """Write a whole key under another name, then link it: of two processes the first wins, and nobody reads half a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(_KEY_BYTES).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # the other process's key stands
    finally:
        draft.unlink()
