"""What a question asks for, and which of it may be the same."""

import pytest

from store.question_kinds import compatible, kinds_of


@pytest.mark.parametrize(
    ("kind", "folded"),
    [
        ("who", "quem aprova a compra?"),
        ("where", "onde fica o cofre?"),
        ("when", "quando chega o lote?"),
        ("hour", "a que horas passa o malote?"),
        ("day", "em que dia passa o malote?"),
        ("span", "how long is the induction?"),
        ("span", "quantos dias leva o exame?"),
        ("often", "how often is the filter changed?"),
        ("age", "how old must a rider be?"),
        ("cost", "qual o preco da diaria?"),
        ("amount", "how many crates fit on a trolley?"),
        ("measure", "how deep is the pool?"),
        ("contact", "qual e o telefone da portaria?"),
        ("which", "quais sabores voces fazem?"),
        ("why", "why was it sent back?"),
        ("how", "como limpo a coifa?"),
        ("what", "what is a bill of lading?"),
        ("whether", "voces embrulham para presente?"),
        ("whether", "are gloves needed?"),
    ],
)
def test_a_question_asks_for_one_thing(kind: str, folded: str) -> None:
    """Each is told by the words that ask, in both languages."""
    assert kinds_of(folded) == {kind}


def test_what_begins_as_a_question_asks_whether_although_it_names_a_date() -> None:
    """A date or a limit that is named is not always asked for."""
    assert kinds_of("is the voucher valid at weekends?") == {"when", "whether"}
    assert compatible(kinds_of("can i use the voucher at weekends?"), kinds_of("is the voucher valid at weekends?"))


def test_what_tells_nothing_may_be_anything() -> None:
    """People report a fault instead of asking what to do about it."""
    assert kinds_of("the mixer shows a red lamp") == frozenset()
    assert compatible(frozenset(), frozenset({"who"}))
    assert compatible(frozenset({"who"}), frozenset())


@pytest.mark.parametrize(
    ("known", "asked", "same"),
    [
        ("how", "where", True),
        ("when", "span", True),
        ("how", "whether", True),
        ("where", "whether", True),
        ("what", "cost", True),
        ("whether", "cost", True),
        ("whether", "where", False),
        ("whether", "what", False),
        ("who", "whether", False),
        ("hour", "day", False),
        ("span", "cost", False),
        ("which", "how", False),
    ],
)
def test_some_things_are_asked_for_in_the_words_of_others(known: str, asked: str, *, same: bool) -> None:
    """Who asks "can I get it back?" may want to know how; who asks where something is knows that there is one."""
    assert compatible(frozenset({known}), frozenset({asked})) is same
