"""Sealed text."""

import pytest

from store.sealing import Sealer


@pytest.mark.parametrize("text", ["", "xoxb-1", "ção 😀", "x" * 10_000])
def test_what_was_sealed_opens(text: str) -> None:
    """With the same key, in another process too."""
    assert Sealer(b"k" * 16).open(Sealer(b"k" * 16).seal(text)) == text


def test_nothing_shows_that_two_texts_are_the_same() -> None:
    """Equal addresses would tell who is the same person."""
    sealer = Sealer(b"k" * 16)

    assert sealer.seal("U1") != sealer.seal("U1")


@pytest.mark.parametrize("sealed", ["", "plain", "gAAAAAé", "\ud800"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    """Empty and foreign values are no error."""
    assert Sealer(b"k" * 16).open(sealed) is None


def test_neither_changed_text_nor_another_key_opens() -> None:
    """Whoever can write to the database must not be able to put a token of theirs there."""
    sealed = Sealer(b"k" * 16).seal("xoxb-1")

    assert Sealer(b"j" * 16).open(sealed) is None
    assert Sealer(b"k" * 16).open(sealed[:-10] + "A" * 10) is None


def test_broken_characters_are_replaced() -> None:
    """As they are everywhere in the store."""
    sealer = Sealer(b"k" * 16)

    assert sealer.open(sealer.seal("a\ud800\0")) == "a\ufffd\ufffd"
