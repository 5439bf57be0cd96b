"""Made-up exercises: they teach how to answer from passages, in Portuguese and English, not what any of them says."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.messages import Passage
from finetune.practice_kinds import KINDS, Kind
from finetune.practice_words import filled, like

# Shares as in the training that taught most (SmolLM2-135M: three passages .20 -> .8): the right passage alone, one distractor beside it
# (else all), distractors of the same kind with a key easily taken for the right one, the right passage first.
_ALONE: Final = 0.3
_ONE_BESIDE: Final = 0.2
_NEAR: Final = 0.6
_BEST_FIRST: Final = 0.9
_TITLED: Final = 0.3  # as in a handbook; the others are headed by a question, as FAQ entries and approved answers are
_SITUATED: Final = 0.4  # people tell more than they ask; a small model left alone with that says the question again
_SITUATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "I started this week and know nobody yet. {question}",
        "A customer has just asked me and I did not know what to say. {question}",
        "My colleague is on holiday and I am standing in for her: {question}",
        "I looked for it all morning and found nothing. {question}",
        "Sorry to bother you, I am in a hurry. {question} Thanks a lot!",
        "We talked about this yesterday, but I forgot. {question}",
        "{question} My boss wants to know by noon.",
        "Somebody told me something else last month, so I had better ask: {question}",
    ),
    "pt": (
        "Comecei esta semana e ainda não conheço ninguém. {question}",
        "Um cliente acabou de me perguntar e eu não soube o que dizer. {question}",
        "Minha colega está de férias e estou no lugar dela: {question}",
        "Procurei a manhã inteira e não achei nada. {question}",
        "Desculpe o incômodo, estou com pressa. {question} Muito obrigado!",
        "Falamos disso ontem, mas eu esqueci. {question}",
        "{question} Minha chefe quer saber até o meio-dia.",
        "No mês passado me disseram outra coisa, então é melhor perguntar: {question}",
    ),
}
_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Handbook", "Staff guide", "Services", "Notices", "Prices"),
    "pt": ("Manual", "Guia da equipe", "Serviços", "Avisos", "Preços"),
}


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question about made-up facts; `passages` best first as a retriever gives them, which errs at times; one says the `answer`."""

    question: str
    answer: str
    passages: tuple[Passage, ...]
    language: str


@dataclass(frozen=True, slots=True)
class _Fact:
    kind: Kind
    values: Mapping[str, str]

    @property
    def key(self) -> tuple[Kind, str]:
        return self.kind, self.values[self.kind.key]

    @property
    def text(self) -> str:
        return self.worded(self.kind.text)

    def worded(self, text: str) -> str:
        words = text.format(**self.values)
        return words[:1].upper() + words[1:]


def exercises(seed: int, *, languages: Mapping[str, int], distractors: int) -> Iterator[Exercise]:
    """
    Yield exercises without end; the same arguments give the same.

    Args:
        seed: Decides what is drawn.
        languages: How often each language occurs where the exercises are needed; theirs occur as often against each other. Languages other
            than English and Portuguese count for nothing, and without either the two take turns.
        distractors: At most so many passages stand beside the right one.
    """
    rng = random.Random(f"practice {seed}")
    for language in _turns({language: languages.get(language, 0) for language in KINDS}):
        yield _exercise(rng, language, distractors)


def _turns(shares: Mapping[str, int]) -> Iterator[str]:
    """Yield languages in proportion to *shares*, evenly spread."""
    wanted = shares if any(shares.values()) else dict.fromkeys(shares, 1)
    given = Counter[str]()
    while True:
        language = min((each for each in wanted if wanted[each]), key=lambda each: (given[each] + 1) / wanted[each])
        given[language] += 1
        yield language


def _exercise(rng: random.Random, language: str, distractors: int) -> Exercise:
    right = _fact(rng, language, rng.choice(KINDS[language]))
    asked, heading = rng.sample(right.kind.questions, 2)
    title = rng.choice(_TITLES[language]) if rng.random() < _TITLED else ""
    headed = [(right, heading), *((fact, rng.choice(fact.kind.questions)) for fact in _beside(rng, language, right, distractors))]
    passages = [_passage(fact, language, title=title, heading=each) for fact, each in headed]
    question = right.worded(asked)
    if rng.random() < _SITUATED:
        question = rng.choice(_SITUATIONS[language]).format(question=question)
    if rng.random() >= _BEST_FIRST:
        rng.shuffle(passages)
    return Exercise(question, right.text, tuple(passages), language)


def _beside(rng: random.Random, language: str, right: _Fact, distractors: int) -> list[_Fact]:
    """Return facts that do not answer what *right* does."""
    count = 0 if rng.random() < _ALONE else min(1, distractors) if rng.random() < _ONE_BESIDE else distractors
    found: list[_Fact] = []
    while len(found) < count:
        fact = _near(rng, language, right) if rng.random() < _NEAR else _fact(rng, language, rng.choice(KINDS[language]))
        if fact.key not in {each.key for each in (right, *found)}:
            found.append(fact)
    return found


def _fact(rng: random.Random, language: str, kind: Kind) -> _Fact:
    return _Fact(kind, filled(kind.text, language, rng))


def _near(rng: random.Random, language: str, fact: _Fact) -> _Fact:
    key = fact.kind.key
    return _Fact(fact.kind, filled(fact.kind.text, language, rng) | {key: like(fact.values[key], key, language, rng)})


def _passage(fact: _Fact, language: str, *, title: str, heading: str) -> Passage:
    return Passage("practice", "", title, "" if title else fact.worded(heading), fact.text, "all", language)
