"""What authors change or take back of their questions: the work of one transaction each."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from bot.errors import UnknownExchange
from bot.placeholders import NOTHING, Hidden, placeholders_in, renamed
from store import numbering, repeating
from store.changes import note_change
from store.rewording import reword
from store.schema import exchanges
from store.text import clean_text


def revise(connection: Connection, exchange_id: str, text: str, *, at: datetime, hidden: Hidden = NOTHING) -> bool:
    """Replace the question's words, in the prompt too; False where they are the same, or there is no such question."""
    found = connection.execute(_standing(exchange_id)).one_or_none()
    if found is None:
        return False
    names = numbering.number(connection, found.conversation_id, (hidden,))[0] if hidden else {}
    wanted = clean_text(renamed(text, names))
    if found.question == wanted:
        return False
    prompt = reword(found.prompt, found.question, wanted)
    changed = {"question": wanted, "prompt": prompt, "revised_at": at}
    connection.execute(update(exchanges).where(exchanges.c.exchange_id == exchange_id).values(**changed))
    repeating.forget(connection, [exchange_id])
    if hidden:
        told = numbering.told_in((hidden,), (names,))
        numbering.note_uses(connection, exchange_id, found.person, found.conversation_id, told)
    if untold := placeholders_in(found.question) - placeholders_in(f"{wanted} {prompt}"):
        numbering.forget_uses(connection, exchange_id, found.person, untold)
        numbering.tidy(connection, [found.conversation_id])
    note_change(connection, "conversations", exchange_id, audience=found.audience, at=at)
    return True


def erase(connection: Connection, exchange_id: str, *, at: datetime) -> bool:
    """Empty the exchange of all words; False where it is unknown or erased already."""
    found = connection.execute(_standing(exchange_id)).one_or_none()
    if found is None:
        return False
    emptied = {"question": "", "answer": "", "prompt": "", "history": [], "passages": [], "address": "", "reason": ""}
    ended = {"status": "erased", "answered_at": None, "revised_at": at}
    conversations = numbering.forget_exchanges(connection, [exchange_id])
    connection.execute(update(exchanges).where(exchanges.c.exchange_id == exchange_id).values(**emptied, **ended))
    numbering.tidy(connection, conversations)
    repeating.forget(connection, [exchange_id])
    note_change(connection, "conversations", exchange_id, audience=found.audience, at=at, deleted=True)
    return True


def ready(connection: Connection, exchange_id: str, asked: str, prompt: str) -> dict[str, Any] | None:
    """
    Tell how an answer is to be recorded whose question was changed or erased while it was written, or answered before.

    Args:
        connection: Of the transaction that records it.
        exchange_id: The exchange.
        asked: The question's words that were answered.
        prompt: The user message as the model saw it.

    Returns:
        The columns that differ; None where nothing is to be recorded.

    Raises:
        UnknownExchange: No exchange has that id.
    """
    wanted = select(exchanges.c.status, exchanges.c.question).where(exchanges.c.exchange_id == exchange_id).with_for_update()
    found = connection.execute(wanted).one_or_none()
    if found is None:
        raise UnknownExchange(exchange_id)
    if found.status in ("answered", "erased"):
        return None
    if found.question == clean_text(asked):  # taken up again after the change: an answer to the new words
        return {"revised_at": None}
    return {"prompt": reword(prompt, asked, found.question)}


def _standing(exchange_id: str) -> Select[Any]:
    columns = [exchanges.c[name] for name in ("question", "prompt", "audience", "conversation_id", "person")]
    standing = (exchanges.c.exchange_id == exchange_id, exchanges.c.status != "erased")
    # Locked until the end of the transaction, so that an answer recorded at the same moment comes before or after.
    return select(*columns).where(*standing).with_for_update()
