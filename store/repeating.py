"""Which recorded answers may be given again (bot/response_cache.py): what each statement does, inside a transaction of its caller's."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Integer, bindparam, delete, insert, select

from bot.exchanges import Exchange, Said
from bot.messages import Finished
from store.hosted_schema import repeatable
from store.prepared import Prepared
from store.schema import corrections, exchanges, votes

_of_key = repeatable.c.key == bindparam("under")
_given = select(repeatable.c.exchange_id).where(_of_key)  # the answer itself, and every exchange that it was given in again
_SAID = (
    select(exchanges.c.exchange_id, exchanges.c.answer, exchanges.c.generation, exchanges.c.evidence)
    .join(repeatable, repeatable.c.exchange_id == exchanges.c.exchange_id)
    .where(_of_key, repeatable.c.repeats == "", repeatable.c.kept_at >= bindparam("since"))
    .where(exchanges.c.status == "answered", exchanges.c.generation.is_not(None))
    .where(~select(votes.c.exchange_id).where(votes.c.exchange_id.in_(_given), votes.c.value == "down").exists())
    .where(~select(corrections.c.exchange_id).where(corrections.c.exchange_id.in_(_given)).exists())
    .order_by(exchanges.c.exchange_id.desc())
    .limit(1)
)
_KEEP = Prepared(lambda _: insert(repeatable))
_oldest = select(repeatable.c.exchange_id).order_by(repeatable.c.exchange_id.desc()).offset(bindparam("most", type_=Integer)).limit(1)
_TRIM = Prepared(lambda _: delete(repeatable).where(repeatable.c.exchange_id <= _oldest.scalar_subquery()))


def keep(connection: Connection, exchange: Exchange, *, most: int) -> None:
    """Keep that the answer of *exchange* may be given again, or was; only the newest *most* are."""
    repeats = exchange.finished.repeated if exchange.finished else ""
    row = {"exchange_id": exchange.question.exchange_id, "key": exchange.cache_key, "repeats": repeats, "kept_at": exchange.answered_at}
    _KEEP.count(connection, row)
    _TRIM.count(connection, {"most": most})


def find(connection: Connection, key: str, *, since: datetime) -> Said | None:
    """Return the newest answer under *key* since then; None where one of them, or one that repeated it, was voted down or corrected."""
    row = connection.execute(_SAID, {"under": key, "since": since}).one_or_none()
    if row is None:
        return None
    return Said(row.exchange_id, row.answer, Finished(**row.generation), int(row.evidence.get("withheld", 0)))


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Let the answers of exchanges *ids* be given no more, in whichever exchange they were given again."""
    theirs = select(repeatable.c.key).where(repeatable.c.exchange_id.in_(ids))
    connection.execute(delete(repeatable).where(repeatable.c.key.in_(theirs)))


def forget_before(connection: Connection, moment: datetime) -> None:
    """Forget what was kept before that moment."""
    connection.execute(delete(repeatable).where(repeatable.c.kept_at < moment))
