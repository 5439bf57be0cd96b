"""What is spent on hosted models: every call booked, the budget kept by all processes that share the ledger."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Connection, Row, String, bindparam, delete, insert, select, update

from bot.errors import BudgetSpent, ChatbotError
from bot.identifiers import new_id
from bot.ports import Purse
from bot.spending import Budget, Call, Standing, Usage, told_amount
from store.database import Database
from store.hosted_schema import budgets, charges
from store.prepared import Prepared
from store.upserts import insertion

logger = logging.getLogger(__name__)

_UNLIMITED: Final = 2**62
_LATE_S: Final = 60.0  # after its deadline nobody is at a call any more
_LONGEST: Final = timedelta(days=1)  # no call lasts so long: what is reserved beyond it was, before the clock was put back

_period = budgets.c.period == bindparam("of"), budgets.c.currency == bindparam("in_currency", type_=String)
_more = bindparam("more", type_=BigInteger)
_BEGIN = Prepared(lambda dialect: insertion(dialect, budgets).on_conflict_do_nothing())
_RESERVE = Prepared(
    lambda _: (
        update(budgets)
        .where(*_period, budgets.c.spent + budgets.c.reserved + _more <= bindparam("most", type_=BigInteger))
        .values(reserved=budgets.c.reserved + _more)
    )
)
_MOVE = Prepared(
    lambda _: (
        update(budgets)
        .where(*_period)
        .values(reserved=budgets.c.reserved - bindparam("freed", type_=BigInteger), spent=budgets.c.spent + _more)
    )
)
_WARN = Prepared(
    lambda _: update(budgets).where(*_period, budgets.c.warned_at.is_(None), budgets.c.spent >= bindparam("most", type_=BigInteger))
)
_STOP = Prepared(lambda _: update(budgets).where(*_period, budgets.c.stopped_at.is_(None)))
_OPEN = Prepared(lambda _: insert(charges))
# Locked until the end of the transaction: whoever settles and whoever gives it up follow each other.
_booked = select(charges.c.status, charges.c.day, charges.c.amount).where(charges.c.charge_id == bindparam("of")).with_for_update()
_BOOKED = Prepared(lambda _: _booked)
_SETTLE = Prepared(lambda _: update(charges).where(charges.c.charge_id == bindparam("of")))
_FORGET = Prepared(lambda _: delete(charges).where(charges.c.charge_id == bindparam("of")))
_given_up = (
    select(charges.c.charge_id, charges.c.day, charges.c.currency, charges.c.amount, charges.c.least)
    .where(charges.c.status == "open", (charges.c.until < bindparam("now")) | (charges.c.until > bindparam("beyond")))
    .order_by(charges.c.day)
    .with_for_update(skip_locked=True)
)
_GIVEN_UP = Prepared(lambda _: _given_up)


class _Limit(NamedTuple):
    period: str
    most: int | None


class SqlPurse(Purse):
    """
    The port on SQLite or PostgreSQL.

    A budget is kept by one conditional UPDATE of its sum: what is spent and what is reserved together never exceed it, whoever asks. What
    a killed process reserved is given up after the call's deadline: its prompt, which the provider has had, counts as spent.
    """

    def __init__(self, database: Database, budget: Budget, *, zone: tzinfo, now: Callable[[], datetime]) -> None:
        """Keep *budget* by the days and months of *zone*."""
        self._database, self._budget, self._zone, self._now = database, budget, zone, now

    async def reserve(self, call: Call) -> str:
        """See the port; without a budget nothing is written before the call."""
        now = self._now()
        charge_id = new_id(now)
        if not self._budget.limits:
            return charge_id
        if call.price is None or (call.price.currency != self._budget.currency and not call.price.is_free):
            raise BudgetSpent(f"the budget in {self._budget.currency} cannot tell what {call.model} costs")
        if (amount := call.price.of(call.at_most)) == 0:  # a server of one's own has no need of room
            return charge_id
        day = self._day(now)
        limits = self._limits(day)
        row = {
            **_of_call(charge_id, call, day, now),
            **_used(call, call.at_most),
            "status": "open",
            "least": _cost(call, Usage(call.at_most.input_tokens)) or 0,
            "until": now + min(timedelta(seconds=call.lasts_s + _LATE_S), _LONGEST / 2),
        }

        def work(connection: Connection) -> tuple[_Limit | None, bool]:
            self._give_up(connection, now)
            full = _reserve(connection, limits, amount, self._budget.currency)
            if full is None:
                _OPEN.count(connection, row)
                return None, False
            return full, _note(connection, _STOP, full.period, self._budget.currency, stopped_at=now)

        writing = asyncio.ensure_future(self._database.write(work))
        try:
            full, first = await asyncio.shield(writing)
        except asyncio.CancelledError:  # the model will not be asked
            with suppress(ChatbotError):
                await writing
                await self.settle(charge_id, call, Usage(), model=call.model)
            raise
        if full is None:
            return charge_id
        if first:
            logger.warning("budget spent", extra={"period": full.period, "limit": told_amount(full.most or 0, self._budget.currency)})
        raise BudgetSpent(f"the budget of {full.period} ({told_amount(full.most or 0, self._budget.currency)}) has no room for an answer")

    async def settle(self, charge_id: str, call: Call, usage: Usage, *, model: str) -> None:
        """See the port; a call that used nothing leaves no trace."""
        now = self._now()
        used = _used(call, usage) | {"model": model[:255], "status": "settled"}
        opened = _of_call(charge_id, call, self._day(now), now)

        def work(connection: Connection) -> list[_Limit]:
            booked = _BOOKED.rows(connection, {"of": charge_id})
            if not booked:
                if usage == Usage():
                    return []
                _OPEN.count(connection, {**opened, **used})
                return self._spend(connection, opened["day"], call, more=used["amount"], freed=0)
            if usage == Usage():
                _FORGET.count(connection, {"of": charge_id})
            else:
                _SETTLE.count(connection, {"of": charge_id, **used})
            status, day, amount = booked[0]
            # One that was given up counts already, by its prompt.
            counted, freed = (0, amount) if status == "open" else (amount, 0)
            return self._spend(connection, day, call, more=(used["amount"] or 0) - counted, freed=freed)

        for limit in await self._database.write(work):
            told = told_amount(limit.most or 0, self._budget.currency)
            logger.warning("budget nearly spent", extra={"period": limit.period, "share": self._budget.warn_at, "limit": told})

    async def standings(self) -> tuple[Standing, Standing]:
        """Return how the day and the month stand that it is now, in the budget's currency."""
        month, day = self._limits(self._day(self._now()))
        wanted = select(budgets).where(budgets.c.period.in_((day.period, month.period)), budgets.c.currency == self._budget.currency)
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        known = {row.period: row for row in rows}
        return self._standing(day, known.get(day.period)), self._standing(month, known.get(month.period))

    def _standing(self, limit: _Limit, row: Row[Any] | None) -> Standing:
        if row is None:
            return Standing(limit.period, 0, 0, limit.most, self._budget.currency)
        return Standing(limit.period, row.spent, row.reserved, limit.most, row.currency, row.warned_at, row.stopped_at)

    def _day(self, now: datetime) -> str:
        return now.astimezone(self._zone).date().isoformat()

    def _limits(self, day: str) -> tuple[_Limit, _Limit]:
        """Return the month's and the day's, in the order in which every transaction locks their sums."""
        return _Limit(day[:7], self._budget.per_month), _Limit(day, self._budget.per_day)

    def _spend(self, connection: Connection, day: str, call: Call, *, more: int | None, freed: int) -> list[_Limit]:
        """Count an amount in the sums of its day and month; return those that came near their limit just now."""
        if call.price is None or not (more or freed):
            return []
        currency = call.price.currency
        near = []
        for limit in self._limits(day):
            _move(connection, limit.period, currency, more=more or 0, freed=freed)
            if limit.most is not None and currency == self._budget.currency:
                enough = round(limit.most * self._budget.warn_at)
                near += [limit] if _note(connection, _WARN, limit.period, currency, warned_at=self._now(), most=enough) else []
        return near

    def _give_up(self, connection: Connection, now: datetime) -> None:
        for charge_id, day, currency, amount, least in _GIVEN_UP.rows(connection, {"now": now, "beyond": now + _LONGEST}):
            _SETTLE.count(connection, {"of": charge_id, "status": "settled", "amount": least, "output_tokens": 0, "estimated": True})
            for limit in self._limits(day):
                _move(connection, limit.period, currency, more=least, freed=amount)


def _reserve(connection: Connection, limits: tuple[_Limit, ...], amount: int, currency: str) -> _Limit | None:
    """Reserve *amount* in every period, or in none: return the first that has no room for it."""
    for number, (period, most) in enumerate(limits):
        if not _change(connection, _RESERVE, period, currency, more=amount, most=_UNLIMITED if most is None else most):
            for taken in limits[:number]:
                _move(connection, taken.period, currency, more=0, freed=amount)
            return limits[number]
    return None


def _move(connection: Connection, period: str, currency: str, *, more: int, freed: int) -> None:
    _change(connection, _MOVE, period, currency, more=more, freed=freed)


def _change(connection: Connection, statement: Prepared, period: str, currency: str, **amounts: int) -> bool:
    """Run *statement* on the sums of a period, which begin with it; tell whether it changed them."""
    values = {"of": period, "in_currency": currency, **amounts}
    if statement.count(connection, values) == 1:
        return True
    # Another process may begin it at the same moment: the insertion waits for that, and then the row is there to be changed.
    _BEGIN.count(connection, {"period": period, "currency": currency, "spent": 0, "reserved": 0})
    return statement.count(connection, values) == 1


def _note(connection: Connection, statement: Prepared, period: str, currency: str, **values: object) -> bool:
    """Tell whether this is the first time that it is noted of the period."""
    return statement.count(connection, {"of": period, "in_currency": currency, **values}) == 1


def _of_call(charge_id: str, call: Call, day: str, now: datetime) -> dict[str, Any]:
    return {
        "charge_id": charge_id,
        "kind": "answer",
        "at": now,
        "day": day,
        "exchange_id": call.exchange_id,
        "audience": call.audience,
        "model": call.model[:255],
    }


def _used(call: Call, usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "estimated": usage.estimated,
        "amount": _cost(call, usage),
        "currency": call.price.currency if call.price else "",
    }


def _cost(call: Call, usage: Usage) -> int | None:
    return call.price.of(usage) if call.price else None
