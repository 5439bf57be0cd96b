"""
Numbers, names and codes: whether those of a sentence stand in what an answer rests on.

They are what people act on, and what models invent most readily. Ways of writing do not count: 1.000,50 and 1,000.50, fifteen and 15,
FH300 and FH-300, 15h and 3 pm, São and Sao are the same.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

_TOKEN: Final = re.compile(r"https?://[^\s<>()|]+|www\.[^\s<>()|]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\w+(?:[-.,:/'’]\w+)*")
_CURRENCY: Final = re.compile(r"\b(?:R|US|A|C)(?=\$)")
_ADDRESS: Final = re.compile(r"https?://|www\.|\S+@\S+\.")
_PLAIN: Final = re.compile(r"\d+(?:[.,]\d+)*")
_MEASURED: Final = re.compile(r"(\d+(?:[.,]\d+)*)([a-zº°ªµ]{1,5})")  # 30kg, 15h, 2nd
_CLOCK: Final = re.compile(r"(\d{1,2})(?:h|:)(\d{2})?(?:min|m)?")
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_HALVES: Final = re.compile(r"[-/]")
_STROKE: Final = re.compile(r"/")
_STEP: Final = frozenset({"step", "passo", "etapa", "item"})
_SHORT_LETTERS: Final = 5  # letters before a number that may be one code with it: FH 300
_HEADING_WORDS: Final = 3  # with more, and nearly all in capitals, a line is a heading: its capitals say nothing
_STARTS: Final = re.compile(r"(?:[:.!?…]\W*|^\W*|\n\W*)$")
_POSSESSIVE: Final = re.compile(r"['’]s?$")

_UNITS: Final = (
    "zero - two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "- - dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove",
    "- - duas - catorze",
)
_TENS: Final = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
)
_MORE: Final = {
    "catorze": 14,
    "cem": 100,
    "cento": 100,
    "duzentos": 200,
    "duzentas": 200,
    "trezentos": 300,
    "quatrocentos": 400,
    "quinhentos": 500,
    "seiscentos": 600,
    "setecentos": 700,
    "oitocentos": 800,
    "novecentos": 900,
}
_TIMES: Final = {"hundred": 100, "thousand": 1000, "mil": 1000, "million": 10**6, "milhao": 10**6, "milhoes": 10**6}
_CURRENCIES: Final = {
    "reais": re.compile(r"r\$|\b(?:reais|brl)\b"),
    "dollars": re.compile(r"us\$|(?<![a-z])\$|\b(?:dollars?|dolar(?:es)?|usd)\b"),
    "euros": re.compile(r"€|\b(?:euros?|eur)\b"),
    "pounds": re.compile(r"£|\b(?:gbp|libras? esterlinas?)\b"),
}
_ONES: Final = frozenset({"one", "um", "uma", "single", "once"})  # in an answer they are articles and pronouns, too
_DAYS: Final = (
    ("monday", "segunda-feira"),
    ("tuesday", "terca-feira"),
    ("wednesday", "quarta-feira"),
    ("thursday", "quinta-feira"),
    ("friday", "sexta-feira"),
    ("saturday", "sabado"),
    ("sunday", "domingo"),
)
_SPOKEN_DAYS: Final = {"segunda": 0, "terca": 1, "quarta": 2, "quinta": 3, "sexta": 4}  # without -feira they may be ordinals
_MONTHS: Final = (
    ("january", "janeiro"),
    ("february", "fevereiro"),
    ("march", "marco"),
    ("april", "abril"),
    ("may", "maio"),
    ("june", "junho"),
    ("july", "julho"),
    ("august", "agosto"),
    ("september", "setembro"),
    ("october", "outubro"),
    ("november", "novembro"),
    ("december", "dezembro"),
)
# Written with a capital where nobody is named.
_NO_NAMES: Final = re.compile(
    r"i|i'm|i'd|i'll|i've|ok|faq|mrs?|ms|dr|sra?|yes|no|sim|nao|am|pm|note|nota|an?|the|os?|as|e|and|or|ou|if|se|it|in|on|to"
)


class Grounds:
    """What an answer may name: the numbers, codes, days and words of some texts."""

    def __init__(self, texts: Iterable[str], *, named: Iterable[str] = ()) -> None:
        """
        Read what may be named.

        Args:
            texts: Passages with their headings, the question, earlier turns.
            named: Texts whose words may be named and whose numbers may not, such as a system text with the company's name.
        """
        self._forms: set[str] = set()
        self._words: set[str] = set()
        self._addresses: list[str] = []
        for text in texts:
            self._read(text)
        for text in named:
            self._words.update(_words_of(text))

    def _read(self, text: str) -> None:
        before = ""
        self._addresses.append(_fold(text))
        for token, _ in _tokens(text):
            folded = _fold(token)
            self._forms |= _forms_of(folded).union(*map(_forms_of, _halves(folded)))
            self._words.update(_parts(folded))
            if folded[0].isdigit() and before.isalpha() and len(before) <= _SHORT_LETTERS:
                self._forms.add(_code(before + folded))
            before = folded
        self._forms |= {str(value) for value in _spelt(text)} | _clocks(text) | _money(text)
        self._forms |= {"1"} if _ONES & self._words else set()
        self._forms |= {f"day{number}" for word, number in _SPOKEN_DAYS.items() if word in self._words}

    def invented(self, sentence: str) -> frozenset[str]:
        """Return the numbers, names and codes of *sentence* (one sentence or line, as written) that do not stand there."""
        return frozenset((*self._foreign_numbers(sentence), *self._foreign_names(sentence)))

    def _foreign_numbers(self, sentence: str) -> Iterator[str]:
        before = ""
        clocks = _clocks(sentence)
        for token, _ in _tokens(sentence):
            folded = _fold(token)
            if _ADDRESS.match(folded):
                if not any(folded.rstrip(".,;:/") in text for text in self._addresses):
                    yield token
            elif any(map(str.isdigit, folded)):
                joined = _code(before + folded) if before.isalpha() and len(before) <= _SHORT_LETTERS else ""
                if joined not in self._forms and before not in _STEP and not self._holds(folded, clocks):
                    yield token
            elif (form := _calendar().get(_singular(folded))) and form.startswith("day") and form not in self._forms:
                yield token
            before = folded
        yield from (str(value) for value in _spelt(sentence) if str(value) not in self._forms)
        yield from _money(sentence) - self._forms

    def _holds(self, folded: str, clocks: frozenset[str]) -> bool:
        if _forms_of(folded) & self._forms:
            return True
        hour = re.match(r"\d+", folded)
        spoken = {clock for clock in clocks if hour and _hour(clock) % 12 == int(hour[0][:4]) % 12}
        if spoken & self._forms and _CLOCK.fullmatch(folded + ("h" if folded.isdigit() else "")):
            return True
        halves = _halves(folded)
        return len(halves) > 1 and all(not half or self._part_holds(half) for half in halves)

    def _part_holds(self, half: str) -> bool:
        return bool(_forms_of(half) & self._forms) if any(map(str.isdigit, half)) else half in self._words

    def _foreign_names(self, sentence: str) -> Iterator[str]:
        tokens = [(token, at) for token, at in _tokens(sentence) if not any(map(str.isdigit, token)) and not _ADDRESS.match(token)]
        heading = _is_heading([token for token, _ in tokens])
        for token, at in tokens:
            name = _POSSESSIVE.sub("", token)
            if len(name) < 2 or not name[0].isupper() or _NO_NAMES.fullmatch(_fold(name)):
                continue
            acronym = any(map(str.isupper, name[1:]))
            first = bool(_STARTS.search(sentence[:at]))  # any word has a capital there
            if (acronym or not (heading or first)) and not self._named(_fold(name)):
                yield token

    def _named(self, folded: str) -> bool:
        form = _calendar().get(_singular(folded))
        dated = form is not None and bool({form, form.removeprefix("month")} & self._forms)
        known = dated or folded in self._words or _singular(folded) in self._words
        return known or all(part in self._words or _singular(part) in self._words for part in re.split(r"[-./'’]", folded) if part)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Yield the tokens of *text* as written, each with its position."""
    text = _CURRENCY.sub(lambda found: " " * len(found[0]), text)
    return ((match[0], match.start()) for match in _TOKEN.finditer(text))


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def _words_of(text: str) -> Iterator[str]:
    for token, _ in _tokens(text):
        yield from _parts(_fold(token))


def _parts(folded: str) -> set[str]:
    """Return a word as it is, without its ending, and its joined parts."""
    parts = {folded, *re.split(r"[-.,:/'’]", folded)} - {""}
    return parts | {_singular(part) for part in parts}


def _singular(folded: str) -> str:
    return folded.removesuffix("s") if len(folded) > 3 else folded


def _code(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


def _forms_of(folded: str) -> frozenset[str]:
    """Return what a folded token stands for: values of a number, a code without its joints, a day or month."""
    if form := _calendar().get(_singular(folded)):
        return frozenset({form})
    if not any(map(str.isdigit, folded)):
        return frozenset()
    if _PLAIN.fullmatch(folded):
        return _values(folded)
    if measured := _MEASURED.fullmatch(folded):
        return _values(measured[1]) | {_code(folded)}
    if clock := _CLOCK.fullmatch(folded):
        return frozenset({_clock(int(clock[1]), int(clock[2] or 0)), *([_number(clock[1])] if clock[2] in (None, "00") else [])})
    return frozenset({_code(folded)})


def _halves(folded: str) -> list[str]:
    """Return what a stroke joins, and behind a number a hyphen or the points of a date (a code is one); nothing where all is one."""
    numbered = folded[0].isdigit()
    halves = folded.split(".") if numbered and folded.count(".") > 1 else (_HALVES if numbered else _STROKE).split(folded)
    return halves if len(halves) > 1 else []


def _values(written: str) -> frozenset[str]:
    """Return what digits with points and commas may mean, in Portuguese and in English."""
    if written.isdigit():
        return frozenset({_number(written)})
    if _GROUPED.fullmatch(written):
        whole, cents = written, ""
        if written[-4] not in ".,":  # what follows the last mark are no thousands
            mark = max(written.rfind("."), written.rfind(","))
            whole, cents = written[:mark], written[mark + 1 :]
        value = _number(re.sub(r"[.,]", "", whole))
        return frozenset({f"{value}.{cents.rstrip('0')}".rstrip(".")})
    whole, _, cents = written.replace(",", ".").partition(".")
    if "." in cents:  # a date or a version
        return frozenset({written})
    return frozenset({f"{_number(whole)}.{cents.rstrip('0')}".rstrip(".")})


def _number(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _clock(hour: int, minute: int) -> str:
    return f"clock{hour % 24}:{minute:02}"


def _hour(clock: str) -> int:
    return int(clock.removeprefix("clock").partition(":")[0])


_NOTED_CLOCK: Final = re.compile(
    r"\b(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.|(?:o.clock)|h(?:oras?|rs)?\b)(\d{2})?|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE
)


def _clocks(text: str) -> frozenset[str]:
    """Return the times of day of *text*."""
    found: set[str] = set()
    for match in _NOTED_CLOCK.finditer(_fold(text)):
        hour, minute = int(match[1] or match[5]), int(match[2] or match[4] or match[6] or 0)
        half = (match[3] or "")[:1]
        hour = hour % 12 + 12 if half == "p" else hour % 12 if half == "a" else hour
        found.add(_clock(hour, minute))
    return frozenset(found)


def _money(text: str) -> frozenset[str]:
    """Return the currencies of *text*."""
    folded = _fold(text)
    return frozenset(name for name, written in _CURRENCIES.items() if written.search(folded))


def _spelt(text: str) -> Iterator[int]:
    """Yield the numbers of *text* that are written in words; one, um and uma are none."""
    total, part, said, joint = 0, 0, False, False
    for word in re.findall(r"\w+|[^\w\s-]", _fold(text)):
        value = _numerals().get(word)
        if value is not None and not (part and not joint and value >= part):
            part, said, joint = part + value, True, False
        elif word in _TIMES and (said or word == "mil"):
            part, said, joint = max(part, 1) * _TIMES[word], True, False
            if part >= 1000:
                total, part = total + part, 0
        elif word in ("and", "e") and said and not joint:
            joint = True
        else:
            if said:
                yield total + part
            total, part, said, joint = 0, value or 0, value is not None, False
    if said:
        yield total + part


@cache
def _numerals() -> dict[str, int]:
    units = {word: value for line in _UNITS[:2] for value, word in enumerate(line.split()) if word != "-"}
    tens = {word: 20 + 10 * place for line in _TENS for place, word in enumerate(line.split())}
    return {**units, "duas": 2, **tens, **_MORE}


@cache
def _calendar() -> dict[str, str]:
    """Return the names of days and months, folded and in the singular, with what they stand for."""
    days = {_singular(word): f"day{number}" for number, words in enumerate(_DAYS) for word in words}
    months = {_singular(word): f"month{number}" for number, words in enumerate(_MONTHS, 1) for word in words}
    return days | {word: form for word, form in months.items() if word != "may"}  # a verb, mostly


def _is_heading(words: list[str]) -> bool:
    long = [word for word in words if len(word) > 3]
    return len(long) > _HEADING_WORDS and sum(word[0].isupper() for word in long) >= 0.8 * len(long)
