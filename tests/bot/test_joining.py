"""A figure is said of what the passages say it of, or the passage is quoted instead."""

import pytest

from bot.support import SupportGate

COURTS = (
    "Sports hall\nOpening hours\nThe hall closes at 9:30 pm from Monday to Wednesday and at 7:00 pm on Thursdays. "
    "Group lessons run until 8 pm, Monday to Wednesday, and cost $14 per lesson."
)
CAMPS = (
    "Sports hall\nCamps\nThe Level 4 camp at Pine Ridge is from 3 to 6 July 2027 and costs $210. "
    "A booking fee of $40 is due by 28 February. The Level 1 camp in the park is on 19 May 2027 and costs $35."
)
SEASONS = (
    "Sports hall\nSeasons\n| Season | Starts | Ends |\n|---|---|---|\n| Indoor | 4 October 2026 | 20 March 2027 |\n"
    "| Outdoor | 11 April 2027 | 25 September 2027 |"
)
TURMAS = (
    "Escola\nTurmas\n| Turma | Começa | Termina |\n|---|---|---|\n| Manhã | 4 de outubro de 2026 | 20 de março de 2027 |\n"
    "| Noite | 11 de abril de 2027 | 25 de setembro de 2027 |"
)
STAFF = (
    "Staff rules\nContracts\nThe trial period is 4 months. During the trial period the notice is two weeks; afterwards it is three months."
)
LEAVE = "Staff rules\nFamily leave\nMothers receive 18 weeks of paid leave. Second parents receive 5 weeks of paid leave."
CLINICA = (
    "Clínica\nHorários\nA recepção fecha às 18h30 de segunda a quinta e às 16h às sextas. "
    "A consulta para adultos custa R$ 180,00, a consulta para crianças custa R$ 120,00."
)
PRAZOS = (
    "Manual\nPrazos\n- Reembolso de viagem: até 10 dias.\n- Reembolso de curso: até 45 dias.\n\n"
    "Antes da entrega a multa é de 5%; depois da entrega é de 20%."
)
STOCK = "Estoque\n\nCódigo: BR-12; Descrição: Broca de aço 12 mm; Preço (R$): 21,40; Saldo: 16; Garantia: 3 meses"


def said(passage: str, question: str, answer: str, *, minimum: float = 0.85) -> str:
    """Return what is shown of an *answer* to a *question* that rests on one *passage*."""
    gate = SupportGate([f"Question: {question}\n\n{passage}"], minimum=minimum, question=question, passages=[passage])
    return gate.add(answer) + gate.finish()


@pytest.mark.parametrize(
    ("passage", "question", "answer"),
    [
        (COURTS, "When does the hall close on Thursdays?", "The hall closes at 9:30 pm on Thursdays."),
        (COURTS, "When does the hall close on Thursdays?", "The hall closes at 9:30 pm."),
        (CAMPS, "How much is the Level 1 camp?", "The Level 1 camp in the park costs $210."),
        (CAMPS, "How much is the Level 1 camp?", "The Level 1 camp in the park is on 19 May 2027 and costs $210."),
        (CAMPS, "How much is the Level 1 camp?", "The camp costs $210."),
        (CAMPS, "When is the fee for Pine Ridge due?", "The fee is due on 19 May 2027."),
        (SEASONS, "When does the indoor season end?", "The indoor season ends on 25 September 2027."),
        (SEASONS, "When does the indoor season end?", "The indoor season ends on 4 October 2026."),
        (SEASONS, "When does the outdoor season start?", "The outdoor season starts on 4 October 2026."),
        (STAFF, "What is the notice after the trial period?", "The notice after the trial period is two weeks."),
        (LEAVE, "How long is paternity leave?", "Paternity leave is 18 weeks."),
        (LEAVE, "How long is paternity leave?", "Parents receive 18 weeks of paid leave."),
        (CLINICA, "Que horas a recepção fecha às sextas?", "A recepção fecha às 18h30 às sextas."),
        (CLINICA, "Quanto custa a consulta para crianças?", "A consulta para crianças custa R$ 180,00."),
        (PRAZOS, "Qual o prazo do reembolso de curso?", "O reembolso de curso é de até 10 dias."),
        (PRAZOS, "Qual a multa depois da entrega?", "A multa depois da entrega é de 5%."),
    ],
)
def test_a_figure_of_one_statement_is_not_said_of_what_another_is_about(passage: str, question: str, answer: str) -> None:
    """All its words stand in the passage, only not together: people act on a right number of the wrong thing."""
    assert said(passage, question, answer) == ""
    assert said(passage, question, answer, minimum=0) == answer


@pytest.mark.parametrize(
    ("passage", "question", "answer"),
    [
        (SEASONS, "When does the indoor season end?", "ends on 11 April 2027"),
        (TURMAS, "Quando termina a turma da manhã?", "11 de abril de 2027"),
        (TURMAS, "Quando termina a turma da manhã?", "4 de outubro de 2026"),
        (STAFF, "What is the notice after the trial period?", "two weeks"),
        (STAFF, "And for how long?", "4 months"),
        (LEAVE, "How long is paternity leave?", "18 weeks."),
        (CLINICA, "Que horas a recepção fecha às sextas?", "às 18h30"),
        (PRAZOS, "Qual o prazo do reembolso de curso?", "10 dias."),
        (PRAZOS, "Qual o prazo do reembolso?", "10 dias."),
        (PRAZOS, "Qual a multa depois da entrega?", "5%, de multa"),
    ],
)
def test_a_number_with_its_unit_alone_is_shown_only_of_what_was_asked(passage: str, question: str, answer: str) -> None:
    """It says nothing of what it counts, so that the question has to, in the very statement it stands in and in no other."""
    assert said(passage, question, answer) == ""


@pytest.mark.parametrize(
    ("passage", "question", "answer"),
    [
        (COURTS, "When does the hall close on Thursdays?", "The hall closes at 7:00 pm on Thursdays."),
        (COURTS, "When does the hall close on Thursdays?", "7:00 pm"),
        (COURTS, "When does the hall close on Tuesdays?", "The hall closes at 9:30 pm on Tuesdays."),
        (
            COURTS,
            "When does the hall close?",
            "The hall closes at 9:30 pm from Monday to Wednesday and at 7:00 pm on Thursdays.",
        ),
        (COURTS, "How much are group lessons?", "Group lessons cost $14 per lesson."),
        (CAMPS, "How much is the Level 1 camp?", "The Level 1 camp in the park costs $35."),
        (CAMPS, "How much is the Level 4 camp?", "The Level 4 camp at Pine Ridge is from 3 to 6 July 2027 and costs $210."),
        (CAMPS, "When is the booking fee due?", "A booking fee of $40 is due by 28 February."),
        (SEASONS, "When does the indoor season end?", "The indoor season ends on 20 March 2027."),
        (STAFF, "What is the notice after the trial period?", "After the trial period the notice is three months."),
        (STAFF, "How long is the trial period?", "The trial period is 4 months."),
        (LEAVE, "How long is leave for mothers?", "Mothers receive 18 weeks of paid leave."),
        (LEAVE, "How long is leave for mothers?", "18 weeks."),
        (CLINICA, "Que horas a recepção fecha às sextas?", "A recepção fecha às 16h às sextas."),
        (CLINICA, "Quanto custa a consulta para crianças?", "A consulta para crianças custa R$ 120,00."),
        (PRAZOS, "Qual o prazo do reembolso de curso?", "O reembolso de curso é de até 45 dias."),
        (PRAZOS, "Qual a multa antes da entrega?", "Antes da entrega a multa é de 5%."),
        (TURMAS, "Quando termina a turma da manhã?", "20 de março de 2027"),
        (STOCK, "Quanto custa a BR-12?", "A broca de aço 12 mm BR-12 custa R$ 21,40."),
        (STOCK, "Qual a garantia da BR-12?", "A garantia da BR-12 é de 3 meses."),
    ],
)
def test_a_figure_is_shown_with_what_it_stands_with(passage: str, question: str, answer: str) -> None:
    """A heading, a column's name, the subject of the clause before and what "it" means belong to a statement."""
    assert said(passage, question, answer) == answer


def test_what_an_earlier_turn_told_is_said_of_it() -> None:
    """No passage of this question tells of it; it stood in those of another."""
    earlier, question = "Towels are $3.", "And how long is the lesson of Marta?"
    gate = SupportGate([earlier, COURTS, question], minimum=0.85, question=question, passages=[COURTS])

    assert gate.add("The towels are $3.") + gate.finish() == "The towels are $3."
