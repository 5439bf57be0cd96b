"""What people say around a question is left out where two questions are compared."""

import pytest

from bot.courtesy import Courtesy
from store.courtesies import courtesy_of
from store.question_reading import read


@pytest.mark.parametrize(
    ("polite", "plain"),
    [
        ("Boa noite, pessoal da Imunizar! Como emito o certificado? Desde já agradeço.", "Como emito o certificado?"),
        ("Olá, tudo bem? Gostaria de saber quantas pessoas cabem na sala. Obrigado, professor Ivo.", "quantas pessoas cabem na sala"),
        ("Prezados, vocês poderiam me informar o valor da diária? Fico no aguardo.", "o valor da diária?"),
        ("Obrigada, posso trocar?", "posso trocar?"),
        ("Como renovo um e-book? Agradeço muito, Rogério.", "Como renovo um e-book?"),
        ("Posso ir? Obrigada pela gentileza!", "Posso ir?"),
        ("Good morning, could you kindly tell me how long a book may be kept? Thank you, Harriet", "how long a book may be kept?"),
        ("Dear all, we were wondering who may vote. Many thanks in advance. Kind regards, Ana Lima", "who may vote"),
        ("How long does it take? Thanks, can I wait there?", "How long does it take? can I wait there?"),
        ("vcs entregam hj, obg", "vcs entregam hoje"),
        ("Quanto custa o frete?\nObrigada\nAna Lima", "Quanto custa o frete?"),
        ("Do you ship?\n\nKind regards,\nJohn Smith", "Do you ship?"),
        ("Do you ship? Regards Ana", "Do you ship?"),
        ("Can I pay by card? Thanks no cash", "Can I pay by card? no cash"),
    ],
)
def test_courtesies_are_no_part_of_a_question(polite: str, plain: str) -> None:
    """Greetings, what leads up to the question, thanks, and who signs."""
    assert read(polite).tokens == read(plain).tokens


@pytest.mark.parametrize(
    ("question", "last"),
    [
        ("Qual é o telefone?", "telefone"),
        ("Can I drink once it is done?", "done"),
        ("Vocês abrem no feriado, né?", "feriado"),
        ("A entrada é grata?", "grata"),
        ("Tudo bem se eu chegar atrasado?", "atrasado"),
        ("How do I say thank you to a guide?", "guide"),
    ],
)
def test_what_only_looks_like_one_stays(question: str, last: str) -> None:
    """The letters of a word of assent at another word's end, and thanks that are asked about."""
    assert read(question).tokens[-1] == last


@pytest.mark.parametrize(
    ("hurried", "written"),
    [
        ("qto custa p/ 2 pessoas", "quanto custa para 2 pessoas"),
        ("qdo abre e qm atende dps das 18h", "quando abre e quem atende depois das 18h"),
        ("bolo s/ lactose", "bolo sem lactose"),
        ("wat papers do u need w/o an appt", "what papers do you need without an appointment"),
        ("how 2 get it 4 my son", "how to get it for my son"),
    ],
)
def test_what_is_typed_in_a_hurry_is_read(hurried: str, written: str) -> None:
    """As if it were written out."""
    one, other = read(hurried), read(written)

    assert one.content.keys() == other.content.keys()
    assert (one.denials, one.kinds, one.marks.held) == (other.denials, other.kinds, other.marks.held)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        *((each, "greeting") for each in ("bom dia", "oi", "Hi", "tudo bem?", "good morning", "boa noite!", "Hello! How are you?")),
        *((each, "greeting") for each in ("Oi, tudo bem? Tenho uma dúvida", "Boa tarde, pessoal", "Olá [PERSON_1], gostaria de saber")),
        *((each, "thanks") for each in ("Obrigado!", "Thanks!", "ok thanks", "valeu, ajudou muito", "that helped", "Bom dia! Obrigada")),
        *((each, "thanks") for each in ("Muito obrigada pela ajuda 😊", "Obrigado pela explicação, [PERSON_1]!", "thanks a lot :)")),
        *((each, "thanks") for each in ("Muito obrigado!\nAtenciosamente,\nAna Lima", "Thank you for explaining :+1:")),
        *((each, "assent") for each in ("ok", "certo", "perfeito", "Entendi.", "Beleza, até logo!", "Great! Have a nice day", "tá bom 👍")),
    ],
)
def test_a_message_of_courtesies_alone_asks_nothing(message: str, kind: Courtesy) -> None:
    """An answer that nothing was found would be rude, and its topic no gap."""
    assert courtesy_of(message) == kind


@pytest.mark.parametrize(
    "message",
    [
        *("oi, qual o horário?", "bom dia, férias", "obrigado, e aos domingos?", "thanks, parking?", "Good morning, where do I park?"),
        *("ok?", "certo?", "não", "resolveu?", "ok mas e o frete", "ok E07", "great day trip", "valeu a pena?", "Boa noite tem desconto?"),
        *("tudo certo com meu pedido?", "how are you open today?", "preciso de ajuda", "por favor", "👍", "[PERSON_1]", "obrigado " * 40),
    ],
)
def test_a_message_with_anything_more_in_it_asks(message: str) -> None:
    """A question that begins politely is one."""
    assert courtesy_of(message) is None
