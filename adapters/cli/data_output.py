"""What the commands of `aprendiz data` take and tell alike: formats by name, findings by line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from finetune.findings import Finding
    from finetune.formats.format import Format

_SHOWN = 10


def format_named(name: str, option: str) -> "Format":
    """
    Return the format called *name*.

    Raises:
        BadParameter: None is called so.
    """
    from finetune.formats.registry import FORMATS

    if name not in FORMATS:
        raise click.BadParameter(f"no format is called {name}; there are {', '.join(FORMATS)}.", param_hint=f"'{option}'")
    return FORMATS[name]


def worded(finding: "Finding", language: str) -> tuple[str, str]:
    """Return what a finding says and what is to be done, in *language*."""
    from finetune.findings import WORDINGS

    wording, values = WORDINGS[finding.code], dict(finding.values)
    if isinstance(expected := values.get("expected"), str):  # a word of ours, where others are the file's
        values["expected"] = translate(language, expected)
    return translate(language, wording.message, **values), translate(language, wording.remedy, **values)


def to_json(finding: "Finding", language: str) -> dict[str, Any]:
    """Return a finding as programs read it."""
    message, remedy = worded(finding, language)
    return {"line": finding.line, "code": finding.code, "message": message, "remedy": remedy}


def tell_broken(findings: Sequence["Finding"], count: int, output: "Output") -> None:
    """Name the first of *count* lines that could not be read."""
    if not count:
        return
    output.note(N_("Rows that could not be read and were left out ({count}):"), count=count)
    for finding in findings[:_SHOWN]:
        message, remedy = worded(finding, output.language)
        output.note(N_("line {line}: {found}: {remedy}"), line=finding.line, found=message, remedy=remedy)
    if count > _SHOWN:
        output.note(N_("and {count} more"), count=count - _SHOWN)
