"""The model card of a version: the decision with its numbers and where it comes from, for programs (JSON) and for people (Markdown)."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.texts import translate
from finetune.gate import Decision, interval_of
from finetune.report_numbers import Numbers
from finetune.report_words import KIND_NAMES, LANGUAGE_NAMES
from finetune.whole import write_whole


def write_card(decision: Decision, *, name: str, lineage: Mapping[str, str], path: Path, language: str = "en") -> None:
    """
    Write the card to *path* (JSON) and beside it with the ending .md, each whole or not at all; call it off the event loop.

    Args:
        decision: Of the gate.
        name: The version's, e.g. v3.
        lineage: Where it comes from, name by value: round, base, export, recipe, seed, …
        path: The JSON file.
        language: Of the Markdown's own words.

    Raises:
        Misconfigured: A file cannot be written.
    """
    card = {"name": name, "lineage": dict(lineage), "decision": asdict(decision)}
    write_whole(path, json.dumps(card, ensure_ascii=False, indent=2) + "\n")
    write_whole(path.with_suffix(".md"), markdown(decision, name=name, lineage=lineage, language=language))


def markdown(decision: Decision, *, name: str, lineage: Mapping[str, str], language: str) -> str:
    """Return the card for people."""
    verdict = translate(language, "Passes the gate") if decision.promote else translate(language, "Does not pass the gate")
    reasons = [f"- {'✓' if number >= decision.against else '✗'} {reason}" for number, reason in enumerate(decision.reasons)]
    parts = [f"# {name}", f"**{verdict}**", "\n".join(reasons)]
    if compared := decision.figures.get("compared", {}).get("passages"):
        parts += [f"## {translate(language, 'What changed, with passages')}", _table(compared, language)]
    if lineage:
        rows = "\n".join(f"- {key}: `{value}`" for key, value in lineage.items())
        parts += [f"## {translate(language, 'Where it comes from')}", rows]
    return "\n\n".join(parts) + "\n"


def _table(compared: list[Mapping[str, Any]], language: str) -> str:
    numbers = Numbers(language)
    heads = (
        "",
        translate(language, "Questions"),
        translate(language, "Before"),
        translate(language, "After"),
        translate(language, "Difference"),
        translate(language, "95% interval"),
    )
    lines = [f"| {' | '.join(heads)} |", "|---|" + "--:|" * (len(heads) - 1)]
    for each in compared:
        before, after, difference = (interval_of(each[key]) for key in ("before", "after", "difference"))
        known = {**KIND_NAMES, **LANGUAGE_NAMES}.get(each["name"])
        what = translate(language, known) if known else each["name"] or translate(language, "All questions")
        shares = (numbers.percent(before.value), numbers.percent(after.value), numbers.points(difference.value))
        span = f"{numbers.points(difference.low)} … {numbers.points(difference.high)}"
        lines.append(f"| {' | '.join((what, str(difference.count), *shares, span))} |")
    return "\n".join(lines)
