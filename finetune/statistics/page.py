"""Statistics as one page that needs nothing else, with rows to be read and decided on."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from bot.texts import language_of, translate
from finetune.pages import page
from finetune.report_numbers import Numbers
from finetune.statistics.balance import FEW, Category
from finetune.statistics.counting import MEASURES, Statistics
from finetune.statistics.lengths import Bar, Lengths
from finetune.statistics.seen import Seen
from finetune.statistics.topics import Topic
from finetune.statistics.words import MEASURE_NAMES, lack_words, language_name, refusal_words, words
from finetune.whole import write_whole

WIDTH, HEIGHT = 460, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 10, 10, 26
_TICKS: Final = 4
_SHOWN: Final = 20  # names of a table; the others are counted together


@dataclass(frozen=True, slots=True)
class _Box:
    """A bar of a plot, in units of the SVG."""

    x: float
    y: float
    width: float
    height: float
    bar: Bar


@dataclass(frozen=True, slots=True)
class _Plot:
    """A histogram: `levels` are counts at heights, `ends` lengths at places along the axis."""

    name: str
    boxes: tuple[_Box, ...]
    levels: tuple[tuple[float, int], ...]
    ends: tuple[tuple[float, int], ...]


def write_page(
    found: Statistics, topics: Sequence[Topic], sample: Sequence[Seen], *, path: Path, language: str = "en", category: str = "category"
) -> None:
    """
    Write the page as HTML, whole or not at all.

    Args:
        found: What was counted.
        topics: Of the questions that were drawn, the largest first.
        sample: Rows to be read by hand.
        path: The file.
        language: Of the page's own words.
        category: The key of metadata that named categories.

    Raises:
        Misconfigured: The file cannot be written.
    """
    write_whole(path, render(found, topics, sample, language=language, category=category))


def render(found: Statistics, topics: Sequence[Topic], sample: Sequence[Seen], *, language: str, category: str) -> str:
    """Return the page."""
    own, numbers = words(language), Numbers(language)
    script = (files("finetune") / "statistics.js").read_text(encoding="utf-8")
    view: dict[str, Any] = {
        "lang": language_of(language).replace("_", "-"),
        "word": own,
        "found": found,
        "title": ", ".join(file.path.name for file in found.files),
        "tables": _tables(found, own, language, category),
        "lacks": [(name, [lack_words(lack, found.categories[name], language) for lack in lacks]) for name, lacks in found.lacks.items()],
        "named": sum(name != "" for name in found.categories),
        "few": FEW,
        "topics": topics[:_SHOWN],
        "further_topics": len(topics) - _SHOWN,
        "lengths": [(translate(language, MEASURE_NAMES[each]), found.lengths[each]) for each in MEASURES],
        "plots": [_plot(translate(language, MEASURE_NAMES[each]), found.lengths[each]) for each in MEASURES if found.lengths[each].most],
        "refusals": [refusal_words(reason, count, language) for reason, count in found.refusals.items()],
        "sample": sample,
        "script": Markup(script),  # noqa: S704  # our own, and the policy names its hash
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "width": WIDTH,
        "height": HEIGHT,
        "number": lambda value: numbers.decimal(value, 0),
        "percent": numbers.percent,
    }
    return page("statistics.html.jinja").render(view)


_Rows = list[tuple[str, int]]


def _tables(found: Statistics, own: dict[str, str], language: str, category: str) -> list[tuple[str, str, _Rows]]:
    """Return heading, name of the first column and rows of what is counted by name."""
    tables = [
        (own["languages"], own["language"], [(language_name(code, language), n) for code, n in found.whole.languages.ranked()]),
        (own["sources"], own["source"], _named(found.whole, own)),
    ]
    if set(found.categories) - {""}:
        ranked = sorted(found.categories.items(), key=lambda each: (-each[1].rows, each[0]))
        named = [(name or own["none"], each.rows) for name, each in ranked]
        tables.append((own["categories"], category, named + ([(own["others"].format(count="…"), found.further)] if found.further else [])))
    return [(heading, column, _shown(rows, own)) for heading, column, rows in tables]


def _named(whole: Category, own: dict[str, str]) -> _Rows:
    rows = [(name or own["none"], count) for name, count in whole.sources.ranked()]
    return rows + ([(own["others"].format(count="…"), whole.sources.others)] if whole.sources.others else [])


def _shown(rows: _Rows, own: dict[str, str]) -> _Rows:
    if len(rows) <= _SHOWN:
        return rows
    rest = rows[_SHOWN:]
    return [*rows[:_SHOWN], (own["others"].format(count=len(rest)), sum(count for _, count in rest))]


def _plot(name: str, lengths: Lengths) -> _Plot:
    bars = lengths.histogram()
    top = max(bar.count for bar in bars)
    step = (WIDTH - _LEFT - _RIGHT) / len(bars)
    room = HEIGHT - _TOP - _BOTTOM
    boxes = []
    for at, bar in enumerate(bars):
        height = room * bar.count / top
        boxes.append(_Box(round(_LEFT + at * step + 1, 1), round(_TOP + room - height, 1), round(step - 2, 1), round(height, 1), bar))
    levels = tuple((round(_TOP + room - room * each / top, 1), each) for each in sorted({0, round(top / 2), top}))
    every = -(-len(bars) // _TICKS)
    ends = tuple((round(_LEFT + at * step, 1), bar.low) for at, bar in enumerate(bars) if at % every == 0)
    return _Plot(name, tuple(boxes), levels, ends)
