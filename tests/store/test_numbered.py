"""Numbers that say which one is meant."""

import pytest

from store.numbered import numbers_meant, other_number


def test_numbers_are_read_with_what_they_count() -> None:
    """However they are written; a code, a price or a date says nothing of the kind."""
    assert numbers_meant("broca de 8mm, 2,5 mm e Year 5") == {("mm", "8"), ("mm", "2.5"), ("year", "5")}
    assert numbers_meant("FU-550 custa R$ 14,20 em 05/03, turma VI-204") == frozenset()


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("how much is the year 6 trip?", "The Year 5 trip costs $180, the Year 2 trip $22.", True),
        ("how much is the year 2 trip?", "The Year 5 trip costs $180, the Year 2 trip $22.", False),
        ("Who teaches Year 4?", "Years 3 to 6 are taught by Mr Brandt, Year 2 by Ms Hall.", False),
        ("Who teaches Year 4?", "Year 3 to 6: Mr Brandt. Year 2: Ms Hall.", False),
        ("qual o preço da broca de 12 mm?", "Broca de aço rápido 8 mm: R$ 14,20", True),
        ("qual o preço da broca de 8 mm?", "Broca de aço rápido 8mm: R$ 14,20", False),
        ("tem cimento CP III?", "Cimento CP II 50 kg", True),
        ("Posso levar uma mala de 12 kg?", "São permitidos até 10 kg por pessoa.", False),
        ("Onde fica a sala 3?", "A secretaria atende das 8h às 17h.", False),
    ],
)
def test_another_number_in_place_of_the_one_meant_is_told(question: str, text: str, other: bool) -> None:
    """What is told of year 5 answers nothing about year 6; a limit answers what is beyond it."""
    assert other_number(question, [text]) is other
