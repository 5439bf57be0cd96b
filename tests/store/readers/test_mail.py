"""Mail: the writer's own words, in plain text and HTML, Portuguese and English."""

import pytest

from store.readers.mail import own_words


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, 5 Jan 2026 at 09:00, Ann Lee <ann@mail.example> wrote:\n> Where?",
        "On Mon, 5 Jan 2026 at 09:00, Ann Lee <ann@a-very-long-address.mail.example>\nwrote:\nWhere?",
        "Em seg., 5 de jan. de 2026 às 09:00, Ana <ana@mail.example> escreveu:\n\n> Onde?",
        "-----Original Message-----\nFrom: Ann\nWhere?",
        "----- Mensagem original -----\nDe: Ana\nOnde?",
        "________________________________\nWhere?",
        "De: Ana Lima\nEnviado: segunda-feira\nPara: suporte\n\nOnde?",
        "De: Ana Lima\nPara: suporte\nAssunto: porta\n\nOnde?",
        "*From:* Ann Lee\nSent: Monday\n\nWhere?",
        "> Where?\n> There?",
        "-- \nAnn Lee\nSupport",
        "Atenciosamente,\nAnn Lee\nSuporte",
        "Obrigado!",
        "Kind regards\n\nAnn Lee",
        "Enviado do meu iPhone",
        "Sent from my phone\nOn Monday",
    ],
)
def test_history_and_signatures_go(history: str) -> None:
    """Another customer's words beneath an answer would be told with it."""
    assert own_words(f"Press F5.\nThen wait.\n\n{history}\n") == "Press F5.\nThen wait."


@pytest.mark.parametrize(
    "text",
    [
        "Press F5.\nThanks!\nThen open the menu and choose the second entry from the top.",
        "On page 3 of 2026's guide you find how.",
        "Em 2026 os preços mudam.",
        "From: the top menu",
        "if a > b, press F5",
        "Regards",
        "Write to Ann <ann@mail.example>",
        "Change the sender:\nDe: cobranca antiga\nPara: cobranca nova\nThen save it.",
        "Obrigada\nPasso um: desligue\nPasso dois: troque o filtro",
        "Do this:\nBest\nUse a wrench.",
    ],
)
def test_what_only_resembles_them_stays(text: str) -> None:
    """Half an answer is worse than a signature too many."""
    assert own_words(text) == text


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("> Where?\n\nAbove the door.", "Above the door."),
        ("On Mon, 5 Jan 2026 Ann Lee <a@b.example> wrote:\n> Where?\n\nAbove the door.", "Above the door."),
        ("Press F5. On Mon, 5 Jan 2026 at 09:00 Ann Lee wrote: Where is it?", "Press F5."),
        ("Press F5. Kind regards, Ann Lee Support", "Press F5."),
        ("##- Please type your reply above this line -##\nPress F5.", "Press F5."),
        ("On Mon, 5 Jan 2026 Ann wrote:\nWhere?", ""),
    ],
)
def test_unusual_mail_is_read(text: str, own: str) -> None:
    """Some answer beneath the quotation, some help desks lose the line breaks."""
    assert own_words(text) == own


@pytest.mark.parametrize("quoted", ["<blockquote>{}</blockquote>", '<div class="gmail_quote">{}</div>', '<div id="Signature">{}</div>'])
def test_html_is_read_without_what_is_marked_as_quoted(quoted: str) -> None:
    """Programs mark their quotations; no guessing is needed there."""
    text = f"<div>Press <b>F5</b>, see <a href='x'>help</a>.<ul><li>one</li><li>two</li></ul></div>{quoted.format('Secret.')}"

    assert own_words(text) == "Press F5, see help.\n- one\n- two"


@pytest.mark.parametrize("unit", ["on 1 " + "x" * 200 + "\n", "Em 2026 " * 30, "> ", "<div ", "Obrigado\n", "-----", "From: x\n"])
def test_hostile_repetition_takes_little_time(unit: str) -> None:
    """Anybody may write to a help desk; what grows with the square of it takes minutes, more than the limit of every test."""
    hostile = unit * (200_000 // len(unit))

    assert len(own_words(hostile)) <= len(hostile)
