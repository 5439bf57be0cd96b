"""A quoted table can be read wherever it is shown."""

import pytest

from bot.messages import Piece
from bot.quotation import quotation
from tests.bot.bench import Bench
from tests.fakes.backend import ScriptedBackend
from tests.fakes.retriever import passage

HOURS = """Horário da clínica:

| Dia | Abre | Fecha |
|---|---|---|
| Segunda a sexta-feira | 8h | 18h |
| Sábado | 8h | 13h |
| Domingo |  | Fechado |

Nos feriados não abrimos."""
ALL_DAYS = """- Dia: Segunda a sexta-feira; Abre: 8h; Fecha: 18h
- Dia: Sábado; Abre: 8h; Fecha: 13h
- Dia: Domingo; Fecha: Fechado"""
SHIPPING = "| UF | Prazo | Frete |\n|:---|---:|---|\n| SP | 2 dias | R$ 20 |\n| RJ | 3 dias | R$ 20 |"
COURSES = "Course | For | Price\n--- | --- | ---\nEnglish | adults | $100\nEnglish | children | $80\nSpanish | children | $90"
CODES = "| Code | Meaning |\n|---|---|\n" + "\n".join(f"| {code} | step {code - 390} failed |" for code in range(400, 420))


@pytest.mark.parametrize(
    ("question", "table"),
    [
        ("Que horas fecha no sábado?", "Dia: Sábado; Abre: 8h; Fecha: 13h"),
        ("E aos domingos?", "Dia: Domingo; Fecha: Fechado"),
        ("Abrem na sexta?", "Dia: Segunda a sexta-feira; Abre: 8h; Fecha: 18h"),
        ("Que horas vocês abrem?", ALL_DAYS),
        ("Abrem no sábado ou no domingo?", ALL_DAYS),
        ("Fora o sábado, que horas fecha?", ALL_DAYS),
        ("Abrem na quarta?", ALL_DAYS),
    ],
)
def test_the_row_that_was_asked_for_is_said(question: str, table: str) -> None:
    """Whoever asks about Saturday need not read bars and dashes to find it; where it is not plain which row it is, none is hidden."""
    assert quotation(HOURS, question) == f"Horário da clínica:\n\n{table}\n\nNos feriados não abrimos."


@pytest.mark.parametrize(
    ("text", "question", "said"),
    [
        (SHIPPING, "Qual o prazo para SP?", "UF: SP; Prazo: 2 dias; Frete: R$ 20"),
        (COURSES, "How much is English for children?", "Course: English; For: children; Price: $80"),
        (CODES, "What does error 404 mean?", "Code: 404; Meaning: step 14 failed"),
        (SHIPPING, "Quanto custa enviar 3 caixas?", "- UF: SP; Prazo: 2 dias; Frete: R$ 20\n- UF: RJ; Prazo: 3 dias; Frete: R$ 20"),
        ("| Plan: | |\n|---|---|\n| A\\|B | yes |", "What?", "Plan: A|B; yes"),
    ],
)
def test_codes_and_several_words_tell_a_row(text: str, question: str, said: str) -> None:
    """A state, an error's number and two words together name a row as a weekday does; an amount that somebody has does not."""
    assert quotation(text, question) == said


@pytest.mark.parametrize(
    "text",
    [
        "Open from 8 to 18 | closed on Sundays.",
        CODES,
        "```\n| a | b |\n|---|---|\n| 1 | 2 |\n```",
        "| a |\n|---|\n| 1 | 2 |",
        "| a | b |\n|---|---|",
    ],
)
def test_what_is_no_table_or_a_long_one_stays(text: str) -> None:
    """Code is code; of a hundred rows a table is the clearest form; and no cell may lose its column's name."""
    assert quotation(text, "What is it?") == text


@pytest.mark.parametrize("language", ["pt", "en"])
async def test_what_was_shown_is_what_is_kept(language: str) -> None:
    """Quoted at once, or where a model's words stand in no passage: people, votes and training see the same words."""
    bench = Bench(ScriptedBackend(("Invented ", "words. "), languages=("en",)), support=0.85, language=language)
    bench.retriever.passages = {"sábado": (passage(HOURS, source="hours.md", language=language),)}
    question = await bench.asked("Que horas fecha no sábado?")
    events, answer = await bench.answered(question)
    kept = bench.ledger.kept[question.exchange_id].exchange

    assert kept is not None
    assert (answer.kind, len(bench.backend.requests)) == ("quoted", int(language == "en"))
    assert answer.text == "Horário da clínica:\n\nDia: Sábado; Abre: 8h; Fecha: 13h\n\nNos feriados não abrimos."
    assert (kept.answer, events) == (answer.text, [Piece(answer.text)])
    assert answer.sources[0].excerpt == HOURS
