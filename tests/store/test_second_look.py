"""What scores do not tell, a second look at the likeliest does."""

from dataclasses import replace

import pytest

from bot.messages import Passage
from store.candidates import Candidate
from store.evidence import has_term
from store.scored import Scored
from store.second_look import Meant, looked_at_again


def scored(text: str, score: float, *, question: str = "") -> Scored:
    """Return a candidate of that score, named by its text."""
    return Scored(Candidate("passages", Passage(text, "x.md", "", question, text, "all"), question), "", score, score, 0.0, None)


def again(question: str, *ranked: Scored, another: str = "", perhaps: str = "", follows: bool = False) -> list[str]:
    """Return the texts in the order of a second look."""
    looked = looked_at_again(Meant.of(question, follows=follows), ranked, {another} - {""}, {perhaps} - {""}, has_term)
    return [each.entry_id for each in sorted(looked, key=lambda each: -each.score)]


@pytest.mark.parametrize(
    ("question", "follows", "better", "right"),
    [
        ("Qual o preço da broca de 10 mm?", False, "Broca de aço rápido de 8 mm: R$ 14", "Broca 10 mm: R$ 18"),
        ("E com o dermatologista?", True, "Consulta com o cardiologista: R$ 350", "O dermatologista cobra R$ 300"),
        ("Quanto custa o caminhão?", False, "Quanto custa a bagagem: R$ 2 por quilo", "Caminhão até 8 t: R$ 210"),
    ],
)
def test_what_is_named_goes_first(question: str, follows: bool, better: str, right: str) -> None:
    """Another size, doctor or thing of one kind may be told in words more alike."""
    assert again(question, scored(better, 0.8), scored(right, 0.6), follows=follows) == [right, better]


def test_what_nobody_tells_of_changes_nothing() -> None:
    """The answer may be there in words that are not known to mean the same."""
    assert again("Quanto custa o furgão?", scored("Van: R$ 80", 0.8), scored("Carro: R$ 60", 0.6)) == ["Van: R$ 80", "Carro: R$ 60"]


MOTORBIKE = scored("35", 0.9, question="Quanto custa a motocicleta nova?")
PICKUP = scored("Caminhonete nova: 89", 0.5)


def test_what_may_be_of_another_kind_goes_behind_what_tells_of_the_one_asked() -> None:
    """The cosine of two words does not tell a synonym from another of its kind; a passage that has the word does."""
    assert again("Quanto custa a caminhonete nova?", MOTORBIKE, PICKUP, perhaps="35") == [PICKUP.entry_id, "35"]
    assert again("Quanto custa a moto nova?", MOTORBIKE, PICKUP, perhaps="35") == ["35", PICKUP.entry_id]


def test_what_only_names_the_place_tells_nothing_of_what_is_asked_of_it() -> None:
    """The benches of Kellmouth are no extension of its ticket office, which is told of another town alone."""
    office = scored("4402", 0.9, question="What is the extension of the ticket office at Tolmay?")
    question, benches = "What is the extension of the ticket office at Kellmouth?", scored("Kellmouth has two benches", 0.7)
    hours = scored("Ticket office at Kellmouth: extension 4410", 0.7)

    assert again(question, office, benches, another="4402") == ["4402", benches.entry_id]
    assert again(question, office, hours, another="4402") == [hours.entry_id, "4402"]


def test_what_is_far_behind_has_the_word_by_chance() -> None:
    """A price list that nobody asked about would else take the place of "that is another question"."""
    far = replace(PICKUP, score=0.04)

    assert again("Quanto custa a caminhonete nova?", MOTORBIKE, far, another="35") == ["35", far.entry_id]
