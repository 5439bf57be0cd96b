"""Made-up facts to practise on: they teach how to answer from passages, in Portuguese and English, where few answers are rated yet."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from bot.messages import Passage

_SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")
_DISTRACTORS: Final = 2
_SERVED: Final = 3  # of four exercises three have distractors

# Of each kind of fact: two questions, then the passage that answers both. {thing} tells facts of a kind apart; the rest is told.
_KINDS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "en": (
        (
            "What does code {thing} mean?",
            "The display shows {thing}. What now?",
            "Code {thing} means that part {code} is worn: replace it.",
        ),
        ("What does the {thing} plan cost?", "I want the {thing} plan. How much do I pay?", "The {thing} plan costs {money} a month."),
        (
            "When does the {thing} branch open?",
            "How early can I come to {thing}?",
            "The {thing} branch opens at {hour}:30 on working days.",
        ),
        ("Who looks after {thing}?", "Whom do I ask about {thing}?", "{name} in room {number} looks after {thing}."),
        (
            "How long does delivery to {thing} take?",
            "I live in {thing}. When will it come?",
            "Delivery to {thing} takes {number} working days.",
        ),
        (
            "How often is the {thing} filter changed?",
            "My {thing} filter looks old. Is it due?",
            "The {thing} filter is changed every {number} months.",
        ),
    ),
    "pt": (
        (
            "O que significa o código {thing}?",
            "O painel mostra {thing}. E agora?",
            "O código {thing} indica desgaste da peça {code}: troque-a.",
        ),
        ("Quanto custa o plano {thing}?", "Quero o plano {thing}. Quanto pago?", "O plano {thing} custa R$ {money} por mês."),
        (
            "Quando abre a unidade {thing}?",
            "A partir de que horas posso ir à {thing}?",
            "A unidade {thing} abre às {hour}h30 nos dias úteis.",
        ),
        ("Quem cuida de {thing}?", "Com quem falo sobre {thing}?", "{name}, da sala {number}, cuida de {thing}."),
        (
            "Em quanto tempo chega a entrega em {thing}?",
            "Moro em {thing}. Quando recebo?",
            "A entrega em {thing} leva {number} dias úteis.",
        ),
        (
            "De quanto em quanto tempo se troca o filtro {thing}?",
            "Meu filtro {thing} já venceu?",
            "O filtro {thing} é trocado a cada {number} meses.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question about made-up facts; `passages` best first, the first answers."""

    question: str
    answer: str
    passages: tuple[Passage, ...]
    language: str


def exercises(seed: int) -> Iterator[Exercise]:
    """Yield exercises without end, languages in turn; the same seed gives the same. One of four shows the right passage alone."""
    rng = random.Random(f"practice {seed}")
    languages = tuple(_KINDS)
    for at in count():
        language = languages[at % len(languages)]
        beside = 0 if at // len(languages) % (_SERVED + 1) == 0 else _DISTRACTORS
        yield _exercise(rng, language, beside=beside)


def _exercise(rng: random.Random, language: str, *, beside: int) -> Exercise:
    kind = rng.choice(_KINDS[language])
    asked, heading = rng.sample(kind[:2], 2)
    values = _values(rng)
    gold = _passage(heading, kind[2], values, language)
    # Neighbours of the same kind, as a retriever offers them: only what tells them apart decides.
    others = [_passage(rng.choice(kind[:2]), kind[2], _values(rng), language) for _ in range(beside)]
    return Exercise(asked.format(**values), gold.text, (gold, *others), language)


def _passage(heading: str, text: str, values: dict[str, str], language: str) -> Passage:
    return Passage("practice", "", "", heading.format(**values), text.format(**values), "all", language)


def _values(rng: random.Random) -> dict[str, str]:
    return {
        "thing": rng.choice((_word(rng), _word(rng), _code(rng))),
        "name": f"{_word(rng)} {_word(rng)}",
        "code": _code(rng),
        "money": str(rng.randint(5, 990)),
        "hour": str(rng.randint(6, 11)),
        "number": str(rng.randint(2, 60)),
    }


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 3))).capitalize()


def _code(rng: random.Random) -> str:
    return f"{rng.choice('ABEFHKMTX')}{rng.choice(('', '-'))}{rng.randint(1, 999):02}"
