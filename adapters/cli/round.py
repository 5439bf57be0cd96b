"""`aprendiz round`: from ratings to a better model."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from adapters.cli.session import Session, audience_option, json_option, pass_session
from bot.errors import Refused
from bot.messages import Audience
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.cli.round_running import End
    from finetune.recipe import Recipe
    from store.rounds import Round, RoundStep

_LISTED = 20
_OWN: Final = {"rated": N_("rated and corrected answers"), "approved": N_("approved answers")}


@click.command("round", short_help="Train a version from what was rated, and promote it if it is better.")
@audience_option
@click.option("--recipe", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Training recipe (TOML).")
@click.option("--seed", type=click.IntRange(0), help="In place of the recipe's.")
@click.option("--list", "listed", is_flag=True, help="List the newest rounds instead.")
@click.option("--show", "shown", metavar="ID", help="Show the steps of one round instead.")
@json_option
@pass_session
def command(
    session: Session,
    audience: Audience | None,
    recipe: Path | None,
    seed: int | None,
    listed: bool,
    shown: str | None,
    as_json: bool,
) -> int:
    """
    Train a version from rated answers and imported ones, prove it on questions nobody trained on, and promote it if it is better.

    Imported rows in the folders that the setting rounds.data names are learnt from and asked about, too. Without --audience every audience
    with enough answers has its turn. A round that was interrupted goes on where it stopped. Exits with 0 where every round promoted a
    version, else with 1.
    """
    output = session.output(as_json=as_json)
    if listed or shown:
        _look(session, output, shown)
        return 0
    from finetune.priority import yield_to_others

    yield_to_others()  # before there is a thread that would keep its claim
    ends = asyncio.run(_run(session, audience, _recipe(session, recipe, seed), output))
    return 0 if all(end.status == "promoted" for end in ends) else 1


def _recipe(session: Session, path: Path | None, seed: int | None) -> "Recipe":
    from finetune.recipe import read_recipe

    recipe = read_recipe(path or session.settings.rounds.recipe)
    return recipe if seed is None else replace(recipe, seed=seed)


async def _run(session: Session, audience: Audience | None, recipe: "Recipe", output: "Output") -> "tuple[End, ...]":
    from adapters.cli.round_running import run_rounds
    from adapters.rounds import rounds_on

    async with session.records() as records:
        rounds = await rounds_on(records)
        return await run_rounds(rounds, records, recipe, audience=audience, output=output, ended=lambda end: tell(end, output))


def tell(end: "End", output: "Output") -> None:
    """Write how a round ended: its figures, why, and what to do next; what is no promotion is one line on standard error, too."""
    if output.as_json:
        output.emit(end.as_json())
    elif end.outcome:
        _tell_sources(end.outcome.sources, output)
        _tell_figures(end.outcome.figures, output)
    if end.status == "promoted":
        _tell_promotion(end, output)
    else:
        reasons = " ".join(end.reasons)
        output.note(N_("No new version for {audience}: {reasons}"), audience=end.audience, reasons=reasons)
    if end.outcome and end.outcome.report:
        output.say(N_("Report: {path}"), path=end.outcome.report)


def _tell_promotion(end: "End", output: "Output") -> None:
    version = end.outcome.version if end.outcome else None
    for reason in end.reasons:
        output.say(N_("{sentence}"), sentence=reason)
    output.say(N_("Version {version} answers {audience} from now on."), style="bold green", version=version, audience=end.audience)
    output.say(N_("To take it back: aprendiz models rollback --audience {audience}"), style="dim", audience=end.audience)


def _tell_sources(sources: Sequence[Mapping[str, Any]], output: "Output") -> None:
    """Show how many answers came from where; people's own need no table."""
    if any(each["name"] not in _OWN for each in sources):
        heads = (N_("Rows from"), N_("To train on"), N_("To validate with"), N_("To test with"))
        output.table(heads, [_source_row(each, output.language) for each in sources])


def _source_row(source: Mapping[str, Any], language: str) -> tuple[str, ...]:
    name = source["name"]
    own = _OWN.get(name)
    return translate(language, own) if own else name, *(str(source[split]) for split in ("train", "validation", "test"))


def _tell_figures(figures: Mapping[str, Any], output: "Output") -> None:
    compared = figures.get("compared", {})
    rows = [(arm, each) for arm in ("passages", "alone", "full") for each in compared.get(arm, ())]
    if rows:
        output.table((N_("Questions"), N_("Answered"), N_("Before"), N_("After"), N_("Difference")), _lines(rows, output.language))


def _lines(rows: Iterable[tuple[str, Mapping[str, Any]]], language: str) -> Iterable[tuple[str, ...]]:
    arms = {"passages": N_("with passages"), "alone": N_("without passages"), "full": N_("as served")}
    kinds = {
        "": N_("all"),
        "down": N_("voted down or corrected"),
        "up": N_("liked"),
        "imported": N_("imported"),
        "golden": N_("golden"),
        "plain": N_("others"),
    }
    for arm, each in rows:
        difference = each["difference"]
        yield (
            f"{translate(language, kinds[each['name']]) if each['name'] in kinds else each['name']} ({difference['count']})",
            translate(language, arms[arm]),
            f"{each['before']['value']:.0%}",
            f"{each['after']['value']:.0%}",
            f"{difference['value']:+.0%} [{difference['low']:+.0%}, {difference['high']:+.0%}]",
        )


def _look(session: Session, output: "Output", shown: str | None) -> None:
    """List rounds, or show one."""
    rounds, steps = asyncio.run(_read(session, shown))
    if output.as_json:
        for each in rounds:
            output.emit(_fields(each) | ({"steps": [_fields(step) for step in steps]} if shown else {}))
        return
    if not rounds:
        output.say(N_("There was no round yet."))
        return
    if not shown:
        headings = (N_("Round"), N_("Began"), N_("Audience"), N_("Status"), N_("Version"), N_("Reason"))
        output.table(headings, [_row(each) for each in rounds])
        return
    (found,) = rounds
    names = (N_("Round"), N_("Began"), N_("Audience"), N_("Status"), N_("Version"), N_("Reason"))
    output.facts(zip(names, _row(found), strict=True))
    output.table((N_("Step"), N_("Status"), N_("Began"), N_("Ended")), [_step_row(step) for step in steps])
    for step in steps:
        _tell_sources(step.detail.get("sources", ()), output)
        if note := step.detail.get("note"):
            output.note(note)


async def _read(session: Session, shown: str | None) -> "tuple[tuple[Round, ...], tuple[RoundStep, ...]]":
    async with session.records() as records:
        if shown is None:
            return await records.rounds.list(_LISTED), ()
        found = await records.rounds.show(shown)
        if found is None:
            raise Refused(f"There is no round {shown}; aprendiz round --list shows the newest.")
        return (found,), await records.rounds.steps(shown)


def _fields(value: "Round | RoundStep") -> dict[str, Any]:
    return asdict(value)


def _row(each: "Round") -> tuple[str, ...]:
    return each.round_id, f"{each.started_at:%Y-%m-%d %H:%M}", each.audience, each.status, str(each.version or ""), each.reason


def _step_row(step: "RoundStep") -> tuple[str, ...]:
    return step.step, step.status, f"{step.began_at:%H:%M:%S}", f"{step.ended_at:%H:%M:%S}" if step.ended_at else ""
