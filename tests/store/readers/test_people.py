"""The names in an export: found as the redaction finds names, however many there are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from store.personal_data import detect_names
from store.readers.people import People

NAMES = ("Ana Prado", "Ana Lima", "Ana Lima Prado", "Rui Tavares", "rui.tavares", "Zé", "Jo", "Ana da Luz", "Ottó")
WORDS = (
    "Ana",
    "ana",
    "Lima",
    "lima",
    "Prado",
    "rui.tavares",
    "RUI",
    "bia",
    "Da",
    "da Luz",
    "Joana",
    "k. o.",
    "OTTÓ",
    "otto",
    "x",
    ",",
    "'s",
    "2",
)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(WORDS)), st.sampled_from(["", " ", "-"]))
def test_people_are_found_as_the_redaction_finds_them(words: list[str], between: str) -> None:
    """Speed must cost nobody's name; who is meant by a name that two have may differ."""
    text = between.join(words)

    assert [span[:3] for span in People(NAMES).detect(text)] == [span[:3] for span in detect_names(NAMES)(text)]


def test_names_with_marks_around_them_are_found_without() -> None:
    """Nicknames have all sorts of decoration, which nobody types."""
    assert People(["@bia!", "★", "K. O."]).without_names("bia ★ k. o.") == "  ★  ."


def test_a_large_company_takes_little_time() -> None:
    """Two thousand members, seven hundred of one first name, a thousand messages: more than linear exceeds the limit of every test."""
    people = People(f"{first} Surname{second}" for first in ("Ana", "Rui", "Mark") for second in range(700))
    said = [people.without_names(f"Ana asked Mark what Rui Surname{number % 7} knows of part number {number}") for number in range(1000)]

    assert said[7] == people.without_names("Ana asked Mark what Rui Surname0 knows of part number 7")
    assert not any("Surname" in each for each in said)
