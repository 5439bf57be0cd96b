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
