"""What a question names exactly: numbers, codes, dates, times. Another of them makes another question, however alike the words are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from store.lexical import words_of

_TOKEN = re.compile(
    r"[^\W\d_]+-?\d[^\W_]*(?:[-./]\d*[^\W_]+)*"  # letters, then a digit: FC-12, K5, AB-12-CD, v2.0.1
    r"|\d+(?:[.,:/]\d+)*(?:-?[^\W\d_]+\d*)*"  # a digit first: 9th, 40-foot, 15h30, 1.200,50
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CLOCK = re.compile(r"(\d{1,2})(?:h|:)(\d{2})?(?:h|m|min)?")
_MERIDIEM = re.compile(r"(\d{1,2})(?::(\d{2}))?([ap])m")
_DATE = re.compile(r"(\d{1,4})[/.-](\d{1,2})(?:[/.-](\d{2,4}))?")
_MEASURED = re.compile(r"(\d+(?:[.,]\d+)*)-?([a-z]{1,10}\d?)")
_ORDINALS = frozenset({"st", "nd", "rd", "th", "o", "a"})
_UNITS = frozenset(
    words_of(
        "h hs hrs min mins s seg m m2 m3 cm mm km km2 g kg mg t l ml gb mb tb kb x w kw v hz k foot feet ft inch in day days dia dias week "
        "weeks semana semanas month months mes meses year years ano anos hour hours hora horas minute minutes minuto minutos p pp"
    )
)
_WORDS = {
    word: value
    for value, words in {
        0: "zero",
        2: "dois duas two",
        3: "tres three third terceiro terceira",
        4: "quatro four fourth",
        5: "cinco five quinto fifth",
        6: "seis six sixth sexto",
        7: "sete seven seventh setimo setima",
        8: "oito eight eighth oitavo oitava",
        9: "nove nine ninth nono nona",
        10: "dez ten tenth decimo decima",
        11: "onze eleven",
        12: "doze twelve twelfth",
        13: "treze thirteen",
        14: "catorze quatorze fourteen",
        15: "quinze fifteen",
        16: "dezesseis dezasseis sixteen",
        17: "dezessete dezassete seventeen",
        18: "dezoito eighteen",
        19: "dezenove nineteen",
        20: "vinte twenty twentieth vigesimo",
        30: "trinta thirty",
        40: "quarenta forty",
        50: "cinquenta fifty",
        60: "sessenta sixty",
        70: "setenta seventy",
        80: "oitenta eighty",
        90: "noventa ninety",
        100: "cem cento hundred",
        200: "duzentos duzentas",
        300: "trezentos trezentas",
        400: "quatrocentos quatrocentas",
        500: "quinhentos quinhentas",
        600: "seiscentos seiscentas",
        700: "setecentos setecentas",
        800: "oitocentos oitocentas",
        900: "novecentos novecentas",
        1000: "mil thousand",
    }.items()
    for word in words.split()
}
_MULTIPLES = frozenset({"mil", "thousand", "hundred"})
_ONE = frozenset({"um", "uma", "one", "a", "an", "single", "unico", "unica", "1"})
_MONTHS = {
    name: f"month {number}"
    for number, names in enumerate(
        (
            "janeiro january jan",
            "fevereiro february fev feb",
            "marco march",
            "abril april abr apr",
            "maio may",
            "junho june jun",
            "julho july jul",
            "agosto august aug",
            "setembro september sept",
            "outubro october oct",
            "novembro november nov",
            "dezembro december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_DAYS = {
    name: f"day {number}"
    for number, names in enumerate(
        (
            "monday mondays mon segunda segundas",
            "tuesday tuesdays tue terca tercas",
            "wednesday wednesdays wed quarta quartas",
            "thursday thursdays thu quinta quintas",
            "friday fridays fri sexta sextas",
            "saturday saturdays sabado sabados sat",
            "sunday sundays domingo domingos",
        ),
        start=1,
    )
    for name in names.split()
}
_MOMENTS = {
    word: name
    for name, words in {
        "morning": "manha manhas morning mornings",
        "afternoon": "tarde tardes afternoon afternoons",
        "evening": "noite noites night nights evening evenings",
        "small hours": "madrugada madrugadas",
        "noon": "noon midday",
        "midnight": "midnight",
        "today": "hoje today",
        "tomorrow": "amanha tomorrow",
        "yesterday": "ontem yesterday",
        "weekend": "weekend weekends",
        "christmas": "natal christmas xmas",
        "easter": "pascoa easter",
        "carnival": "carnaval carnival",
    }.items()
    for word in words.split()
}
_SAYS_MONTH = frozenset(words_of("in of by until since for from during early late mid this next last each every o de em no desde ate"))
# What a Portuguese ordinal counts; "quarta" alone is a day.
_COUNTED = frozenset(words_of("via vez parcela chamada opcao etapa fase dose mao tentativa linha semana quinzena pessoa unidade versao"))
_FAIR = frozenset({"feira", "feiras"})
_HALVES = frozenset({"am", "pm"})


@dataclass(frozen=True, slots=True)
class Word:
    """
    A word of a question: folded, and as written.

    `first` tells that a sentence begins with it, `mark` what it names exactly (empty where it is an ordinary word).
    """

    folded: str
    raw: str
    first: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """
    What a question names exactly.

    `held` are normalised numbers, codes and dates; `joined` codes it may name by a word and a number beside each other: fc 17;
    `one` tells that it may speak of one thing, which no number need say.
    """

    held: frozenset[str]
    joined: frozenset[str]
    one: bool

    def equal(self, other: "Marks") -> bool:
        """Tell whether both name the same; that it is asked today needs no saying where the other names no day."""
        mine, theirs = self._as_joined_in(other), other._as_joined_in(self)
        return (mine - theirs - other._unsaid) | (theirs - mine - self._unsaid) <= {"today"}

    def shared(self, other: "Marks") -> frozenset[str]:
        """Return what both name."""
        return self._as_joined_in(other) & other._as_joined_in(self)

    def _as_joined_in(self, other: "Marks") -> frozenset[str]:
        """Return what is held, with a code that the other joins joined here too."""
        codes = self.joined & other.held
        return self.held - {_digits(code) for code in codes} | codes

    @property
    def _unsaid(self) -> frozenset[str]:
        return frozenset({"1"}) if self.one else frozenset()


def is_plain(held: str) -> bool:
    """Tell whether what is named is a number, day or time, no code."""
    return held.replace(".", "").isdigit() or " " in held or held.isalpha() or ":" in held


def _digits(code: str) -> str:
    return code.lstrip("abcdefghijklmnopqrstuvwxyz")


def split(text: str, folded: str) -> list[Word]:
    """Return the words of *text*, whose *folded* form has the same length; numbers and dates not yet marked."""
    words: list[Word] = []
    for found in _TOKEN.finditer(text):
        before = text[: found.start()].rstrip(" \t\"'“”‘’([-–—¿¡*_")
        first = not before or before[-1] in ".!?:;\n"
        words.append(Word(folded[found.start() : found.end()], found.group(), first))
    return words


def mark(words: Sequence[Word]) -> list[Word]:
    """Return *words* with what they name exactly; a number of several words, and a date's parts, in the place of their first."""
    return _calendar(_counted([marked for word in words for marked in _one(word)]))


def marks_of(words: Sequence[Word]) -> Marks:
    """Return what *words* (from `mark`) name exactly."""
    held = frozenset(part for word in words if word.mark for part in word.mark.split("|"))
    joined = frozenset(
        f"{before.folded}{word.mark}"
        for before, word in pairwise(words)
        if word.mark.isdigit() and before.folded.isalpha() and len(before.folded) <= 4
    )
    return Marks(held, joined, any(word.folded in _ONE for word in words))


def _one(word: Word) -> list[Word]:
    """Mark a word by itself; a number with its unit becomes two."""
    text = word.folded
    if not any(map(str.isdigit, text)) or text in _UNITS:  # m2
        return [word]
    measured = _MEASURED.fullmatch(text)
    if measured and measured[2] == "k" and measured[1].isdigit():
        return [Word(text, word.raw, word.first, f"{measured[1]}000")]
    if measured and (measured[2] in _UNITS or len(measured[2]) > 3) and not _CLOCK.fullmatch(text):
        return [Word(measured[1], measured[1], word.first, plain_number(measured[1])), Word(measured[2], measured[2])]
    return [Word(text, word.raw, word.first, _mark_of(text))]


def _mark_of(text: str) -> str:
    """Return what a word with digits names."""
    if _NUMBER.fullmatch(text):
        return plain_number(text)
    if date := _DATE.fullmatch(text):
        return _dated(date)
    measured = _MEASURED.fullmatch(text)
    if measured and measured[2] in _ORDINALS:
        return plain_number(measured[1])
    return _clock(text) or re.sub(r"[^a-z0-9]", "", text)


def plain_number(number: str) -> str:
    """Write *number* in one way: 1.200 and 1,200 are 1200; 9,5 is 9.5."""
    parts = re.split(r"[.,]", number)
    if len(parts) > 1 and all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3:
        return "".join(parts)
    if len(parts) == 2:
        whole, rest = parts
        return f"{whole}.{rest}".rstrip("0").rstrip(".")
    if len(parts) > 2 and len(parts[-1]) == 2 and all(len(part) == 3 for part in parts[1:-1]):
        return "".join(parts[:-1]) + f".{parts[-1]}".rstrip("0").rstrip(".")
    return number


def _clock(text: str) -> str:
    """Return a time of day in 24 hours, whole hours as their number alone: they are often said without the minutes."""
    if found := _CLOCK.fullmatch(text):
        hour, minute = int(found[1]), found[2] or "00"
    elif found := _MERIDIEM.fullmatch(text):
        hour, minute = int(found[1]) % 12 + 12 * (found[3] == "p"), found[2] or "00"
    else:
        return ""
    return str(hour) if minute == "00" else f"{hour}:{minute}"


def _dated(found: re.Match[str]) -> str:
    parts = [int(part) for part in found.groups() if part]
    if len(found[1]) == 4:
        year, month, day = parts[0], parts[1], parts[2] if len(parts) > 2 else 0
    else:
        day, month, year = parts[0], parts[1], parts[2] if len(parts) > 2 else 0
    if not 1 <= month <= 12:
        day, month = month, day
    return "|".join([*([str(day)] if day else []), f"month {month}", *([str(year)] if year else [])])


def _counted(words: Sequence[Word]) -> list[Word]:
    """Put numbers that are written as words, "vinte e cinco", in the form of digits."""
    counted: list[Word] = []
    position = 0
    while position < len(words):
        word = words[position]
        length, value = _number_at(words[position:])
        counted.append(Word(word.folded, word.raw, word.first, str(value)) if length else word)
        position += length or 1
    return counted


def _number_at(words: Sequence[Word]) -> tuple[int, int]:
    """Return how many of *words* are a number from the first on, and its value."""
    if len(words) > 1 and words[0].mark.isdigit() and words[1].folded in _MULTIPLES:
        return 2, int(words[0].mark) * _WORDS[words[1].folded]  # 5 mil
    total = current = length = 0
    last = 10**6  # the value of the word before: what follows must be smaller, or multiply
    for position, word in enumerate(words):
        value = -1 if word.mark else _WORDS.get(word.folded, -1)
        if value < 0 and position == length and length and word.folded in ("e", "and"):
            continue
        if value == 1000 and total == 0:
            total, current, last = max(current, 1) * 1000, 0, 1000
        elif value == 100 and 0 < current < 10:
            current, last = current * 100, 100
        elif 0 <= value < last and (last >= 100 or (last >= 20 and value < 10)):
            current, last = current + value, max(value, 1)
        else:
            break
        length = position + 1
    return length, total + current


def _calendar(words: Sequence[Word]) -> list[Word]:
    """Mark days of the week, months, parts of the day and times of two words, where they are meant."""
    marked: list[Word] = []
    around = [Word("", ""), *words, Word("", "")]
    for before, word, after in zip(around, around[1:], around[2:], strict=False):
        if word.folded in _FAIR and marked and _is_day(marked[-1]):
            continue  # the second half of "segunda-feira"
        if word.folded in _HALVES and before.mark:
            continue  # the second half of "3 pm"
        found = _afternoon(word, after) or _ordinal(word, before, after) or _day(word, after) or _month(word, before, after)
        found = found or _moment(word, before)
        marked.append(Word(word.folded, word.raw, word.first, found) if found else word)
    return marked


def _is_day(word: Word) -> bool:
    return word.mark.startswith("day ")


def _afternoon(word: Word, after: Word) -> str:
    """Return the time that "3 pm" says."""
    return _clock(f"{word.mark}{after.folded}") if after.folded in _HALVES else ""


def _ordinal(word: Word, before: Word, after: Word) -> str:
    """Return 2 for a second that is neither a day nor a time."""
    if word.folded == "second" and not before.mark:
        return "2"
    return "2" if word.folded in ("segunda", "segundo") and after.folded in _COUNTED else ""


def _day(word: Word, after: Word) -> str:
    name = word.folded.removesuffix("'s")
    if word.mark or name not in _DAYS or after.folded in _COUNTED:
        return ""
    return "" if name in ("sat", "mon", "wed") and not word.raw[0].isupper() else _DAYS[name]


def _month(word: Word, before: Word, after: Word) -> str:
    """Return the month, where the word is not the verb (may, march) or the surname."""
    if word.mark or word.folded not in _MONTHS:
        return ""
    if word.folded in ("may", "march", "marco"):
        dated = before.mark.isdigit() or after.mark.isdigit() or before.folded in _SAYS_MONTH
        written = word.raw[0].isupper() and not word.first and not before.raw[:1].isupper()
        if not dated and not (written and word.folded != "marco"):
            return ""
    return _MONTHS[word.folded]


def _moment(word: Word, before: Word) -> str:
    if word.mark or (word.folded == "tarde" and before.folded in ("mais", "muito")):  # later, too late
        return ""
    return _MOMENTS.get(word.folded, "")
