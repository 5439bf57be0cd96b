"""A message of several questions is told from one that asks one thing in many words."""

import pytest

from store.several_questions import questions_of


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("Vocês aceitam Unimed? E vendem pneus de caminhão?", ("Vocês aceitam Unimed?", "vendem pneus de caminhão?")),
        ("Abrem no sábado? E no domingo?", ("Abrem no sábado?", "E no domingo?")),
        (
            "Comprei um sofá. Posso devolver? Quanto custa o frete?",
            ("Comprei um sofá. Posso devolver?", "Quanto custa o frete?"),
        ),
        ("Hi! Do you do oil changes? How much are they? Thanks!", ("Hi! Do you do oil changes?", "How much are they?")),
        ("Qual o preço do EXA-10 e do EXA-12?", ("Qual o preço do EXA-10 e do ?", "Qual o preço do e do EXA-12?")),
    ],
)
def test_what_is_asked_in_sentences_or_of_codes_is_several(message: str, questions: tuple[str, ...]) -> None:
    """Each is looked up by what it names, after those before it; what is told first belongs to the first."""
    asked = questions_of(message)

    assert (asked.questions, asked.surely) == (questions, True)


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        (
            "Qual o horário de atendimento e quanto custa a consulta com dermatologista?",
            ("Qual o horário de atendimento", "quanto custa a consulta com dermatologista?"),
        ),
        ("What are the opening hours, and where can I park?", ("What are the opening hours", "where can I park?")),
    ],
)
def test_what_an_and_joins_may_be_several(message: str, questions: tuple[str, ...]) -> None:
    """Whether it is, what is found for each decides."""
    asked = questions_of(message)

    assert (asked.questions, asked.surely) == (questions, False)


@pytest.mark.parametrize(
    "message",
    [
        "Oi, tudo bem? Vocês abrem no sábado?",
        "Can you help me? I lost my badge. Where do I get a new one?",
        "Alguém sabe? Onde fica o RH?",
        "Vocês entregam? Ou só retirada?",
        "Mando a arte como, pdf? png?",
        "Abre sábado???",
        "Posso levar cachorro? Obrigado!",
        "Onde fica e quanto custa a academia?",
        "How and where do I request leave?",
        "Qual a diferença entre o EXA-10 e o EXA-12?",
        "Quanto é 10kg e 20kg de cimento?",
        "Is it refundable? And by when?",
        "Meu pedido P1234 com o cupom FRETE5 já saiu?",
        "Is there wifi on board and how much does it cost?",
        "Férias",
        "",
        "A? B? C? D? E? F?",
        "Vale troca? Vale frete? Vale brinde? Vale cupom? Vale ponto?",
    ],
)
def test_what_asks_one_thing_stays_one(message: str) -> None:
    """A greeting, an alternative, a pair of words before one subject, or a comparison divides nothing; nor does a list of questions."""
    assert questions_of(message).questions == (message,)
    assert not questions_of(message)
