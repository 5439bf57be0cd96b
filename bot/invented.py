"""
Numbers, names and codes: whether those of a sentence stand in what an answer rests on.

They are what people act on, and what models invent most readily. Ways of writing do not count: 1.000,50 and 1,000.50, fifteen and 15,
FH300 and FH-300, 15h and 3 pm, São and Sao are the same. What a number counts does: 9 hours, 9 am or 9 March are no ground for 9 days.
Of addresses and telephone numbers every letter and digit counts.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Final

from bot.addresses import ADDRESS, groups_of_digits, is_address, plain_address, telephones_in, without_joints
from bot.calendar_words import days_within, short_days, short_forms, short_months, spoken_days, spoken_forms
from bot.empty_words import idle_words
from bot.figures import (
    UNITS,
    Figure,
    currencies,
    is_span,
    named_hours,
    one_of_time,
    ones,
    parts_of,
    single_units,
    spelt,
    units_of,
    units_said,
    whole,
)
from bot.initialisms import explains, initialisms
from bot.numerals import calendar_form, fold, singular
from bot.wording import NO_TITLE
from bot.written_dates import Date, dates_of

_TOKEN: Final = re.compile(rf"{ADDRESS}|\w+(?:[-.,:/'’](?!{ADDRESS})\w+)*")
_DENIES: Final = re.compile(
    r"\b(?:not|no|never|closed|except|only|n[ãa]o|nem|nunca|fechad[oa]s?|exceto|s[óo]|somente|apenas)\b|n['’]t\b", re.IGNORECASE
)
_CURRENCY: Final = re.compile(r"\b(?:R|US|A|C)(?=\$)")
_STEP: Final = frozenset({"step", "passo", "etapa", "item"})
_SHORT_LETTERS: Final = 5  # letters before a number that may be one code with it: FH 300
_TELEPHONE: Final = 7  # digits at least, that are one number with or without joints
_HEADING_WORDS: Final = 3  # with more, and nearly all in capitals, a line is a heading: its capitals say nothing
_STARTS: Final = re.compile(rf"(?:[:.!?…]{NO_TITLE}\W*|^\W*|\n\W*)$")
_POSSESSIVE: Final = re.compile(r"['’]s?$")
_DAY: Final = "day"
_CODE: Final = re.compile(r"(?P<letters>[a-z]{1,5})\d+[a-z\d]*")
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
        self._numbers: defaultdict[str, set[frozenset[str]]] = defaultdict(set)  # what each may count
        self._clocks: set[str] = set()
        self._forms: set[str] = set()  # codes without their joints, days, months, currencies
        self._words: set[str] = set()
        self._together: set[str] = set()  # words without their joints, and two in a row as one
        self._addresses: set[str] = set()
        self._joined_addresses: set[str] = set()  # without their dots and marks
        self._exact: defaultdict[str, set[str]] = defaultdict(set)  # days, labelled numbers, codes by their letters
        self._spans = False  # whether one of days is told
        self._dates: set[Date] = set()
        self._beside_dates: set[str] = set()  # numbers that stand in no date
        self._telephones: set[tuple[str, ...]] = set()  # runs of digits, in groups
        self._explained: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)  # initialisms
        self._single: set[str] = set()  # units of time in the singular
        for text in texts:
            self._read(unicodedata.normalize("NFC", text))
        self._units = units_said(frozenset(self._words)).union(*(kinds for each in self._numbers.values() for kinds in each)) | self._forms
        for text in named:
            self._words.update(_words_of(text))
            self._addresses.update(plain_address(token) for token, _ in _tokens(text) if is_address(token))

    def _read(self, text: str) -> None:
        before, plain = "", fold(text)
        for _, kind, value in _named_exactly(text):
            self._exact[kind].add(value)
        self._exact[_DAY] |= {form for _, form in spoken_days(plain)} | (short := short_days(plain))
        self._forms |= short | short_months(plain) | (within := days_within(plain))
        self._spans = self._spans or bool(within)
        self._read_dates(plain)
        for initialism, words in initialisms(text):
            self._explained[initialism].add(words)
        self._telephones.update(groups_of_digits(text))
        self._single |= single_units(plain)
        for token, at in _tokens(text):
            folded = fold(token)
            self._words.update(_parts(folded))
            self._together |= {_code(folded), _code(fold(before) + folded)}
            if is_address(token):
                self._addresses.add(plain_address(token))
                self._joined_addresses |= without_joints(plain_address(token))
            if form := calendar_form(folded):
                self._forms.add(form)
                if form.startswith("month"):
                    self._numbers[form.removeprefix("month")].add(frozenset({"date"}))
            elif any(map(str.isdigit, folded)):
                self._read_number(text, at, token)
                if before.isupper() and 1 < len(before) <= _SHORT_LETTERS:
                    self._forms.add(_code(fold(before) + folded))
            before = token
        for value, figure in (*spelt(text), *(("1", each) for each in ones(text)), *named_hours(plain)):
            self._add(figure, value)
        self._forms |= currencies(text) | spoken_forms(self._words)

    def _read_dates(self, plain: str) -> None:
        rest = plain
        for written, dates in dates_of(plain):
            self._dates |= dates
            rest = rest.replace(written, " ")
        self._beside_dates.update(number.lstrip("0") for number in re.findall(r"\d+", rest))

    def _read_number(self, text: str, at: int, token: str) -> None:
        figures = [(fold(token), whole(text, at, at + len(token))), *parts_of(text, at, at + len(token))]
        for part, figure in figures:
            if figure:
                self._add(figure, part)
            elif any(map(str.isdigit, part)) and not is_span(part):
                self._forms.add(_code(part))

    def _add(self, figure: Figure, written: str) -> None:
        self._clocks |= figure.clocks
        for value in figure.values:
            self._numbers[value].add(figure.kinds)
        if written.isdigit() and len(written) >= _TELEPHONE:
            self._forms.add(written)

    def invented(self, sentence: str) -> frozenset[str]:
        """Return the numbers, names and codes of *sentence* (one sentence or line, as written) that do not stand there."""
        sentence = unicodedata.normalize("NFC", sentence)
        names = (token for token, _ in self._foreign_names(sentence))
        return frozenset((*self._foreign_addresses(sentence), *self._foreign_numbers(sentence), *names))

    def unnamed(self, sentence: str, question: str) -> frozenset[str]:
        """
        Return the names and addresses of *sentence* that do not stand there, whether or not *question* holds them.

        What the question writes as a name is one wherever the sentence has it. Days and months are none: `instead` is for them.
        """
        sentence, question = unicodedata.normalize("NFC", sentence), unicodedata.normalize("NFC", question)
        asked = frozenset() if question.isupper() else frozenset(name for _, name in names_in(question)) - idle_words()
        short = short_forms(fold(sentence))
        names = (token for token, name in self._foreign_names(sentence, asked) if not (calendar_form(name) or short.get(name)))
        return frozenset((*self._foreign_addresses(sentence), *names))

    def instead(self, sentence: str) -> frozenset[str]:
        """
        Return the days, codes and labelled numbers of *sentence* that do not stand there while others of their kind do.

        Asked about Mondays, with a passage about Sundays, a model says of Mondays what is said of Sundays: that they were asked about is no
        ground. Of a span of days each within it is told, and that another is not in it; where a sentence compares, any day may be meant.
        """
        named = [*_named_exactly(unicodedata.normalize("NFC", sentence))]
        if any(value in self._exact[kind] for _, kind, value in named):
            return frozenset()
        outside = self._spans and bool(_DENIES.search(sentence))
        return frozenset(
            token for token, kind, value in named if self._exact[kind] and not (kind == _DAY and (outside or value in self._forms))
        )

    def _foreign_addresses(self, sentence: str) -> Iterator[str]:
        for token, _ in _tokens(sentence):
            # One whose dot is lost, or that has a capital behind it, looks like a word.
            meant = is_address(token) or (_code(fold(token)) in self._joined_addresses and token.lower() not in self._words)
            if meant and not self._holds_address(plain_address(token)):
                yield token
        yield from (telephone for telephone in telephones_in(sentence) if not self._holds_telephone(telephone))

    def _holds_address(self, plain: str) -> bool:
        return plain in self._addresses or any(each.startswith(plain) and each[len(plain)] in "/?#" for each in self._addresses)

    def _holds_telephone(self, written: str) -> bool:
        """Tell whether its digits are whole groups of one number: half of one and half of another are a third."""
        digits = _digits(written)
        runs = (("".join(groups[at:]), groups[at:]) for groups in self._telephones for at in range(len(groups)))
        return any(rest.startswith(digits) and digits in accumulate(groups) for rest, groups in runs)

    def _foreign_numbers(self, sentence: str) -> Iterator[str]:
        before = ""
        for token, at in _tokens(sentence):
            folded = fold(token)
            if is_address(token):
                continue
            if any(map(str.isdigit, folded)):
                joined = _code(before + folded) if before.isalpha() and len(before) <= _SHORT_LETTERS else ""
                if joined not in self._forms and before not in _STEP and not self._holds(sentence, at, token):
                    yield token
            elif (form := calendar_form(folded)).startswith("day") and form not in self._forms:
                yield token
            before = folded
        plain = fold(sentence)
        yield from (word for word, form in spoken_days(plain) if form not in self._forms)
        yield from (hour for hour, figure in named_hours(plain) if not self._grounded(figure))
        yield from (date for date, dates in dates_of(plain) if self._are_mixed(dates))
        yield from (one for one, figures in one_of_time(plain) if not self._lasts(figures))
        yield from (initialism for initialism, words in initialisms(sentence) if self._is_anothers(initialism, words))
        yield from (value for value, figure in spelt(sentence) if not self._grounded(figure))
        yield from currencies(sentence) - self._forms

    def _holds(self, text: str, at: int, token: str) -> bool:
        """Tell whether a token with a digit stands there: as a number of the same kind, as a code, or in all its parts."""
        end, folded = at + len(token), fold(token)
        figure = whole(text, at, end)
        if figure and self._grounded(figure):
            return True
        if (not figure or len(folded) >= _TELEPHONE) and not is_span(folded) and _code(folded) in self._forms:
            return True
        parts = parts_of(text, at, end)
        return len(parts) > 1 and all(self._part_holds(part, figure) for part, figure in parts)

    def _are_mixed(self, dates: frozenset[Date]) -> bool:
        """Tell whether a date takes its day from one date and its month from another: with 5 March and 20 April, 20 March."""
        months = {month for _, month in self._dates}
        mine = [(day, month) for day, month in dates if month in months]
        return bool(mine) and not dates & self._dates and not any(str(day) in self._beside_dates for day, _ in mine)

    def _is_anothers(self, initialism: str, words: tuple[str, ...]) -> bool:
        """Tell whether *initialism* stands for other words there: with "federal tax information (FTI)", it is no health information."""
        known = self._explained.get(initialism, set())
        return words not in known and any(explains(each, initialism) for each in known)

    def _lasts(self, figures: tuple[Figure, ...]) -> bool:
        """Tell whether one year, or as much of it in other units, stands there; where a year is spoken of at all, one may be meant."""
        unit = next(iter(figures[0].kinds))
        return unit in self._single or any(map(self._grounded, figures))

    def _part_holds(self, part: str, figure: Figure | None) -> bool:
        if figure:
            return self._grounded(figure)
        known = self._forms if any(map(str.isdigit, part)) else self._words
        return part in known or _code(part) in known or bool(units_of(part) & self._units)

    def _grounded(self, figure: Figure) -> bool:
        """
        Tell whether a number stands there and may count the same.

        Where one of the two does not say what it counts they may be the same, if the other's unit is spoken of at all.
        """
        if figure.clocks & self._clocks:
            return True
        kinds = figure.kinds - {"clock"}  # another hour is no ground: am is not pm
        said = "clock" in figure.kinds or not kinds <= UNITS or bool(kinds & self._units)
        grounds = [each for value in figure.values for each in self._numbers.get(value, ())]
        return any(not figure.kinds or kinds & each or (not each and said) for each in grounds)

    def _foreign_names(self, sentence: str, known: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
        """Yield the names of *sentence* that do not stand there, as written and folded; those *known* for names wherever they are."""
        short = short_forms(fold(sentence))
        words = [fold(token) for token, _ in _tokens(sentence)]
        together = {word for pair in pairwise(words) if "".join(pair) in self._words for word in pair}  # Wave Rider, of WaveRider
        for token, name in names_in(sentence, known):
            if name not in together and not self._named(name, short.get(name, "")):
                yield token, name

    def _named(self, folded: str, short: str = "") -> bool:
        form = calendar_form(folded) or short
        month = form.removeprefix("month")
        dated = bool(form) and (form in self._forms or any(not each or "date" in each for each in self._numbers.get(month, ())))
        known = dated or folded in self._words or singular(folded) in self._words or _code(folded) in self._together
        return known or all(part in self._words or singular(part) in self._words for part in re.split(r"[-./'’]", folded) if part)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Yield the tokens of *text* as written, each with its position."""
    text = _CURRENCY.sub(lambda found: " " * len(found[0]), text)
    return ((match[0], match.start()) for match in _TOKEN.finditer(text))


def names_in(text: str, known: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Yield the names of *text*, as written and folded; those *known* for names wherever they are."""
    tokens = [(token, at) for token, at in _tokens(text) if not any(map(str.isdigit, token)) and not is_address(token)]
    heading = _is_heading([token for token, _ in tokens])
    for token, at in tokens:
        name = _POSSESSIVE.sub("", token)
        folded = fold(name)
        if len(name) < 2 or _NO_NAMES.fullmatch(folded) or not (name[0].isupper() or folded in known):
            continue
        acronym = any(map(str.isupper, name[1:]))
        first = bool(_STARTS.search(text[:at]))  # any word has a capital there
        if acronym or folded in known or not (heading or first):
            yield token, folded


def _named_exactly(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the days, labelled numbers and codes of *text*: each as written, of what kind it is, and what it is."""
    for token, at in _tokens(text):
        folded = fold(token)
        form = calendar_form(folded)
        figure = whole(text, at, at + len(token)) if any(map(str.isdigit, folded)) else None
        code = _CODE.fullmatch(_code(folded))
        if form.startswith(_DAY):
            yield token, _DAY, form
        elif figure and "label" in figure.kinds:
            yield from ((token, "label", value) for value in figure.values)
        elif code and not figure and not is_address(token):
            yield token, code["letters"], code[0]


def _words_of(text: str) -> Iterator[str]:
    for token, _ in _tokens(text):
        yield from _parts(fold(token))


def _parts(folded: str) -> set[str]:
    """Return a word as it is, without its ending, and its joined parts."""
    parts = {folded, *re.split(r"[-.,:/'’]", folded)} - {""}
    return parts | {singular(part) for part in parts}


def _code(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


def _digits(written: str) -> str:
    return "".join(filter(str.isdigit, written))


def _is_heading(words: list[str]) -> bool:
    long = [word for word in words if len(word) > 3]
    return len(long) > _HEADING_WORDS and sum(word[0].isupper() for word in long) >= 0.8 * len(long)
