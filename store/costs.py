"""What was spent, as the people read it who pay: by day, month, model or audience, and of one exchange."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Integer, Row, cast, distinct, func, select

from store.database import Database
from store.hosted_schema import charges

By = Literal["day", "month", "model", "audience"]
Kind = Literal["answer", "training"]

_GROUPS: Final[dict[By, ColumnElement[str]]] = {
    "day": charges.c.day,
    "month": func.substr(charges.c.day, 1, 7),
    "model": charges.c.model,
    "audience": charges.c.audience,
}


@dataclass(frozen=True, slots=True)
class Spent:
    """
    What calls of one group came to.

    `group` has a value for each of what was grouped by. `amount` is in billionths of `currency` (empty where no price is known) and leaves
    out the `unpriced` calls, of which nobody knows what they cost; of `estimated` ones the service did not tell the tokens. `answers` are
    fewer than calls where a question took two.
    """

    group: tuple[str, ...]
    kind: Kind
    currency: str
    calls: int
    answers: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    amount: int
    unpriced: int
    estimated: int

    @property
    def per_answer(self) -> int | None:
        """What an answer cost on average, in billionths; None of trainings, and where the price of a call is unknown."""
        return round(self.amount / self.answers) if self.kind == "answer" and self.answers and not self.unpriced else None


@dataclass(frozen=True, slots=True)
class Booked:
    """One call of an exchange; `amount` in billionths, None where the price is unknown."""

    model: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    estimated: bool
    amount: int | None
    currency: str


class Costs:
    """Reads what is booked; calls under way are not counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spent(self, by: Sequence[By], *, since: str = "", until: str = "") -> tuple[Spent, ...]:
        """Return what was spent, grouped and sorted by *by*, from the day *since* to the day *until* (2026-05-31; empty: all)."""
        return await self._database.read(lambda connection: _spent(connection, by, since, until))

    async def of_exchange(self, exchange_id: str) -> tuple[Booked, ...]:
        """Return the calls that answered an exchange, in the order in which they were made: more than one where the first broke off."""
        columns = (charges.c[name] for name in Booked.__dataclass_fields__)
        wanted = select(*columns).where(charges.c.exchange_id == exchange_id, charges.c.status == "settled").order_by(charges.c.charge_id)
        return await self._database.read(lambda connection: tuple(Booked(*row) for row in connection.execute(wanted)))


def _spent(connection: Connection, by: Sequence[By], since: str, until: str) -> tuple[Spent, ...]:
    groups = [_GROUPS[each].label(each) for each in by]
    named = func.nullif(charges.c.exchange_id, "")
    wanted = select(
        *groups,
        charges.c.kind,
        charges.c.currency,
        func.count().label("calls"),
        # Whoever asks a model without asking the assistant has no exchange: each such call is an answer.
        (func.count(distinct(named)) + func.count() - func.count(named)).label("answers"),
        *(func.coalesce(func.sum(charges.c[name]), 0).label(name) for name in ("input_tokens", "cached_tokens", "output_tokens", "amount")),
        (func.count() - func.count(charges.c.amount)).label("unpriced"),
        func.sum(cast(charges.c.estimated, Integer)).label("estimated"),
    ).where(charges.c.status == "settled")
    if since:
        wanted = wanted.where(charges.c.day >= since)
    if until:
        wanted = wanted.where(charges.c.day <= until)
    keys = (*(_GROUPS[each] for each in by), charges.c.kind, charges.c.currency)
    return tuple(_row(row, by) for row in connection.execute(wanted.group_by(*keys).order_by(*keys)))


def _row(row: Row[*tuple[Any, ...]], by: Sequence[By]) -> Spent:
    counted = ("calls", "answers", "input_tokens", "cached_tokens", "output_tokens", "amount", "unpriced", "estimated")
    group = tuple(str(getattr(row, each)) for each in by)
    return Spent(group, row.kind, row.currency, *(int(getattr(row, name)) for name in counted))
