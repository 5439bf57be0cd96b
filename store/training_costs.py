"""What trainings at providers cost: booked once each, from what the ledger knows of a job that has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from bot.identifiers import new_id
from bot.spending import UNIT, price_settings_of
from bot.spending_settings import PriceSettings
from store.database import Database
from store.hosted_schema import charges, hosted_jobs
from store.upserts import insertion

_MILLION: Final = 1_000_000
_booked = select(charges.c.ref).where(charges.c.ref == hosted_jobs.c.job_id).exists()
_UNBOOKED: Final = select(hosted_jobs).where(hosted_jobs.c.ended_at.is_not(None), ~_booked).order_by(hosted_jobs.c.job_id)


@dataclass(frozen=True, slots=True)
class Trained:
    """
    The tokens that a job was trained on, in all epochs; `estimated` where the provider did not tell them.

    Where `partial`, it was at least those, and what it costs cannot be said.
    """

    tokens: int
    estimated: bool = False
    partial: bool = False


async def book_trainings(database: Database, prices: Mapping[str, PriceSettings], *, zone: tzinfo) -> int:
    """
    Book every ended training that is not booked yet, on the day of *zone* on which it ended; return how many those were.

    What was asked for by name is not held to the budget of answers. A job that trained on nothing costs nothing, and is not booked; one
    that has a model is, without a price where nobody knows on how much it was trained.
    """

    def work(connection: Connection) -> int:
        rows = [charge for job in connection.execute(_UNBOOKED).all() if (charge := _charge(job, prices, zone))]
        adding = insertion(connection.dialect.name, charges).on_conflict_do_nothing()  # another process may book it at the same moment
        return sum(connection.execute(adding, row).rowcount for row in rows)

    return await database.write(work)


def trained(trained_model: str, detail: Mapping[str, Any], terms: Mapping[str, Any]) -> Trained | None:
    """Return what a job was trained on, as the provider tells or, of one that succeeded, as it was ordered; None where nothing was."""
    if told := int(detail.get("trained_tokens") or 0):
        return Trained(told)
    if not trained_model:
        return None
    rows, epochs = terms.get("training"), terms.get("n_epochs")
    ordered = int(rows.get("tokens") or 0) if isinstance(rows, Mapping) else 0
    if ordered and isinstance(epochs, int):
        return Trained(ordered * epochs, estimated=True)
    return Trained(ordered, estimated=True, partial=True)  # the provider chose the epochs, or the job was started elsewhere


def _charge(job: Row[Any], prices: Mapping[str, PriceSettings], zone: tzinfo) -> dict[str, Any] | None:
    found = trained(job.trained_model, job.detail, job.terms)
    if found is None:
        return None
    price = price_settings_of(prices, job.model)
    per_million = price.training_per_million if price and not found.partial else None
    return {
        "charge_id": new_id(job.ended_at),
        "kind": "training",
        "status": "settled",
        "at": job.ended_at,
        "day": job.ended_at.astimezone(zone).date().isoformat(),
        "model": job.model,
        "input_tokens": found.tokens,
        "estimated": found.estimated,
        "amount": None if per_million is None else round(found.tokens * per_million * UNIT / _MILLION),
        "currency": price.currency if price and per_million is not None else "",
        "ref": job.job_id,
    }
