"""A person's rows in the ledger, found and taken away: what each statement does, inside a transaction of its caller's."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, or_, select, update

from store import echoes, numbering, repeating
from store.changes import note_change, raise_revision
from store.hosted_schema import charges
from store.schema import approved, claims, corrections, exchanges, passages, people, posts, receipts, vault, votes
from store.sealing import Sealer

Counts = Counter[str]

_LOOK_UP: Final = 500  # ids a statement
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s)|$)", re.DOTALL)
_LONGEST = 200  # characters of an answer that stand for its question
_HASHES: Final = "keyed hashes of personal data"
ATTACHED: Final = "attachment-"  # with which the ids of an asker's own files begin (store.attachments)


def ids_of(connection: Connection, person: str) -> list[str]:
    """Return the exchanges that the person asked, oldest first; not those that are empty shells."""
    return list(connection.execute(select(exchanges.c.exchange_id).where(exchanges.c.person == person).order_by("exchange_id")).scalars())


def texts_of(connection: Connection, ids: Sequence[str]) -> set[str]:
    """
    Return what stands in those exchanges of the asker's own: questions, what the model saw of them, the files that came with them.

    What the company or somebody else says in the same words is not theirs.
    """
    found: set[str] = set()
    prompts: set[tuple[str, str]] = set()  # with their questions
    for part in batches(ids):
        for row in connection.execute(select(exchanges).where(exchanges.c.exchange_id.in_(part))):
            own = (each for each in row.passages if str(each.get("passage_id", "")).startswith(ATTACHED))
            found |= {row.question, *(each.get("text", "") for each in own)}
            prompts.add((row.question, row.prompt))
    found = {text for text in found if text.strip()} - _said_by_others(connection, sorted(found), {*ids})
    return found | {prompt for question, prompt in prompts if question in found and prompt}


def silence_echoes(connection: Connection, ids: Sequence[str], *, at: datetime) -> list[str]:
    """Take out of others' answers what `echoing` finds, and return whose answers changed."""
    found = [*echoing(connection, ids)]
    for row, words in found:
        values = {"answer": echoes.silenced(row.answer, words)}
        connection.execute(update(exchanges).where(exchanges.c.exchange_id == row.exchange_id).values(values))
        note_change(connection, "conversations", row.exchange_id, audience=row.audience, at=at)
    repeating.forget(connection, silenced := [row.exchange_id for row, _ in found])
    return silenced


def echoing(connection: Connection, ids: Sequence[str]) -> Iterator[tuple[Row[Any], frozenset[str]]]:
    """
    Yield others' answers in the same conversations that say what only *ids* can have told them, with those words.

    That is a word of a question that the model had before it, and which neither the other's own question nor its passages hold, nor
    anybody else's words, nor the company's.
    """
    for row in _heard(connection, ids):
        told = {each for each, _ in row.history} & {*ids}
        theirs = " ".join(_questions(connection, sorted(told)))
        words = echoes.echoed(row.answer, theirs=theirs, others=f"{row.question} {row.prompt}")
        if words := echoes.unknown(words, lambda word: _is_known(connection, word, ids)):
            yield row, words


def release_approved(connection: Connection, ids: Sequence[str], *, at: datetime) -> Counts:
    """
    Let approved answers made from *ids* be found by their own words: what an expert wrote stays the company's, the question goes.

    Those that are in force no more go altogether, and those that serve in a conversation where nobody else ever asked.
    """
    counts: Counts = Counter()
    for part in batches(ids):
        for row in connection.execute(select(approved).where(approved.c.exchange_id.in_(part))).all():
            mine = approved.c.approved_id == row.approved_id
            gone = row.revoked_at is not None or (row.scope != "" and _alone_there(connection, row.exchange_id))
            if gone:
                connection.execute(delete(approved).where(mine))
            else:
                connection.execute(update(approved).where(mine).values(question=own_words(row.answer), exchange_id=""))
            note_change(connection, "verified", row.approved_id, audience=row.audience, at=at, deleted=gone)
            counts["approved answers deleted" if gone else "approved answers that lost their question"] += 1
    if counts:
        raise_revision(connection, "verified")
    return counts


def forget_opinions(connection: Connection, person: str, *, at: datetime) -> Counts:
    """Take away what the person said of others' answers: votes, and their name beneath corrections, whose words are the company's."""
    counts: Counts = Counter()
    voted = select(exchanges.c.exchange_id, exchanges.c.audience).join(votes, votes.c.exchange_id == exchanges.c.exchange_id)
    for row in connection.execute(voted.where(votes.c.person == person)).all():
        note_change(connection, "conversations", row.exchange_id, audience=row.audience, at=at)
    counts["votes"] = connection.execute(delete(votes).where(votes.c.person == person)).rowcount
    wrote = exists().where(
        corrections.c.exchange_id == approved.c.exchange_id, corrections.c.answer == approved.c.answer, corrections.c.person == person
    )
    signed = select(approved).where(or_(approved.c.author == person, wrote), approved.c.author != "")
    for row in connection.execute(signed).all():
        connection.execute(update(approved).where(approved.c.approved_id == row.approved_id).values(author=""))
        note_change(connection, "verified", row.approved_id, audience=row.audience, at=at, deleted=row.revoked_at is not None)
        counts["names beneath approved answers"] += 1
    if counts["names beneath approved answers"]:
        raise_revision(connection, "verified")
    unsigned = update(corrections).where(corrections.c.person == person).values(person="")
    counts["names beneath corrections"] = connection.execute(unsigned).rowcount
    counts[_HASHES] = numbering.forget_person(connection, person)
    counts["decisions on consent"] = connection.execute(delete(people).where(people.c.person == person)).rowcount
    return +counts


def delete_exchanges(connection: Connection, ids: Sequence[str], *, at: datetime) -> Counts:
    """
    Delete exchanges with all that hangs on them.

    One that is being answered leaves an empty shell, so that the answer finds that it is not wanted; `delete_shells` takes it.
    """
    counts: Counts = Counter()
    for part in batches(ids):
        for row in connection.execute(select(exchanges.c.exchange_id, exchanges.c.audience).where(exchanges.c.exchange_id.in_(part))).all():
            note_change(connection, "conversations", row.exchange_id, audience=row.audience, at=at, deleted=True)
        for table, name in ((votes, "votes"), (corrections, "corrections"), (posts, "posted messages"), (receipts, "receipts of versions")):
            counts[name] += connection.execute(delete(table).where(table.c.exchange_id.in_(part))).rowcount
        repeating.forget(connection, part)
        conversations = numbering.forget_exchanges(connection, part)
        connection.execute(update(charges).where(charges.c.exchange_id.in_(part)).values(exchange_id=""))  # what it cost stays in the sums
        counts["keys of events"] += connection.execute(delete(claims).where(claims.c.exchange_id.in_(part))).rowcount
        being_answered = exchanges.c.exchange_id.in_(part), exchanges.c.status == "open"
        counts["exchanges"] += connection.execute(update(exchanges).where(*being_answered).values(_SHELL)).rowcount
        others = exchanges.c.exchange_id.in_(part), exchanges.c.person != ""
        counts["exchanges"] += connection.execute(delete(exchanges).where(*others)).rowcount
        counts[_HASHES] += numbering.tidy(connection, conversations)
    return +counts


def delete_shells(connection: Connection, before: datetime) -> int:
    """Delete what `delete_exchanges` left of questions asked before that moment."""
    shells = exchanges.c.status == "erased", exchanges.c.person == "", exchanges.c.asked_at < before
    return connection.execute(delete(exchanges).where(*shells)).rowcount


def empty_exchanges(connection: Connection, ids: Sequence[str], *, at: datetime) -> Counts:
    """Take the words out of exchanges, and what was said of them in words; that they were asked and how they were rated stays."""
    counts: Counts = Counter()
    for part in batches(ids):
        standing = exchanges.c.exchange_id.in_(part), exchanges.c.status != "erased"
        rows = connection.execute(select(exchanges.c.exchange_id, exchanges.c.audience).where(*standing)).all()
        repeating.forget(connection, part)
        conversations = numbering.forget_exchanges(connection, part)
        values = {**EMPTIED, "status": "erased", "answered_at": None, "revised_at": at}
        counts["exchanges"] += connection.execute(update(exchanges).where(*standing).values(values)).rowcount
        counts[_HASHES] += numbering.tidy(connection, conversations)
        for row in rows:
            note_change(connection, "conversations", row.exchange_id, audience=row.audience, at=at, deleted=True)
        commented = votes.c.exchange_id.in_(part), votes.c.comment != ""
        counts["comments on votes"] += connection.execute(update(votes).where(*commented).values(comment="")).rowcount
    return +counts


def forget_in_vault(connection: Connection, ids: Sequence[str], sealer: Sealer) -> int:
    """Take the notes on those exchanges out of the vault's lists; return how many there were."""
    wanted, taken = {*ids}, 0
    for row in connection.execute(select(vault)).all():
        notes = _notes(sealer.open(row.sealed) or "")
        kept = [note for note in notes if note["exchange_id"] not in wanted]
        if len(kept) < len(notes):
            mine = vault.c.name == row.name
            changing = update(vault).where(mine).values(sealed=sealer.seal(json.dumps(kept)))
            connection.execute(changing if kept else delete(vault).where(mine))
            taken += len(notes) - len(kept)
    return taken


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield *ids* in parts that fit a statement."""
    return (ids[first : first + _LOOK_UP] for first in range(0, len(ids), _LOOK_UP))


EMPTIED: Final[dict[str, Any]] = {
    **dict.fromkeys(("question", "answer", "prompt", "address", "reason"), ""),
    "history": [],
    "passages": [],
    "evidence": {},
    "generation": None,
}
_SHELL: Final[dict[str, Any]] = {
    **EMPTIED,
    **dict.fromkeys(("person", "conversation_id", "workspace", "channel", "parent", "message_ref", "scope"), ""),
    "status": "erased",
}


def _heard(connection: Connection, ids: Sequence[str]) -> Iterator[Row[Any]]:
    """Yield the answered exchanges of others before which any of *ids* stood."""
    wanted = {*ids}
    for part in batches(ids):
        there = select(exchanges.c.conversation_id).where(exchanges.c.exchange_id.in_(part))
        answered = exchanges.c.conversation_id.in_(there), exchanges.c.status == "answered"
        for row in connection.execute(select(exchanges).where(*answered)).all():
            if row.exchange_id not in wanted and any(each in wanted for each, _ in row.history):
                yield row


def _questions(connection: Connection, ids: Sequence[str]) -> list[str]:
    return list(connection.execute(select(exchanges.c.question).where(exchanges.c.exchange_id.in_(ids))).scalars())


def _is_known(connection: Connection, word: str, ids: Sequence[str]) -> bool:
    def holds(column: ColumnElement[str]) -> ColumnElement[bool]:
        return func.lower(column).contains(word, autoescape=True)

    company = (passages.c.text, passages.c.heading, passages.c.question)
    if connection.execute(select(passages.c.passage_id).where(or_(*map(holds, company))).limit(1)).first():
        return True
    if connection.execute(select(approved.c.approved_id).where(holds(approved.c.answer)).limit(1)).first():
        return True
    theirs = {*ids}
    asked = connection.execute(select(exchanges.c.exchange_id).where(holds(exchanges.c.question))).scalars()
    return any(each not in theirs for each in asked)


def _alone_there(connection: Connection, exchange_id: str) -> bool:
    """Tell whether nobody but its asker ever asked in the channel or conversation of a private exchange."""
    row = connection.execute(select(exchanges).where(exchanges.c.exchange_id == exchange_id)).one_or_none()
    if row is None or not row.private:
        return False
    there = exchanges.c.channel == row.channel if row.channel else exchanges.c.conversation_id == row.conversation_id
    others = there, exchanges.c.platform == row.platform, exchanges.c.person != row.person
    return connection.execute(select(exchanges.c.exchange_id).where(*others).limit(1)).first() is None


def own_words(answer: str) -> str:
    """Return what stands for the question of an answer whose asker was erased: its first sentence."""
    found = _SENTENCE.search(answer)
    return (found[0] if found else answer)[:_LONGEST]


def _said_by_others(connection: Connection, texts: Sequence[str], ids: set[str]) -> set[str]:
    said: set[str] = set()
    for part in batches(texts):
        for column in (passages.c.question, passages.c.heading, passages.c.text):
            said |= {*connection.execute(select(column).where(column.in_(part)).distinct()).scalars()}
        asked = select(exchanges.c.exchange_id, exchanges.c.question).where(exchanges.c.question.in_(part))
        said |= {row.question for row in connection.execute(asked) if row.exchange_id not in ids}
    return said


def _notes(text: str) -> list[dict[str, Any]]:
    """Return the list of notes on exchanges that *text* is; empty where it is anything else."""
    try:
        value = json.loads(text)
    except ValueError:
        return []
    whole = isinstance(value, list) and all(isinstance(each, dict) and "exchange_id" in each for each in value)
    return value if whole else []
