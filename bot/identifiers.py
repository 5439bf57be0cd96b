"""Identifiers that sort by time and fit every platform's limits."""

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: https://www.crockford.com/base32.html
_TIME_DIGITS = 10
_RANDOM_DIGITS = 10


def new_id(now: datetime) -> str:
    """
    Return 20 characters: milliseconds since 1970, then 50 random bits.

    A ULID's layout with fewer random bits, because a Discord nonce holds 25 characters and a part number must fit too.
    """
    return _digits(int(now.timestamp() * 1000), _TIME_DIGITS) + _digits(secrets.randbits(5 * _RANDOM_DIGITS), _RANDOM_DIGITS)


def _digits(number: int, count: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(count)))
