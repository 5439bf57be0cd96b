"""The statements of a passage: its sentences, clauses, list items and rows of tables, each with the headings and names it stands under."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from bot.calendar_words import days_within, short_days, short_months, spoken_days
from bot.empty_words import idle_words
from bot.figures import Figure, named_hours, parts_of, spelt, units_of, units_said, whole
from bot.numerals import calendar_form, fold, numerals, spelt_numbers
from bot.wording import WORD, sentences_of, stem_of, words_of
from bot.written_dates import Date, dates_of

# Words of order and time that exclude each other, in Portuguese and English: each group has its sides.
_OPPOSITES: Final = (
    ("after afterwards following apos depois", "before prior antes", "during while throughout durante enquanto"),
    ("first primeiro primeira", "last final ultimo ultima"),
    ("next proximo proxima", "previous anterior passado passada"),
    (
        "begin begins beginning began start starts starting started comeca comecam inicio inicia iniciam",
        "end ends ending ended finish finishes finishing finished termina terminam termino fim acaba acabam",
    ),
    ("open opens abre abrem", "close closes closed fecha fecham fechado fechada"),
    ("arrival arrive arrives chegada chega chegam", "departure depart departs leaves saida sai saem partida"),
    ("morning manha", "afternoon tarde", "evening night noite"),
    ("minimum minimo minima least", "maximum maximo maxima"),
)
_SIDES: Final = {
    word: (group, side) for group, sides in enumerate(_OPPOSITES) for side, words in enumerate(sides) for word in words.split()
}
_RELATIONS: Final = words_of(" ".join(_OPPOSITES[0]))
_ASKING: Final = words_of("much many long often get gets need know want tell please must pm quanto quanta quantos quantas preciso")
_PRONOUN: Final = re.compile(r"\b(?:it|its|they|these|this|he|she|ele|ela|eles|elas|isso|isto|este|esta|estes|estas)\b")
# A full stop behind a digit ends a sentence, too, where it is no list's number: it costs $180. A deposit is due.
_STOP: Final = re.compile(r"(?<=\d[.!?])\s+(?=[A-ZÀ-Ý\"“])")
_LIST_NUMBER: Final = re.compile(r"\s*\d+[.)]\s*")
_NO_HEADING: Final = (".", "!", ";")  # what ends with one is a sentence
_ITEM: Final = re.compile(r"\s*(?:[-*•–]|\d+[.)])\s+")
_JOINT: Final = re.compile(r",?\s(?:and|but|e|mas)\s|,\s")
_RULE: Final = re.compile(r"[|\s:-]+")
_NAMED: Final = re.compile(r"[^:;]{1,60}: \S")  # a column's name and its cell
_LEAST_CELLS: Final = 3  # with names, all of them, that make a line a row


@dataclass(frozen=True, slots=True)
class Wording:
    """
    What a text says, whichever way it is written.

    `signs` are stems, days, months, units and codes; `figures` its numbers; `dates` its days of the year; `sides` the words of order.
    """

    signs: frozenset[str]
    figures: tuple[Figure, ...]
    dates: tuple[frozenset[Date], ...]
    sides: frozenset[tuple[int, int]]

    @property
    def numbers(self) -> frozenset[str]:
        """The values of its figures."""
        return frozenset(value for figure in self.figures for value in figure.values)

    @property
    def days(self) -> frozenset[str]:
        """Those of the signs that are days of the week."""
        return frozenset(sign for sign in self.signs if sign.startswith("day "))

    @property
    def telling(self) -> frozenset[str]:
        """Those of the signs that are words or codes."""
        return frozenset(sign for sign in self.signs if " " not in sign)


@dataclass(frozen=True, slots=True)
class Statement:
    """
    One thing that a text says.

    `above` is what stands over it (headings, a lead-in), `lead` the words of an earlier clause that hold for it, `meant` what its pronouns
    may mean; of a row, `columns` are the cells with their names.
    """

    text: str
    above: str = ""
    lead: str = ""
    meant: str = ""
    columns: tuple[tuple[str, str], ...] = ()


def statements_of(passage: str) -> list[Statement]:
    """Return the statements of a *passage*; its first two lines, at most all but the last, are its title and heading."""
    lines = passage.split("\n")
    headings = list(takewhile(lambda line: not line.rstrip().endswith(_NO_HEADING), lines[: min(2, len(lines) - 1)]))
    above = "\n".join(headings)
    return [*_of_text(above, ""), *_of_lines(lines[len(headings) :], above)]


def _of_lines(lines: list[str], headings: str) -> Iterator[Statement]:
    under, lead_in, header = "", "", None
    for line in _unwrapped(lines):
        above = f"{headings}\n{under}\n{lead_in}"
        if line.lstrip().startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not _RULE.fullmatch(line):
                names = header if header and len(header) == len(cells) else [""] * len(cells)
                yield Statement(line, above, columns=tuple(zip(names, cells, strict=True)))
                header = header or cells
            continue
        header = None
        if line.lstrip().startswith("#"):
            under, lead_in = line.strip(" #"), ""
        elif columns := _named_cells(line):
            yield Statement(line, above, columns=columns)
        elif item := _ITEM.match(line):
            yield from _of_text(line[item.end() :], above)
        elif line.strip():
            lead_in = line if line.rstrip().endswith(":") else ""
            yield from _of_text(line, f"{headings}\n{under}")


def _unwrapped(lines: list[str]) -> list[str]:
    """Return *lines* with those joined to the one before that go on in small letters."""
    joined: list[str] = []
    for line in lines:
        if joined and line[:1].islower() and joined[-1].strip() and not joined[-1].rstrip().endswith((":", ".", "|")):
            joined[-1] = f"{joined[-1].rstrip()} {line}"
        else:
            joined.append(line)
    return joined


def _named_cells(line: str) -> tuple[tuple[str, str], ...]:
    """Return the cells of a row that is written as a line (Code: BR-10; Price: 18.70), with the names of their columns."""
    parts = line.split("; ")
    if len(parts) < _LEAST_CELLS or not all(map(_NAMED.match, parts)):
        return ()
    cells = [part.split(": ", 1) for part in parts]
    return tuple((name, cell) for name, cell in cells)


def _of_text(text: str, above: str) -> Iterator[Statement]:
    before = ""  # what the sentence before is about
    for sentence in _sentences(text):
        said = before if _PRONOUN.search(fold(sentence)) else ""
        for clause, lead in clauses_of(sentence):
            yield Statement(clause, above, lead, said if _PRONOUN.search(fold(clause)) else "")
            said += f" {_plain(clause)}"
        before = said


def _sentences(text: str) -> Iterator[str]:
    for sentence in sentences_of(text):
        start = 0
        for stop in _STOP.finditer(sentence):
            if not _LIST_NUMBER.fullmatch(sentence[start : stop.end()]):
                yield sentence[start : stop.start()]
                start = stop.end()
        yield sentence[start:]


def clauses_of(text: str) -> list[tuple[str, str]]:
    """
    Return the clauses of a *text*, each with the words of the one before that hold for it, too.

    It is cut at semicolons, and at an "and" or a comma where each side has a figure of its own. What follows these with at most one word
    before its figure ("and costs $180", "and at 1 pm on Fridays") has what goes before as its subject.
    """
    clauses: list[tuple[str, str]] = []
    for part in (each for sentence in _sentences(text) for each in sentence.split(";")):
        first, *rest = _cut(part)
        clauses += [(first, ""), *((each, _plain(first) if _has_no_subject(each) else "") for each in rest)]
    return [(clause.strip(), lead) for clause, lead in clauses if clause.strip()]


def _cut(part: str) -> list[str]:
    counted = _counted_at(part)
    pieces, start = [], 0
    for joint in _JOINT.finditer(part):
        left, right = part[start : joint.start()], part[joint.end() :]
        both = any(start <= at < joint.start() for at in counted) and any(at >= joint.end() for at in counted)
        if both and not _joins_figures(left, right):
            pieces.append(left)
            start = joint.end()
    return [*pieces, part[start:]]


def _counted_at(text: str) -> list[int]:
    """Return where the figures of *text* are with which a statement may be made: in "the Year 5 trip" there is none."""
    folded = fold(text)
    return [at for at, figure in _figures_in(text) if _is_counted(figure)] + [folded.find(date) for date, _ in dates_of(folded)]


def _is_counted(figure: Figure) -> bool:
    return bool(figure.kinds - {"label"} or figure.clocks)


def _joins_figures(left: str, right: str) -> bool:
    """Tell whether the figures of *left* and *right* are the two of one span: between 8 | 10 June, nine | twelve days."""
    return any(map(_is_numeral, left.split()[-2:])) and any(map(_is_numeral, right.split()[:1]))


def _has_no_subject(clause: str) -> bool:
    first = next((match.start() for match in WORD.finditer(clause) if _is_numeral(match[0])), len(clause))
    return len(wording_of(clause[:first]).telling) <= 1


def _plain(clause: str) -> str:
    """Return the words of *clause* that may hold for another: no figures, days or words of order; "Year 5" is a name."""
    kept = []
    for match in WORD.finditer(clause):
        folded = fold(match[0])
        figure = whole(clause, *match.span()) if match[0][0].isdigit() else None
        if (figure and not _is_counted(figure)) or not (_is_numeral(folded) or folded in _RELATIONS or calendar_form(folded)):
            kept.append(match[0])
    return " ".join(kept)


def _is_numeral(word: str) -> bool:
    return any(map(str.isdigit, word)) or fold(word) in numerals()


def _figures_in(text: str) -> Iterator[tuple[int, Figure]]:
    """Yield the numbers of *text*, in digits and in words, each with where it is; those of codes are none."""
    for match in WORD.finditer(text):
        if any(map(str.isdigit, match[0])):
            figure = whole(text, *match.span())
            yield from ((match.start(), each) for each in ([figure] if figure else _parts(text, match)))
    yield from ((start, figure) for (_, start, _), (_, figure) in zip(spelt_numbers(text), spelt(text), strict=True))
    folded = fold(text)
    yield from ((folded.find(written), figure) for written, figure in named_hours(folded))


def _parts(text: str, match: re.Match[str]) -> list[Figure]:
    return [figure for _, figure in parts_of(text, *match.span()) if figure]


def wording_of(text: str) -> Wording:
    """Return what *text* says."""
    folded = fold(text)
    words = frozenset(part for word in WORD.findall(folded) for part in ([word] if any(map(str.isdigit, word)) else re.split(r"\W", word)))
    spoken = days_within(folded) | short_days(folded) | {form for _, form in spoken_days(folded)} | short_months(folded)
    forms = spoken | {form for word in words if (form := calendar_form(word))}
    signs = {re.sub(r"^(day|month)", r"\1 ", form) for form in forms} | {f"unit {unit}" for unit in units_said(words)}
    signs |= {stem for word in words if (stem := _sign(word))}
    sides = frozenset(_SIDES[word] for word in words if word in _SIDES)
    return Wording(frozenset(signs), tuple(figure for _, figure in _figures_in(text)), tuple(dates for _, dates in dates_of(folded)), sides)


def _sign(word: str) -> str:
    """Return the sign that a folded word is: a stem, or a code without its joints; empty where it tells nothing by itself."""
    if any(map(str.isdigit, word)):
        return "".join(filter(str.isalnum, word)) if word[0].isalpha() else ""
    if len(word) < 2 or word in idle_words() or word in _ASKING or word in numerals() or calendar_form(word) or units_of(word):
        return ""
    return stem_of(word)
