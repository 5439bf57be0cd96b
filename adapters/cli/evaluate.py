"""`aprendiz evaluate`: two contenders, answer by answer, on questions that nobody trained on."""

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from adapters.cli.session import Session, audience_option, json_option, pass_session
from bot.errors import Refused
from bot.messages import Adapter, Audience
from bot.texts import N_, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.cli.output import Output
    from adapters.compose import Records
    from finetune.arms import Arm, Contender
    from finetune.evaluation import Evaluation
    from finetune.figures import Figures
    from finetune.gate import Decision
    from finetune.questions import HeldOut
    from store.versions import Version

REPORT: Final = "report.html"
RESULT: Final = "evaluation.json"
_FOLDER = "evaluations"  # in the home


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks for."""

    first: str
    second: str
    questions: Path | None
    audience: Audience
    out: Path | None
    limit: int | None


@click.command("evaluate", short_help="Compare two versions on held-out questions.")
@click.argument("contenders", nargs=2, metavar="A B")
@click.option(
    "--questions",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Questions (JSON Lines); by default the newest export's held-out ones and the golden ones.",
)
@audience_option
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where answers and report go; in the home by default."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Ask only so many of the questions, spread evenly over them.")
@json_option
@pass_session
def command(
    session: Session,
    contenders: tuple[str, str],
    questions: Path | None,
    audience: Audience | None,
    out: Path | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """
    Ask A and B the same held-out questions, and write a report of what differs.

    A and B are each "base" (the model without a version), "production", a version's number, or the path of an adapter (GGUF). Nothing is
    promoted. Run again, the command goes on where it was stopped.
    """
    output = session.output(as_json=as_json)
    wish = _Wish(*contenders, questions, audience or "employees", out, limit)
    found, decision, report = asyncio.run(_evaluate(session.records(), wish, output))
    if as_json:
        told = {"promote": decision.promote, "reasons": list(decision.reasons), "languages": list(decision.languages)}
        output.emit({"first": found.first.name, "second": found.second.name, **told, "figures": decision.figures, "report": str(report)})
        return
    _write(found, decision, output)
    output.say(N_("The report: {path}"), path=report)


async def _evaluate(
    opening: AbstractAsyncContextManager["Records"], wish: _Wish, output: "Output"
) -> tuple["Evaluation", "Decision", Path]:
    # Loaded here, off the path of every other command.
    from adapters.judging import open_means
    from finetune.evaluation import evaluate
    from finetune.gate import decide

    async with opening as records:
        if records.settings.model.backend != "llama_cpp":
            raise Refused("versions are laid over a local model, but APRENDIZ_MODEL__BACKEND is openai: set it to llama_cpp")
        first, second = [await _contender(text, wish.audience, records) for text in (wish.first, wish.second)]
        asked = _spread(await _unlearnt(await _questions(wish, records), wish, records, output), wish.limit)
        folder = wish.out or records.settings.home / _FOLDER / _name_of(f"{first.name}-{second.name}")
        async with open_means(records, wish.audience) as means:
            with output.progress(N_("Asking {first} and {second}"), first=first.name, second=second.name) as progress:
                found = await evaluate(asked, first=first, second=second, means=means, folder=folder, progress=progress)
        decision = await asyncio.to_thread(decide, found, language=output.language)
        await asyncio.to_thread(_keep, found, decision, folder, output.language)
        return found, decision, folder / REPORT


async def _contender(text: str, audience: Audience, records: "Records") -> "Contender":
    """
    Return who is meant by "base", "production", a number or a path.

    Raises:
        Refused: Nobody is.
    """
    from finetune.arms import Contender

    if text == "base":
        return Contender(text, None)
    if text == "production":
        adapter = await records.registry.current(audience)
        if adapter is None:
            raise Refused(f"no version is in production for {audience}: compare with base, which answers there")
        return Contender(adapter.name, adapter)
    if number := re.fullmatch(r"v?(\d+)", text):
        return await _version(int(number[1]), records)
    path = Path(text)
    if not await asyncio.to_thread(path.is_file):
        raise Refused(f"{text!r} is neither base, production, a version's number (aprendiz models list) nor a file")
    return Contender(text, Adapter(text, path))


async def _version(number: int, records: "Records") -> "Contender":
    from finetune.arms import Contender

    version = await records.versions.show(number)
    if version is None:
        raise Refused(f"there is no version {number}: aprendiz models list shows those there are")
    if problem := await records.registry.problem_of(version):
        raise Refused(problem)
    return Contender(f"v{number}", Adapter(f"v{number}", records.registry.path_of(version), version.languages))


async def _questions(wish: _Wish, records: "Records") -> "tuple[HeldOut, ...]":
    """
    Return what to ask: the file's questions, or the export's held-out and the golden ones.

    Raises:
        Refused: There are none.
    """
    from finetune.questions import read_questions

    if wish.questions:
        asked = await asyncio.to_thread(read_questions, wish.questions, audience=wish.audience, kind="plain")
        if not asked:
            raise Refused(f"{wish.questions} holds no question: write one JSON object a line")
        return asked
    stored = (*await _held_out(wish.audience, records), *await asyncio.to_thread(_golden, wish.audience, records))
    if not stored:
        raise Refused("no question is held out yet: rate some answers and run aprendiz export, or give --questions FILE")
    return stored


async def _held_out(audience: Audience, records: "Records") -> "tuple[HeldOut, ...]":
    """Return the questions of the newest export, and of imports, whose clusters nobody trains on; none where there is no export."""
    from adapters.judging import material_of
    from finetune.material import divided
    from finetune.questions import held_out

    material = material_of(records.settings)
    if not await asyncio.to_thread(material.is_there):
        return ()
    found = await asyncio.to_thread(material.read, audience)
    return held_out(await divided(found.examples, records.clusters, at=datetime.now(UTC)))


async def _unlearnt(asked: "Sequence[HeldOut]", wish: _Wish, records: "Records", output: "Output") -> "tuple[HeldOut, ...]":
    """
    Leave out people's questions on near-duplicates of which a contender may have been trained: those became tests since.

    Raises:
        Refused: No question is left.
    """
    people = [each.question for each in asked if each.exchange_id]
    learnt: set[str] = set()
    for text in (wish.first, wish.second):
        version = await _version_of(text, wish.audience, records)
        if version:
            learnt |= await records.clusters.learnt(people, round_id=version.round_id)
    kept = tuple(each for each in asked if not (each.exchange_id and each.cluster in learnt))
    if len(kept) < len(asked):
        left_out = N_("Left out: {count} questions on near-duplicates of which one of them may have been trained.")
        output.note(left_out, count=len(asked) - len(kept))
    if not kept:
        raise Refused(
            "no question is left that neither was trained on: rate more answers and run aprendiz export, or give --questions FILE"
        )
    return kept


async def _version_of(text: str, audience: Audience, records: "Records") -> "Version | None":
    """Return the version that is meant, None where it is none of the registry's."""
    if text == "production":
        return await records.versions.current(audience)
    number = re.fullmatch(r"v?(\d+)", text)
    return await records.versions.show(int(number[1])) if number else None


def _golden(audience: Audience, records: "Records") -> "tuple[HeldOut, ...]":
    from adapters.judging import golden_file
    from finetune.round_questions import golden_of

    return golden_of(golden_file(records.settings), audience=audience)


def _spread(questions: "tuple[HeldOut, ...]", limit: int | None) -> "Sequence[HeldOut]":
    if limit is None or limit >= len(questions):
        return questions
    return [questions[number * len(questions) // limit] for number in range(limit)]


def _keep(found: "Evaluation", decision: "Decision", folder: Path, language: str) -> None:
    from finetune.report import write_report
    from finetune.whole import write_whole

    write_whole(folder / RESULT, found.to_json())
    write_report(found, decision, training=None, path=folder / REPORT, language=language)


def _name_of(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip("_")[-80:]


def _write(found: "Evaluation", decision: "Decision", output: "Output") -> None:
    from finetune.figures import figures_of
    from finetune.report_numbers import Numbers

    numbers = Numbers(output.language)
    names: dict[Arm, str] = {"alone": N_("alone"), "passages": N_("with passages"), "full": N_("as served")}
    sides = [(side, arm) for arm in names for side in (found.first, found.second)]

    def row(name: str, figures: "Figures") -> tuple[str, ...]:
        seconds = f"{numbers.decimal(figures.first_token_p50_s)} / {numbers.decimal(figures.total_p50_s)}"
        measured = (figures.f1, figures.rouge_l, figures.similarity, figures.perplexity)
        shares = (numbers.percent(figures.good.value), numbers.span(figures.good), numbers.percent(figures.facts))
        return (name, *shares, *map(numbers.decimal, measured), seconds, numbers.decimal(figures.tokens, 0))

    output.table(
        (
            N_("System"),
            N_("Good"),
            N_("95% interval"),
            N_("Facts"),
            N_("F1"),
            N_("ROUGE-L"),
            N_("Similarity"),
            N_("Perplexity"),
            N_("First token / answer (s)"),
            N_("Tokens"),
        ),
        [row(f"{side.name} {translate(output.language, names[arm])}", figures_of(side, found.asked, arm)) for side, arm in sides],
    )
    for number, reason in enumerate(decision.reasons):
        speaks_for = number >= decision.against
        output.say(N_("{mark} {reason}"), style="green" if speaks_for else "yellow", mark="✓" if speaks_for else "✗", reason=reason)
