"""Dialogues cleaned: what goes, what stays, and the laws: nothing raises, twice is once, nothing is added."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.cleaning.boilerplate import Boilerplate, keys_of, taken
from store.cleaning.damage import mended
from store.cleaning.dialogue import Said, clean_dialogue, clean_text
from store.cleaning.markup import without_chat_markup
from store.readers.people import People

NOTICE = "Este e-mail é confidencial e destina-se apenas ao seu destinatário."


def test_a_dialogue_keeps_what_was_asked_and_answered() -> None:
    """A row of greetings and signatures teaches greetings and signatures."""
    said = [
        Said("user", "Olá!"),
        Said("user", "Bom dia, Ana. A mÃ¡quina nÃ£o liga :sad:\n\nAtt,\nJoão\n\nEm 3 de maio de 2026 Ana escreveu:\n> oi"),
        Said("assistant", "<p>Aperte <b>F5</b> por 3 s.</p><blockquote>A máquina…</blockquote>"),
        Said("user", "Obrigado, Ana!"),
    ]

    cleaned = clean_dialogue(said, people=People(["Ana Prado"]))

    assert cleaned.turns == (Said("user", "A máquina não liga"), Said("assistant", "Aperte F5 por 3 s."))
    assert cleaned.language == "pt"
    assert cleaned.changed == {"courtesy": 2, "encoding": 1, "greeting": 1, "mail": 2, "markup": 1}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("veja <https://a.example/x|o manual> e <https://b.example>", "veja o manual (https://a.example/x) e https://b.example"),
        ("<https://a.example|a.example> <mailto:a@b.example|a@b.example>", "https://a.example a@b.example"),
        ("<!here> *urgente* _hoje_ ~não~ `LT-800`", " urgente hoje não LT-800"),
        ("**já** __sim__ ||fim|| ~~ou~~ ```py\nx = 1\n```", "já sim fim ou x = 1\n"),
        ("<#C123|geral> <:legal:123456789> :+1: :tada: às 10:30:45", "#geral  :+1: às 10:30:45"),
        ("2 * 3 * 4, a*b*c, snake_case_name, C:\\*.txt, 5 ~ 6 ~ 7", "2 * 3 * 4, a*b*c, snake_case_name, C:\\*.txt, 5 ~ 6 ~ 7"),
        ("std::cout << x; a::b:c", "std::cout << x; a::b:c"),
    ],
)
def test_chat_markup_becomes_what_a_reader_sees(text: str, plain: str) -> None:
    """Codes, formulas and paths are no markup."""
    assert without_chat_markup(text).split() == plain.split() or without_chat_markup(text) == plain


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [
        ("aÃ§Ã£o em SÃ£o Paulo", "ação em São Paulo"),
        ("itâ€™s â€œfineâ€\x9d", "it’s “fine”"),
        ("Ã\x83Â§", "ç"),
        ("AÇÃO, JOÃO “já” – MÂO", "AÇÃO, JOÃO “já” – MÂO"),
    ],
)
def test_damage_is_mended_and_nothing_else(damaged: str, meant: str) -> None:
    """Capitals with tildes are Portuguese."""
    assert mended(damaged) == meant


def test_lines_around_many_messages_are_found_by_counting() -> None:
    """Nobody can list every notice; an answer that is given often stays, and so does what stands amid a text."""
    counting = Boilerplate()
    for number in range(30):
        counting.count(keys_of([f"pergunta {number}\n{NOTICE}", "Reinicie o equipamento e tente novamente."]))
    found = counting.found()

    assert clean_text(f"não liga\n\n{NOTICE.upper()}", boilerplate=found) == "não liga"
    assert clean_text(f"{NOTICE}\nnão liga", boilerplate=found) == "não liga"
    assert clean_text(NOTICE, boilerplate=found) == NOTICE
    assert clean_text("Reinicie o equipamento e tente novamente.", boilerplate=found) == "Reinicie o equipamento e tente novamente."
    assert clean_text(f"a\n{NOTICE}\nb", boilerplate=found) == f"a\n{NOTICE}\nb"
    assert taken(f"não liga\n\n{NOTICE.upper()}", found) == taken(NOTICE + "\nnão liga", found) != ()


def test_what_stands_in_few_records_is_no_boilerplate() -> None:
    """Twenty records at least, one of twenty."""
    counting = Boilerplate()
    for number in range(500):
        counting.count(keys_of([NOTICE if number < 24 else f"a questão número {'x' * number} é outra"] * 2))

    assert counting.found() == frozenset()


def test_counting_lines_takes_bounded_memory() -> None:
    """However many different lines there are, the one that comes again and again is not forgotten."""
    counting = Boilerplate(remembered=100)
    for number in range(60):
        counting.count(keys_of([NOTICE, *(f"uma linha que só aparece uma vez {'x' * number} {'y' * other}" for other in range(90))]))

    assert counting.found() == keys_of([NOTICE])


_SAID = """Olá|Oi Ana,|bom dia!|obrigado|Att,\n|Ana|\n|\n\n| |> |--\n|Em 3 de maio de 2026 Ana escreveu:\n|On May 3, 2026 Bo wrote:"""
_CODED = """De: a\nEnviado: b\n|*|_|**|~|`|```|<!here>|:sad:|<p>|</p>|<b>|<br>|&lt;p&gt;|<blockquote>"""
_DAMAGED = """Ã§|â€™|Ã\x83Â§|ação|LT-800|10:30|x|1|.|,|?"""
_PIECES = st.sampled_from(
    [*_SAID.split("|"), *_CODED.split("|"), *_DAMAGED.split("|"), "||", "|", "<https://a.example|b>", "\udc80", "\x00", "\u2028", NOTICE]
)
_ASCII = st.text(st.characters(codec="ascii", exclude_characters="&"), max_size=3)
_UNDAMAGED = _PIECES.filter(lambda piece: not set(piece) & set("&ÃÂâ"))


@settings(deadline=None)
@given(st.lists(_PIECES | st.text(max_size=3), max_size=16).map("".join))
def test_cleaning_never_raises_and_twice_is_once(text: str) -> None:
    """What is cleaned on import is cleaned again when it is imported again."""
    once = clean_text(text)

    assert clean_text(once) == once


@settings(deadline=None)
@given(st.lists(_UNDAMAGED | _ASCII, max_size=16).map("".join))
def test_cleaning_adds_nothing_of_its_own(text: str) -> None:
    """Beside the brackets around a link's address, the dashes before a list's items and the bars between a table's cells."""
    before, after = Counter(text), Counter(clean_text(text))

    assert not {each for each in (after - before) if not each.isspace()} - set("()-|")
