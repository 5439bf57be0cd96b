"""What a conversation's placeholders stand for (bot/placeholders.py): what each statement does, inside a transaction of its caller's."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from bot.errors import TryAgainLater
from bot.placeholders import Hidden, assign
from store.prepared import Prepared
from store.schema import exchanges, placeholder_uses, placeholders
from store.text import clean_text
from store.upserts import insertion

ROUNDS: Final = 20  # each lost to another process that numbered in the same conversation

_KNOWN = Prepared(
    lambda _: select(placeholders.c.placeholder, placeholders.c.value_hash).where(
        placeholders.c.conversation_id == bindparam("conversation")
    )
)
_KEEP = Prepared(lambda dialect: insertion(dialect, placeholders).on_conflict_do_nothing())
_USE = Prepared(lambda dialect: insertion(dialect, placeholder_uses).on_conflict_do_nothing())
_used = exists().where(
    placeholder_uses.c.conversation_id == placeholders.c.conversation_id, placeholder_uses.c.placeholder == placeholders.c.placeholder
)
_has_words = exists().where(exchanges.c.conversation_id == placeholders.c.conversation_id, exchanges.c.status != "erased")


def number(connection: Connection, conversation_id: str, texts: Sequence[Hidden]) -> tuple[Mapping[str, str], ...]:
    """
    Return what the placeholders of *texts* are called in the conversation, and keep what is new there.

    Raises:
        TryAgainLater: Others number in the same conversation all the time.
    """
    wanted = [{each: value and _within(conversation_id, value) for each, value in hidden.items()} for hidden in texts]
    for _ in range(ROUNDS):
        known = {row[0]: row[1] for row in _KNOWN.rows(connection, {"conversation": conversation_id})}
        names, added = assign(wanted, known)
        rows = ({"conversation_id": conversation_id, "placeholder": each, "value_hash": added[each]} for each in sorted(added))
        # A row that is refused was committed by another process since they were read, and stands there when they are read again.
        if all(_KEEP.count(connection, row) for row in rows):
            return names
    raise TryAgainLater(f"what a conversation's placeholders are called changed {ROUNDS} times while it was written; try again")


def note_uses(connection: Connection, exchange_id: str, person: str, conversation_id: str, told: Collection[str]) -> None:
    """Note that *person* told with that exchange what the placeholders *told* of its conversation stand for."""
    for placeholder in sorted(told):
        use = {"exchange_id": exchange_id, "person": person, "placeholder": placeholder, "conversation_id": conversation_id}
        _USE.count(connection, use)


def told_in(texts: Sequence[Hidden], names: Sequence[Mapping[str, str]]) -> set[str]:
    """Return the conversation's placeholders of what was told in *texts*, not of those that their author wrote themselves."""
    pairs = zip(texts, names, strict=True)
    return {called[each] for hidden, called in pairs for each, value in hidden.items() if value is not None}


def forget_uses(connection: Connection, exchange_id: str, person: str, untold: Collection[str]) -> None:
    """Forget that *person* told with that exchange what the placeholders *untold* stand for; `tidy` follows."""
    theirs = placeholder_uses.c.exchange_id == exchange_id, placeholder_uses.c.person == person
    connection.execute(delete(placeholder_uses).where(*theirs, placeholder_uses.c.placeholder.in_(untold)))


def forget_exchanges(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Forget what was told with exchanges *ids* (some hundred at most), and return their conversations for `tidy`, once they are gone."""
    connection.execute(delete(placeholder_uses).where(placeholder_uses.c.exchange_id.in_(ids)))
    there = select(exchanges.c.conversation_id).where(exchanges.c.exchange_id.in_(ids), exchanges.c.conversation_id != "").distinct()
    return list(connection.execute(there).scalars())


def forget_person(connection: Connection, person: str) -> int:
    """Forget what *person* told, with whichever exchange; return how many hashes went with it."""
    theirs = placeholder_uses.c.person == person
    there = list(connection.execute(select(placeholder_uses.c.conversation_id).where(theirs).distinct()).scalars())
    connection.execute(delete(placeholder_uses).where(theirs))
    return sum(tidy(connection, [conversation_id]) for conversation_id in there)


def tidy(connection: Connection, conversations: Sequence[str]) -> int:
    """
    Forget in *conversations* (some hundred at most) the hashes of what nobody told any more; return how many there were.

    Their placeholders stay taken while anything there has words.
    """
    there = placeholders.c.conversation_id.in_(conversations)
    untold = update(placeholders).where(there, placeholders.c.value_hash.is_not(None), ~_used).values(value_hash=None)
    forgotten = connection.execute(untold).rowcount
    connection.execute(delete(placeholders).where(there, ~_has_words))
    return forgotten


def _within(conversation_id: str, value: str) -> str:
    return hashlib.sha256(f"{clean_text(conversation_id)}\0{value}".encode()).hexdigest()[:32]
