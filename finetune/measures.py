"""How good an answer is, against what is known of a right one: facts, words, and whether it declined. Pure functions of texts."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from bot.draft import NOTHING_FOUND
from bot.texts import LANGUAGES, translate
from bot.wording import stems_of
from finetune.questions import HeldOut
from store.lexical import fold, numbers_of, words_of

LEAST_F1: Final = 0.5
LEAST_SHARE: Final = 0.8

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_SPACE = re.compile(r"\s+")
_CURRENCY = re.compile(r"(?<=[$€£]) (?=\d)")
_PER_CENT = re.compile(r"(?<=\d) (?=[%ºª°])")
# The normalisation of SQuAD's own script (https://arxiv.org/abs/1606.05250), with the articles of both languages.
_ARTICLES: Final = frozenset(["a", "an", "the", "o", "os", "as", "um", "uma", "uns", "umas"])
_TOKEN = re.compile(r"\w+(?:[.,:/-]\w+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_UNKNOWING = re.compile(
    r"\b(i (really )?(do not|don't|cannot|can't|could not|couldn't) (know|tell|say|find|answer)|i have no (information|answer)"
    r"|i('m| am) not (sure|able to)|(is|are) not (mentioned|stated|provided|given) in the passages?"
    r"|the passages? (do|does) not (say|hold|contain|mention|state|answer)"
    r"|(eu )?nao (sei|encontrei|achei|posso (dizer|responder|informar)|consigo (responder|informar)|tenho (essa )?informac(ao|oes))"
    r"|os? trechos? nao (diz|dizem|contem|menciona|mencionam|respondem?))\b"
)
_YES, _NO = frozenset({"yes", "sim"}), frozenset({"no", "nao"})


def contains(answer: str, fact: str) -> bool:
    """
    Tell whether *answer* holds *fact*, folded for case, accents, width, dashes and spaces.

    A number or code must stand by itself: "12" is not in "112", "12,50" or "E12"; words may go on ("month" is in "months").
    """
    text, wanted = _plain(answer), _plain(fact)
    if not wanted:
        return True
    before = r"(?<![\w])(?<!\d[.,:])" if _holds_digit(wanted.split()[0]) else ""
    after = r"(?![\w])(?![.,:]\d)" if _holds_digit(wanted.split()[-1]) else ""
    return re.search(before + re.escape(wanted) + after, text) is not None


def facts_contained(answer: str, facts: Sequence[str]) -> float:
    """Return the share of *facts*, of which there is at least one, that *answer* holds."""
    return sum(contains(answer, fact) for fact in facts) / len(facts)


def token_f1(answer: str, reference: str) -> float:
    """Return the harmonic mean of precision and recall over the words of both (SQuAD, without punctuation and articles); 0 to 1."""
    given, wanted = _tokens(answer), _tokens(reference)
    return _f(sum((Counter(given) & Counter(wanted)).values()), len(given), len(wanted))


def rouge_l(answer: str, reference: str) -> float:
    """Return the F-measure of the longest common subsequence of words (ROUGE-L, https://aclanthology.org/W04-1013); 0 to 1."""
    given, wanted = _words(answer), _words(reference)
    return _f(_longest_common(given, wanted), len(given), len(wanted))


def declined(answer: str) -> bool:
    """
    Tell whether *answer* says first of all that it cannot tell: the product's sentence, or a model's "I do not know".

    What follows a first sentence of that kind is beside the point; one that comes later qualifies an answer that was given.
    """
    first = _SENTENCE_END.split(answer.strip(), maxsplit=1)[0]
    plain = _plain(first).replace("’", "'")
    return any(plain.startswith(own) for own in _own_declines()) or _UNKNOWING.search(plain) is not None


def good(answer: str, held: HeldOut) -> bool:
    """
    Tell whether *answer* answers the question.

    One that must be declined: it was. One with facts to contain: all of them. Else it must hold every number and code of the reference
    that the question does not name (with them stands or falls most of what people ask), not say yes for no, and either be worded much as
    the reference is (F1 of .5, which a rambling answer fails, and half of the words that the question does not hold), hold four fifths of
    its meaningful words (a longer answer that is complete), or say a number of the reference in words that are four fifths the
    reference's or the question's (a short one):

        reference "The last ferry leaves Elverport at 21:40."       "It leaves at 21:40." and "At 21:40." are good
        reference "Troque o filtro FH-300."                          "Troque o filtro FH-301." is not
        reference "Washing the filter does not help: replace it."    "Wash the filter." is not
        reference "The Tolmay ferry waits at the old pier."          "The Tolmay ferry waits at the market." is not

    What people merely liked may say more than they asked: there a sentence of it that is told whole is enough, with nothing else beside it.
    It may also be a poor wording of the passages it was made from: the sentence of theirs that it told is as good.
    """
    if held.must_decline:
        return declined(answer)
    if held.must_contain:
        return facts_contained(answer, held.must_contain) == 1.0
    if held.told and _answers_alike(answer, replace(held, reference=held.told)):
        return True
    return _answers_alike(answer, held) or (held.kind == "up" and _tells_a_sentence(answer, held))


def holds(text: str, held: HeldOut) -> bool:
    """Tell whether what a good answer needs stands in *text* (a passage), however much stands there besides."""
    if held.must_contain:
        return facts_contained(text, held.must_contain) == 1.0
    return any(
        _own_numbers(each) <= _numbers(text) and _share(stems_of(each.reference), stems_of(text)) >= LEAST_SHARE
        for each in (held, *((replace(held, reference=held.told),) if held.told else ()))
    )


def _answers_alike(answer: str, held: HeldOut) -> bool:
    own = _own_numbers(held)
    if not own <= _numbers(answer) or _contradicts(answer, held.reference) or declined(answer):
        return False
    said, wanted, asked = stems_of(answer), stems_of(held.reference), stems_of(held.question)
    if token_f1(answer, held.reference) >= LEAST_F1 and _share(wanted - asked, said) >= LEAST_F1:
        return True
    if _share(wanted, said) >= LEAST_SHARE:
        return True
    return bool(own) and _share(said, wanted | asked) >= LEAST_SHARE


def _tells_a_sentence(answer: str, held: HeldOut) -> bool:
    """Tell whether *answer* is one of the reference's sentences that say what the question does not."""
    said, asked, liked = stems_of(answer), stems_of(held.question), stems_of(held.reference)
    numbers, known = _numbers(answer), _numbers(held.question)
    if (
        declined(answer)
        or _contradicts(answer, held.reference)
        or not numbers <= _numbers(held.reference) | known
        or _share(said, liked | asked) < LEAST_SHARE
    ):
        return False
    news = [(stems_of(sentence) - asked, _numbers(sentence) - known) for sentence in _SENTENCE_END.split(held.reference)]
    return any(words and own <= numbers and _share(words, said) >= LEAST_SHARE for words, own in news)


def _own_numbers(held: HeldOut) -> frozenset[str]:
    return _numbers(held.reference) - _numbers(held.question)


def _numbers(text: str) -> frozenset[str]:
    return numbers_of(words_of(_plain(text)))


def _contradicts(answer: str, reference: str) -> bool:
    said, wanted = frozenset(_words(answer)[:1]), frozenset(_words(reference)[:1])
    return bool((said & _YES and wanted & _NO) or (said & _NO and wanted & _YES))


def _share(of: set[str], among: set[str]) -> float:
    return len(of & among) / len(of) if of else 1.0


def _plain(text: str) -> str:
    plain = _SPACE.sub(" ", fold(unicodedata.normalize("NFKC", text).translate(_DASHES))).strip()
    return _PER_CENT.sub("", _CURRENCY.sub("", plain))


def _words(text: str) -> list[str]:
    return _TOKEN.findall(_plain(text))


def _tokens(text: str) -> list[str]:
    return [word for word in _words(text) if word not in _ARTICLES]


def _holds_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _f(common: int, given: int, wanted: int) -> float:
    if not given or not wanted:
        return float(given == wanted)
    return 2 * common / (given + wanted)


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for at, against in enumerate(other, start=1):
            diagonal, row[at] = row[at], diagonal + 1 if word == against else max(row[at], row[at - 1])
    return row[-1]


@cache
def _own_declines() -> tuple[str, ...]:
    """Return how the product's own sentences begin that decline."""
    return tuple(_plain(translate(language, NOTHING_FOUND)).rstrip(".") for language in LANGUAGES)
