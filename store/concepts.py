"""Words that mean the same in questions to a company, in Portuguese and English, and those that exclude each other."""

import re
from collections.abc import Iterator
from functools import cache

from store.concept_subjects import SUBJECTS
from store.concept_words import DEALINGS
from store.lexical import fold, words_of
from store.place_names import PLACES

# Of one such set a question means one: with another member in its place it is another question.
_CONTRASTS = """
open close
before after
buy sell
send receive
turn-on turn-off
block unlock
import export
install uninstall
increase reduce
minimum maximum
begin end
begin stop
book cancel
late cancel
encrypt backup
student adult
hire dismiss
allowed sell
add remove
first last-one
previous next
inside outside
domestic international
online in-person
big medium small
new old
day week month year hour minute
employee customer supplier visitor partner
dog cat bird
car motorbike bicycle bus train truck van taxi plane boat
adult child
man woman
left right
north south east west
debit credit
real dollar euro pound
boleto pix card cash cheque
email phone post fax whatsapp
iphone android
windows mac linux
breakfast lunch dinner
spring summer autumn winter
red blue green yellow black white
english portuguese spanish french german
passport visa
weight height length width volume
deliver collect
invoice receipt
import-duty export-duty
password user name
maternity paternity
mother father
sick vacation
salary bonus
late early
early extend
above below
upstairs downstairs
front back-side
front back
left right-side
high low
long short
wet dry
hot cold
empty full
gluten lactose
meat fish vegetarian vegan
credit debit
tenant landlord
student teacher
doctor dentist nurse vet
electricity gas water
temporary permanent
public private
automatic manual
accept reject
approve reject
include exclude
assemble dismantle
load unload
buy rent
oil filter
helmet gloves goggles
film book-item
film photo
kitchen toilet
mouse keyboard monitor
puppy adult
soy corn coffee
flood fire stolen accident
withdraw deposit transfer
rent deposit
renew cancel
register cancel
postpone cancel early
pause cancel
extend cancel
airport hotel station
city country
shoes shirt trousers dress
wine beer
barbecue party-room pool gym
apartment garage
diesel petrol ethanol
student senior
prescription certificate
wash iron-clothes
"""


def stem(word: str) -> str:
    """Return what is left of a folded *word* without the endings of its kind; the same for Portuguese and English."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for length in range(_LONGEST, 0, -1):
        if word[-length:] in _ENDINGS and len(word) - length >= _SHORTEST[min(length, 3)]:
            return word[:-length]
    return word


_SHORTEST = {1: 5, 2: 4, 3: 3}  # by the ending's length: what must be left
_ENDINGS = frozenset(
    words_of(
        "amento imento mente acao icao acoe icoe ation ment ement ing ed ar er ir ando endo indo ado ada ido ida aram eram ava am em amo "
        "emo imo aria eria ou eu iu anca encia or a e o"
    )
)
_LONGEST = max(map(len, _ENDINGS))


@cache
def _said_in() -> dict[str, tuple[str, ...]]:
    """Return the concepts with the words that say them, folded; "_" between those of what is said in several."""
    concepts: dict[str, tuple[str, ...]] = {}
    for line in filter(None, f"{DEALINGS}{SUBJECTS}{PLACES}".split("\n")):
        name, _, words = line.partition(":")
        concepts[name] = concepts.get(name, ()) + tuple(map(fold, words.split()))
    return concepts


@cache
def _by_word() -> dict[str, str]:
    """Return the concept of each word that is listed, and of what is said in several, written as one."""
    return {word.replace("_", ""): concept for concept, words in reversed(_said_in().items()) for word in words}


@cache
def _by_stem() -> dict[str, str]:
    concepts: dict[str, str] = {}
    for concept, words in _said_in().items():
        for word in words:
            if "_" not in word:
                concepts.setdefault(stem(word), concept)
    return concepts


@cache
def sayings() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern for what is said in several words, folded, and for each, its words joined, one word that means the same."""
    instead = {
        saying.replace("_", ""): next((word for word in words if "_" not in word), saying.replace("_", ""))
        for words in _said_in().values()
        for saying in words
        if "_" in saying
    }
    written = sorted({saying for words in _said_in().values() for saying in words if "_" in saying}, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(saying).replace("_", "[ -]") for saying in written) + r")\b"), instead


def said_in_several() -> Iterator[tuple[str, str]]:
    """Yield what is said in several words, folded and with "_" between them, each with its concept."""
    for concept, words in _said_in().items():
        for word in words:
            if "_" in word:
                yield word, concept


def concept_of(word: str) -> str:
    """Return the concept that a folded *word* stands for, or its stem where it has none of its own."""
    return listed_concept(word) or stem(word)


def listed_concept(word: str) -> str | None:
    """Return the concept that a folded *word* stands for; None where none is listed for it."""
    listed = _by_word()
    return listed.get(word) or listed.get(word.removesuffix("s")) or _by_stem().get(stem(word))


def is_common(word: str) -> bool:
    """Tell whether a folded *word* is a common one: it stands for a concept as it is."""
    return word in _by_word() or word in _by_stem()


@cache
def contrasts() -> tuple[frozenset[str], ...]:
    """Return the sets of concepts that exclude each other."""
    named = _said_in()
    return tuple(
        frozenset(each if each in named else concept_of(each) for each in line.split()) for line in _CONTRASTS.strip().splitlines()
    )
