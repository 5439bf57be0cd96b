"""Words and codes."""

from store.lexical import codes_of, joined, numbers_of, one_slip_away, terms_of, words_of


def test_words_are_folded_and_codes_stay_whole() -> None:
    """People type calibracao for calibração, and HX-10 is one word."""
    assert words_of("A Calibração do HX-10, versão 4.2!") == ["a", "calibracao", "do", "hx-10", "versao", "4.2"]


def test_terms_leave_out_what_says_nothing_and_the_plural() -> None:
    """The same thing in singular and plural is the same term; a joined word is also found by its parts."""
    assert terms_of("Quais são os filtros da HX-10?") == ["filtro", "hx-10", "hx", "10", "hx10"]
    assert terms_of("the address of glasses") == ["address", "glasse"]


def test_codes_have_letters_and_digits() -> None:
    """A code decides between passages; a bare number is too common for that."""
    words = words_of("E101 on the HX-20 costs 35 since 4.2")
    assert codes_of(words) == {"e101", "hx-20"}
    assert numbers_of(words) == {"e101", "hx-20", "35", "4.2"}


def test_a_code_is_the_same_with_and_without_its_joints() -> None:
    """People leave out the hyphen, or copy one that a typesetter has put in."""
    assert terms_of("FH-333") == ["fh-333", "fh", "333", "fh333"]
    assert terms_of("FH\u2011333") == terms_of("FH-333")
    assert joined("fh-333") == joined("fh333") == "fh333"


def test_one_slip_leads_to_the_word_that_was_meant() -> None:
    """A letter dropped, added, changed, or swapped with the next; short words and codes are too near to others."""
    for slip in ("vinegr", "vinnegar", "vinezar", "vingear"):
        assert "vinegar" in one_slip_away(slip)
    assert "vinegar" not in one_slip_away("vinegar") | one_slip_away("vngear")
    assert one_slip_away("oil") == one_slip_away("e1011") == frozenset()
