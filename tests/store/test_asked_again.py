"""Questions as they were asked: whoever looks them up again sees what the asker saw, and no more."""

from dataclasses import replace
from datetime import timedelta

from bot.exchanges import Rights
from bot.messages import AnswerKind, Passage, Place, Question
from bot.settings import GroupSettings
from store.asked_again import AskedAgain, asked_again
from store.database import Database
from store.ledger import SqlLedger
from tests.contracts.ledgers import SEALER, exchange
from tests.store.ledger_rows import NOW

THREAD = Place("slack", "mention", "slack:T1:C1:1", "T1", "C1")
GROUPS = {"hr": GroupSettings(channels=("slack:C1",)), "ops": GroupSettings(channels=("slack:C9",))}
SCOPES = ("channel:slack:C1", "group:hr", "guild:slack:T1")
PRICE = Passage("prices-0", "prices.md", "Prices", "", "The plan costs ten dollars.", "customers")


async def _ask(database: Database, number: int, text: str, kind: AnswerKind = "declined", *, scope: str = "") -> str:
    ledger = SqlLedger(database, SEALER)
    asked = Question(f"{number:026}", text, "asker", THREAD, "customers", NOW + timedelta(minutes=number), "en")
    await ledger.claim(asked, keys=(asked.exchange_id,), rights=Rights("slack", "mention", "consent"))
    passages = () if kind == "declined" else (PRICE,)
    await ledger.record(replace(exchange(asked), answer="Ten dollars.", kind=kind, passages=passages, scope=scope))
    return asked.exchange_id


async def test_a_question_comes_with_its_viewer_its_thread_and_what_was_told(database: Database) -> None:
    """A follow-up means nothing by itself; what came later in the thread was not known when it was asked."""
    await _ask(database, 1, "What does the plan cost?", "generated")
    await _ask(database, 2, "Thanks!", "courtesy")
    await _ask(database, 3, "Who is in group ops?", "generated", scope="group:ops")
    await _ask(database, 4, "Who reads this channel?", "generated", scope="channel:slack:C1")
    asked = await _ask(database, 5, "And for a year?", "generated")
    declined = await _ask(database, 6, "And for two?")
    found, later = await asked_again(database, [asked, declined, "gone"], GROUPS)

    assert (found.exchange_id, found.question, later.exchange_id) == (asked, "And for a year?", declined)
    assert (found.viewer.audience, found.viewer.scopes) == ("customers", SCOPES)
    assert found.earlier == ("What does the plan cost?", "Who reads this channel?")
    assert later.earlier == (*found.earlier, "And for a year?")
    assert found.told == {"Ten dollars.", "The plan costs ten dollars."}
    assert later == AskedAgain(declined, "And for two?", found.viewer, later.earlier, frozenset())
