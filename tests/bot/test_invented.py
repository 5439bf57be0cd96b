"""What an answer names must stand in what it rests on, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.invented import Grounds
from bot.support import SupportGate

GUIDE = (
    "Model LT-400 uses drain filter FD-40, or FH 300. Clean it every 30 days; descale after 1,000 cycles. It costs R$ 1.250,50. "
    "The São Paulo branch is open on Saturdays from 8h15 to 3 pm. Ask Ana, +55 11 4002-8922; see https://example.org/a. "
    "Fifteen boxes. Since 05/03/2024."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The LT400 takes an FD40 and an FH-300.",
        "Clean it each 30 days, and descale after 1000 cycles.",
        "It costs 1,250.50, in reais.",
        "15 boxes fit; quinze caixas.",
        "In Sao Paulo it closes at 15:00, and opens at 8:15.",
        "It closes at 15h on a Saturday, aos sábados.",
        "Ana's number is 4002-8922.",
        "It was on 5 March 2024.",
        "A 30-day rhythm suits the LT-400/FD-40.",
        "See https://example.org/a.",
        "Step 1: clean it. Otherwise, ask.",
        "How To Clean The Filter Every Single Time",
        "Happily, that is all.",
    ],
)
def test_another_way_of_writing_is_no_invention(sentence: str) -> None:
    """A right answer that is withheld helps nobody."""
    assert Grounds([GUIDE]).invented(sentence) == frozenset()


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("The LT-500 is quieter.", "LT-500"),
        ("Clean it every 12 days.", "12"),
        ("It takes sixteen boxes.", "16"),
        ("It costs 1,250.60.", "1,250.60"),
        ("Call 4002-8923.", "4002-8923"),
        ("It costs 1,250.50 euros.", "euros"),
        ("It costs $1,250.50.", "dollars"),
        ("It opens at 4 pm.", "4"),
        ("We are open on Sundays.", "Sundays"),
        ("Abrimos aos domingos.", "domingos"),
        ("Please ask Maria about it.", "Maria"),
        ("It is run by NASA.", "NASA"),
        ("It was in April.", "April"),
        ("See https://example.org/b now.", "https://example.org/b"),
        ("Write to help@example.org.", "help@example.org"),
        ("Use the FH-400.", "FH-400"),
        ("Ask Dr. Souza about it.", "Souza"),
        ("Fale com a Sra. Lima.", "Lima"),
        ("Ask Mr. P. Jones.", "Jones"),
        ("See https://example.or.", "https://example.or."),
        ("Abrimos na sexta.", "sexta"),
        ("Fechamos nas segundas-feiras.", "segundas-feiras"),
        ("Abrimos de terça a domingo.", "terca"),
        ("It takes a thousand cycles and a million boxes.", "1000000"),
        ("It costs R$ 1.250 mil.", "1.250"),
    ],
)
def test_what_stands_nowhere_is_named(sentence: str, named: str) -> None:
    """People act on numbers, codes and names."""
    assert named in Grounds([GUIDE]).invented(sentence)


def test_a_system_text_lends_names_and_no_numbers() -> None:
    """The company may be named; how many sentences are wanted is no fact."""
    grounds = Grounds(["It is blue."], named=["You work for Acme. Answer in 3 sentences."])

    assert grounds.invented("We at Acme have 3 of them.") == {"3"}


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("It takes 9 days.", "The answer is: 9 days"),
        ("It takes nine days.", "Leva 9 dias úteis."),
        ("Leva nove dias úteis.", "It takes 9 business days."),
        ("It takes 9 full working days.", "It is a 9-day process."),
        ("It takes 9 to 12 days.", "It takes at least 9 days."),
        ("Leva de 9 a 12 dias.", "Leva nove dias, no máximo doze dias."),
        ("It takes 9-12 days.", "It takes 9 days to 12 days."),
        ("It takes nine (9) days.", "It takes 9 days."),
        ("Days to deliver: 9", "It is delivered in 9 days."),
        ("| Daily limit | 9 |", "The limit is 9 for a day."),
        ("Closed from 9 am.", "It closes at 9."),
        ("Open from 9 to 5 pm.", "It opens at 9 am and closes at 17:00."),
        ("Open 9:00 - 5:00.", "It closes at 5 pm."),
        ("Atende das 9 às 18h.", "It is open from 9 am to 6 pm."),
        ("Fecha às 3 da tarde.", "It closes at 15:00."),
        ("Fecha às 15h.", "It closes at three in the afternoon, 3 p.m."),
        ("It takes one day.", "It takes 1 day."),
        ("Dura uma a duas semanas.", "It takes 1 week, or 2 weeks."),
        ("Call once a day, one of us answers.", "Call 1 time."),
        ("A vaga vale por 24h.", "It is kept for 24 hours."),
        ("Open 24/7.", "It is open 24 hours, 7 days."),
        ("Open Mon–Fri 9-5.", "It is open on Mondays, from 9 to 5, and on Fridays."),
        ("Seg a sex, 8h às 18h.", "Aberto de segunda a sexta, das 8h às 18h."),
        ("Abrimos na quarta-feira.", "Abrimos às quartas."),
        ("Since 5 Mar 2024.", "Since 5 March 2024."),
        ("Since 5 March 2024.", "Since 05/03/2024."),
        ("Ask Dr. J. Souza.", "The doctor is J. Souza."),
        ("Peça no site.", "Peça a segunda via no site."),
        ("It costs $5,000.", "It costs $5k, five thousand dollars."),
        ("Custa R$ 1,5 milhão.", "Custa R$ 1.500.000."),
        ("It holds 1,000 boxes.", "It holds a thousand boxes."),
        ("Espere 2 horas.", "Wait for two hours."),
        ("Open Mon–Fri 9-5.", "Yes, on Wednesdays too."),
        ("Aberto de segunda a sexta.", "Sim, na quarta abrimos."),
        ("Aberto de sexta a segunda.", "Sim, aos domingos."),
        ("We deliver on weekdays.", "Yes, on Tuesday."),
        ("Atende em dias úteis.", "Sim, na terça-feira."),
        ("Aberto aos fins de semana.", "Sim, no domingo."),
        ("Open every day.", "Yes, on Sunday too."),
        ("Desde 05/03/2024.", "Since 5 Mar 2024."),
        ("Since 5 March.", "Since Mar 5."),
        ("Open on Saturdays from 10 to 2.", "Open Sat 10–2."),
        ("It opens at noon.", "It opens at 12:00."),
        ("Open at 12 pm.", "Abre ao meio-dia."),
        ("Fecha à meia-noite.", "It closes at midnight, 12 am."),
        ("Fecha às 12h30.", "Fecha ao meio-dia e meia."),
        ("The guarantee is one year.", "A garantia é de um ano."),
        ("A garantia é de 12 meses.", "A garantia é de um ano."),
        ("A taxa é anual.", "Vale por um ano."),
        ("Federal Tax Information (FTI) or (PHI).", "It covers federal tax information (FTI)."),
        ("O Imposto de Renda Retido na Fonte (IRRF).", "O IRRF é o imposto de renda retido na fonte (IRRF)."),
        ("Ask the team on duty (ATD).", "You can ask the team on duty (ATD)."),
        ("It takes 7 days.", "It takes one week."),
        ("Call (11) 4002 8922.", "Call 4002-8922."),
        ("De 05/03/2026 a 20/04/2026.", "From 5 March to 20 April 2026."),
        ("From 5 to 20 March 2026, and on 1 April.", "Until 20/03/2026."),
        ("2 de abril; 5, 12 e 19 de março.", "Em 12/03."),
        ("2026-03-05 or 2026-04-09", "On 5 March 2026."),
        ("Due on day 10 of each month. Since 05/03/2026 and 10/04/2026.", "Due on 10 March."),
        ("It costs R$ 50.", "It costs 50 reais."),
        ("It costs 50 to 60 reais.", "It costs R$ 50."),
        ("Custa US$ 1.000,50.", "It costs 1,000.50 dollars."),
        ("The fee is 2.5%.", "A taxa é de 2,5 por cento."),
        ("A taxa é de 5% a 10%.", "The rate is between 5 percent and 10 percent."),
        ("Due on 5 March 2024.", "Vence no dia 5 de março de 2024."),
        ("Paid on the 25th.", "Pago no dia 25."),
        ("Desde 05/03/2024.", "Since March 5, 2024."),
        ("It holds 30kg.", "It holds 30 quilos."),
        ("The room has 40 m².", "The room has 40 square metres."),
        ("Send 9 boxes.", "9 of them are sent."),
        ("In room 9, on page 7.", "Go to room 9; see page 7."),
        ("Call 4002-8922.", "Call 40028922."),
        ("CPF 123.456.789-00", "12345678900"),
        ("1. Clean it.\n2. Dry it.", "The first of 2 is to clean it."),
        ("Use the FH 300 here.", "The FH-300 is used."),
        ("Rodam 1.000.000 de ciclos.", "It does 1,000,000 cycles."),
        ("A multa é de R$ 9 por dia, 9 dias no máximo.", "The fine is for 9 days, R$ 9 a day."),
    ],
)
def test_the_same_number_of_the_same_thing_is_no_invention(passage: str, sentence: str) -> None:
    """Units have many names, and stand before, behind and far from their number."""
    assert Grounds([passage], named=[sentence]).invented(sentence) == frozenset()


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("It opens at 9 am.", "It takes 9 days."),
        ("It opens at 9:00.", "It takes nine days."),
        ("Abre às 9h.", "São 9 dias."),
        ("It takes 9 hours. Every day counts.", "It takes 9 days."),
        ("It takes nine hours each day.", "It takes 9 days."),
        ("Leva 9 dias.", "Leva 9 semanas."),
        ("Espere 30 minutos.", "Wait for 30 seconds."),
        ("Send 9 boxes a day.", "It takes 9 days."),
        ("It takes 9 days.", "Send 9 boxes."),
        ("It was on 9 March, a day off.", "It takes 9 days."),
        ("No dia 9 de março.", "Em 9 dias."),
        ("Since 09/12/2024, day and night.", "It takes 9 days."),
        ("On the 9th it rains all day.", "It costs 9 dollars in $."),
        ("1. Call.\n9. Wait a day.", "It takes 9 days."),
        ("See step 9 of the day.", "It takes 9 days."),
        ("Vá à sala 9, todo dia.", "Em 9 dias."),
        ("Version 9.1.2 of that day.", "It takes 9 days."),
        ("Version 9.1.2, 30 %.", "It is 9 %."),
        ("The LT-9 of the day.", "It takes 9 days."),
        ("Take the FH 300 one day.", "It takes 300 days."),
        ("Call 4002-8922 any day.", "It takes 4002 days."),
        ("Open 9-17 in winter.", "It takes 917 days."),
        ("There are 9 of them.", "It takes 9 days."),
        ("A taxa é 9.", "A taxa é de 9%."),
        ("It takes 50 days, or R$ 2.", "It costs R$ 50."),
        ("It costs R$ 50, not US$ 2.", "It costs US$ 50."),
        ("A discount of 9 reais, of 5%.", "A discount of 9%."),
        ("It costs 50 cents, not dollars.", "It costs 50 dollars."),
        ("It weighs 30 kg, not tons.", "It weighs 30 tons."),
        ("It is 30 km, or metres.", "It is 30 metres."),
        ("It opens at 9 am.", "It opens at 9 pm."),
        ("Abre às 9h.", "It opens at 9 pm."),
        ("It opens at 9 am.", "It opens at 9:30 am."),
        ("Rodam 1.000.000 de ciclos.", "It does 1 cycle."),
        ("Uma criança paga por mês.", "É de 1 mês."),
        ("Ask one driver that day.", "It takes 1 day."),
        ("Ask one driver.", "See passage 1."),
        ("Open Mon–Fri 9-5.", "Open on a Saturday, 9-5."),
        ("Aberto de segunda a sexta.", "Sim, no sábado abrimos."),
        ("It is there in 5 working days.", "It is there on Tuesday."),
        ("It opens at 9.", "It opens at noon."),
        ("Fecha às 22h.", "Fecha à meia-noite."),
        ("Noon.", "It closes at midnight."),
        ("A garantia é de 2 anos.", "A garantia é de um ano."),
        ("It takes 3 weeks.", "It takes one week."),
        ("Call 4002-8922 or 4005-8911.", "Call 4002-8911."),
        ("De 05/03/2026 a 20/04/2026.", "Até 20/03/2026."),
        ("From 5 March to 20 April.", "Until 20 March."),
        ("- Federal Tax Information (FTI)\n- personal health information (PHI)", "It covers personal health information (FTI)."),
        ("A Unidade Básica de Saúde (UBS) fica ali.", "A união das bases sociais (UBS) fica ali."),
        ("De 05/03/2026 a 20/04/2026.", "Until April 5."),
    ],
)
def test_the_number_of_another_thing_is_no_ground(passage: str, sentence: str) -> None:
    """9 days where the passage says 9 am is an invention that looks like a fact."""
    assert Grounds([passage], named=[sentence]).invented(sentence)


UNITS = {
    "day": ("days", "dias", "business days", "dias úteis", "full days"),
    "hour": ("hours", "horas"),
    "minute": ("minutes", "minutos", "min"),
    "week": ("weeks", "semanas"),
    "month": ("months", "meses"),
    "year": ("years", "anos"),
    "percent": ("%", "percent", "por cento"),
    "reais": ("reais",),
    "kilogram": ("kg", "quilos"),
    "count": ("boxes", "caixas"),
}
SPOKEN = " ".join(word for words in UNITS.values() for word in words)  # each unit is spoken of, none with a number


@given(st.integers(2, 9_999), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)), st.data())
def test_a_number_holds_with_its_own_unit_alone(number: int, mine: str, other: str, data: st.DataObject) -> None:
    """In whichever language and words; with another unit it is another fact."""
    grounds = Grounds([f"It is {number} {data.draw(st.sampled_from(UNITS[mine]))}. ({SPOKEN})"])
    sentence = f"Is it {number:,} {data.draw(st.sampled_from(UNITS[other]))}"

    assert bool(grounds.invented(sentence)) == (mine != other)


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_is_its_own_in_either_way_of_writing(hour: int, minute: int, other_hour: int, other_minute: int) -> None:
    """15h05 and 3:05 pm are one time; a minute later, or half a day, is another."""
    half = "am" if other_hour < 12 else "pm"
    sentence = f"from {(other_hour + 11) % 12 + 1}:{other_minute:02} {half}"

    same = (hour, minute) == (other_hour, other_minute)
    assert bool(Grounds([f"das {hour}h{minute:02}"]).invented(sentence)) != same


@given(st.text(max_size=80))
def test_a_text_invents_nothing_of_its_own(text: str) -> None:
    """What is quoted word for word always passes."""
    assert Grounds([text]).invented(text) == frozenset()


FRAGMENTS = (
    *(
        "9",
        "12",
        "2024",
        "1.000,50",
        "9:00",
        "9h30",
        "15h",
        "9-12",
        "9/12",
        "24/7",
        "4002-8922",
        "9.1.2",
        "FH 300",
        "9th",
        "36ª",
        "9%",
        "3x",
    ),
    *("R$ ", "US$", " am", " pm", " horas", " days", "-day", " caixas", " March", "dia ", "step ", "sala ", "nine", "vinte e cinco", "mil"),
    *(
        " to ",
        " a ",
        " e ",
        " and ",
        "às ",
        "at ",
        ". ",
        ", ",
        "(",
        ")",
        "\n",
        "\n\n",
        " ",
        "| ",
        ": ",
        "1. ",
        "- ",
        "noon",
        "meia-noite",
        "um ano",
        "5 Mar",
        "05/03",
        "20 de abril",
        "seg a sex",
        "federal tax information (FTI)",
        "(FTI)",
        "½",
        "²",
        "São ",
        "one ",
    ),
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=9).map("".join))
def test_what_is_quoted_by_the_sentence_invents_nothing(text: str) -> None:
    """A sentence out of its place counts what it counted there."""
    gate = SupportGate([text], minimum=0)
    gate.add(text)
    gate.finish()

    assert not Grounds([text]).invented(text)
    assert gate.withheld == 0


@given(st.integers(0, 999_999))
def test_digits_are_digits_with_or_without_groups(number: int) -> None:
    """1,000 and 1.000 and 1000 are one number; 1001 is another."""
    grounds = Grounds([f"There are {number:,} of them"])

    assert not grounds.invented(f"there are {number}")
    assert not grounds.invented(f"there are {number:,}".replace(",", "."))
    assert grounds.invented(f"there are {number + 1}")


@pytest.mark.parametrize(
    ("passage", "sentence", "outside"),
    [
        ("Classes run from Monday to Thursday, on Fridays until noon.", "Classes run on Saturdays.", "Saturdays"),
        ("Open Mon–Fri 9-5.", "Open on Sunday.", "Sunday"),
        ("As aulas vão de segunda a quinta, e na sexta até o meio-dia.", "As aulas são aos sábados.", "sábados"),
        ("Classes run from Monday to Thursday, on Fridays until noon.", "Classes run on Wednesdays.", ""),
        ("As aulas vão de segunda a quinta, e na sexta até o meio-dia.", "As aulas são às terças-feiras.", ""),
        ("Open on weekdays, on Fridays until noon.", "Open on Tuesdays.", ""),
        ("Aberto todos os dias, aos domingos até o meio-dia.", "Aberto aos sábados.", ""),
    ],
)
def test_a_span_of_days_tells_of_those_within_it_alone(passage: str, sentence: str, outside: str) -> None:
    """Nobody who asked about Saturdays is told that what holds from Monday to Thursday holds then."""
    assert Grounds([passage]).instead(sentence) == frozenset({outside} - {""})


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("No, we are not open on Saturdays.", True),
        ("Não, no sábado a loja fica fechada.", True),
        ("We are open on Saturdays.", False),
    ],
)
def test_that_a_day_is_in_no_span_may_be_said(sentence: str, shown: bool) -> None:
    """Who is told of Monday to Friday is rightly told that it is not so on Saturdays."""
    assert (Grounds(["The shop is open from Monday to Friday."]).instead(sentence) == frozenset()) is shown
    assert Grounds(["The shop is open on Sundays."]).instead(sentence)
