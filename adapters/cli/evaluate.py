"""`aprendiz evaluate`: two contenders, answer by answer, on questions that nobody trained on."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli.session import Session, audience_option, json_option, pass_session
from bot.messages import Audience
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.comparing import Compared
    from adapters.compose import Records
    from finetune.arms import Arm
    from finetune.evaluation import Evaluation
    from finetune.figures import Figures
    from finetune.gate import Decision


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
    help="Questions (JSON Lines), or rows to test by; by default the newest export's held-out questions and the golden ones.",
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

    A and B are each "base" (the model without a version), "production", a version's number, the path of an adapter (GGUF), "model:NAME" of
    a [models.NAME] table, or a model at a provider: "openai:ft:…", "PROVIDER:MODEL". Nothing is promoted. Run again, the command goes on
    where it was stopped, and what a hosted model answered is not paid for twice.
    """
    output = session.output(as_json=as_json)
    wish = _Wish(*contenders, questions, audience or "employees", out, limit)
    compared = asyncio.run(_evaluate(session.records(), wish, output))
    found, decision = compared.found, compared.decision
    if as_json:
        told = {"promote": decision.promote, "reasons": list(decision.reasons), "languages": list(decision.languages)}
        output.emit(
            {"first": found.first.name, "second": found.second.name, **told, "figures": decision.figures, "report": str(compared.report)}
        )
        return
    write_compared(found, decision, output)
    output.say(N_("The report: {path}"), path=compared.report)


async def _evaluate(opening: AbstractAsyncContextManager["Records"], wish: _Wish, output: "Output") -> "Compared":
    # Loaded here, off the path of every other command.
    from adapters.asked import Wanted, questions_for, spread, unlearnt
    from adapters.comparing import compare, name_of
    from adapters.contenders import Contenders
    from adapters.judging import EVALUATIONS, open_means

    async with opening as records, AsyncExitStack() as stack:
        found = Contenders(records, wish.audience, stack)
        first, second = [await found.find(text) for text in (wish.first, wish.second)]
        stored = await questions_for(Wanted(wish.audience, wish.questions), records)
        kept = await unlearnt(stored, [await found.version_of(text) for text in (wish.first, wish.second)], records)
        if len(kept) < len(stored):
            left_out = N_("Questions on near-duplicates of which one of them may have been trained, left out: {count}.")
            output.note(left_out, count=len(stored) - len(kept))
        folder = wish.out or records.settings.home / EVALUATIONS / name_of(f"{first.name}-{second.name}")
        means = await stack.enter_async_context(open_means(records, wish.audience))
        with output.progress(N_("Asking {first} and {second}"), first=first.name, second=second.name) as progress:
            asked = spread(kept, wish.limit)
            return await compare(asked, first, second, means=means, folder=folder, language=output.language, progress=progress)


def write_compared(found: "Evaluation", decision: "Decision", output: "Output") -> None:
    """Write both side by side, and what speaks for and against the second."""
    from finetune.figures import figures_of
    from finetune.report_numbers import Numbers

    numbers = Numbers(output.language)
    names: dict[Arm, str] = {"alone": N_("alone"), "passages": N_("with passages"), "full": N_("as served")}
    sides = [(side, arm) for arm in names for side in (found.first, found.second)]

    def row(name: str, figures: "Figures") -> tuple[str, ...]:
        seconds = f"{numbers.decimal(figures.first_token_p50_s)} / {numbers.decimal(figures.total_p50_s)}"
        measured = (figures.f1, figures.rouge_l, figures.similarity, figures.perplexity)
        shares = (numbers.percent(figures.good.value), numbers.span(figures.good), numbers.percent(figures.facts))
        said = (numbers.percent(figures.consistent.value if figures.consistent.count else None), *map(numbers.decimal, measured), seconds)
        tokens = f"{numbers.decimal(figures.prompt_tokens, 0)} / {numbers.decimal(figures.tokens, 0)}"
        return (name, *shares, *said, tokens, numbers.cost(figures.cost, figures.currency))

    output.table(
        (
            N_("System"),
            N_("Good"),
            N_("95% interval"),
            N_("Facts"),
            N_("Consistent"),
            N_("F1"),
            N_("ROUGE-L"),
            N_("Similarity"),
            N_("Perplexity"),
            N_("First token / answer (s)"),
            N_("Tokens read / written"),
            N_("Cost an answer"),
        ),
        [row(f"{side.name} {translate(output.language, names[arm])}", figures_of(side, found.asked, arm)) for side, arm in sides],
    )
    for number, reason in enumerate(decision.reasons):
        speaks_for = number >= decision.against
        output.say(N_("{mark} {reason}"), style="green" if speaks_for else "yellow", mark="✓" if speaks_for else "✗", reason=reason)
