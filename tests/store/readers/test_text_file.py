"""Plain text: paragraphs, lists and the headings that people mark with a line below."""

from store.readers.document import Block
from store.readers.text_file import read_text


def test_paragraphs_lists_and_headings_are_told_apart() -> None:
    """Lines wrapped by an editor are one paragraph; items stay items."""
    text = "House rules\n\nDoors close\nat ten.\nBring:\n- a key\n  of brass\n2) a lamp\n\nNIGHT\n-----\nBe quiet.\n"

    draft = read_text(text)

    assert draft.title == "House rules"
    assert draft.blocks == (
        Block("paragraph", ("Doors close at ten. Bring:",)),
        Block("list", ("- a key of brass", "2) a lamp")),
        Block("paragraph", ("Be quiet.",), "NIGHT"),
    )


def test_an_underlined_first_line_is_the_title() -> None:
    """It is how titles looked before Markdown."""
    assert read_text("Manual\n======\n\nText here.").title == "Manual"
    assert read_text("Manual\n======\nText here.").blocks == (Block("paragraph", ("Text here.",), "Manual"),)


def test_a_text_that_begins_with_a_sentence_has_no_title() -> None:
    """The file's name says more than a sentence's beginning."""
    draft = read_text("Hello, this is a note.\n\nIt goes on.")

    assert draft.title == ""
    assert len(draft.blocks) == 2


def test_lines_set_in_columns_are_rows() -> None:
    """Run into one line, nobody could tell whose extension 1234 is."""
    text = "Ramais da loja, por setor:\nSetor      Ramal    Sala\nRH          1234    A\nTI           568    B\nLigue antes\nde ir.\n"

    assert read_text(text).blocks == (
        Block("paragraph", ("Ramais da loja, por setor:",)),
        Block("table", ("Setor      Ramal    Sala", "RH          1234    A", "TI           568    B"), head=1),
        Block("paragraph", ("Ligue antes de ir.",)),
    )
    assert read_text("RH\t1234\tA\nTecnologia\t5678\tB\n").blocks == (Block("table", ("RH\t1234\tA", "Tecnologia\t5678\tB")),)


def test_wide_gaps_in_running_text_make_no_table() -> None:
    """Justified text is full of them, and old habits put two spaces after a full stop."""
    text = "Use  capacete  sempre que entrar.\nSem ele a  entrada não é  permitida.\nArt. 1º  Oito horas.\nArt. 2º  Uma hora.\n"

    assert [block.kind for block in read_text(text).blocks] == ["paragraph"]
