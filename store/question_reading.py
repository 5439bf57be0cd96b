"""A question as it is compared with another: what it names, asks for, denies, and the words that carry its subject."""

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from store.concepts import concept_of, is_common, sayings
from store.courtesies import COURTESIES
from store.lexical import fold, words_of
from store.place_names import places
from store.question_kinds import kinds_of
from store.question_marks import Marks, Word, is_plain, mark, marks_of, split
from store.question_words import ARTICLES, ASKED_UNIT, ENGLISH, FROM, NEGATIONS, PHRASES, PORTUGUESE, STOP_WORDS, TO, WITHIN_NAMES

# In English alone, as in Portuguese it is "in the": what is denied by it, not a phrase, nor serial no., no-show.
_NO = re.compile(r"\bno\b(?! (?:longer|later|earlier|more|less|fewer|one|charge|cost|fee)\b|\W*$|[.-])")
_CLAUSE = re.compile(r"\S[^\n]*?(?:[.,;:!?]+(?=\s|$)|$)", re.MULTILINE)  # 1.200,50 is within one


@dataclass(frozen=True, slots=True)
class Reading:
    """
    A question, read.

    `tokens` are all its folded words in order (what it names exactly as its mark), `content` the concepts that carry its subject, each
    with the word it is said by, `names` the words written like a name, `kinds` what it asks for; `denials` counts the words that deny,
    `denied` holds the concepts denied, `denied_beside` those denied in what is told beside the question, where nothing is denied in the
    question itself: "não consigo imprimir, …?"; `told` the names, numbers and dates (no codes) that only stand there. `in_full` are the
    names of several words: ("fernando", "noronha"). `ordered` are pairs
    of words of which one leads to the other, `origins` and `goals` the names after "from" and after "to"; `language` is pt or en, empty
    where its common words do not tell.
    """

    tokens: tuple[str, ...]
    content: Mapping[str, str]
    marks: Marks
    names: frozenset[str]
    kinds: frozenset[str]
    denials: int
    denied: frozenset[str]
    denied_beside: frozenset[str]
    told: frozenset[str]
    in_full: tuple[tuple[str, ...], ...]
    ordered: frozenset[tuple[str, str]]
    origins: frozenset[str]
    goals: frozenset[str]
    language: str


def read(question: str) -> Reading:
    """Return *question* as it is compared."""
    text = unicodedata.normalize("NFC", question)
    folded = _fold_each(text).replace("’", "'")
    if _NO.search(folded) and _language(split(text, folded)) == "en":
        text, folded = _put(_NO, "without", text, folded)
    text, folded = _put(COURTESIES, "", text, folded)
    for pattern, word in PHRASES:
        text, folded = _put(pattern, word, text, folded)
    text, folded = _put_sayings(text, folded)
    words = mark(split(text, folded))
    plain = [word for word in words if not word.mark]
    about = [word for word in mark(split(*_put(ASKED_UNIT, "", text, folded))) if not word.mark]
    clauses = _clauses(text, folded)
    marks = marks_of(words)
    names = _names(words)
    return Reading(
        tokens=tuple(word.mark or word.folded for word in words),
        content={concept_of(_name(word)): _name(word) for word in about if carries(word.folded)},
        marks=marks,
        names=names,
        kinds=kinds_of(folded),
        denials=sum(_is_negation(word.folded) for word in plain),
        denied=frozenset(_denied(word.folded for word in words)),
        denied_beside=_denied_beside(clauses),
        told=_told(marks, names, clauses),
        in_full=tuple(_in_full(words, names)),
        ordered=frozenset(_ordered(words)),
        origins=frozenset(_after(words, FROM)),
        goals=frozenset(_after(words, TO)),
        language=_language(words),
    )


def carries(word: str) -> bool:
    """Tell whether a folded *word* carries a question's subject."""
    return word not in STOP_WORDS and word.replace("'", "") not in STOP_WORDS and not _is_negation(word) and word != "why"


def _fold_each(text: str) -> str:
    """Fold character by character, so that places stay."""
    return "".join((fold(char) or char)[0] for char in text)


def _put_sayings(text: str, folded: str) -> tuple[str, str]:
    """Put one word in place of what is said in several."""
    pattern, instead = sayings()
    return _put(pattern, lambda found: instead[re.sub("[ -]", "", found)], text, folded)


def _put(pattern: re.Pattern[str], word: str | Callable[[str], str], text: str, folded: str) -> tuple[str, str]:
    """Put *word* in place of what *pattern* finds in *folded*, in both forms."""
    pieces: list[tuple[str, str]] = []
    position = 0
    for found in pattern.finditer(folded):
        put = word if isinstance(word, str) else word(found.group())
        pieces += [(text[position : found.start()], folded[position : found.start()]), (put, put)]
        position = found.end()
    pieces.append((text[position:], folded[position:]))
    return "".join(each for each, _ in pieces), "".join(each for _, each in pieces)


def _clauses(text: str, folded: str) -> list[tuple[str, str, bool]]:
    """Return the clauses, as written and folded, each with whether it asks: those that end so, or else the last."""
    found = [(text[each.start() : each.end()], each.group()) for each in _CLAUSE.finditer(folded)]
    asking = any(clause.endswith("?") for _, clause in found)
    return [(raw, clause, clause.endswith("?") if asking else place == len(found) - 1) for place, (raw, clause) in enumerate(found)]


def _denied(folded: Iterable[str]) -> list[str]:
    """Return the concepts that stand right after a denial: up to two each."""
    words = list(folded)
    after = [words[place + 1 :] for place, word in enumerate(words) if _is_negation(word)]
    return [concept_of(word) for words in after for word in [*filter(carries, words)][:2]]


def _denied_beside(clauses: Sequence[tuple[str, str, bool]]) -> frozenset[str]:
    """Return the concepts denied in what is told before or after the question; none where the question itself denies."""
    words = [(words_of(clause.replace("'", "")), asks) for _, clause, asks in clauses]
    if any(_is_negation(word) for clause, asks in words if asks for word in clause):
        return frozenset()
    return frozenset(concept for clause, asks in words if not asks for concept in _denied(clause))


def _told(marks: Marks, names: frozenset[str], clauses: Sequence[tuple[str, str, bool]]) -> frozenset[str]:
    """Return the names, numbers and dates, no codes, that stand beside the question alone."""
    if not (marks.held or names) or all(asks for _, _, asks in clauses):
        return frozenset()
    asked = [word for raw, clause, asks in clauses if asks for word in mark(split(raw, clause))]
    held = marks_of(asked).held
    said = {_called(word) for word in asked}
    return frozenset(filter(is_plain, marks.held - held)) | (names - said)


def _is_negation(word: str) -> bool:
    return word.replace("'", "") in NEGATIONS


def _is_name(word: Word, after: Word) -> bool:
    """Tell whether *word* is written like a name: a capital where no sentence begins; a common word and a code's beginning are none."""
    if word.mark or (after.mark.isdigit() and len(word.raw) <= 4):
        return False
    if word.folded in places():
        return True
    if not word.raw[0].isupper() or word.first or word.folded in STOP_WORDS or word.folded.split("'")[0] == "i":
        return False
    return len(word.raw) > 1 and not is_common(_name(word))


def _names(words: Sequence[Word]) -> frozenset[str]:
    """Return the words written like a name."""
    if _shouted(words):
        return frozenset()
    return frozenset(_called(word) for word, after in pairwise([*words, Word("", "")]) if _is_name(word, after))


def _in_full(words: Sequence[Word], names: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Return the words with a capital that stand beside each other, where one is a name: Elm Road, Fernando de Noronha."""
    run: list[str] = []
    for word in [*words, Word("", "")]:
        if word.raw[:1].isupper() and not word.mark and not (word.first and word.folded in STOP_WORDS):
            run.append(_called(word))
        elif not (run and word.folded in WITHIN_NAMES):
            if len(run) > 1 and names.intersection(run):
                yield tuple(run)
            run = []


def _name(word: Word) -> str:
    return word.folded.removesuffix("'s")


def _called(word: Word) -> str:
    """Return the name that *word* is, in whichever language."""
    return places().get(word.folded) or _name(word)


def _shouted(words: Sequence[Word]) -> bool:
    """Tell whether capitals say nothing here: most words have them."""
    written = [word for word in words if word.raw[:1].isalpha() and len(word.raw) > 1]
    return len(written) > 3 and sum(word.raw[0].isupper() for word in written) > 0.8 * len(written)


def _language(words: Sequence[Word]) -> str:
    portuguese, english = (sum(word.folded in common for word in words) for common in (PORTUGUESE, ENGLISH))
    return "pt" if portuguese > english else "en" if english > portuguese else ""


def _ordered(words: Sequence[Word]) -> list[tuple[str, str]]:
    """Return (from, to) for each "from … to …": Santos para Curitiba."""
    found: list[tuple[str, str]] = []
    for position, word in enumerate(words):
        if position and not word.mark and (word.folded in TO or _is_to(words, position)) and _says(words[position - 1]):
            after = [each for each in words[position + 1 : position + 4] if each.folded not in ARTICLES or each.mark][:2]
            found += [(_said(words[position - 1]), _said(each)) for each in after if _says(each)]
    return found


def _after(words: Sequence[Word], leading: Container[str]) -> list[str]:
    """Return the names and codes that stand right after a word of *leading*."""
    return [
        each.mark or _called(each)
        for word, each, after in zip(words, words[1:], [*words[2:], Word("", "")], strict=False)
        if word.folded in leading and (each.mark or _is_name(each, after))
    ]


def _is_to(words: Sequence[Word], position: int) -> bool:
    """Tell whether the Portuguese "a" there leads somewhere: de Santos a Curitiba."""
    return words[position].folded == "a" and position > 1 and words[position - 2].folded in FROM


def _says(word: Word) -> bool:
    return bool(word.mark) or carries(word.folded)


def _said(word: Word) -> str:
    return word.mark or concept_of(_name(word))
