"""The laws of dividing: nothing lost, no word cut, headings and pages never mixed, heads repeated."""

from hypothesis import given
from hypothesis import strategies as st

from store.readers.dividing import divide, divide_text
from store.readers.document import Block

_WORDS = st.lists(st.text("abcçé.,;!", min_size=1, max_size=30), min_size=1, max_size=200).map(" ".join)


@given(st.lists(_WORDS, min_size=1, max_size=6))
def test_no_word_is_lost_or_cut(paragraphs: list[str]) -> None:
    """A word cut in two is found by neither half."""
    excerpts = divide([Block("paragraph", (paragraph,)) for paragraph in paragraphs])

    assert [word for excerpt in excerpts for word in excerpt.text.split()] == " ".join(paragraphs).split()
    assert all(len(excerpt.text) <= 600 for excerpt in excerpts)


@given(st.lists(st.text("abc |", min_size=1, max_size=120), min_size=1, max_size=60))
def test_every_part_of_a_table_has_its_header(rows: list[str]) -> None:
    """A row of numbers without the names of its columns answers nothing."""
    table = Block("table", ("| code | meaning |", "|---|---|", *(f"|{row}|" for row in rows)), head=2)

    excerpts = divide([table])

    lines = [excerpt.text.split("\n") for excerpt in excerpts]
    assert all(part[:2] == ["| code | meaning |", "|---|---|"] for part in lines)
    assert [line for part in lines for line in part[2:]] == [f"|{row}|" for row in rows]


def test_neighbours_are_joined_up_to_300_characters() -> None:
    """Passages of 150 to 300 characters are found best: lone short lines say too little, long ones too much."""
    excerpts = divide([Block("paragraph", (f"Sentence number {number} says something short.",)) for number in range(20)])

    assert all(150 <= len(excerpt.text) <= 300 for excerpt in excerpts)


def test_nothing_crosses_a_heading_or_a_page() -> None:
    """A passage is quoted with its heading and page; both must be true of all of it."""
    blocks = [Block("paragraph", ("One.",), "A", 1), Block("paragraph", ("Two.",), "A", 1), Block("paragraph", ("Three.",), "A", 2)]

    excerpts = divide([*blocks, Block("paragraph", ("Four.",), "B", 2)])

    assert [(excerpt.text, excerpt.heading, excerpt.page) for excerpt in excerpts] == [
        ("One.\n\nTwo.", "A", 1),
        ("Three.", "A", 2),
        ("Four.", "B", 2),
    ]


def test_an_introduction_stays_with_every_part_of_its_list() -> None:
    """‘You need:’ alone is no passage, and the second half of a list without it means nothing."""
    items = tuple(f"- document number {number} of the many that the bank wants to see" for number in range(20))

    excerpts = divide([Block("paragraph", ("To open an account you need:",)), Block("list", items)])

    assert len(excerpts) > 1
    assert all(excerpt.text.startswith("To open an account you need:\n- document") for excerpt in excerpts)


def test_a_paragraph_that_leads_to_a_list_stays_with_its_beginning() -> None:
    """What ends with "Consider:" answers nothing; the other parts are introduced by its last sentence."""
    before = (
        "When you work from another time zone, it helps to let your colleagues know where you are and when you can be reached by them, "
    )
    paragraph = f"{before}and what to do where they cannot wait until you are back at your desk. Consider:"
    items = tuple(f"- a thing that is worth considering, number {number}, said at some length" for number in range(9))

    texts = [excerpt.text for excerpt in divide([Block("paragraph", (paragraph,)), Block("list", items)])]

    assert texts[0].startswith(f"{paragraph}\n{items[0]}")
    assert all(text.startswith("Consider:\n- a thing") for text in texts[1:])
    assert [line for text in texts for line in text.splitlines() if line.startswith("-")] == [*items]


def test_a_paragraph_too_long_to_stay_with_its_list_leaves_it_its_last_sentence() -> None:
    """The list must still say what it is a list of."""
    paragraph = f"{'Whoever travels for us is asked to plan well ahead of the day. ' * 8}Then you need:"
    table = Block("table", ("| what | where |", "|---|---|", f"| a letter | {'the office ' * 10}|"), head=2)

    first, *others = [excerpt.text for excerpt in divide([Block("paragraph", (paragraph,)), table])]

    assert first.endswith("ahead of the day.")
    assert [other.splitlines()[0] for other in others] == ["Then you need:"]


def test_code_keeps_its_fences_in_every_part() -> None:
    """Half a fence turns the rest of an answer into code."""
    lines = tuple(f"command --number {number} --and-something-more" for number in range(40))

    excerpts = divide([Block("code", ("```sh", *lines), head=1, tail="```")])

    assert len(excerpts) > 1
    assert all(excerpt.text.startswith("```sh\n") and excerpt.text.endswith("\n```") for excerpt in excerpts)


def test_a_header_as_long_as_a_page_is_not_repeated() -> None:
    """Half a megabyte of header above ten thousand rows would become gigabytes."""
    table = Block("table", ("| " + "name " * 20_000 + "|", "|---|", *(f"| {number} |" for number in range(5000))), head=2)

    assert sum(len(excerpt.text) for excerpt in divide([table])) < 300_000


def test_a_small_rest_joins_its_neighbour() -> None:
    """Three words at the end of a section are no passage of their own."""
    excerpts = divide([Block("paragraph", ("word " * 58 + "end.",)), Block("paragraph", ("And so on.",))])

    assert [excerpt.text.endswith("And so on.") for excerpt in excerpts] == [True]


def test_what_is_no_word_is_cut() -> None:
    """Half a megabyte of base64 must not become one passage."""
    parts = divide_text("x" * 5000)

    assert [len(part) for part in parts] == [1000] * 5


def test_a_table_without_rows_and_an_empty_block_do_no_harm() -> None:
    """Templates hold empty tables."""
    assert [excerpt.text for excerpt in divide([Block("table", ("| a |", "|---|"), head=2), Block("paragraph", (" ",))])] == [
        "| a |\n|---|"
    ]
    assert [excerpt.text for excerpt in divide([Block("paragraph", ("You need:",)), Block("code", ("",))])] == ["You need:"]


def test_a_long_nested_item_is_cut_between_its_lines() -> None:
    """Its indentation says what belongs to what; joined to one line nobody could read it."""
    lines = ["- Ask for leave:", *(f"  - step number {number} of the many steps that it takes" for number in range(20))]

    excerpts = divide([Block("list", ("\n".join(lines),))])

    assert len(excerpts) > 1
    assert [line for excerpt in excerpts for line in excerpt.text.split("\n")] == lines
