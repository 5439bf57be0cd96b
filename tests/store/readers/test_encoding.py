"""The encodings that office programs write are read, and what is no text is refused."""

import pytest

from store.readers.document import Unreadable
from store.readers.encoding import decode

TEXT = "Descrição: ação nº 1\nfim"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "utf-16-le", "utf-16-be"])
def test_the_usual_encodings_give_the_same_text(encoding: str) -> None:
    """A spreadsheet saved on Windows must not turn ‘ç’ into ‘Ã§’."""
    text = TEXT if encoding != "utf-16-be" else "This is mostly Latin text"

    assert decode(text.encode(encoding), "a.txt") == text


def test_line_ends_marks_and_invisible_characters_are_put_right() -> None:
    """Two spellings of the same words would be two passages for the search."""
    assert decode("a\r\nb\rc\u2028d\u200b e\u0301\x0cf\xad".encode(), "a.txt") == "a\nb\nc\nd é\nf"


def test_what_was_encoded_twice_is_read_as_it_was_meant() -> None:
    """‘Ã§Ã£o’ would be found by nobody; five bytes have no character in Windows-1252, and some programs keep them."""
    meant = "Descrição: ‘Ação’ nº 1, Água, à vista — R$\xa05\nÍndice"
    twice = "".join(bytes([byte]).decode("cp1252" if byte not in b"\x81\x8d\x8f\x90\x9d" else "latin-1") for byte in meant.encode())

    assert decode(twice.encode(), "a.txt") == decode(meant.encode(), "a.txt")
    assert decode(twice.encode("utf-16"), "a.txt") == decode(meant.encode(), "a.txt")


def test_a_page_damaged_in_part_is_mended_in_part() -> None:
    """Pages are pasted together from what several programs wrote."""
    assert decode("São Paulo: entrega até amanhã.\nRecife: inscriÃ§Ã£o atÃ© amanhÃ£.".encode(), "a.txt").endswith("inscrição até amanhã.")
    assert decode(whole := "10 Å, NÃO, “Âmbar”, Ãnima – 5 °C".encode(), "a.txt").encode() == whole


def test_a_declared_encoding_is_tried_first() -> None:
    """Old web pages name an encoding that nothing else tells."""
    assert decode("данные компании".encode("koi8-r"), "a.html", declared="koi8-r") == "данные компании"
    assert decode("olá".encode(), "a.html", declared="no-such-thing") == "olá"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary data"),
        (b"text\x00with a zero", "binary data"),
        (b"\x01\x02\x03\x04 control", "binary data"),
        ("ação e coração não dão".encode() + b" \xff quebrado", "damaged in 1 places"),
        (b"abc \x81\x8d\x8f", "its encoding is not known"),
        (b"\xff\xfea\x00b", "damaged or not utf-16"),
        (b"x" * 1_000_001, "a line has more than a million characters"),
    ],
)
def test_what_is_no_text_is_refused_with_a_reason(data: bytes, problem: str) -> None:
    """Binary rubbish in the index would be quoted to people."""
    with pytest.raises(Unreadable, match=problem):
        decode(data, "a.txt")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-r", "Магазин открыт каждый день."),
        ("cp1251", "Магазин открыт каждый день."),
        ("gb18030", "上班时间是每天九点到十八点，周末休息。"),
    ],
)
def test_another_alphabet_is_not_taken_for_a_western_one(encoding: str, text: str) -> None:
    """Every byte is a letter in Windows-1252: nothing would tell the operator that the passages are gibberish."""
    with pytest.raises(Unreadable) as told:
        decode(text.encode(encoding), "a.txt")

    assert told.value.problem == "its encoding is not known; save it as UTF-8"


def test_few_words_full_of_accents_are_western() -> None:
    """A heading in capitals, a price list in euros."""
    text = "AÇÃO É Ú\n" + "1º 30 €\n" * 20

    assert decode(text.encode("cp1252"), "a.txt") == text


@pytest.mark.parametrize("declared", ["iso-8859-1", "latin1", "us-ascii", "windows-1252"])
def test_a_page_that_declares_latin_is_read_as_browsers_read_it(declared: str) -> None:
    """Editors on Windows declare one and write the other: without its dash "10–20 dias" would be 1020."""
    page = b"Prazo de 10\x9620 dias, pre\xe7o \x80 30, \x93ok\x94"

    assert decode(page, "a.html", declared=declared) == "Prazo de 10–20 dias, preço € 30, “ok”"
    assert decode(page + b" \x81", "a.html", declared=declared).endswith("“ok” \ufffd")
    with pytest.raises(Unreadable, match="binary data"):
        decode(b"\x01\x02\x81", "a.html", declared=declared)
