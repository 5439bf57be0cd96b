"""`aprendiz data stats`: what is in files of training rows, in figures and as a page."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.data_checks import counting, for_option, format_option
from adapters.cli.data_output import format_named, tell_broken
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.cli.output import Output
    from finetune.formats.format import Format
    from finetune.statistics.balance import Tally
    from finetune.statistics.counting import Statistics
    from finetune.statistics.seen import Seen
    from finetune.statistics.topics import Topic

_SHOWN = 10
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

category_option = click.option(
    "--category", default="category", show_default=True, metavar="FIELD", help="The key of a row's metadata that names its category."
)


@click.command("stats", short_help="See what training rows hold.")
@click.argument("paths", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--html",
    "target",
    metavar="OUT",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it as one page, too, with rows to be read by hand.",
)
@category_option
@for_option
@format_option
@json_option
@pass_session
def command(
    session: Session, paths: tuple[Path, ...], target: Path | None, category: str, model: str | None, given: str | None, as_json: bool
) -> None:
    """
    Tell what the training rows of each FILE hold: tokens, languages, topics, lengths, sources, refusals.

    Categories with too few rows, or with rows that are all alike, are named. Topics are those of a thousand questions drawn by chance.
    """
    from finetune.statistics.counting import count_rows
    from finetune.statistics.page import write_page

    output = session.output(as_json=as_json)
    chosen = format_named(given, "--from") if given else None
    with counting(model, session.settings) as (_, count), output.progress(N_("Counting rows")) as progress:
        found = count_rows(paths, count, given=chosen, category=category, progress=progress)
    with output.progress(N_("Grouping questions")):
        topics = asyncio.run(_topics(session, [*found.questions]))
    if target:
        sample = _sample(session, paths, chosen, category, output)
        write_page(found, topics, sample, path=target, language=output.language, category=category)
    if as_json:
        output.emit(_fields(found, topics, target))
    else:
        _tell(found, topics, output)
        if target:
            output.say(N_("The page is {path}."), path=target)


async def _topics(session: Session, questions: "Sequence[str]") -> "list[Topic]":
    from finetune.statistics.topics import find_topics

    if not questions:
        return []
    async with session.records() as records:
        return await find_topics(questions, records.encoder)


def _sample(session: Session, paths: "Sequence[Path]", given: "Format | None", category: str, output: "Output") -> "list[Seen]":
    from finetune.statistics.decisions import FILE_NAME, ROW_DECISIONS
    from finetune.statistics.reading_by_hand import sample_rows

    decided = ROW_DECISIONS.kept(session.settings.home / FILE_NAME)
    with output.progress(N_("Drawing rows")) as progress:
        return sample_rows(paths, given=given, category=category, decided=decided.keys(), progress=progress)


def _fields(found: "Statistics", topics: "Sequence[Topic]", target: Path | None) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "broken": found.broken,
        "tokens": found.tokens,
        "files": [{"file": str(each.path), "format": each.format.name, "rows": each.rows, "broken": each.broken} for each in found.files],
        "languages": _counts(found.whole.languages),
        "sources": _counts(found.whole.sources),
        "categories": {name: each.rows for name, each in found.categories.items()},
        "lacks": found.lacks,
        "topics": [{"topic": each.name, "questions": each.questions, "example": each.example} for each in topics],
        "topics_of": {"looked_at": len(found.questions), "asked": found.asked},
        "lengths": {
            name: {
                "shortest": each.least,
                **{f"p{share * 100:.0f}": each.quantile(share) for share in _QUANTILES},
                "longest": each.most,
                "mean": round(each.mean, 1),
                "histogram": [{"from": bar.low, "below": bar.high, "count": bar.count} for bar in each.histogram()],
            }
            for name, each in found.lengths.items()
        },
        "refusals": found.refusals,
        "html": str(target) if target else None,
    }


def _counts(tally: "Tally") -> dict[str, int]:
    return dict(tally.ranked())


def _tell(found: "Statistics", topics: "Sequence[Topic]", output: "Output") -> None:
    from finetune.statistics.words import MEASURE_NAMES, lack_words, language_name, refusal_words

    language = output.language
    output.facts(((N_("Rows"), f"{found.rows:,}"), (N_("Tokens"), f"{found.tokens:,}")))
    lengths = (
        (translate(language, MEASURE_NAMES[name]), each.least, *(each.quantile(share) for share in _QUANTILES), each.most)
        for name, each in found.lengths.items()
    )
    output.table((N_("Lengths"), N_("Shortest"), "5 %", "25 %", N_("Median"), "75 %", "95 %", N_("Longest")), lengths)
    languages = ((language_name(code, language), count) for code, count in found.whole.languages.ranked())
    output.table((N_("Language"), N_("Rows")), languages)
    output.table((N_("Source"), N_("Rows")), found.whole.sources.ranked()[:_SHOWN])
    if set(found.categories) - {""}:
        ranked = sorted(found.categories.items(), key=lambda each: (-each[1].rows, each[0]))
        output.table((N_("Category"), N_("Rows")), ((name or "–", each.rows) for name, each in ranked[:_SHOWN]))
    if topics:
        output.table((N_("Topic"), N_("Questions"), N_("Such as")), ((each.name, each.questions, each.example) for each in topics[:_SHOWN]))
        if len(found.questions) < found.asked:
            output.say(N_("Topics are those of {count} questions of {of}, drawn by chance."), count=len(found.questions), of=found.asked)
    for name, lacks in found.lacks.items():
        told = ", ".join(lack_words(lack, found.categories[name], language) for lack in lacks)
        output.note(N_("category {name}: {told}"), name=name, told=told)
    for reason, count in found.refusals.items():
        output.say(N_("Refused by the export: {told}"), told=refusal_words(reason, count, language))
    tell_broken(found.findings, found.broken, output)
