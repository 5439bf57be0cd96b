"""Codes in questions and texts."""

import pytest

from store.codes import Codes


@pytest.mark.parametrize(
    ("question", "text", "share"),
    [
        ("What does E101 mean?", "E101: the water is too cold.", 1.0),
        ("What does E101 mean?", "E102: the water is too hot.", -1.0),
        ("What does E101 mean?", "The FH-300 filters.", 0.0),
        ("What does E101 mean?", "Ask after 12 days.", 0.0),
        ("Is FH300 the FH-200?", "Change the fh-300, every 2 months.", 0.5),
        ("Who repairs the FH 300?", "The FH-300 is repaired in Porto.", 1.0),
        ("Who repairs the FH-300?", "Na área fria o FH 300, após 3 dias.", 1.0),
        ("Who repairs the FH 300?", "Wait for 300 days.", 0.0),
        ("Who repairs the FH 300?", "The fh 300 is repaired in Porto.", 0.0),
        ("Who repairs it?", "The FH-300 is repaired in Porto.", 0.0),
    ],
)
def test_how_well_a_text_holds_the_codes_of_a_question(question: str, text: str, share: float) -> None:
    """A code in two words is one where the other side has it; another of its kind speaks against a text."""
    assert Codes.of(question).match(Codes.of(text)) == share


@pytest.mark.parametrize(
    ("text", "written", "spaced"),
    [
        ("Set AB 12, ABCDE 13 or x14-b: 15 EF 16.", {"x14b"}, {"ab12", "ef16"}),
        ("AB  12 CD\n13", set(), set()),
        ("(GH-7) a1\u00a0JK 8 to R$5,00", {"gh7", "a1"}, {"jk8"}),
        ("no code at all, 1 or 2", set(), set()),
        ("", set(), set()),
    ],
)
def test_codes_of_a_text(text: str, written: set[str], spaced: set[str]) -> None:
    """Capitals with a number after one space may be a code; a number alone is none."""
    codes = Codes.of(text)

    assert ({*codes.written}, {*codes.spaced}) == (written, spaced)
    assert Codes.of_line(codes.line) == codes
