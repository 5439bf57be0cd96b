"""`aprendiz costs`: what hosted models cost, and how the budget stands."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from adapters.cli.output import Output
    from adapters.compose import Records
    from bot.spending import Standing
    from store.costs import By, Spent

_NAMES: Final[dict[str, str]] = {"day": N_("Day"), "month": N_("Month"), "model": N_("Model"), "audience": N_("Audience")}
_KINDS: Final[dict[str, str]] = {"answer": N_("answers"), "training": N_("training")}


class _Day(click.ParamType[str]):
    """A day of the calendar, written 2026-05-31."""

    name = "day"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it as it is written in the ledger."""
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            self.fail(f"{value!r} is no day: write it like 2026-05-31.", param, ctx)


@click.command("costs", short_help="Tell what hosted models cost.")
@click.option(
    "--by",
    type=click.Choice([*_NAMES]),
    multiple=True,
    default=("month", "model"),
    show_default=True,
    help="What to add up by; may be repeated.",
)
@click.option("--since", type=_Day(), metavar="DAY", help="From this day on, such as 2026-05-01.")
@click.option("--until", type=_Day(), metavar="DAY", help="To this day.")
@json_option
@pass_session
def command(session: Session, by: "tuple[By, ...]", since: str | None, until: str | None, as_json: bool) -> None:
    """
    Tell what the calls to hosted models cost, by the price list of the settings, and what is left of the budget.

    Days are those of the operator's time zone. What a model without a price cost is not known: such calls are counted apart.
    """
    output = session.output(as_json=as_json)
    by = tuple(dict.fromkeys(by))
    if since and until and since > until:
        raise click.BadParameter(f"{until} is before {since}.", param_hint="--until")
    spent, standings = asyncio.run(_read(session.records(), by, since or "", until or ""))
    if as_json:
        output.emit({"spent": [_fields(each, by) for each in spent], "budget": [_standing_fields(each) for each in standings]})
    else:
        _write(spent, standings, by, output)


async def _read(
    opening: "AbstractAsyncContextManager[Records]", by: "Sequence[By]", since: str, until: str
) -> "tuple[tuple[Spent, ...], tuple[Standing, Standing]]":
    from zoneinfo import ZoneInfo

    from store.costs import Costs
    from store.training_costs import book_trainings

    async with opening as records:
        await book_trainings(records.database, records.settings.prices, zone=ZoneInfo(records.settings.timezone))
        return await Costs(records.database).spent(by, since=since, until=until), await records.purse.standings()


def _fields(spent: "Spent", by: "Sequence[By]") -> dict[str, Any]:
    counts = {name: getattr(spent, name) for name in ("calls", "answers", "input_tokens", "cached_tokens", "output_tokens")}
    known = spent.unpriced < spent.calls
    return {
        **dict(zip(by, spent.group, strict=True)),
        "kind": spent.kind,
        **counts,
        "estimated": spent.estimated,
        "unpriced": spent.unpriced,
        "amount": _exact(spent.amount) if known else None,
        "per_answer": None if spent.per_answer is None else _exact(spent.per_answer),
        "currency": spent.currency,
    }


def _standing_fields(standing: "Standing") -> dict[str, Any]:
    return {
        "period": standing.period,
        "spent": _exact(standing.spent),
        "reserved": _exact(standing.reserved),
        "limit": None if standing.limit is None else _exact(standing.limit),
        "currency": standing.currency,
        "warned_at": standing.warned_at and standing.warned_at.isoformat(),
        "stopped_at": standing.stopped_at and standing.stopped_at.isoformat(),
    }


def _exact(billionths: int) -> float:
    from bot.spending import UNIT

    return billionths / UNIT


def _write(spent: "Sequence[Spent]", standings: "Sequence[Standing]", by: "Sequence[By]", output: "Output") -> None:
    if spent:
        headings = (*(_NAMES[each] for each in by), N_("For"), N_("Calls"), N_("Tokens in / cached / out"), N_("Cost"), N_("Per answer"))
        output.table(headings, [_row(each, output.language) for each in spent])
    else:
        output.say(N_("No hosted model was asked."))
    if unpriced := sum(each.unpriced for each in spent):
        output.note(
            N_('Calls whose cost is not known: {count}; write a [prices."MODEL"] table for each model, and later calls are counted.'),
            count=unpriced,
        )
    if estimated := sum(each.estimated for each in spent):
        output.say(N_("Calls that broke off, whose tokens are estimated: {count}."), count=estimated)
    for standing in standings:
        output.say(told_standing(standing, output.language))


def _row(spent: "Spent", language: str) -> tuple[str, ...]:
    from bot.spending import told_amount

    unknown = translate(language, N_("unknown"))
    known = spent.unpriced < spent.calls
    cost = told_amount(spent.amount, spent.currency) if known else unknown
    tokens = " / ".join(f"{count:,}" for count in (spent.input_tokens, spent.cached_tokens, spent.output_tokens))
    each = "–" if spent.per_answer is None else told_amount(spent.per_answer, spent.currency)
    return *(value or "–" for value in spent.group), translate(language, _KINDS[spent.kind]), f"{spent.calls:,}", tokens, cost, each


def told_standing(standing: "Standing", language: str) -> str:
    """Return how a day or month stands, in one sentence."""
    from bot.spending import told_amount

    spent = told_amount(standing.spent, standing.currency)
    if standing.limit is None:
        return translate(language, N_("{period}: {spent} spent on answers, no limit."), period=standing.period, spent=spent)
    return translate(
        language,
        N_("{period}: {spent} of {limit} spent on answers ({share} %)."),
        period=standing.period,
        spent=spent,
        limit=told_amount(standing.limit, standing.currency),
        share=round(100 * standing.share),
    )
