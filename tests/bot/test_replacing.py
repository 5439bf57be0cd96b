"""What the passages say of one place, person or thing is not said of the one that somebody asked about."""

import pytest

from bot.support import SupportGate

POOL = (
    "Piscinas do Vale\nAchados\nLost items are kept for 45 days at the Ipê pool. Pets are not allowed on the Aurora slide. We have pools."
)
LOJAS = (
    "Lojas\nHorários\nA loja de Olinda abre às 9h e fecha às 18h. Aceitamos cartão. A entrega em Caruaru leva 3 dias. "
    "No terminal Jaçanã a bagagem espera 2 horas."
)
TRIPS = (
    "Travel\nRules\nHotels in Brazil are reimbursed up to R$ 300 a night. Trips are reimbursed within 30 days. "
    "Trips within Brazil are reimbursed in cash. Submit the SAP form within 5 days. The AquaVida card is sold in Olinda."
)

PAID = "Travel\nPaid\nTrips are reimbursed within 30 days. Trips to Brazil are reimbursed within 30 days in cash."


def said(passage: str, question: str, answer: str, *, minimum: float = 0, answered: str = "") -> str:
    """Return what is shown of an *answer* to a *question* that rests on one *passage*."""
    gate = SupportGate([passage, question], minimum=minimum, question=question, passages=[passage], answered=[answered])
    return gate.add(answer) + gate.finish()


@pytest.mark.parametrize(
    ("passage", "question", "answer"),
    [
        (POOL, "How long are lost items kept at the Jatobá pool?", "Lost items are kept for 45 days at the Jatobá pool."),
        (POOL, "How long are lost items kept at the Porto Ita pool?", "Lost items are kept for 45 days at the Porto Ita pool."),
        (POOL, "how long are lost items kept at the jatobá pool?", "Lost items are kept for 45 days at the jatobá pool."),
        (POOL, "Are pets allowed on the Boreal slide?", "Pets are not allowed on the Boreal slide."),
        (LOJAS, "Quando abre a loja de Recife?", "A loja de Recife abre às 9h."),
        (LOJAS, "quando abre a loja do recife?", "A loja do recife abre às 9h."),
        (LOJAS, "Quanto leva a entrega em Garanhuns?", "A entrega em Garanhuns leva 3 dias."),
        (LOJAS, "Quanto a bagagem espera no terminal Ituaçu?", "No terminal Ituaçu a bagagem espera 2 horas."),
        (TRIPS, "What do I get for hotels in Peru?", "Your hotels in Peru are reimbursed up to R$ 300 a night."),
    ],
)
@pytest.mark.parametrize("minimum", [0, 0.85])
def test_what_is_told_of_one_is_not_said_of_another(passage: str, question: str, answer: str, minimum: float) -> None:
    """It sounds like the company's word on just what was asked, and the company never said it."""
    assert said(passage, question, answer, minimum=minimum) == ""


@pytest.mark.parametrize(
    ("passage", "question", "answer"),
    [
        (POOL, "How long at the Jatobá pool?", "Nothing is said of the Jatobá pool; lost items are kept for 45 days at the Ipê pool."),
        (POOL, "Is there a Boreal slide, with pets?", "We have no Boreal slide."),
        (LOJAS, "Quando abre a loja de Recife?", "Não temos loja em Recife, só em Olinda."),
        (LOJAS, "A bagagem espera no terminal Ituaçu?", "A bagagem não espera no terminal Ituaçu."),
        (LOJAS, "Posso pagar com Visa?", "Sim, aceitamos cartão Visa."),
        (TRIPS, "When is my trip to Lisbon paid?", "Your trip to Lisbon is reimbursed within 30 days."),
        (TRIPS, "When are trips to Lisbon paid?", "Trips to Lisbon are reimbursed within 30 days."),
        (PAID, "When are trips to Lisbon paid?", "Trips to Lisbon are reimbursed within 30 days."),
        (TRIPS, "I bought a MacBook, what now?", "For the MacBook, submit the form within 5 days."),
        (TRIPS, "Where is the Aqua Vida card sold?", "The Aqua Vida card is sold in Olinda."),
    ],
)
def test_a_larger_model_may_name_what_was_asked_about(passage: str, question: str, answer: str) -> None:
    """What holds for all holds for it, and that nothing is told of it is the truth."""
    assert said(passage, question, answer) == answer


def test_what_an_earlier_answer_told_of_it_is_the_company_s_word() -> None:
    """Its passage was another, which this question does not bring back."""
    question, answer = "And how long at the Jatobá pool?", "Lost items are kept for 45 days at the Jatobá pool."

    assert said(POOL, question, answer) == ""
    assert said(POOL, question, answer, answered="The Jatobá pool keeps them, too.") == answer
