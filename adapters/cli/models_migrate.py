"""`aprendiz models migrate`: from a hosted model to a local adapter or another provider, by the same rows and the same gate."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.session import Session, audience_option, json_option, pass_session
from bot.errors import Refused
from bot.messages import Audience
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.cli.round_running import End
    from adapters.comparing import Compared
    from adapters.compose import Records
    from adapters.migration import Origin
    from finetune.arms import Contender
    from finetune.hosted.order import Order
    from finetune.migrating import Rows
    from finetune.questions import HeldOut
    from store.hosted_jobs import HostedJob

_LOCAL = "local"
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks for."""

    model: str
    target: str
    audience: Audience
    rows: Path | None
    validation: Path | None
    questions: Path | None
    limit: int | None
    recipe: Path | None
    applying: bool
    epochs: int | None
    suffix: str

    @property
    def local(self) -> bool:
        """Whether the target is an adapter of our own."""
        return self.target.partition(":")[0] == _LOCAL


@click.command("migrate", short_help="Leave a hosted model: train its rows elsewhere, compare, switch if it is better.")
@click.argument("model", metavar="FROM")
@click.option("--to", "target", required=True, metavar="TARGET", help="local, local:NAME of [models.NAME], PROVIDER or PROVIDER:MODEL.")
@click.option("--rows", type=_file, metavar="FILE", help="The rows that trained FROM; those of its job by default.")
@click.option("--validation", type=_file, metavar="FILE", help="The rows that validated it; those of its job by default.")
@click.option(
    "--questions",
    type=_file,
    metavar="FILE",
    help="Questions, or rows to test by; by default the newest export's held-out questions and the golden ones.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Ask only so many of the questions, spread evenly over them.")
@click.option(
    "--recipe", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Training recipe (TOML) of a local adapter."
)
@click.option("--epochs", type=click.IntRange(1, 50), help="At a provider; left out: its choice.")
@click.option("--suffix", default="", metavar="TEXT", help="Becomes part of the model's name at a provider.")
@click.option("--apply", "applying", is_flag=True, help="Write the settings that switch into aprendiz.toml, if the gate lets it pass.")
@audience_option
@json_option
@pass_session
def command(session: Session, /, as_json: bool, audience: Audience | None, **chosen: Any) -> int:
    """
    Leave the hosted model FROM: an ft: name, PROVIDER:MODEL, model:NAME of the settings, or a job's id.

    The rows that trained it train an adapter here, or a model at another provider; both are asked the same questions, which stand in none
    of the rows, and the gate of rounds decides. A local version that passes is promoted; for a provider's model the settings that switch
    are told, or written. Stopped, the same command goes on there. Exits with 0 where the gate let it pass, else with 1.
    """
    wish = _Wish(audience=audience or "employees", **chosen)
    output = session.output(as_json=as_json)
    return _to_local(session, wish, output) if wish.local else _to_provider(session, wish, output)


def _to_local(session: Session, wish: _Wish, output: "Output") -> int:
    from adapters.cli.round import tell
    from finetune.priority import yield_to_others

    yield_to_others()
    end, origin, switch = asyncio.run(_train_here(session, wish, output))
    tell(end, output)
    if switch is None:
        return 1
    if switch:
        _switch(("model",), switch, wish, output)
    if origin.table != ("model",):
        output.note(N_("Channels with the model {name} still ask the old one: take it out of [[assistant.voices]]."), name=origin.table[-1])
    return 0


async def _train_here(session: Session, wish: _Wish, output: "Output") -> "tuple[End, Origin, Mapping[str, Any] | None]":
    """Return how the round ended, and the settings that switch: None where no version of it is in production."""
    from adapters.cli.round_running import run_rounds
    from adapters.migration import local_records, local_switch, origin_of
    from adapters.rounds import rounds_on
    from finetune.migrating import Migration, require_answers, require_untested
    from finetune.recipe import read_recipe
    from store.held_out import held_out

    async with session.records() as records, AsyncExitStack() as stack:
        origin = await origin_of(wish.model, wish.rows, wish.validation, records)
        if origin.method != "supervised":
            raise Refused(
                f"{origin.name} was trained by {origin.method}, and a local adapter is not: migrate it to a provider that does that"
            )
        await asyncio.to_thread(require_answers, origin.rows)
        if (tested := await held_out(records.database)) is not None:
            await asyncio.to_thread(require_untested, origin.rows, tested)
        here = local_records(wish.target, records)
        first, asked = await _first(origin, wish, here, stack, output)
        recipe = await asyncio.to_thread(read_recipe, wish.recipe or session.settings.rounds.recipe)
        rounds = await rounds_on(here, Migration(first, origin.rows, origin.validation, asked))
        await _ask_first(first, asked, here, wish, output)  # before hours are spent: whoever cannot answer is told now
        (end,) = await run_rounds(rounds, here, recipe, audience=wish.audience, output=output, ended=lambda _: None)
        switch = local_switch(here.settings.model, records.settings.model) if await _in_production(end, records) else None
        return end, origin, switch


async def _in_production(end: "End", records: "Records") -> bool:
    """Tell whether the round promoted its version, now or before: the switch may have been asked for, or cut off, after its end."""
    if end.like is None:
        return end.status == "promoted"
    serving = (await records.versions.in_production()).get(end.audience)
    return end.like.status == "promoted" and serving is not None and serving.version == end.like.version


async def _first(
    origin: "Origin", wish: _Wish, records: "Records", stack: AsyncExitStack, output: "Output"
) -> "tuple[Contender, tuple[HeldOut, ...]]":
    """Return the model that is left, opened, and the questions of which none stands in its rows."""
    from adapters.asked import Wanted, questions_for, spread
    from adapters.contenders import Contenders
    from finetune.migrating import untaught

    contenders: Contenders = Contenders(records, wish.audience, stack)
    first = await contenders.hosted(origin.model, name=origin.name)
    stored = await questions_for(Wanted(wish.audience, wish.questions), records, kind="imported")
    files = [each for each in (origin.rows, origin.validation) if each]
    kept = await asyncio.to_thread(untaught, stored, files)
    if len(kept) < len(stored):
        output.note(N_("Questions that the rows teach, or nearly, left out: {count}."), count=len(stored) - len(kept))
    if not kept:
        raise Refused("no question is left that the rows do not teach: give others with --questions FILE")
    return first, spread(kept, wish.limit)


async def _ask_first(first: "Contender", asked: "tuple[HeldOut, ...]", records: "Records", wish: _Wish, output: "Output") -> None:
    """Let the model that is left answer; what it said is kept, and not asked for again."""
    from adapters.comparing import name_of
    from adapters.judging import EVALUATIONS, open_means
    from finetune.evaluation import evaluate

    folder = records.settings.home / EVALUATIONS / name_of(first.name)
    async with open_means(records, wish.audience) as means:
        with output.progress(N_("Asking {first}"), first=first.name) as progress:
            await evaluate(asked, first=first, second=first, means=means, folder=folder, progress=progress)


def _to_provider(session: Session, wish: _Wish, output: "Output") -> int:
    from adapters.cli.jobs_watch import watch_job

    origin = asyncio.run(_origin(session, wish))
    try:
        order = _order(session, origin, wish, output)
        job = asyncio.run(_begin(session, origin, order, wish, output))
    finally:
        _drop_converted(session, origin)
    if not job.trained_model and (code := watch_job(session, job.job_id, output)):
        return code
    compared, switch = asyncio.run(_compare(session, job.job_id, origin, wish, output))
    tell_compared(compared, output, switch={"table": list(origin.table), **switch})
    if compared.decision.promote:
        _switch(origin.table, switch, wish, output)
    return 0 if compared.decision.promote else 1


async def _origin(session: Session, wish: _Wish) -> "Origin":
    from adapters.migration import origin_of

    async with session.records() as records:
        return await origin_of(wish.model, wish.rows, wish.validation, records)


def _order(session: Session, origin: "Origin", wish: _Wish, output: "Output") -> "Order":
    """Return what is ordered of the provider: the same rows, checked as those of any job, in the format that it takes."""
    from adapters.cli.jobs_create import order_of, tell_cost
    from adapters.hosted_jobs import access_to
    from finetune.hosted.checking import base_of, require_able
    from finetune.hosted.kinds import abilities_of

    provider, _, model = wish.target.partition(":")
    abilities = abilities_of(provider, access_to(provider, session.settings))
    chosen = {
        "model": model or base_of(origin.name),
        "method": origin.method,
        "validation": _as_wanted(session, origin.validation, origin.method) if origin.validation else None,
        "tests": (),
        "epochs": wish.epochs,
        "suffix": wish.suffix,
        "personal_data": True,
        **dict.fromkeys(("batch_size", "learning_rate_multiplier", "beta", "seed")),
    }
    found, order = order_of(session, _as_wanted(session, origin.rows, origin.method), chosen, abilities, output)
    require_able(order, abilities)
    tell_cost(session, found, wish.epochs, output)
    return order


def _as_wanted(session: Session, rows: "Rows", method: str) -> Path:
    """Return the file to send: the rows themselves, or their conversion, kept in the home for as long as the upload may take."""
    from finetune.formats.reading import format_of
    from finetune.formats.registry import FORMATS
    from finetune.migrating import write_as

    wanted = "messages" if method == "supervised" else "preference-openai"
    if format_of(rows.path).name == wanted:
        return rows.path
    target = _converted(session, rows)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_as(rows, target, FORMATS[wanted])
    return target


def _converted(session: Session, rows: "Rows") -> Path:
    from adapters.hosted_jobs import FOLDER
    from finetune.hosted.converted import ROWS

    return session.settings.home.absolute() / FOLDER / ROWS / f"{rows.sha256[:16]}.jsonl"


def _drop_converted(session: Session, origin: "Origin") -> None:
    """Delete the conversions that no job waits for: where there is a model already, or no job could be begun."""
    from finetune.hosted.converted import drop_converted
    from store.hosted_jobs import SqlHostedJobs

    made = [path for rows in (origin.rows, origin.validation) if rows and (path := _converted(session, rows)).is_file()]

    async def drop() -> None:
        async with session.records() as records:
            await drop_converted(made, made[0].parent.parent, SqlHostedJobs(records.database))

    if made:
        asyncio.run(drop())


async def _begin(session: Session, origin: "Origin", order: "Order", wish: _Wish, output: "Output") -> "HostedJob":
    """Return the job that trains the same rows there, begun now or before; the model that is left has answered then."""
    from adapters.hosted_jobs import hosted_jobs_on
    from store.hosted_jobs import SqlHostedJobs

    provider = wish.target.partition(":")[0]
    async with session.records() as records, AsyncExitStack() as stack:
        first, asked = await _first(origin, wish, records, stack, output)
        await _ask_first(first, asked, records, wish, output)
        done = await SqlHostedJobs(records.database).succeeded(order.fingerprint(provider))
        if done is not None:
            return done
        jobs = await stack.enter_async_context(hosted_jobs_on(records.database, session.settings))
        job = await jobs.begin(provider, order)
        return await jobs.advance(job.job_id)


async def _compare(session: Session, job_id: str, origin: "Origin", wish: _Wish, output: "Output") -> "tuple[Compared, dict[str, Any]]":
    """Ask both models the same; what came of it is kept with the job."""
    from adapters.comparing import compare, name_of
    from adapters.contenders import Contenders, provided
    from adapters.judging import EVALUATIONS, open_means
    from adapters.migration import hosted_switch
    from store.hosted_jobs import SqlHostedJobs

    async with session.records() as records, AsyncExitStack() as stack:
        ledger = SqlHostedJobs(records.database)
        job = await ledger.require(job_id)
        first, asked = await _first(origin, wish, records, stack, output)
        made = provided(job.provider, job.trained_model, records.settings)
        second = await Contenders(records, wish.audience, stack).hosted(made, name=job.trained_model)
        folder = records.settings.home / EVALUATIONS / name_of(f"{first.name}-{second.name}")
        means = await stack.enter_async_context(open_means(records, wish.audience))
        with output.progress(N_("Asking {first} and {second}"), first=first.name, second=second.name) as progress:
            compared = await compare(asked, first, second, means=means, folder=folder, language=output.language, progress=progress)
        told = {"from": first.name, "promote": compared.decision.promote, "reasons": list(compared.decision.reasons)}
        record = {**told, "rows": origin.rows.sha256, "report": str(compared.report)}
        await ledger.note(job_id, {"detail": {**job.detail, "migration": record}})
        return compared, hosted_switch(job.provider, job.trained_model, records.settings)


def tell_compared(compared: "Compared", output: "Output", *, switch: Mapping[str, Any]) -> None:
    """Write what was compared: both models side by side, the gate's reasons, where the report is."""
    from adapters.cli.evaluate import write_compared

    found, decision = compared.found, compared.decision
    if output.as_json:
        told = {"promote": decision.promote, "reasons": list(decision.reasons), "switch": dict(switch)}
        output.emit({"first": found.first.name, "second": found.second.name, **told, "report": str(compared.report)})
        return
    write_compared(found, decision, output)
    output.say(N_("The report: {path}"), path=compared.report)


def _switch(table: tuple[str, ...], switch: Mapping[str, Any], wish: _Wish, output: "Output") -> None:
    """Tell the settings that let the other model answer, or write them."""
    from adapters.cli.switching import apply, lines_of
    from bot.settings import CONFIG_FILE, read_settings

    path = Path(CONFIG_FILE)
    if not wish.applying:
        output.say(N_("To let it answer, write this into {path} (--apply does), and start again what serves:"), path=path)
        output.piece(lines_of(table, switch))
        return
    kept = apply(path, table, switch)
    output.say(N_("{path} was changed; what serves answers so when it is started again."), style="green", path=path.absolute())
    if kept:
        output.say(N_("As it was: {path}"), style="dim", path=kept.absolute())
    settings = read_settings()
    model = settings.model if table == ("model",) else settings.models[table[-1]]
    if any(getattr(model, key) != switch[key] for key in ("backend", "name", "support") if key in switch):
        output.note(
            N_("The environment sets that otherwise (APRENDIZ_{table}__…), and goes before the file."), table="__".join(table).upper()
        )
