"""One set of cases for the fake ledger and the real one on both databases; then what only a real one can show."""

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.errors import UnknownExchange
from bot.exchanges import HistoryRef, OpenExchange
from bot.messages import Place, RatingValue, Turn
from bot.ports import Ledger
from bot.ratings import RatingVia
from store.approvals import Approvals
from store.database import Database
from store.ledger import SqlLedger
from store.schema import approved, claims, exchanges, outbox, revisions, system_texts, votes
from tests.contracts.ledgers import NOW, PASSAGE, answered, exchange, question, rights
from tests.fakes.encoder import WordEncoder
from tests.fakes.ledger import MemoryLedger


async def test_a_key_is_claimed_once(ledger: Ledger) -> None:
    """A platform that delivers an event twice must not get two answers."""
    first, second = question(), question(minute=1)

    assert await ledger.claim(first, keys=("event 1", "message 1"), rights=rights(first))
    assert not await ledger.claim(second, keys=("event 2", "message 1"), rights=rights(second))
    # The refused claim left nothing behind: its other key is still free, its question unknown.
    assert await ledger.place_of(second.exchange_id) is None
    assert await ledger.claim(second, keys=("event 2",), rights=rights(second))


async def test_a_key_given_twice_in_one_claim_is_one(ledger: Ledger) -> None:
    """An adapter may derive the same key from event and message."""
    asked = question()

    assert await ledger.claim(asked, keys=("same", "same"), rights=rights(asked))


async def test_questions_without_keys_are_all_accepted(ledger: Ledger) -> None:
    """The terminal delivers nothing twice and claims nothing."""
    for minute in range(2):
        asked = question(minute=minute)
        assert await ledger.claim(asked, keys=(), rights=rights(asked))


async def test_an_open_question_can_be_taken_up_again(ledger: Ledger) -> None:
    """After a crash the adapter finds what it accepted and never answered, as it was accepted, and nothing else."""
    old, first, second = question(minute=-60), question(minute=1), question(minute=2)
    for asked in (second, first, old):
        await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked), message_ref="ref")
    await answered(ledger, minute=3)

    assert await ledger.open_exchanges("slack", since=NOW) == (OpenExchange(first, "ref"), OpenExchange(second, "ref"))
    assert await ledger.open_exchanges("discord", since=NOW) == ()


async def test_a_recorded_answer_is_given_as_people_saw_it(ledger: Ledger) -> None:
    """After a crash between the record and the last call it is shown with its sources."""
    asked, open_one = question(), question(minute=1)
    for each in (asked, open_one):
        await ledger.claim(each, keys=(each.exchange_id,), rights=rights(each))
    passages = (PASSAGE, replace(PASSAGE, passage_id="other", source="other.md"))
    kept = exchange(asked)
    assert kept.finished is not None
    await ledger.record(replace(kept, kind="quoted", passages=passages, finished=replace(kept.finished, instead_of="gpt-4.1")))
    given = await ledger.answer_of(asked.exchange_id)

    assert given is not None
    assert (given.model, given.instead_of) == ("smollm2", "gpt-4.1")
    assert (given.exchange_id, given.kind, given.text, given.timings) == (asked.exchange_id, "quoted", exchange(asked).answer, {})
    assert [(source.passage_id, source.source, source.excerpt) for source in given.sources] == [
        (PASSAGE.passage_id, PASSAGE.source, PASSAGE.text)
    ]
    assert await ledger.answer_of(open_one.exchange_id) is None
    assert await ledger.answer_of("unknown") is None


async def test_a_recorded_answer_of_an_expert_names_them_and_its_day(ledger: Ledger) -> None:
    """What an approved answer is, is said beneath it, also when it is shown late."""
    first = await answered(ledger)
    await ledger.correct(first, "expert", "Ask Ana.", at=NOW)
    approved_id = await ledger.correct(first, "expert", "Ask Bia.", at=NOW, name="Bia Reis")
    asked = question(minute=2)
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.record(replace(exchange(asked), kind="verified", approved_id=approved_id))
    given = await ledger.answer_of(asked.exchange_id)

    assert given is not None
    assert (given.approved_by, given.approved_at, given.sources) == ("Bia Reis", NOW, ())


async def test_a_recorded_answer_names_the_question_it_was_written_for(ledger: Ledger) -> None:
    """Whoever sees it late compares it with their own all the same."""
    first = await answered(ledger)
    approved_id = await ledger.correct(first, "expert", "Ask Ana.", at=NOW)
    asked = replace(question(minute=2), text="Whom do I ask, then?")
    quoted = replace(question(minute=3), text="And about the pool?")
    for each in (asked, quoted):
        await ledger.claim(each, keys=(each.exchange_id,), rights=rights(each))
    await ledger.record(replace(exchange(asked), kind="verified", approved_id=approved_id))
    await ledger.record(replace(exchange(quoted), kind="quoted", passages=(replace(PASSAGE, heading="When is the pool open?"),)))

    answers = [await ledger.answer_of(each.exchange_id) for each in (asked, quoted)]
    assert [each and each.answered_question for each in answers] == ["Question 0?", "When is the pool open?"]


async def test_an_abandoned_question_is_not_taken_up(ledger: Ledger) -> None:
    """A question whose asker saw an error has had its end; an answered one is never abandoned."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.abandon(asked.exchange_id, reason="TryAgainLater")
    done = await answered(ledger)
    await ledger.abandon(done, reason="left")

    assert await ledger.open_exchanges("slack", since=NOW) == ()
    assert [turn.exchange_id for turn in await ledger.turns("slack:T1:C1:1", limit=5)] == [done]


async def test_an_answer_after_all_replaces_the_abandonment(ledger: Ledger) -> None:
    """A late answer that people see must be in the ledger, whatever was noted before."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.abandon(asked.exchange_id, reason="left")
    await ledger.record(exchange(asked))

    assert len(await ledger.turns(asked.place.conversation_id, limit=5)) == 1


async def test_the_first_answer_stands(ledger: Ledger) -> None:
    """Two processes that took up one question must not exchange the answer that people have rated."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.record(exchange(asked, "First."))
    await ledger.record(exchange(asked, "Second."))

    assert [turn.answer for turn in await ledger.turns(asked.place.conversation_id, limit=5)] == ["First."]


async def test_an_answer_to_nothing_is_refused(ledger: Ledger) -> None:
    """An answer without an accepted question is a mistake that must not vanish silently."""
    with pytest.raises(UnknownExchange):
        await ledger.record(exchange(question()))


async def test_turns_are_the_newest_oldest_first(ledger: Ledger) -> None:
    """The prompt is built in the order of the conversation, from its end."""
    ids = [await answered(ledger, minute=minute) for minute in (2, 0, 1)]
    await answered(ledger, conversation="another")

    turns = await ledger.turns("slack:T1:C1:1", limit=2)
    assert turns == (
        Turn(ids[2], f"{PASSAGE.text}\n\nQuestion 1?", "Question 1?", "Answer 1."),
        Turn(ids[0], f"{PASSAGE.text}\n\nQuestion 2?", "Question 2?", "Answer 2."),
    )
    assert await ledger.turns("slack:T1:C1:1", limit=0) == ()


async def test_a_courtesy_is_no_turn_and_no_question(ledger: Ledger) -> None:
    """A follow-up leans on what was asked before the thanks, and nobody looks for their greetings again; what was said is kept."""
    asked = await answered(ledger)
    thanks = question("Obrigado!", minute=1)
    await ledger.claim(thanks, keys=("thanks",), rights=rights(thanks))
    await ledger.record(replace(exchange(thanks, "De nada!"), kind="courtesy", passages=(), finished=None))
    given = await ledger.answer_of(thanks.exchange_id)

    assert [turn.exchange_id for turn in await ledger.turns("slack:T1:C1:1", limit=5)] == [asked]
    assert [each.exchange_id for each in await ledger.recent("asker", limit=5)] == [asked]
    assert given is not None
    assert (given.kind, given.text, given.sources) == ("courtesy", "De nada!", ())


async def test_what_is_asked_in_private_stays_in_its_place(ledger: Ledger) -> None:
    """From the first moment, and also what an expert makes of it; the place is the same after a crash."""
    asked = replace(question(), place=Place("slack", "mention", "slack:T1:G1:1", "T1", "G1", private=True))
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    assert await ledger.open_exchanges("slack", since=NOW) == (OpenExchange(asked, ""),)
    await ledger.record(exchange(asked))

    assert await ledger.place_of(asked.exchange_id) == asked.place
    assert [turn.scope for turn in await ledger.turns("slack:T1:G1:1", limit=5)] == ["channel:slack:G1"]


@pytest.mark.parametrize(
    ("own", "of_passages", "expected"),
    [
        ("", ("",), ""),
        ("group:hr", ("",), "group:hr"),
        ("", ("group:hr", ""), "group:hr"),
        ("group:hr", ("guild:slack:T1",), "channel:slack:C1"),
    ],
)
async def test_an_exchange_is_kept_as_narrow_as_its_passages(ledger: Ledger, own: str, of_passages: tuple[str, ...], expected: str) -> None:
    """Whatever the caller says: the passages are there to see."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.record(replace(exchange(asked), scope=own, passages=tuple(replace(PASSAGE, scope=each) for each in of_passages)))

    assert [turn.scope for turn in await ledger.turns("slack:T1:C1:1", limit=5)] == [expected]


async def test_a_correction_is_as_narrow_as_what_it_corrects(sql: SqlLedger, database: Database) -> None:
    """Wherever its expert writes it."""
    asked = question()
    await sql.claim(asked, keys=("k",), rights=rights(asked))
    await sql.record(replace(exchange(asked), scope="group:hr"))
    approved_id = await sql.correct(asked.exchange_id, "expert", "Ask Ana.", at=NOW)

    async with database.connect() as connection:
        scope = (await connection.execute(select(approved.c.scope).where(approved.c.approved_id == approved_id))).scalar_one()
    assert scope == "group:hr"


async def test_takes_part_from_the_first_accepted_question(ledger: Ledger) -> None:
    """A follow-up in a thread is answered without a mention even while the first answer is being written."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))

    assert await ledger.takes_part(asked.place.conversation_id)
    assert not await ledger.takes_part("elsewhere")


async def test_the_place_is_kept(ledger: Ledger) -> None:
    """An answer goes back where its question was asked."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))

    assert await ledger.place_of(asked.exchange_id) == Place("slack", "mention", "slack:T1:C1:1", "T1", "C1")
    assert await ledger.place_of("unknown") is None


async def test_a_post_is_intended_once(ledger: Ledger) -> None:
    """The intent precedes the post, so that after a crash nobody posts the same part blindly again."""
    exchange_id = await answered(ledger)

    assert await ledger.intend_post(exchange_id, part=0)
    assert not await ledger.intend_post(exchange_id, part=0)
    assert await ledger.intend_post(exchange_id, part=1)
    assert await ledger.posts_of(exchange_id) == ((0, "", ""), (1, "", ""))
    assert await ledger.posts_of("unknown") == ()
    with pytest.raises(UnknownExchange):
        await ledger.intend_post("unknown", part=0)


async def test_any_part_leads_to_its_exchange(ledger: Ledger) -> None:
    """A reaction on any message of a split answer is a vote on that answer."""
    exchange_id = await answered(ledger)
    await ledger.intend_post(exchange_id, part=0)
    for part in (0, 1):  # the second was never intended: what stands in the thread counts
        await ledger.posted(exchange_id, part=part, channel="C1", message_ref=f"1.{part}")

    assert await ledger.exchange_of("slack", channel="C1", message_ref="1.0") == exchange_id
    assert await ledger.exchange_of("slack", channel="C1", message_ref="1.1") == exchange_id
    assert await ledger.posts_of(exchange_id) == ((0, "C1", "1.0"), (1, "C1", "1.1"))
    with pytest.raises(UnknownExchange):
        await ledger.posted("unknown", part=0, channel="C1", message_ref="9")


@pytest.mark.parametrize(("channel", "message_ref"), [("C2", "1.0"), ("C1", "2.0"), ("", "")])
async def test_another_message_leads_nowhere(ledger: Ledger, channel: str, message_ref: str) -> None:
    """A reaction on somebody else's message is no vote; nor is one matched to a post that was merely intended."""
    exchange_id = await answered(ledger)
    await ledger.intend_post(exchange_id, part=1)
    await ledger.posted(exchange_id, part=0, channel="C1", message_ref="1.0")

    assert await ledger.exchange_of("slack", channel=channel, message_ref=message_ref) is None
    assert await ledger.exchange_of("discord", channel="C1", message_ref="1.0") is None


async def test_only_an_answered_exchange_is_rated_or_corrected(ledger: Ledger) -> None:
    """A vote on nothing must be refused, not kept where nobody finds it."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))

    for exchange_id in (asked.exchange_id, "unknown"):
        with pytest.raises(UnknownExchange):
            await ledger.rate(exchange_id, "voter", "up", via="button", at=NOW)
        with pytest.raises(UnknownExchange):
            await ledger.correct(exchange_id, "expert", "Better.", at=NOW)


async def votes_of(ledger: Ledger, exchange_id: str) -> list[tuple[str, str]]:
    """Return (value, via) of an exchange's votes."""
    if isinstance(ledger, MemoryLedger):
        return [(value, via) for value, via, *_ in ledger.kept[exchange_id].votes.values()]
    assert isinstance(ledger, SqlLedger)
    shown = await ledger.show(exchange_id)
    assert shown is not None
    return [(vote.value, vote.via) for vote in shown.votes]


@pytest.mark.parametrize(
    ("cast", "withdrawn", "left"),
    [
        ("reaction", "reaction", []),
        ("button", "reaction", [("up", "button")]),
        ("web", "reaction", [("up", "web")]),
        ("reaction", "button", []),
        ("button", "web", []),
    ],
)
async def test_a_thumb_taken_away_takes_back_no_button(
    ledger: Ledger, cast: RatingVia, withdrawn: RatingVia, left: list[tuple[str, str]]
) -> None:
    """Whoever tidies away an old reaction still means the button that they pressed since."""
    exchange_id = await answered(ledger)
    await ledger.rate(exchange_id, "voter", None, via=withdrawn, at=NOW)  # nothing to take back is no error
    await ledger.rate(exchange_id, "voter", "up", via=cast, at=NOW)
    await ledger.rate(exchange_id, "voter", None, via=withdrawn, at=NOW)

    assert await votes_of(ledger, exchange_id) == left


async def test_consent_is_the_last_decision(ledger: Ledger) -> None:
    """A withdrawal must be heard; silence is neither yes nor no."""
    assert await ledger.consent_of("asker") == "unasked"
    await ledger.set_consent("asker", platform="slack", granted=True, at=NOW)
    assert await ledger.consent_of("asker") == "granted"
    await ledger.set_consent("asker", platform="slack", granted=False, at=NOW)
    assert await ledger.consent_of("asker") == "refused"


# What only the real ledger shows: its reading for people, and the rows that others follow.


async def changes(database: Database) -> list[tuple[str, str, str, bool]]:
    """Return the outbox, oldest first."""
    async with database.connect() as connection:
        rows = await connection.execute(
            select(outbox.c.kind, outbox.c.audience, outbox.c.ref, outbox.c.deleted).order_by(outbox.c.outbox_id)
        )
        return [(row.kind, row.audience, row.ref, row.deleted) for row in rows]


async def test_the_last_vote_wins_and_none_takes_it_back(sql: SqlLedger, database: Database) -> None:
    """A changed mind replaces the vote; the index must follow every change, the withdrawal too."""
    exchange_id = await answered(sql)
    votes_of_one: tuple[RatingValue | None, ...] = ("up", "down", None)
    seen = []
    for value in votes_of_one:
        await sql.rate(exchange_id, "voter", value, via="reaction", at=NOW, reason="tone", comment="why")
        shown = await sql.show(exchange_id)
        assert shown is not None
        seen.append([(vote.person, vote.value, vote.via, vote.reason, vote.comment, vote.rated_at) for vote in shown.votes])

    assert seen == [[("voter", "up", "reaction", "tone", "why", NOW)], [("voter", "down", "reaction", "tone", "why", NOW)], []]
    assert await changes(database) == [("conversations", "employees", exchange_id, False)] * 3


async def test_a_correction_is_served_from_now_on(sql: SqlLedger, database: Database) -> None:
    """The expert's answer belongs to the redacted question and its audience, and replaces an earlier one."""
    exchange_id = await answered(sql)
    first = await sql.correct(exchange_id, "expert", "Better.", at=NOW)
    second = await sql.correct(exchange_id, "expert", "Best.", at=NOW + timedelta(minutes=1))
    async with database.connect() as connection:
        rows = (await connection.execute(select(approved).order_by(approved.c.approved_at))).all()
        revision = (await connection.execute(select(revisions.c.revision).where(revisions.c.kind == "verified"))).scalar_one()

    assert [(row.approved_id, row.question, row.answer, row.audience, row.author, row.language, row.exchange_id) for row in rows] == [
        (first, "Question 0?", "Better.", "employees", "expert", "en", exchange_id),
        (second, "Question 0?", "Best.", "employees", "expert", "en", exchange_id),
    ]
    assert [row.revoked_at for row in rows] == [NOW + timedelta(minutes=1), None]
    assert revision == 2
    assert await changes(database) == [
        ("verified", "employees", first, False),
        ("conversations", "employees", exchange_id, False),
        ("verified", "employees", first, True),
        ("verified", "employees", second, False),
        ("conversations", "employees", exchange_id, False),
    ]
    shown = await sql.show(exchange_id)
    assert shown is not None
    assert [correction.answer for correction in shown.corrections] == ["Better.", "Best."]


async def test_a_correction_tells_which_answer_it_replaced(sql: SqlLedger, database: Database) -> None:
    """Of two experts the later one learns whose words are not served any more; what was revoked or expired before is not theirs."""
    exchange_id, other_id = await answered(sql), await answered(sql, minute=1)
    approvals = Approvals(database, WordEncoder(), now=lambda: NOW + timedelta(hours=1))
    ids = [await sql.correct(exchange_id, "expert", f"Answer {minute}.", at=NOW + timedelta(minutes=minute)) for minute in range(3)]
    alone = await sql.correct(other_id, "expert", "Answer 0.", at=NOW + timedelta(minutes=1))
    told = [[each.answer.approved_id for each in await approvals.replaced_by(approved_id)] for approved_id in (*ids, alone)]

    assert told == [[], [ids[0]], [ids[1]], []]


async def test_corrections_at_once_leave_one_in_force(sql: SqlLedger, database: Database) -> None:
    """Two experts who press the button together must not leave two answers to one question."""
    exchange_id = await answered(sql)
    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(sql.correct(exchange_id, "expert", f"Answer {number}.", at=NOW))
    async with database.connect() as connection:
        live = (await connection.execute(select(func.count()).where(approved.c.revoked_at.is_(None)))).scalar_one()

    assert live == 1


async def test_the_index_follows_a_decision_about_consent(sql: SqlLedger, database: Database) -> None:
    """Rights of every indexed exchange that may hold the person's words change with the decision, also in others' threads."""
    theirs = await answered(sql, person="asker")
    reply = await answered(sql, person="other", minute=1)
    corrected = await answered(sql, person="asker", conversation="third", minute=2)
    await answered(sql, person="asker", minute=3)  # unrated: not in the index
    elsewhere = await answered(sql, person="other", conversation="elsewhere", minute=4)
    for exchange_id in (theirs, reply, elsewhere):
        await sql.rate(exchange_id, "voter", "up", via="button", at=NOW)
    await sql.correct(corrected, "expert", "Better.", at=NOW)
    before = len(await changes(database))
    await sql.set_consent("asker", platform="slack", granted=True, at=NOW)

    assert (await changes(database))[before:] == [("conversations", "employees", ref, False) for ref in (theirs, reply, corrected)]


async def test_everything_recorded_is_shown(sql: SqlLedger) -> None:
    """Review and export need what the model saw, not a summary of it."""
    earlier = await answered(sql)
    asked = question(minute=1)
    await sql.claim(asked, keys=("k",), rights=rights(asked), message_ref="1.0")
    await sql.record(exchange(asked, history=(HistoryRef(earlier, with_passages=True),)))
    shown = await sql.show(asked.exchange_id)

    assert shown is not None
    assert (shown.listed.question, shown.listed.answer, shown.listed.asked_at) == ("Where is the key?", "At the desk.", asked.asked_at)
    assert (shown.system_text, shown.prompt) == ("You help.", f"{PASSAGE.text}\n\nWhere is the key?")
    assert shown.history == (HistoryRef(earlier, with_passages=True),)
    assert [passage["passage_id"] for passage in shown.passages] == ["s-1"]
    assert shown.generation is not None
    assert (shown.model, shown.generation["mean_logprob"], shown.rights_policy, shown.consent) == ("smollm2", -0.5, "consent", "unasked")
    assert await sql.show("unknown") is None


async def test_an_answer_without_a_model_has_no_generation(sql: SqlLedger) -> None:
    """A quotation was no model's work and must not look like it."""
    asked = question()
    await sql.claim(asked, keys=("k",), rights=rights(asked))
    await sql.record(replace(exchange(asked), kind="quoted", finished=None))
    shown = await sql.show(asked.exchange_id)

    assert shown is not None
    assert (shown.listed.kind, shown.model, shown.generation) == ("quoted", "", None)


async def test_lists_are_newest_first_and_filtered(sql: SqlLedger) -> None:
    """A reviewer looks for what was voted down, not for everything."""
    liked, disliked, split, unrated = [await answered(sql, minute=minute) for minute in range(4)]
    for exchange_id, ballot in {liked: ("up", "up", "down"), disliked: ("down",), split: ("up", "down")}.items():
        for number, value in enumerate(ballot):
            await sql.rate(exchange_id, f"voter {number}", "up" if value == "up" else "down", via="button", at=NOW)
    await sql.correct(disliked, "expert", "Better.", at=NOW)

    everything = await sql.conversations(limit=10)
    assert [(row.exchange_id, row.up, row.down, row.corrected) for row in everything] == [
        (unrated, 0, 0, False),
        (split, 1, 1, False),
        (disliked, 0, 1, True),
        (liked, 2, 1, False),
    ]
    assert [row.exchange_id for row in await sql.conversations(limit=10, rating="up")] == [liked]
    assert [row.exchange_id for row in await sql.conversations(limit=10, rating="down")] == [disliked]
    assert [row.exchange_id for row in await sql.conversations(limit=1)] == [unrated]
    assert await sql.conversations(limit=10, platform="discord") == ()


async def test_counts(sql: SqlLedger) -> None:
    """`doctor` says how much there is, and a wrong figure would hide a loss."""
    rated = await answered(sql)
    await answered(sql, minute=1)
    left, waiting = question(minute=2), question(minute=3)
    for asked in (left, waiting):
        await sql.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
    await sql.abandon(left.exchange_id, reason="left")
    await sql.rate(rated, "a", "up", via="button", at=NOW)
    await sql.rate(rated, "b", "down", via="button", at=NOW)
    for answer in ("Better.", "Best."):
        await sql.correct(rated, "expert", answer, at=NOW)
    counts = await sql.counts()

    assert (counts.exchanges, counts.open, counts.answered, counts.abandoned) == (4, 1, 2, 1)
    assert (counts.rated, counts.up_votes, counts.down_votes, counts.corrections, counts.approved) == (1, 1, 1, 2, 1)


async def test_a_system_text_is_kept_once(sql: SqlLedger, database: Database) -> None:
    """The same long text on every exchange would double the ledger."""
    for minute in range(3):
        await answered(sql, minute=minute)
    async with database.connect() as connection:
        kept = (await connection.execute(select(system_texts.c.text))).scalars().all()

    assert kept == ["You help."]


async def test_lone_surrogates_cost_no_exchange(sql: SqlLedger) -> None:
    """Broken text from a platform or model is kept readable instead of failing the write or spoiling the file."""
    asked = question("Where \ud800 is it?\0")
    assert await sql.claim(asked, keys=("k\udfff", "k\ufffd"), rights=rights(asked))
    await sql.record(replace(exchange(asked, "Here \udc00."), system_text="\ud800", passages=(replace(PASSAGE, text="\ud83d"),)))
    await sql.rate(asked.exchange_id, "voter", "up", via="button", at=NOW, comment="\ud800")
    shown = await sql.show(asked.exchange_id)

    assert shown is not None
    assert (shown.listed.question, shown.listed.answer, shown.system_text) == ("Where \ufffd is it?\ufffd", "Here \ufffd.", "\ufffd")
    assert (shown.passages[0]["text"], shown.votes[0].comment) == ("\ufffd", "\ufffd")


async def test_old_keys_are_forgotten(sql: SqlLedger, database: Database) -> None:
    """Keys only hold back what a platform delivers twice, and that within hours: kept for ever they would outgrow the conversations."""
    for day in (0, 7, 8):
        asked = question(minute=day * 24 * 60)
        await sql.claim(asked, keys=(f"event {day}", f"message {day}"), rights=rights(asked))
    forgotten = await sql.prune(NOW + timedelta(days=7))
    async with database.connect() as connection:
        kept = (await connection.execute(select(claims.c.key).order_by(claims.c.key))).scalars().all()

    assert forgotten == 2
    assert kept == ["event 7", "event 8", "message 7", "message 8"]
    assert len(await sql.conversations(limit=10)) == 3


async def test_four_writers_lose_no_vote(sql: SqlLedger, database: Database) -> None:
    """4 × 50 changed votes at once: every change has its outbox row, and each voter's last vote stands."""
    exchange_id = await answered(sql)

    async def vote(person: str) -> None:
        for number in range(50):
            await sql.rate(exchange_id, person, "up" if number % 2 else "down", via="button", at=NOW)

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(vote(f"voter {number}"))
    async with database.connect() as connection:
        values = (await connection.execute(select(votes.c.value))).scalars().all()

    assert values == ["up"] * 4
    assert len(await changes(database)) == 200


async def test_one_of_two_processes_gets_a_key(url: str, database: Database) -> None:
    """Two replicas that receive the same event race for it: exactly one answers."""
    programs = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.contracts.ledgers", "claim", url, f"message {number}", stdout=asyncio.subprocess.PIPE
        )
        for number in range(2)
    ]
    granted = [(await program.communicate())[0].decode().strip() for program in programs]
    async with database.connect() as connection:
        kept = (await connection.execute(select(func.count()).select_from(exchanges))).scalar_one()
        keys = (await connection.execute(select(func.count()).select_from(claims))).scalar_one()

    assert sorted(granted) == ["False", "True"]
    assert (kept, keys) == (1, 2)


async def test_racing_claims_in_one_process(sql: SqlLedger) -> None:
    """Many deliveries of one event at once: the database decides, whatever the timing."""
    claimed: list[bool] = []

    async def claim(number: int) -> None:
        asked = question(minute=number)
        keys = ("b", "a") if number % 2 else ("a", "b")
        claimed.append(bool(await sql.claim(asked, keys=keys, rights=rights(asked))))

    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(claim(number))

    assert sorted(claimed) == [False] * 11 + [True]


async def test_kill_nine_loses_nothing_acknowledged(url: str, database: Database) -> None:
    """What was acknowledged is on disk when the process dies without warning, several times over."""
    acknowledged: list[str] = []
    for _ in range(3):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.contracts.ledgers", "write", url, stdout=asyncio.subprocess.PIPE
        )
        assert writer.stdout is not None
        acknowledged += [(await writer.stdout.readline()).decode().strip() for _ in range(5)]
        await asyncio.sleep(0.05)
        writer.kill()
        acknowledged += (await writer.communicate())[0].decode().split()
    async with database.connect() as connection:
        rated = set((await connection.execute(select(votes.c.exchange_id))).scalars())
        noted = set((await connection.execute(select(outbox.c.ref))).scalars())

    assert len(acknowledged) >= 15
    assert set(acknowledged) <= rated
    assert rated == noted
